//! An officer's request to be taken into the trust bundle: who they are, what they ask for, and their
//! keys, each of which has signed the request.
//!
//! Made on the officer's own machine, read by whoever drafts the next bundle. The signatures prove that
//! the asker holds the keys, and nothing about who the asker is: that is compared over another line, by
//! [`SignedRequest::digest`]. The file is DSSE in its JSON form with a payload type of its own, so that
//! no signature on it can stand for anything else; the payload is JSON, signed as it stands:
//!
//! | Field | Content |
//! |---|---|
//! | `format` | 1 |
//! | `officer`, `name`, `unit`, `roles` | what is asked for |
//! | `keys` | one for `actual`, one for `exercise`: `use` and the raw key in hex |
//! | `csr` | the request for the TLS certificate, PEM |
//! | `made_ms` | when, by the clock of the machine, in milliseconds since 1970 |
//!
//! It does not know who may be an officer, nor certificates.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::envelope::pae;
use super::key::{KeyError, KeyUse, PublicKey, Signer, SignerError};
use super::trust::NAME_LEN_MAX;
use crate::domain::authority::Role;
use crate::domain::ids::{KeyId, OfficerId, UnitCode};
use crate::domain::instant::Instant;

/// Longest request file, in bytes: one takes about 2,000.
pub const REQUEST_LEN_MAX: usize = 16 * 1024;
const FORMAT: u32 = 1;
const PAYLOAD_TYPE: &str = "application/vnd.hoatoc.officer-request.v1+json";
const USES: [KeyUse; 2] = [KeyUse::Actual, KeyUse::Exercise];

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not such a file.
    #[error("this is no officer's request: {fault}")]
    Form {
        /// What is wrong; never the offending bytes.
        fault: &'static str,
    },
    /// A field says what it cannot.
    #[error("field `{field}` of the request is not possible: {fault}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// A key did not sign: whoever asks may not hold it.
    #[error("the request is not signed by its {key_use} key {key_id}: have it made again")]
    NotProven {
        /// What the key is to be for.
        key_use: KeyUse,
        /// The key.
        key_id: KeyId,
    },
    /// A key did not sign while the request was made.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// What an officer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRequest {
    /// The officer.
    pub id: OfficerId,
    /// Name and post, 1 to 100 characters.
    pub name: String,
    /// The unit to serve in.
    pub unit: UnitCode,
    /// What to be allowed.
    pub roles: BTreeSet<Role>,
    /// One key for each use.
    pub keys: [(KeyUse, PublicKey); 2],
    /// The request for the TLS certificate, PEM.
    pub csr_pem: String,
    /// When, by the clock of the officer's machine.
    pub made_at: Instant,
}

/// A request that each of its keys has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    request: OfficerRequest,
    payload: Vec<u8>,
    signatures: Vec<(KeyId, Vec<u8>)>,
}

impl SignedRequest {
    /// Has the keys sign; they must be those of the request, in its order.
    ///
    /// # Errors
    /// [`RequestError::Signer`], [`RequestError::NotProven`], [`RequestError::Field`].
    pub fn make(request: OfficerRequest, keys: [&dyn Signer; 2]) -> Result<Self, RequestError> {
        check(&request)?;
        let payload = serde_json::to_vec_pretty(&Payload::from(&request))
            .expect("strings and numbers always have a JSON form");
        let bytes = pae(PAYLOAD_TYPE, &payload);
        let mut signatures = Vec::with_capacity(keys.len());
        for key in keys {
            signatures.push((key.id(), key.sign(&bytes)?.to_vec()));
        }
        let made = Self { request, payload, signatures };
        made.prove()?;
        Ok(made)
    }

    /// What is asked for.
    pub const fn request(&self) -> &OfficerRequest {
        &self.request
    }

