//! The engine: the only place where decisions, durability and effects meet.
//!
//! One owner ([`owner`]) takes requests from two bounded lanes, lets the world decide, commits whole
//! groups with one sync, and only then answers and wakes. What everybody reads ([`handle::View`]) is a second
//! fold over the same events, made after they are durable: nobody can be told what may yet be lost.
//! Orders, cancels and answers go in the first lane, records in the second; the first always wins.
//!
//! The doors hold an [`Engine`]; they never see the store's writing side. Knows nothing of calls,
//! connections or screens.

mod counting;
pub mod handle;
pub mod ledger;
mod owner;
pub mod records;
pub mod recovery;
pub mod rekey;
mod telling;
#[cfg(test)]
pub(crate) mod tests;
pub mod units;
pub mod upkeep;

pub use handle::{Committed, Engine, EngineError, Parts};
pub use ledger::{Ledger, LedgerError};
