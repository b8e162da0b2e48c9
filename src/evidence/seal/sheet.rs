//! Sealing of call-up sheets at a terminal, each order's under a key of its own: whoever destroys the
//! key has destroyed every copy of the sheets.
//!
//! Called by the terminal's inbox. Does not know where the key is kept, nor for how long.
//!
//! Sealed bytes:
//!
//! | Offset | Length | Content |
//! |---|---|---|
//! | 0 | 1 | format, `1` |
//! | 1 | 12 | nonce |
//! | 13 | n + 16 | the page, AES-256-GCM under the order's key, with its tag |
//!
//! Associated data: `hoatoc sheet v1`, line feed, 16 of order id, 4 of page, big-endian. Nonces are
//! random: one key seals the few pages of one order.

use std::fmt;

use ring::aead::{Aad, NONCE_LEN, Nonce};
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use super::{KEY_LEN, SealError, TAG_LEN, aes};
use crate::domain::ids::OrderId;

/// Bytes of a key.
pub const SHEET_KEY_LEN: usize = KEY_LEN;
/// Longest page, in bytes: more than a delivery ever has.
pub const PAGE_LEN_MAX: usize = 60 * 1024;

const FORMAT: u8 = 1;
const NONCE_AT: usize = 1;
const BODY_AT: usize = NONCE_AT + NONCE_LEN;
const OVERHEAD_LEN: usize = BODY_AT + TAG_LEN;

/// The key of one order's sheets. Wiped from memory when it is done with.
#[derive(Clone)]
pub struct SheetKey(Zeroizing<[u8; SHEET_KEY_LEN]>);

impl fmt::Debug for SheetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SheetKey(..)")
    }
}

impl SheetKey {
    /// A key at random.
    ///
    /// # Errors
    /// [`SealError::Randomness`].
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; SHEET_KEY_LEN]);
        rng.fill(key.as_mut_slice()).map_err(|_no_more_to_say| SealError::Randomness)?;
        Ok(Self(key))
    }

    /// From its bytes; none if they are not as many as a key has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|key: [u8; SHEET_KEY_LEN]| Self(Zeroizing::new(key)))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; SHEET_KEY_LEN] {
        &self.0
    }

    /// Seals a page of an order's sheets.
    ///
    /// # Errors
    /// [`SealError::TooLong`], [`SealError::Randomness`].
    pub fn seal(
        &self,
        (order, page): (OrderId, u32),
        plaintext: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SealError> {
        if plaintext.len() > PAGE_LEN_MAX {
            return Err(SealError::TooLong { len: plaintext.len() });
        }
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce).map_err(|_no_more_to_say| SealError::Randomness)?;
        let mut bytes = Vec::with_capacity(OVERHEAD_LEN + plaintext.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = aes(&self.0)
            .seal_in_place_separate_tag(nonce, aad(order, page), &mut bytes[BODY_AT..])
            .expect("far below the 64 GiB that one key may encrypt");
        bytes.extend_from_slice(tag.as_ref());
        Ok(bytes)
    }

    /// Opens a page, if it is this one and nothing was changed.
    ///
    /// # Errors
    /// [`SealError::Length`], [`SealError::Format`], [`SealError::NotAuthentic`].
    pub fn open(
        &self,
        (order, page): (OrderId, u32),
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let len = sealed.len();
        if len < OVERHEAD_LEN {
            return Err(SealError::Length { len });
        }
        if sealed[0] != FORMAT {
            return Err(SealError::Format { format: sealed[0] });
        }
        let nonce = Nonce::try_assume_unique_for_key(&sealed[NONCE_AT..BODY_AT]);
        let nonce = nonce.expect("12 bytes were cut out");
        let mut body = Zeroizing::new(sealed[BODY_AT..].to_vec());
        let len = aes(&self.0)
            .open_in_place(nonce, aad(order, page), &mut body)
            .map_err(|_no_more_to_say| SealError::NotAuthentic)?
            .len();
        body.truncate(len);
        Ok(body)
    }
}

fn aad(order: OrderId, page: u32) -> Aad<Vec<u8>> {
    Aad::from([b"hoatoc sheet v1\n", &order.as_bytes()[..], &page.to_be_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_page_opens_under_its_key_in_its_place_and_nowhere_else() {
        let rng = SystemRandom::new();
        let (key, other) = (SheetKey::generate(&rng), SheetKey::generate(&rng));
        let (key, other) = (key.expect("random"), other.expect("random"));
        let order = OrderId::from_bytes([1; 16]);
        let sealed = key.seal((order, 2), b"names", &rng).expect("short");
        assert!(!sealed.windows(5).any(|part| part == b"names"));
        assert_eq!(key.open((order, 2), &sealed).expect("its own").as_slice(), b"names");
        let mut edited = sealed.clone();
        edited[BODY_AT] ^= 1;
        for (what, opened) in [
            ("another page", key.open((order, 3), &sealed)),
            ("another order", key.open((OrderId::from_bytes([2; 16]), 2), &sealed)),
            ("another key", other.open((order, 2), &sealed)),
            ("an edited page", key.open((order, 2), &edited)),
        ] {
            assert_eq!(opened.map(drop), Err(SealError::NotAuthentic), "{what}");
        }
        let cut = key.open((order, 2), &sealed[..OVERHEAD_LEN - 1]).map(drop);
        assert_eq!(cut, Err(SealError::Length { len: OVERHEAD_LEN - 1 }));
    }
}
