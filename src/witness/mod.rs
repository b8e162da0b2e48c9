//! Witnesses: others than the ledger's keeper, who see that it only grows (C2SP `tlog-witness`).
//!
//! An area command or an inspector runs one (`hoatoc witness serve`), or carries a laptop and cosigns
//! by file (`hoatoc witness cosign`); a server asks them for their cosignatures. The exchange is plain
//! HTTP: everything in it is signed, and nothing in it is secret.
//!
//! | Module | Does |
//! |---|---|
//! | [`request`] | the text of an `add-checkpoint` request, also as a file |
//! | [`home`] | a witness's directory: its key, whom it watches, what it cosigned last; and its judgement |
//! | [`door`] | `POST /add-checkpoint` |
//! | [`collect`] | the server's side: asks the witnesses of the trust bundle, keeps the newest cosigned head |
//!
//! Invariant: what a witness cosigned last is on stable storage before anybody hears of it, and is
//! replaced only by a head that was proved to continue it.

pub mod collect;
pub mod door;
pub mod home;
pub mod request;
#[cfg(test)]
mod tests;
