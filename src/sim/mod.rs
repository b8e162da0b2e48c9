//! The simulator: a synthetic province that serves the demonstration, load tests and the training of
//! the staff.
//!
//! Called by the command line and by tests. Invariants: all people and things are invented (the names
//! of units alone are public facts); the same seed gives the same province in every version and on
//! every machine. It does not know the server; what it makes goes in by the doors everyone uses.

pub mod cast;
mod choice;
pub mod crew;
pub mod load;
mod names;
pub mod people;
pub mod province;