    /// SHA-256 of the signed bytes: what two persons compare over another line.
    pub fn digest(&self) -> [u8; 32] {
        super::sha256(&[&pae(PAYLOAD_TYPE, &self.payload)])
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let signatures = self.signatures.iter().map(|(key_id, bytes)| FileSignature {
            keyid: key_id.to_string(),
            sig: STANDARD.encode(bytes),
        });
        let file = File {
            payload: STANDARD.encode(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: signatures.collect(),
        };
        serde_json::to_string_pretty(&file).expect("strings always have a JSON form")
    }

    /// From the file, once every key in it has been seen to have signed it.
    ///
    /// # Errors
    /// [`RequestError::Form`], [`RequestError::Field`], [`RequestError::NotProven`].
    pub fn from_json(text: &str) -> Result<Self, RequestError> {
        let form = |fault| RequestError::Form { fault };
        if text.len() > REQUEST_LEN_MAX {
            return Err(form("it is too long"));
        }
        let file: File = serde_json::from_str(text)
            .map_err(|_may_quote_it| form("it is not JSON with the fields of one"))?;
        if file.payload_type != PAYLOAD_TYPE {
            return Err(form("it is of another type, or of a newer program"));
        }
        if file.signatures.len() != USES.len() {
            return Err(form("it has not one signature of each key"));
        }
        let bytes = |text: &str| {
            STANDARD.decode(text).map_err(|_may_quote_it| form("a part of it is not base64"))
        };
        let payload = bytes(&file.payload)?;
        let mut signatures = Vec::with_capacity(USES.len());
        for signature in &file.signatures {
            let key_id = hex::decode(&signature.keyid).ok().and_then(|id| id.try_into().ok());
            let key_id = KeyId(key_id.ok_or_else(|| form("a key id is not 64 hex digits"))?);
            signatures.push((key_id, bytes(&signature.sig)?));
        }
        let said: Payload = serde_json::from_slice(&payload)
            .map_err(|_may_quote_it| form("its payload is not JSON with the fields of one"))?;
        let read = Self { request: said.read()?, payload, signatures };
        read.prove()?;
        Ok(read)
    }

    /// Each key of the request must have signed these very bytes.
    fn prove(&self) -> Result<(), RequestError> {
        let bytes = pae(PAYLOAD_TYPE, &self.payload);
        for (key_use, key) in &self.request.keys {
            let by_it =
                |(_hint, signature): &(KeyId, Vec<u8>)| key.verify(&bytes, signature).is_ok();
            if !self.signatures.iter().any(by_it) {
                return Err(RequestError::NotProven { key_use: *key_use, key_id: key.id() });
            }
        }
        Ok(())
    }
}

fn check(request: &OfficerRequest) -> Result<(), RequestError> {
    let field = |field, fault: &str| Err(RequestError::Field { field, fault: fault.to_owned() });
    let name = request.name.chars().count();
    if !(1..=NAME_LEN_MAX).contains(&name) || request.name.chars().any(char::is_control) {
        return field("name", "write 1 to 100 characters on one line");
    }
    if request.roles.is_empty() {
        return field("roles", "ask for at least one");
    }
    if request.keys.map(|(key_use, _key)| key_use) != USES {
        return field("keys", "there must be one for actual and one for exercise, in this order");
    }
    if request.keys[0].1 == request.keys[1].1 {
        return field("keys", "one key cannot be for both: a drill must never pass as real");
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<FileSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSignature {
    keyid: String,
    sig: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    format: u32,
    officer: String,
    name: String,
    unit: String,
    roles: Vec<String>,
    keys: Vec<PayloadKey>,
    csr: String,
    made_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadKey {
    #[serde(rename = "use")]
    key_use: String,
    key: String,
}

impl From<&OfficerRequest> for Payload {
    fn from(request: &OfficerRequest) -> Self {
        let key = |(key_use, key): &(KeyUse, PublicKey)| PayloadKey {
            key_use: key_use.as_str().to_owned(),
            key: key.to_string(),
        };
        Self {
            format: FORMAT,
            officer: request.id.to_string(),
            name: request.name.clone(),
            unit: request.unit.to_string(),
            roles: request.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            keys: request.keys.iter().map(key).collect(),
            csr: request.csr_pem.clone(),
            made_ms: request.made_at.millis(),
        }
    }
}

impl Payload {
    fn read(self) -> Result<OfficerRequest, RequestError> {
        fn field<E: ToString>(field: &'static str) -> impl Fn(E) -> RequestError {
            move |fault| RequestError::Field { field, fault: fault.to_string() }
        }
        if self.format != FORMAT {
            return Err(RequestError::Form {
                fault: "it was made by a newer program: update this one",
            });
        }
        let mut keys = Vec::with_capacity(USES.len());
        for said in &self.keys {
            let raw = hex::decode(&said.key).unwrap_or_default();
            let key = PublicKey::parse(&raw).map_err(field::<KeyError>("keys"))?;
            keys.push((said.key_use.parse().map_err(field("keys"))?, key));
        }
        let keys = keys.try_into().map_err(|_other_count| RequestError::Field {
            field: "keys",
            fault: "there must be two".to_owned(),
        })?;
        let roles: Result<BTreeSet<Role>, _> = self.roles.iter().map(|role| role.parse()).collect();
        let request = OfficerRequest {
            id: self.officer.parse().map_err(field("officer"))?,
            name: self.name,
            unit: self.unit.parse().map_err(field("unit"))?,
            roles: roles.map_err(field("roles"))?,
            keys,
            csr_pem: self.csr,
            made_at: Instant::from_millis(self.made_ms),
        };
        check(&request)?;
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::key::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).expect("a key")
    }

    fn request(actual: &SigningKey, exercise: &SigningKey) -> OfficerRequest {
        OfficerRequest {
            id: "tran.van.a".parse().expect("an id"),
            name: "Thượng tá Trần Văn A".into(),
            unit: "11".parse().expect("a code"),
            roles: [Role::Signer].into(),
            keys: [(KeyUse::Actual, actual.public()), (KeyUse::Exercise, exercise.public())],
            csr_pem: "a certificate request".into(),
            made_at: Instant::from_millis(1_790_000_000_000),
        }
    }

    /// A file as somebody makes it who does not have this program's scruples.
    fn forged(payload: &Payload, signers: [&SigningKey; 2]) -> String {
        let payload = serde_json::to_vec(payload).expect("JSON");
        let bytes = pae(PAYLOAD_TYPE, &payload);
        let signatures = signers.map(|key| FileSignature {
            keyid: key.id().to_string(),
            sig: STANDARD.encode(key.sign(&bytes)),
        });
        let file = File {
            payload: STANDARD.encode(payload),
            payload_type: PAYLOAD_TYPE.into(),
            signatures: signatures.into(),
        };
        serde_json::to_string(&file).expect("JSON")
    }

    #[test]
    fn a_request_comes_back_as_it_was_made_with_the_same_fingerprint() {
        let (actual, exercise) = (key(1), key(2));
        let made = SignedRequest::make(request(&actual, &exercise), [&actual, &exercise]);
        let made = made.expect("signed");
        let read = SignedRequest::from_json(&made.to_json()).expect("read");
        assert_eq!(read, made);
        assert_eq!(read.digest(), made.digest());
    }

    #[test]
    fn a_key_that_did_not_sign_is_not_taken_from_anybody() {
        let (actual, exercise, thief) = (key(1), key(2), key(3));
        let asked = request(&actual, &exercise);
        let refused = SignedRequest::make(asked.clone(), [&actual, &thief]).expect_err("stolen");
        let not_proven =
            RequestError::NotProven { key_use: KeyUse::Exercise, key_id: exercise.id() };
        assert_eq!(refused, not_proven);
        let payload = Payload::from(&asked);
        SignedRequest::from_json(&forged(&payload, [&actual, &exercise])).expect("the honest one");
        for signers in [[&actual, &thief], [&actual, &actual]] {
            let refused = SignedRequest::from_json(&forged(&payload, signers));
            assert_eq!(refused.expect_err("stolen"), not_proven);
        }
    }

    #[test]
    fn a_changed_byte_of_what_is_asked_for_breaks_the_proof() {
        let (actual, exercise) = (key(1), key(2));
        let made = SignedRequest::make(request(&actual, &exercise), [&actual, &exercise]);
        let made = made.expect("signed");
        let payload = String::from_utf8(made.payload.clone()).expect("UTF-8");
        let mut bent = made.clone();
        bent.payload = payload.replace("\"signer\"", "\"administrator\"").into_bytes();
        assert_ne!(bent.payload, made.payload);
        let refused = SignedRequest::from_json(&bent.to_json()).expect_err("bent");
        assert!(matches!(refused, RequestError::NotProven { .. }), "{refused}");
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_by_field() {
        let (actual, exercise) = (key(1), key(2));
        let good = || Payload::from(&request(&actual, &exercise));
        type Change = fn(&mut Payload);
        let changes: [(&str, Change); 8] = [
            ("officer", |payload| payload.officer = "a b".into()),
            ("name", |payload| payload.name = String::new()),
            ("name", |payload| payload.name = "two\nlines".into()),
            ("unit", |payload| payload.unit = String::new()),
            ("roles", |payload| payload.roles = vec!["king".into()]),
            ("roles", |payload| payload.roles.clear()),
            ("keys", |payload| payload.keys[1].key_use = "root".into()),
            ("keys", |payload| payload.keys.truncate(1)),
        ];
        for (at, change) in changes {
            let mut payload = good();
            change(&mut payload);
            let refused = SignedRequest::from_json(&forged(&payload, [&actual, &exercise]));
            let refused = refused.expect_err(at);
            assert!(
                matches!(refused, RequestError::Field { field, .. } if field == at),
                "{refused}"
            );
        }
        let both = SignedRequest::make(request(&actual, &actual), [&actual, &actual]);
        assert!(matches!(both, Err(RequestError::Field { field: "keys", .. })));
        let newer = Payload { format: 2, ..good() };
        let refused = SignedRequest::from_json(&forged(&newer, [&actual, &exercise]));
        assert!(matches!(refused, Err(RequestError::Form { .. })));
    }
}
