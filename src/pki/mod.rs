//! Who is at the other end of a connection: the enrolment authority, the identities in its
//! certificates, and the TLS configurations that check them.
//!
//! Used by the gRPC doors, the terminal and the command line. TLS identities are ECDSA P-256, which
//! every TLS library can load; orders and answers are signed with other keys (`evidence`). Knows
//! nothing of gRPC, of files, and of what an identity may do: that is decided by the doors.
//!
//! - [`authority`] makes certificates and revocation lists.
//! - [`identity`] is what a certificate says about its holder.
//! - [`config`] turns both into TLS configurations, and [`pinned`] is how a terminal trusts a server
//!   before it holds the authority's certificate.
//! - [`code`] is what carries that fingerprint, and the right to enrol, to a new terminal.
//! - [`request`] is how a holder asks for a certificate.
//! - [`refusal`] names why a handshake failed.

pub mod authority;
pub mod code;
pub mod config;
pub mod identity;
pub mod pinned;
pub mod refusal;
pub mod request;
pub mod vouch;
