//! What can be proved to someone who trusts nobody. Pure: no clock, no I/O; randomness comes in.
//!
//! | Module | Proves |
//! |---|---|
//! | [`key`] | that a signature was made by whoever holds a key |
//! | [`envelope`] | which bytes a key signed, and as what (DSSE) |
//! | [`trust`] | who holds which key and role, and since which bundle |
//! | [`authority`] | that the right persons signed an order or cancel |
//! | [`tree`], [`proof`] | that a fact stands in the ledger, and that nothing was changed since (RFC 9162) |
//! | [`note`], [`checkpoint`] | which head of the ledger was published, and who has seen it (C2SP) |
//! | [`seal`] | that personal data opens only where it was sealed |
//!
//! Bytes made by other implementations, to which all of this is held, stand in `tests/vectors/`.

pub mod authority;
pub mod checkpoint;
pub mod envelope;
pub mod key;
pub mod note;
pub mod proof;
pub mod seal;
pub mod tree;
pub mod trust;

use ring::digest::{Context, SHA256, digest};

/// SHA-256 over the parts, one after another.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let digest = if let [whole] = parts {
        digest(&SHA256, whole)
    } else {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        context.finish()
    };
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
