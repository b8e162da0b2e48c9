//! What things are and what may happen to them. Pure: no clock, no randomness, no I/O, no async.

pub mod authority;
pub mod handling;
pub mod ids;
pub mod instant;
