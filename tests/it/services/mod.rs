//! The officers' services, call by call.

mod attacks;
mod call_ups;
mod gate;
mod identity;
mod keeping;
mod matrix;
mod orders;
mod revoking;
mod terminals;
mod units;
mod witnesses;
