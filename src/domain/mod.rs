//! What things are and what may happen to them. Pure: no clock, no randomness, no I/O, no async.

pub mod audience;
pub mod authority;
pub mod code;
pub mod delivery;
pub mod endpoint;
pub mod handling;
pub mod ids;
pub mod instant;
pub mod order;
pub mod registry;
pub mod response;
pub mod text;
pub mod unit;
pub mod world;
