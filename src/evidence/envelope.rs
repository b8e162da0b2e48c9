//! Signed envelopes: DSSE v1 (`secure-systems-lab/dsse`), the only form in which anything is signed.
//!
//! Made by officers' and terminals' machines, checked by everyone. The payload is a byte string that
//! is signed once and never encoded again; verify first, then parse. What is signed covers the payload
//! type too, so that an exercise can never be read as actual, whatever stands around it:
//!
//! | Part of the signed bytes | Content |
//! |---|---|
//! | magic | `DSSEv1` |
//! | space, length, space, type | decimal length in bytes, then [`PayloadType::as_str`] |
//! | space, length, space, payload | decimal length in bytes, then the payload |
//!
//! The key id in a signature is a hint for finding a key and proves nothing. This module does not know
//! who owns a key or how many signatures are enough; [`super::trust`] does.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SIGNATURE_LEN, Signer, SignerError};
use crate::domain::ids::KeyId;
use crate::domain::order::handling::Handling;

/// Largest payload, in bytes: with its signatures and framing it stays below the store's 64 KiB.
pub const PAYLOAD_LEN_MAX: usize = 60 * 1024;
/// Most signatures on one envelope: no rule asks for more than a few persons.
pub const SIGNATURES_MAX: usize = 8;
/// Longest JSON text that is read, in bytes: the largest envelope takes about 84,000.
pub const JSON_LEN_MAX: usize = 96 * 1024;

/// What the payload is. Its text is inside the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PayloadType {
    /// An order.
    Order(Handling),
    /// A cancel of an order of the same handling.
    Cancel(Handling),
    /// A terminal's receipt: the device has it.
    Receipt,
    /// A terminal's answer: a person answers for it.
    Answer,
    /// The list of who holds which role.
    TrustBundle,
}

impl PayloadType {
    /// Every payload type.
    pub const ALL: [Self; 9] = [
        Self::Order(Handling::Actual),
        Self::Order(Handling::Exercise),
        Self::Order(Handling::Test),
        Self::Cancel(Handling::Actual),
        Self::Cancel(Handling::Exercise),
        Self::Cancel(Handling::Test),
        Self::Receipt,
        Self::Answer,
        Self::TrustBundle,
    ];

    /// The media type, as signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order(Handling::Actual) => "application/vnd.hoatoc.order.actual.v1+protobuf",
            Self::Order(Handling::Exercise) => "application/vnd.hoatoc.order.exercise.v1+protobuf",
            Self::Order(Handling::Test) => "application/vnd.hoatoc.order.test.v1+protobuf",
            Self::Cancel(Handling::Actual) => "application/vnd.hoatoc.cancel.actual.v1+protobuf",
            Self::Cancel(Handling::Exercise) => {
                "application/vnd.hoatoc.cancel.exercise.v1+protobuf"
            }
            Self::Cancel(Handling::Test) => "application/vnd.hoatoc.cancel.test.v1+protobuf",
            Self::Receipt => "application/vnd.hoatoc.receipt.v1+protobuf",
            Self::Answer => "application/vnd.hoatoc.answer.v1+protobuf",
            Self::TrustBundle => "application/vnd.hoatoc.trust-bundle.v1+protobuf",
        }
    }

    /// The handling, for orders and cancels.
    pub const fn handling(self) -> Option<Handling> {
        match self {
            Self::Order(handling) | Self::Cancel(handling) => Some(handling),
            Self::Receipt | Self::Answer | Self::TrustBundle => None,
        }
    }
}

