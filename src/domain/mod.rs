//! What things are and what may happen to them. Pure: no clock, no randomness, no I/O, no async.

pub mod ids;
pub mod instant;
pub mod registry;
pub mod text;
pub mod unit;
