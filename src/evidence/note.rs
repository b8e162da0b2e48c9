//! Signed notes (C2SP `signed-note`): a text with signature lines, as the Go checksum database and
//! transparency logs write it.
//!
//! Called by [`super::checkpoint`]. Existing witnesses and tools can read and add to what is made here.
//!
//! | Part | Content |
//! |---|---|
//! | text | UTF-8 lines without control characters, each ended by a line feed |
//! | separator | an empty line |
//! | each signature line | `— ` (U+2014, space), key name, space, base64 of key hash and signature |
//! | key hash | the first 4 bytes of SHA-256 over name, line feed, algorithm byte, public key |
//!
//! | Algorithm byte | Signed bytes | Signature bytes |
//! |---|---|---|
//! | `0x01` Ed25519 | the text | 64 |
//! | `0x04` cosignature/v1 | `cosignature/v1`, line feed, `time <seconds>`, line feed, the text | 8 of time, big-endian, then 64 |

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyError, PublicKey, SIGNATURE_LEN, SigningKey};

/// Longest note that is read, in bytes: a head with sixteen signatures takes about 3,000.
pub const NOTE_LEN_MAX: usize = 16 * 1024;
/// Most signature lines: the ledger's, four areas' and some witnesses'.
pub const SIGNATURES_MAX: usize = 16;
/// Longest key name, in bytes.
pub const NAME_LEN_MAX: usize = 128;

const SIGNATURE_MARK: &str = "\u{2014} ";
const KEY_HASH_LEN: usize = 4;
const TIME_LEN: usize = 8;

/// Why a note or note key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Over its bound.
    #[error("the note has {len} bytes, at most {NOTE_LEN_MAX} are read")]
    TooLong {
        /// Bytes given.
        len: usize,
    },
    /// More signature lines than the bound.
    #[error("the note would have {count} signatures, at most {SIGNATURES_MAX} are taken")]
    TooManySignatures {
        /// Lines given, or that there would be.
        count: usize,
    },
    /// Not laid out as a signed note.
    #[error("this is no signed note: {fault}")]
    NotANote {
        /// What is wrong.
        fault: &'static str,
    },
    /// A key name is a word without spaces or `+`.
    #[error("`{name}` cannot name a key: use 1 to {NAME_LEN_MAX} bytes without spaces and `+`")]
    BadName {
        /// The offending name, cut to 80 characters.
        name: String,
    },
    /// Not `name+hash+base64` of a known algorithm, or the hash is of another key.
    #[error("this is no note key: {fault}")]
    NotAKey {
        /// What is wrong.
        fault: &'static str,
    },
    /// The key in it is refused.
    #[error("this is no note key: {0}")]
    Key(#[from] KeyError),
    /// Nobody of this name and key signed it.
    #[error("the note is not signed by `{name}`")]
    NotSigned {
        /// Whose signature is missing.
        name: String,
    },
    /// A line claims this key, and does not verify.
    #[error("the signature of `{name}` on the note does not verify: do not trust whoever gave it")]
    BadSignature {
        /// Whose signature it claims to be.
        name: String,
    },
}

/// How a key signs notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteAlgorithm {
    /// Ed25519 over the text: the log itself.
    Ed25519,
    /// Ed25519 over a time and the text: a witness, who has seen that this head continues the last.
    Cosignature,
}

impl NoteAlgorithm {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
}

/// A name and the key that signs under it. Written `name+hash+base64`, as tools exchange it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    algorithm: NoteAlgorithm,
    key: PublicKey,
}

