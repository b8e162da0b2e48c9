//! The gRPC doors.
//!
//! - [`listener`] accepts connections, and [`http2`] bounds what one of them may do.
//! - [`channel`] is the connecting side, used by the terminal and the command line.
//! - [`registry`] keeps reservists and equipment.

pub mod channel;
pub mod http2;
pub mod listener;
pub mod registry;
