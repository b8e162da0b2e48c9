//! hoatoc
pub mod clock;
pub mod domain;
pub mod limits;
pub mod store;
pub mod tasks;