impl NoteKey {
    /// From its parts.
    ///
    /// # Errors
    /// [`NoteError::BadName`].
    pub fn new(name: &str, algorithm: NoteAlgorithm, key: PublicKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), algorithm, key })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it signs.
    pub const fn algorithm(&self) -> NoteAlgorithm {
        self.algorithm
    }

    /// The key.
    pub const fn key(&self) -> PublicKey {
        self.key
    }

    fn hash(&self) -> [u8; KEY_HASH_LEN] {
        let algorithm = [self.algorithm.byte()];
        let parts = [self.name.as_bytes(), b"\n", &algorithm, self.key.as_bytes()];
        let [a, b, c, d, ..] = super::sha256(&parts);
        [a, b, c, d]
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.algorithm.byte()], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.hash()), STANDARD.encode(typed))
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let refuse = |fault| NoteError::NotAKey { fault };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(typed)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(refuse("write it as `name+hash+base64`"));
        };
        let typed =
            STANDARD.decode(typed).map_err(|_no_more_to_say| refuse("its key is not base64"))?;
        let (algorithm, key) = match typed.split_first() {
            Some((0x01, key)) => (NoteAlgorithm::Ed25519, key),
            Some((0x04, key)) => (NoteAlgorithm::Cosignature, key),
            _other => return Err(refuse("its algorithm is not known")),
        };
        let own = Self::new(name, algorithm, PublicKey::parse(key)?)?;
        if hash != hex::encode(own.hash()) {
            return Err(refuse("its hash is of another key"));
        }
        Ok(own)
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    key_hash: [u8; KEY_HASH_LEN],
    bytes: Vec<u8>,
}

/// A text and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    lines: Vec<Line>,
}

impl SignedNote {
    /// A text that nobody has signed yet.
    ///
    /// # Errors
    /// [`NoteError::NotANote`], [`NoteError::TooLong`].
    pub fn new(text: &str) -> Result<Self, NoteError> {
        if text.len() > NOTE_LEN_MAX {
            return Err(NoteError::TooLong { len: text.len() });
        }
        if !text.ends_with('\n') {
            return Err(NoteError::NotANote { fault: "its text does not end its last line" });
        }
        if text.chars().any(|c| c != '\n' && c.is_control()) {
            return Err(NoteError::NotANote { fault: "it has control characters" });
        }
        Ok(Self { text: text.to_owned(), lines: Vec::new() })
    }

    /// From its written form. Nothing is verified yet.
    ///
    /// # Errors
    /// [`NoteError::NotANote`], [`NoteError::TooLong`], [`NoteError::TooManySignatures`],
    /// [`NoteError::BadName`].
    pub fn parse(written: &str) -> Result<Self, NoteError> {
        let refuse = |fault| NoteError::NotANote { fault };
        if written.len() > NOTE_LEN_MAX {
            return Err(NoteError::TooLong { len: written.len() });
        }
        let at = written.rfind("\n\n").ok_or_else(|| refuse("it has no empty line"))?;
        let mut note = Self::new(&written[..=at])?;
        let lines = written[at + 2..]
            .strip_suffix('\n')
            .ok_or_else(|| refuse("its last signature line is not ended"))?;
        for line in lines.split('\n') {
            note.add(parse_line(line)?)?;
        }
        Ok(note)
    }

