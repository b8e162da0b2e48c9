//! What things are and what may happen to them. Pure: no clock, no randomness, no I/O, no async.

pub mod authority;
pub mod callup;
pub mod certificate;
pub mod code;
pub mod endpoint;
pub mod ids;
pub mod instant;
pub mod nearest;
pub mod order;
pub mod plan;
pub mod registry;
pub mod text;
pub mod unit;
pub mod world;