impl FromStr for PayloadType {
    type Err = EnvelopeError;
    fn from_str(text: &str) -> Result<Self, EnvelopeError> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| EnvelopeError::UnknownType { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an envelope is refused. Never carries payload bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not one of the types this program signs.
    #[error("payload type `{value}` is not known: update this program, or refuse the file")]
    UnknownType {
        /// The offending text, cut to 80 characters.
        value: String,
    },
    /// Nothing is ever signed empty.
    #[error("the payload is empty")]
    EmptyPayload,
    /// The payload is over its bound.
    #[error("the payload has {len} bytes, at most {PAYLOAD_LEN_MAX} are taken")]
    PayloadTooLong {
        /// Bytes given.
        len: usize,
    },
    /// There are more signatures than the bound.
    #[error("there are {count} signatures, at most {SIGNATURES_MAX} are taken")]
    TooManySignatures {
        /// Signatures given, or that there would be.
        count: usize,
    },
    /// A signature is 64 bytes.
    #[error("a signature has {SIGNATURE_LEN} bytes, this has {len}")]
    SignatureLength {
        /// Bytes given.
        len: usize,
    },
    /// The JSON text is over its bound.
    #[error("the file has {len} bytes, at most {JSON_LEN_MAX} are read")]
    JsonTooLong {
        /// Bytes given.
        len: usize,
    },
    /// Not the JSON form of an envelope, or it has unknown or repeated fields.
    #[error("this is no signed envelope in JSON form: {fault} (line {line}, column {column})")]
    NotJson {
        /// The kind of fault; never the offending bytes.
        fault: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A field is not base64, or not the hex of a key id.
    #[error("field `{field}` is not {expected}")]
    NotEncoded {
        /// The field.
        field: &'static str,
        /// The encoding it should have.
        expected: &'static str,
    },
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// No signature on the envelope was made by the key.
    #[error("no signature on it was made by key {key_id}")]
    NotSignedBy {
        /// The key that was asked for.
        key_id: KeyId,
    },
}

/// One signature, and a hint whose it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The claimed key. A hint.
    pub key_id: KeyId,
    /// Ed25519 over [`pae`].
    pub bytes: [u8; SIGNATURE_LEN],
}

impl Signature {
    /// From parts as they come off the wire.
    ///
    /// # Errors
    /// [`EnvelopeError::SignatureLength`].
    pub fn new(key_id: KeyId, bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let bytes = bytes
            .try_into()
            .map_err(|_no_more_to_say| EnvelopeError::SignatureLength { len: bytes.len() })?;
        Ok(Self { key_id, bytes })
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature(by {:?})", self.key_id)
    }
}

/// A payload with its type and signatures, within bounds. Cloning shares the payload.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: PayloadType,
    payload: Arc<[u8]>,
    signatures: Vec<Signature>,
}

impl Envelope {
    /// A payload that nobody has signed yet.
    ///
    /// # Errors
    /// [`EnvelopeError::EmptyPayload`], [`EnvelopeError::PayloadTooLong`].
    pub fn new(
        payload_type: PayloadType,
        payload: impl Into<Arc<[u8]>>,
    ) -> Result<Self, EnvelopeError> {
        Self::from_parts(payload_type, payload, Vec::new())
    }

    /// From parts as they come off the wire. Nothing is verified yet.
    ///
    /// # Errors
    /// As [`Self::new`], and [`EnvelopeError::TooManySignatures`].
    pub fn from_parts(
        payload_type: PayloadType,
        payload: impl Into<Arc<[u8]>>,
        signatures: Vec<Signature>,
    ) -> Result<Self, EnvelopeError> {
        let payload = payload.into();
        match payload.len() {
            0 => return Err(EnvelopeError::EmptyPayload),
            len if len > PAYLOAD_LEN_MAX => return Err(EnvelopeError::PayloadTooLong { len }),
            _within => {}
        }
        if signatures.len() > SIGNATURES_MAX {
            return Err(EnvelopeError::TooManySignatures { count: signatures.len() });
        }
        Ok(Self { payload_type, payload, signatures })
    }

    /// What the payload claims to be; true once a signature verifies.
    pub const fn payload_type(&self) -> PayloadType {
        self.payload_type
    }

    /// The signed bytes' payload. Verify before parsing.
    pub const fn payload(&self) -> &Arc<[u8]> {
        &self.payload
    }

    /// The signatures, unverified.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// SHA-256 of the signed bytes: one name for type and payload together, whoever has signed.
    pub fn digest(&self) -> [u8; 32] {
        super::sha256(&[&self.signed_bytes()])
    }