    /// Adds signature lines made elsewhere, unverified, as a witness answers with them.
    ///
    /// # Errors
    /// [`NoteError::NotANote`], [`NoteError::TooLong`], [`NoteError::TooManySignatures`],
    /// [`NoteError::BadName`].
    pub fn add_lines(&mut self, lines: &str) -> Result<(), NoteError> {
        if lines.len() > NOTE_LEN_MAX {
            return Err(NoteError::TooLong { len: lines.len() });
        }
        let fault = "its last signature line is not ended";
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NotANote { fault })?;
        lines.split('\n').try_for_each(|line| self.add(parse_line(line)?))
    }

    /// The signature lines, each ended.
    pub fn lines(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The signature lines that claim this key, each ended.
    pub fn lines_of(&self, key: &NoteKey) -> String {
        let hash = key.hash();
        let own = self.lines.iter().filter(|line| line.name == key.name && line.key_hash == hash);
        own.map(|line| format!("{line}\n")).collect()
    }

    /// The text, with its last line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Signs as the log.
    ///
    /// # Errors
    /// [`NoteError::BadName`], [`NoteError::TooManySignatures`].
    pub fn sign(&mut self, name: &str, key: &SigningKey) -> Result<(), NoteError> {
        let own = NoteKey::new(name, NoteAlgorithm::Ed25519, key.public())?;
        let bytes = key.sign(self.text.as_bytes()).to_vec();
        self.add(Line { name: name.to_owned(), key_hash: own.hash(), bytes })
    }

    /// Signs as a witness, at a time in seconds since 1970. The witness has checked that this head
    /// continues the last one it cosigned.
    ///
    /// # Errors
    /// [`NoteError::BadName`], [`NoteError::TooManySignatures`].
    pub fn cosign(&mut self, name: &str, key: &SigningKey, time_s: u64) -> Result<(), NoteError> {
        let own = NoteKey::new(name, NoteAlgorithm::Cosignature, key.public())?;
        let signature = key.sign(&self.cosigned_bytes(time_s));
        let bytes = [&time_s.to_be_bytes()[..], &signature[..]].concat();
        self.add(Line { name: name.to_owned(), key_hash: own.hash(), bytes })
    }

    /// Whether this key signed. For a witness, its time in seconds since 1970.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`] if no line claims the key, [`NoteError::BadSignature`] if any line that
    /// does fails to verify.
    pub fn verify(&self, key: &NoteKey) -> Result<Option<u64>, NoteError> {
        let hash = key.hash();
        let mut verified = Err(NoteError::NotSigned { name: key.name.clone() });
        for line in &self.lines {
            if line.name == key.name && line.key_hash == hash {
                verified = Ok(self
                    .verify_line(key, &line.bytes)
                    .ok_or_else(|| NoteError::BadSignature { name: key.name.clone() })?);
            }
        }
        verified
    }

    fn verify_line(&self, key: &NoteKey, bytes: &[u8]) -> Option<Option<u64>> {
        match key.algorithm {
            NoteAlgorithm::Ed25519 => {
                key.key.verify(self.text.as_bytes(), bytes).ok()?;
                Some(None)
            }
            NoteAlgorithm::Cosignature => {
                let (time, signature) = bytes.split_first_chunk::<TIME_LEN>()?;
                let time_s = u64::from_be_bytes(*time);
                key.key.verify(&self.cosigned_bytes(time_s), signature).ok()?;
                Some(Some(time_s))
            }
        }
    }

    fn cosigned_bytes(&self, time_s: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {time_s}\n{}", self.text).into_bytes()
    }

    fn add(&mut self, line: Line) -> Result<(), NoteError> {
        if self.lines.contains(&line) {
            return Ok(());
        }
        if self.lines.len() >= SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures { count: self.lines.len() + 1 });
        }
        self.lines.push(line);
        Ok(())
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        f.write_str(&self.lines())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(KEY_HASH_LEN + TIME_LEN + SIGNATURE_LEN);
        bytes.extend_from_slice(&self.key_hash);
        bytes.extend_from_slice(&self.bytes);
        write!(f, "{SIGNATURE_MARK}{} {}", self.name, STANDARD.encode(bytes))
    }
}

fn parse_line(line: &str) -> Result<Line, NoteError> {
    let refuse = |fault| NoteError::NotANote { fault };
    let (name, encoded) = line
        .strip_prefix(SIGNATURE_MARK)
        .and_then(|rest| rest.split_once(' '))
        .ok_or_else(|| refuse("a signature line is not laid out as one"))?;
    check_name(name)?;
    let decoded =
        STANDARD.decode(encoded).map_err(|_no_more_to_say| refuse("a signature is not base64"))?;
    let (key_hash, bytes) = decoded
        .split_first_chunk::<KEY_HASH_LEN>()
        .filter(|(_hash, bytes)| !bytes.is_empty())
        .ok_or_else(|| refuse("a signature is too short"))?;
    Ok(Line { name: name.to_owned(), key_hash: *key_hash, bytes: bytes.to_vec() })
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let word = !name.is_empty()
        && name.len() <= NAME_LEN_MAX
        && !name.chars().any(|c| c == '+' || c.is_whitespace() || c.is_control());
    if word { Ok(()) } else { Err(NoteError::BadName { name: name.chars().take(80).collect() }) }
}

#[cfg(test)]
mod tests;
