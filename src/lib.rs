//! hoatoc
pub mod domain;
pub mod evidence;
pub mod store;
pub mod wire;
