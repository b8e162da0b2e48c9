//! Whoever signs: a key from a file, or one that never leaves its token.
//!
//! Called by whatever signs for a person. It does not know which orders may be signed, nor by whom.

use super::{KeyError, PublicKey, SIGNATURE_LEN, SigningKey};
use crate::domain::ids::KeyId;

/// Why there is no signature. Never carries secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// What holds the key did not sign.
    #[error("the key did not sign: {reason}")]
    Failed {
        /// Its word.
        reason: String,
    },
    /// What came back is no signature of this key over these bytes.
    #[error("what came back is no signature of key {key_id}: do not use this token")]
    NotItsSignature {
        /// The key that was to sign.
        key_id: KeyId,
    },
}

/// A key that signs, wherever its secret lies.
pub trait Signer {
    /// The public half.
    fn public(&self) -> PublicKey;

    /// The signature over these bytes, which [`PublicKey::verify`] takes.
    ///
    /// # Errors
    /// [`SignerError`]; a key in memory never fails.
    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError>;

    /// The fingerprint of the public half.
    fn id(&self) -> KeyId {
        self.public().id()
    }
}

impl Signer for SigningKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], SignerError> {
        Ok(Self::sign(self, message))
    }
}

/// A signature that came from outside of this program, once it is seen to be one.
///
/// # Errors
/// [`SignerError::NotItsSignature`].
pub fn checked(
    key: &PublicKey,
    message: &[u8],
    bytes: &[u8],
) -> Result<[u8; SIGNATURE_LEN], SignerError> {
    let wrong = |_any: KeyError| SignerError::NotItsSignature { key_id: key.id() };
    key.verify(message, bytes).map_err(wrong)?;
    bytes.try_into().map_err(|_cannot_verify| SignerError::NotItsSignature { key_id: key.id() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_from_outside_counts_only_if_the_key_made_it_over_these_bytes() {
        let key = SigningKey::from_seed(&[1; 32]).expect("a key");
        let other = SigningKey::from_seed(&[2; 32]).expect("a key");
        let good = key.sign(b"bytes");
        assert_eq!(checked(&key.public(), b"bytes", &good), Ok(good));
        let refused = Err(SignerError::NotItsSignature { key_id: key.id() });
        assert_eq!(checked(&key.public(), b"bytez", &good), refused);
        assert_eq!(checked(&key.public(), b"bytes", &other.sign(b"bytes")), refused);
        assert_eq!(checked(&key.public(), b"bytes", &good[..63]), refused);
    }
}
