//! hoatoc
pub mod clock;
pub mod domain;
pub mod limits;
pub mod pki;
pub mod store;
pub mod tasks;
