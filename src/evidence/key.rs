//! Ed25519 keys (RFC 8032), their fingerprints and their files.
//!
//! Called by [`super::envelope`], [`super::note`] and [`super::trust`], and by whoever reads or makes
//! a key file. A [`PublicKey`] that exists has passed [`PublicKey::parse`]: it is canonical and not of
//! small order, so a signature under it was made by whoever holds its secret. This module does not
//! know where files lie, who owns a key, or what it may be used for.
//!
//! Secrets are wiped when dropped, and never shown by `Debug`. `ring` keeps its own expanded copy of
//! a signing key, which it does not wipe; nothing here can reach it.

mod sealed;
mod signer;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SecureRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::ids::KeyId;

pub use sealed::{PASSPHRASE_CHARS_MIN, Passphrase, SealedKey, StoredKey, WeakPassphrase};
pub use signer::{Signer, SignerError, checked};

/// Bytes of a public key.
pub const PUBLIC_KEY_LEN: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 64;
/// Longest key file that is read, in bytes: an Ed25519 key takes about 120.
pub const PEM_LEN_MAX: usize = 4096;

const PRIVATE_LABEL: &str = "PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";
/// DER before the seed in a PKCS#8 v1 Ed25519 key (RFC 8410 section 7): what OpenSSL writes.
const PKCS8_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
/// DER before the key in an Ed25519 SubjectPublicKeyInfo (RFC 8410 section 4).
const SPKI_PREFIX: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// The y coordinates, little-endian, of all eight points whose order divides eight; the sign of x,
/// the top bit, is left out. Anyone can make signatures that verify under such a key.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [0; 32],
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
];

/// Why a key or a key file is refused. Never carries key bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A public key is 32 bytes.
    #[error("a public key has {PUBLIC_KEY_LEN} bytes, this has {len}")]
    WrongLength {
        /// Bytes given.
        len: usize,
    },
    /// The same point has another encoding; only one of them is a key.
    #[error("the public key is not in canonical form: make a new key")]
    NotCanonical,
    /// Signatures under such a key prove nothing.
    #[error("the public key is a point of small order: make a new key")]
    SmallOrder,
    /// Not a PKCS#8 Ed25519 key, or its public half belongs to another secret.
    #[error(
        "this is no Ed25519 key in PKCS#8 form: make one with `openssl genpkey -algorithm ed25519`"
    )]
    NotPkcs8,
    /// The text is not exactly one PEM block of the expected kind.
    #[error("expected one PEM block `{label}`: {fault}")]
    NotPem {
        /// What stands after `BEGIN`.
        label: &'static str,
        /// What is wrong.
        fault: &'static str,
    },
    /// It opens with a passphrase only.
    #[error("the key is under a passphrase: open it with that")]
    NeedsPassphrase,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// No passphrase will open it here.
    #[error(
        "the key's encryption is not taken: {fault}; seal it anew with `openssl pkcs8 -topk8 -scrypt`"
    )]
    Unsealable {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The random source failed.
    #[error("the random source gave no bytes: try again, then look at the machine")]
    Randomness,
    /// The signature was not made over these bytes by this key.
    #[error("the signature does not verify")]
    BadSignature,
}

/// What a key is for. A key has exactly one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUse {
    /// Signs trust bundles; kept offline.
    Root,
    /// An officer's key for actual orders and cancels.
    Actual,
    /// An officer's key for exercises and tests; never counts on anything actual.
    Exercise,
    /// The server's key for heads of the ledger.
    Ledger,
    /// A terminal's key for receipts and answers.
    Endpoint,
}

impl KeyUse {
    /// Every use.
    pub const ALL: [Self; 5] =
        [Self::Root, Self::Actual, Self::Exercise, Self::Ledger, Self::Endpoint];

    /// The word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Actual => "actual",
            Self::Exercise => "exercise",
            Self::Ledger => "ledger",
            Self::Endpoint => "endpoint",
        }
    }
}

/// A text that names no use of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key use `{value}` is not known: use `root`, `actual`, `exercise`, `ledger` or `endpoint`")]
pub struct UnknownKeyUse {
    /// The offending text, cut to 80 characters.
    pub value: String,
}

impl FromStr for KeyUse {
    type Err = UnknownKeyUse;
    fn from_str(text: &str) -> Result<Self, UnknownKeyUse> {
        Self::ALL
            .into_iter()
            .find(|key_use| key_use.as_str() == text)
            .ok_or_else(|| UnknownKeyUse { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A public key under which a signature means something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; PUBLIC_KEY_LEN]);

impl PublicKey {
    /// From the raw 32 bytes of RFC 8032 section 5.1.2.
    ///
    /// # Errors
    /// [`KeyError::WrongLength`], [`KeyError::NotCanonical`] (y is not below 2^255 - 19) or
    /// [`KeyError::SmallOrder`]. Bytes that are no point of the curve pass here, and then verify
    /// nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let raw: [u8; PUBLIC_KEY_LEN] = bytes
            .try_into()
            .map_err(|_no_more_to_say| KeyError::WrongLength { len: bytes.len() })?;
        let mut y = raw;
        y[31] &= 0x7f;
        if y[0] >= 0xed && y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f {
            return Err(KeyError::NotCanonical);
        }
        if SMALL_ORDER_Y.contains(&y) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self(raw))
    }