    /// The bytes that signatures are made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pae(self.payload_type.as_str(), &self.payload)
    }

    /// Adds this key's signature; signing twice with one key changes nothing.
    ///
    /// # Errors
    /// [`EnvelopeError::TooManySignatures`], [`EnvelopeError::Signer`].
    pub fn sign(&mut self, key: &dyn Signer) -> Result<(), EnvelopeError> {
        self.add(Signature { key_id: key.id(), bytes: key.sign(&self.signed_bytes())? })
    }

    /// Adds a signature made elsewhere, unverified; the same one twice changes nothing.
    ///
    /// # Errors
    /// [`EnvelopeError::TooManySignatures`].
    pub fn add(&mut self, signature: Signature) -> Result<(), EnvelopeError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() >= SIGNATURES_MAX {
            return Err(EnvelopeError::TooManySignatures { count: self.signatures.len() + 1 });
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Whether this key made one of the signatures that name it.
    ///
    /// # Errors
    /// [`EnvelopeError::NotSignedBy`].
    pub fn verify_with(&self, key: &PublicKey) -> Result<(), EnvelopeError> {
        let key_id = key.id();
        let signed_bytes = self.signed_bytes();
        self.signatures
            .iter()
            .filter(|signature| signature.key_id == key_id)
            .any(|signature| key.verify(&signed_bytes, &signature.bytes).is_ok())
            .then_some(())
            .ok_or(EnvelopeError::NotSignedBy { key_id })
    }

    /// The keys that truly signed, out of those `candidates` finds by the hints. A signature whose
    /// hint lies, or names nothing, is not counted.
    pub fn verified_signers(
        &self,
        candidates: impl Fn(KeyId) -> Option<PublicKey>,
    ) -> BTreeSet<KeyId> {
        let signed_bytes = self.signed_bytes();
        self.signatures
            .iter()
            .filter_map(|signature| {
                let key = candidates(signature.key_id)?;
                key.verify(&signed_bytes, &signature.bytes).ok()?;
                Some(key.id())
            })
            .collect()
    }

    /// The DSSE JSON form, for files.
    pub fn to_json(&self) -> String {
        let file = JsonEnvelope {
            payload_type: self.payload_type.as_str().to_owned(),
            payload: STANDARD.encode(&self.payload),
            signatures: self
                .signatures
                .iter()
                .map(|signature| JsonSignature {
                    keyid: signature.key_id.to_string(),
                    sig: STANDARD.encode(signature.bytes),
                })
                .collect(),
        };
        serde_json::to_string_pretty(&file).expect("strings always have a JSON form")
    }

    /// From the DSSE JSON form. Nothing is verified yet. Standard and URL-safe base64 are taken;
    /// unknown and repeated fields are refused, and every signature must name its key.
    ///
    /// # Errors
    /// Every [`EnvelopeError`] but [`EnvelopeError::NotSignedBy`].
    pub fn from_json(text: &str) -> Result<Self, EnvelopeError> {
        if text.len() > JSON_LEN_MAX {
            return Err(EnvelopeError::JsonTooLong { len: text.len() });
        }
        let file: JsonEnvelope = serde_json::from_str(text).map_err(|error| {
            let fault = match error.classify() {
                serde_json::error::Category::Eof => "it ends too early",
                serde_json::error::Category::Data => "a field is missing, unknown or repeated",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "it is not JSON"
                }
            };
            EnvelopeError::NotJson { fault, line: error.line(), column: error.column() }
        })?;
        if file.signatures.len() > SIGNATURES_MAX {
            return Err(EnvelopeError::TooManySignatures { count: file.signatures.len() });
        }
        let signatures = file
            .signatures
            .iter()
            .map(|signature| {
                let key_id = hex::decode(&signature.keyid).ok().and_then(|id| id.try_into().ok());
                let key_id = KeyId(key_id.ok_or(EnvelopeError::NotEncoded {
                    field: "keyid",
                    expected: "64 hex digits",
                })?);
                Signature::new(key_id, &unbase64("sig", &signature.sig)?)
            })
            .collect::<Result<_, _>>()?;
        let payload = unbase64("payload", &file.payload)?;
        Self::from_parts(file.payload_type.parse()?, payload, signatures)
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("payload_type", &self.payload_type)
            .field("payload_len", &self.payload.len())
            .field("signatures", &self.signatures)
            .finish()
    }
}

/// The pre-authentication encoding of DSSE v1: what signatures are made over.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The standard JSON form; not the domain's, so it stays in this file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonEnvelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<JsonSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSignature {
    keyid: String,
    sig: String,
}

fn unbase64(field: &'static str, text: &str) -> Result<Vec<u8>, EnvelopeError> {
    STANDARD
        .decode(text)
        .or_else(|_maybe_url_safe| URL_SAFE.decode(text))
        .map_err(|_may_quote_the_payload| EnvelopeError::NotEncoded { field, expected: "base64" })
}

#[cfg(test)]
mod tests;
