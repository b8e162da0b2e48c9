//! The officers' services, call by call.

mod gate;
mod identity;
mod keeping;
mod orders;
mod terminals;