    /// From a PEM text `PUBLIC KEY` (SubjectPublicKeyInfo), as OpenSSL writes it.
    ///
    /// # Errors
    /// [`KeyError::NotPem`] if the text holds anything but one such block, else as [`Self::parse`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem_decode(PUBLIC_LABEL, text)?;
        let raw = der
            .strip_prefix(&SPKI_PREFIX)
            .ok_or(KeyError::NotPem { label: PUBLIC_LABEL, fault: "not an Ed25519 key" })?;
        Self::parse(raw)
    }

    /// A PEM text `PUBLIC KEY`, ending in a line feed.
    pub fn to_pem(&self) -> String {
        let pem = pem_encode(PUBLIC_LABEL, &[&SPKI_PREFIX[..], &self.0[..]].concat());
        String::clone(&pem)
    }

    /// The raw 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.0
    }

    /// SHA-256 of the raw bytes.
    pub fn id(&self) -> KeyId {
        KeyId(super::sha256(&[&self.0]))
    }

    /// Whether this key's holder signed these bytes. Signatures with another encoding of the same
    /// numbers are refused.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_no_more_to_say| KeyError::BadSignature)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A secret key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

impl SigningKey {
    /// A new key from fresh randomness.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate(rng: &dyn SecureRandom) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        rng.fill(seed.as_mut_slice()).map_err(|_no_more_to_say| KeyError::Randomness)?;
        Self::from_seed(&seed)
    }

    /// From the 32-byte seed of RFC 8032 section 5.1.5: the same seed, the same key. For simulations
    /// and tests; whoever can guess the seed has the key.
    ///
    /// # Errors
    /// As [`Self::from_pkcs8`], with a chance of about 2^-250.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let mut pkcs8 = Zeroizing::new(Vec::with_capacity(PKCS8_PREFIX.len() + seed.len()));
        pkcs8.extend_from_slice(&PKCS8_PREFIX);
        pkcs8.extend_from_slice(seed);
        Self::from_pkcs8(&pkcs8)
    }

    /// From PKCS#8 DER, version 1 (OpenSSL) or 2 (with the public half, which is then checked).
    ///
    /// # Errors
    /// [`KeyError::NotPkcs8`], or what [`PublicKey::parse`] says of its public half.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map_err(|_may_describe_the_secret| KeyError::NotPkcs8)?;
        let public = PublicKey::parse(pair.public_key().as_ref())?;
        Ok(Self { pair, pkcs8: Zeroizing::new(der.to_vec()), public })
    }

    /// From a PEM text `PRIVATE KEY`.
    ///
    /// # Errors
    /// [`KeyError::NotPem`] if the text holds anything but one such block,
    /// [`KeyError::NeedsPassphrase`] for a [`SealedKey`], else as [`Self::from_pkcs8`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if sealed::is_sealed(text) {
            return Err(KeyError::NeedsPassphrase);
        }
        Self::from_pkcs8(&pem_decode(PRIVATE_LABEL, text)?)
    }

    /// PKCS#8 DER, wiped when dropped.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// A PEM text `PRIVATE KEY` ending in a line feed, wiped when dropped.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem_encode(PRIVATE_LABEL, &self.pkcs8)
    }

    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The fingerprint of the public half.
    pub fn id(&self) -> KeyId {
        self.public.id()
    }

    /// The signature over these bytes; the same bytes always give the same signature.
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.pair.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public)
    }
}

fn pem_encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    // Enough room from the start: a string that grows leaves its old copy behind.
    let mut text = Zeroizing::new(String::with_capacity(body.len() * 2 + 128));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

fn pem_decode(label: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let refuse = |fault| KeyError::NotPem { label, fault };
    if text.len() > PEM_LEN_MAX {
        return Err(refuse("the text is too long"));
    }
    let inner = text
        .trim()
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.strip_prefix(label)?.strip_prefix("-----"))
        .ok_or_else(|| refuse("it does not begin so"))?
        .strip_suffix("-----")
        .and_then(|rest| rest.strip_suffix(label)?.strip_suffix("-----END "))
        .ok_or_else(|| refuse("it does not end so"))?;
    let mut packed: Vec<u8> = Vec::with_capacity(inner.len());
    packed.extend(inner.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; packed.len()]);
    let decoded = STANDARD.decode_slice(&packed, &mut der);
    packed.zeroize();
    let len = decoded.map_err(|_may_quote_the_secret| refuse("its body is not base64"))?;
    der.truncate(len);
    Ok(der)
}

#[cfg(test)]
mod tests;
