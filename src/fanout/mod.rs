//! Fan-out: who is connected, and one session for each terminal's stream.
//!
//! Nothing is pushed. Waking says only "something newer than n"; each session then reads from its
//! own cursor what it lacks, so that live delivery and catching up are one and the same, and a slow
//! or absent terminal costs the others nothing and loses nothing. Whatever a session holds is
//! bounded: it takes the next thing to say only when there is room to say it.
//!
//! Called by the terminal door; calls the engine. Knows no tonic.

pub mod board;
pub mod hub;
mod news;
mod outbox;
pub mod session;
pub mod sheets;
#[cfg(test)]
mod tests;
mod waiting;

pub use hub::{Ending, Hub, Presence};
pub use session::{Session, Settings};
pub use sheets::Sheets;
