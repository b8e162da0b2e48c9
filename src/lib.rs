//! hoatoc
pub mod clock;
pub mod config;
pub mod domain;
pub mod evidence;
pub mod limits;
pub mod pki;
pub mod rpc;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod terminal;
pub mod wire;
