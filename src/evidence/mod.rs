//! What can be proved to someone who trusts nobody. Pure: no clock, no I/O; randomness comes in.
//!
//! | Module | Proves |
//! |---|---|
//! | [`key`] | who holds a key |
//! | [`envelope`] | which bytes a key signed, and as what (DSSE) |

pub mod authority;
pub mod checkpoint;
pub mod envelope;
pub mod key;
pub mod note;
pub mod proof;
pub mod seal;
pub mod tree;
pub mod trust;

/// SHA-256 over the parts, one after another.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
