//! The officers' services, call by call.

mod call_ups;
mod gate;
mod identity;
mod keeping;
mod orders;
mod terminals;
mod units;
