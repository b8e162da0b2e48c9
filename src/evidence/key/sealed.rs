//! A signing key under a passphrase: PKCS#8 `EncryptedPrivateKeyInfo` (RFC 5958) with PBES2 (RFC 8018).
//!
//! Called by whoever keeps a key in a file. What is made here is what OpenSSL reads: scrypt (RFC 7914)
//! with N = 2^14, r = 8, p = 5, a salt of 16 bytes, and AES-256-CBC. More memory would be better, but
//! OpenSSL gives scrypt 32 MiB at most; p = 5 makes up for it. What OpenSSL makes with scrypt or PBKDF2
//! is read, within bounds that are looked at before any work is done. Randomness comes in as an argument.
//!
//! CBC has no checksum: a wrong passphrase shows in the padding or in the 16 fixed bytes that stand
//! before the seed, so one is taken for the right one less than once in 2^128 times.

use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{self, Kdf, Parameters, ScryptParams};
use pkcs8::{EncryptedPrivateKeyInfoOwned, der::asn1::OctetString};
use ring::rand::SecureRandom;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::{KeyError, SigningKey, pem_decode, pem_encode};

/// What stands in the PEM text.
pub(super) const SEALED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// Fewest characters of a new passphrase.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// Fewest different characters of a new passphrase.
const PASSPHRASE_DIFFERENT_MIN: usize = 6;
/// Longest passphrase, in bytes.
const PASSPHRASE_LEN_MAX: usize = 1024;

/// scrypt's N: as much as OpenSSL bears with r = 8.
const COST: u64 = 1 << 14;
const BLOCK_SIZE: u16 = 8;
const PARALLEL: u16 = 5;
const SALT_LEN: usize = 16;
const IV_LEN: usize = 16;
/// Largest N * r of a file that is read: 128 MiB of memory.
const MEMORY_MAX: u64 = 1 << 20;
/// Largest N * r * p of a file that is read: some 13 times the work of one made here.
const WORK_MAX: u64 = 1 << 23;
/// Most rounds of PBKDF2 of a file that is read: some seconds.
const ROUNDS_MAX: u32 = 10_000_000;

/// Why a passphrase is not taken for a new key. Never carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassphrase {
    /// Too short, or the same few characters over and over.
    #[error(
        "the passphrase is too easy to guess: take at least {PASSPHRASE_CHARS_MIN} characters, \
         {PASSPHRASE_DIFFERENT_MIN} of them different; five words at random do well"
    )]
    Guessable,
    /// Longer than anybody types.
    #[error("the passphrase is longer than {PASSPHRASE_LEN_MAX} bytes")]
    TooLong,
    /// A tab or another character that no keyboard shows.
    #[error(
        "the passphrase has control characters: type it with letters, digits, signs and spaces"
    )]
    Control,
}

/// A passphrase in NFC, so that it is the same whatever way a keyboard composes its marks. Wiped when
/// dropped, not shown by `Debug`.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// One that a key may be under already.
    ///
    /// # Errors
    /// [`WeakPassphrase::TooLong`].
    pub fn given(text: &str) -> Result<Self, WeakPassphrase> {
        if text.len() > PASSPHRASE_LEN_MAX {
            return Err(WeakPassphrase::TooLong);
        }
        // Room for the longest form from the start: a string that grows leaves its old copy behind.
        let mut composed = Zeroizing::new(String::with_capacity(text.len() * 3));
        composed.extend(text.nfc());
        Ok(Self(composed))
    }

    /// One for a new key.
    ///
    /// # Errors
    /// [`WeakPassphrase`].
    pub fn chosen(text: &str) -> Result<Self, WeakPassphrase> {
        let passphrase = Self::given(text)?;
        let text = passphrase.expose();
        if text.chars().any(char::is_control) {
            return Err(WeakPassphrase::Control);
        }
        let mut seen: Zeroizing<Vec<char>> = Zeroizing::new(Vec::with_capacity(text.len()));
        let count = text.chars().count();
        for character in text.chars() {
            if !seen.contains(&character) {
                seen.push(character);
            }
        }
        if count < PASSPHRASE_CHARS_MIN || seen.len() < PASSPHRASE_DIFFERENT_MIN {
            return Err(WeakPassphrase::Guessable);
        }
        Ok(passphrase)
    }

    /// The text itself, for what opens with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// A signing key that only a passphrase opens.
#[derive(Clone, Debug)]
pub struct SealedKey {
    scheme: Parameters,
    encrypted: Vec<u8>,
}

/// A key as it stands in a file.
#[derive(Debug)]
pub enum StoredKey {
    /// Whoever has the file has the key.
    Open(SigningKey),
    /// The passphrase is needed too.
    Sealed(SealedKey),
}

impl StoredKey {
    /// From a PEM text `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`SigningKey::from_pem`] and [`SealedKey::from_pem`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if is_sealed(text) {
            SealedKey::from_pem(text).map(Self::Sealed)
        } else {
            SigningKey::from_pem(text).map(Self::Open)
        }
    }
}

