//! hoatoc
pub mod domain;
pub mod store;
