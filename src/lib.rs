//! hoatoc
pub mod domain;
pub mod roster;
pub mod sim;
pub mod store;
