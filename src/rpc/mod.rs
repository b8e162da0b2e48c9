//! The gRPC doors.
//!
//! - [`listener`] accepts connections, and [`http2`] bounds what one of them may do.
//! - [`gate`] is what every call passes: who may make it ([`auth`]), how many at once, how long; and
//!   what an error looks like from outside ([`status`]).
//! - [`reach`] is how far an officer's unit lets them reach over orders.
//! - [`services`] has one file for each service; [`request`] is what they have in common.
//! - [`server`] puts all of it together.
//! - [`certificate`] keeps the server's own certificate from running out.
//! - [`channel`] is the connecting side, used by the terminal and the command line.
//! - [`registry`] keeps reservists and equipment.

pub mod auth;
pub mod certificate;
pub mod channel;
pub mod gate;
pub mod http2;
pub mod listener;
pub mod terminal;

mod reach;
pub mod request;
pub mod server;
pub mod services;
pub mod status;

pub mod registry;
