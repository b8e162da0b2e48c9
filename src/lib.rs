//! hoatoc
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod evidence;
pub mod index;
pub mod limits;
pub mod pki;
pub mod roster;
pub mod rpc;
pub mod sim;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod wire;