/// Whether a PEM text says of itself that it is under a passphrase.
pub(super) fn is_sealed(text: &str) -> bool {
    let after = text.trim_start().strip_prefix("-----BEGIN ");
    after.is_some_and(|rest| rest.starts_with(SEALED_LABEL))
}

impl SealedKey {
    /// Puts a key under a passphrase, with fresh salt and initialization vector.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn seal(
        key: &SigningKey,
        passphrase: &Passphrase,
        rng: &dyn SecureRandom,
    ) -> Result<Self, KeyError> {
        let (mut salt, mut iv) = ([0_u8; SALT_LEN], [0_u8; IV_LEN]);
        for bytes in [&mut salt[..], &mut iv[..]] {
            rng.fill(bytes).map_err(|_no_more_to_say| KeyError::Randomness)?;
        }
        let kdf = Kdf::Scrypt(ScryptParams {
            salt: pbes2::Salt::new(salt).expect("16 bytes are within the 32 of a salt"),
            cost_parameter: COST,
            block_size: BLOCK_SIZE,
            parallelization: PARALLEL,
            key_length: None,
        });
        let scheme = Parameters { kdf, encryption: pbes2::EncryptionScheme::Aes256Cbc { iv } };
        let plain = key.to_pkcs8();
        let encrypted = scheme
            .encrypt(passphrase.expose(), &plain)
            .expect("the parameters are constants that the cipher takes");
        Ok(Self { scheme, encrypted })
    }

    /// From a PEM text `ENCRYPTED PRIVATE KEY`. Nothing is decrypted yet, and what opening it will cost
    /// is known to be within bounds.
    ///
    /// # Errors
    /// [`KeyError::NotPem`], [`KeyError::Unsealable`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem_decode(SEALED_LABEL, text)?;
        let info = EncryptedPrivateKeyInfoOwned::from_der(&der).map_err(|_syntax| {
            KeyError::Unsealable { fault: "its encryption is none of PBES2 with scrypt or PBKDF2" }
        })?;
        let EncryptionScheme::Pbes2(scheme) = info.encryption_algorithm else {
            return Err(KeyError::Unsealable { fault: "PBES1 is too weak" });
        };
        check_cost(&scheme.kdf)?;
        Ok(Self { scheme, encrypted: info.encrypted_data.as_bytes().to_vec() })
    }

    /// A PEM text `ENCRYPTED PRIVATE KEY`, ending in a line feed.
    pub fn to_pem(&self) -> String {
        let info = EncryptedPrivateKeyInfoOwned {
            encryption_algorithm: self.scheme.clone().into(),
            encrypted_data: OctetString::new(self.encrypted.as_slice())
                .expect("a key is far below the 256 MiB of a DER length"),
        };
        let der = info.to_der().expect("it was read or made with these very lengths");
        String::clone(&pem_encode(SEALED_LABEL, &der))
    }

    /// The key, once the passphrase has opened it. Takes some tenths of a second, on purpose.
    ///
    /// # Errors
    /// [`KeyError::WrongPassphrase`], [`KeyError::Unsealable`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyError> {
        let mut buffer = Zeroizing::new(self.encrypted.clone());
        let plain = self.scheme.decrypt_in_place(passphrase.expose(), &mut buffer);
        let plain = plain.map_err(|fault| match fault {
            pkcs8::pkcs5::Error::DecryptFailed => KeyError::WrongPassphrase,
            _of_its_parameters => {
                KeyError::Unsealable { fault: "its cipher or hash is not known here" }
            }
        })?;
        // By chance one wrong passphrase in 256 leaves a padding that looks right.
        SigningKey::from_pkcs8(plain).map_err(|fault| match fault {
            KeyError::NotPkcs8 => KeyError::WrongPassphrase,
            other => other,
        })
    }
}

fn check_cost(kdf: &Kdf) -> Result<(), KeyError> {
    let refuse = |fault| Err(KeyError::Unsealable { fault });
    match kdf {
        Kdf::Scrypt(scrypt) => {
            let (n, r) = (scrypt.cost_parameter, u64::from(scrypt.block_size));
            let p = u64::from(scrypt.parallelization);
            if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
                return refuse("its scrypt parameters are not possible");
            }
            let memory = n.checked_mul(r).filter(|memory| *memory <= MEMORY_MAX);
            let Some(memory) = memory else {
                return refuse("its scrypt asks for more than 128 MiB");
            };
            if memory.checked_mul(p).is_none_or(|work| work > WORK_MAX) {
                return refuse("its scrypt asks for too much work");
            }
            Ok(())
        }
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count == 0 => refuse("it has no rounds of PBKDF2"),
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > ROUNDS_MAX => {
            refuse("its PBKDF2 asks for too many rounds")
        }
        Kdf::Pbkdf2(_within) => Ok(()),
        _unknown => refuse("its key derivation is none of scrypt and PBKDF2"),
    }
}

#[cfg(test)]
mod tests;
