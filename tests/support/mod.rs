//! The harness: a province with a started server on loopback, its officers with their keys, and the
//! words to act for them.

mod calls;
mod orders;
mod province;

pub(crate) use calls::{raw, reason, soon, told};
pub(crate) use orders::{Draft, draft_of, signature_of};
pub(crate) use province::{COMMUNE, MASTER, NOW, Province, unit};
