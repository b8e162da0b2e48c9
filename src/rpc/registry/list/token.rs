//! Tokens of pages: where the next page begins, for nobody's eyes.
//!
//! A position in a list by name holds the name of somebody whom the caller may see masked only, so a
//! token is sealed. It opens for the very list it was made for: filter, order and day are bound to it
//! as associated data. The key follows from the server's own, so a walk survives a restart.
//!
//! | Bytes | What |
//! |---|---|
//! | 12 | nonce |
//! | 16 | identity, encrypted |
//! | 4 | packed date of birth, big-endian, encrypted |
//! | n | key of the name, encrypted |
//! | 16 | tag |

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::engine::EngineError;
use crate::evidence::seal::Sealer;
use crate::index::Position;
use crate::rpc::registry::RegistryFault;
use crate::wire::WireError;

/// Longest token that is looked at, in characters of hex: the longest name has 100 characters, and
/// its key three times as many of up to four bytes.
const TOKEN_LEN_MAX: usize = 4_096;

fn key(sealer: &Sealer) -> LessSafeKey {
    // No record's content looks like these, and nobody without the server's keys can compute them.
    let halves = [&b"hoatoc page token v1, 1"[..], b"hoatoc page token v1, 2"];
    let bytes = halves.map(|half| sealer.digest(&[half])).concat();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).expect("the key has 32 bytes"))
}

/// The token of a position in a list.
pub(super) fn make(
    sealer: &Sealer,
    position: &Position,
    list: &str,
) -> Result<String, RegistryFault> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new()
        .fill(&mut nonce)
        .or(Err(EngineError::Unavailable { doing: "out of randomness for a page" }))?;
    let Position { id, name, birth } = position;
    let mut bytes = [&id[..], &birth.to_be_bytes(), name.as_bytes()].concat();
    key(sealer)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(list.as_bytes()),
            &mut bytes,
        )
        .expect("far below the 64 GiB that one key may encrypt");
    Ok(hex::encode([&nonce[..], &bytes].concat()))
}

/// The position of a token of this list.
pub(super) fn open(sealer: &Sealer, token: &str, list: &str) -> Result<Position, WireError> {
    let fault = || WireError::new("page_token", "is not of this list: begin with its first page");
    let read = || {
        let bytes = hex::decode(Some(token).filter(|token| token.len() <= TOKEN_LEN_MAX)?).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(list.as_bytes());
        let plain: &[u8] = key(sealer).open_in_place(nonce, aad, &mut sealed).ok()?;
        let (id, rest) = plain.split_first_chunk::<16>()?;
        let (birth, name) = rest.split_first_chunk::<4>()?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        Some(Position { id: *id, name, birth: u32::from_be_bytes(*birth) })
    };
    read().ok_or_else(fault)
}
