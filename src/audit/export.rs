//! The file of a whole ledger, or of its beginning: what an auditor carries away.
//!
//! | Part | Content |
//! |---|---|
//! | magic | [`MAGIC`]: a name and the version of this layout |
//! | header length | 4 bytes, big-endian |
//! | header | JSON: [`Header`] |
//! | each leaf | its length in 4 bytes, big-endian, then its exact bytes |
//!
//! There are as many leaves as the header says and nothing after them. Trust bundles, payloads of
//! orders, signatures, receipts and answers are in the leaves themselves, whole: nothing has to be
//! carried beside. No personal data is in a leaf. Written and read as a stream: memory holds one
//! leaf. The header proves nothing; whoever reads judges it by the leaves.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::evidence::envelope::Envelope;
use crate::evidence::tree::Hash;

/// The first bytes of the file.
pub const MAGIC: &[u8] = b"hoatoc-ledger-export/v1\n";
/// Longest leaf, in bytes: the store's bound for one value.
pub const LEAF_LEN_MAX: usize = 64 * 1024;
/// Longest header, in bytes: two heads, a proof, and bundles that came after the last leaf.
pub const HEADER_LEN_MAX: usize = 4 * 1024 * 1024;

/// What stands before the leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// How many leaves follow.
    pub size: u64,
    /// Signed heads, as notes: the newest first, then the newest that enough witnesses cosigned.
    pub heads: Vec<String>,
    /// Of a part of a ledger: for each head, the proof that the part is its beginning, in hex.
    pub consistency: Vec<Vec<String>>,
    /// Of a part of a ledger: the trust bundles that came after it, oldest first, as DSSE JSON.
    pub later_bundles: Vec<String>,
}

/// Why a file is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It begins with something else.
    #[error("this is no export of a ledger that this program knows")]
    NotAnExport,
    /// It ends too early.
    #[error("the file ends in the middle of {part}: it was cut short; get it again")]
    Cut {
        /// Where.
        part: &'static str,
    },
    /// Something stands after the last leaf.
    #[error("the file has something after its last entry: it was added to; get it again")]
    Longer,
    /// A length over its bound.
    #[error("{part} has {len} bytes, at most {max} are read")]
    TooLong {
        /// Which.
        part: &'static str,
        /// What it says.
        len: usize,
        /// Its bound.
        max: usize,
    },
    /// The header cannot be read.
    #[error("the file's header cannot be read: {0}")]
    Header(String),
}

impl Header {
    /// The proofs in [`Self::consistency`].
    ///
    /// # Errors
    /// [`ExportError::Header`].
    pub fn proofs(&self) -> Result<Vec<Vec<Hash>>, ExportError> {
        let refuse = |_no_more_to_say| ExportError::Header("a hash is not 32 bytes in hex".into());
        let hash = |text: &String| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text, &mut bytes).map_err(refuse)?;
            Ok(Hash(bytes))
        };
        self.consistency.iter().map(|path| path.iter().map(hash).collect()).collect()
    }

    /// The envelopes in [`Self::later_bundles`].
    ///
    /// # Errors
    /// [`ExportError::Header`].
    pub fn bundles(&self) -> Result<Vec<Envelope>, ExportError> {
        let read = |text: &String| {
            Envelope::from_json(text).map_err(|fault| ExportError::Header(fault.to_string()))
        };
        self.later_bundles.iter().map(read).collect()
    }
}

/// Writes what stands before the leaves.
///
/// # Errors
/// [`ExportError::Io`], [`ExportError::TooLong`].
pub fn begin(out: &mut impl Write, header: &Header) -> Result<(), ExportError> {
    let text =
        serde_json::to_vec(header).map_err(|fault| ExportError::Header(fault.to_string()))?;
    out.write_all(MAGIC)?;
    write_part(out, &text, "the header", HEADER_LEN_MAX)
}

/// Writes the next leaf.
///
/// # Errors
/// [`ExportError::Io`], [`ExportError::TooLong`].
pub fn write_leaf(out: &mut impl Write, leaf: &[u8]) -> Result<(), ExportError> {
    write_part(out, leaf, "an entry", LEAF_LEN_MAX)
}

fn write_part(
    out: &mut impl Write,
    bytes: &[u8],
    part: &'static str,
    max: usize,
) -> Result<(), ExportError> {
    let too_long = || ExportError::TooLong { part, len: bytes.len(), max };
    let len = u32::try_from(bytes.len()).map_err(|_over| too_long())?;
    if bytes.len() > max {
        return Err(too_long());
    }
    out.write_all(&len.to_be_bytes())?;
    Ok(out.write_all(bytes)?)
}

/// Reads a file from its beginning to its end.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    left: u64,
}

impl<R: Read> Reader<R> {
    /// Reads what stands before the leaves.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn open(mut from: R) -> Result<(Self, Header), ExportError> {
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Err(fault) if fault.kind() != io::ErrorKind::UnexpectedEof => return Err(fault.into()),
            Ok(()) if magic == *MAGIC => {}
            _other => return Err(ExportError::NotAnExport),
        }
        let text = read_part(&mut from, "the header", HEADER_LEN_MAX)?;
        let header: Header = serde_json::from_slice(&text)
            .map_err(|fault| ExportError::Header(fault.to_string()))?;
        Ok((Self { from, left: header.size }, header))
    }

    /// The next leaf; none after the last one, which is then the end of the file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn next_leaf(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        if self.left > 0 {
            self.left -= 1;
            return read_part(&mut self.from, "an entry", LEAF_LEN_MAX).map(Some);
        }
        match self.from.read(&mut [0])? {
            0 => Ok(None),
            _more => Err(ExportError::Longer),
        }
    }
}

fn read_part(from: &mut impl Read, part: &'static str, max: usize) -> Result<Vec<u8>, ExportError> {
    let cut = |fault: io::Error| match fault.kind() {
        io::ErrorKind::UnexpectedEof => ExportError::Cut { part },
        _other => ExportError::Io(fault),
    };
    let mut len = [0; 4];
    from.read_exact(&mut len).map_err(cut)?;
    let len = usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX);
    if len > max {
        return Err(ExportError::TooLong { part, len, max });
    }
    let mut bytes = vec![0; len];
    from.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let header = Header { size: 2, heads: vec!["a head".into()], ..Header::default() };
        let mut file = Vec::new();
        begin(&mut file, &header).expect("written");
        write_leaf(&mut file, b"one").expect("written");
        write_leaf(&mut file, &[7; LEAF_LEN_MAX]).expect("written");
        file
    }

    fn read(bytes: &[u8]) -> Result<usize, ExportError> {
        let (mut reader, header) = Reader::open(bytes)?;
        assert_eq!(header.heads.len(), 1);
        let mut count = 0;
        while reader.next_leaf()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn a_file_is_read_back_whole_and_never_shorter_or_longer() {
        let file = file();
        assert_eq!(read(&file).expect("whole"), 2);
        for len in (0..200).chain([file.len() - 1]) {
            let cut = read(&file[..len]).expect_err("cut");
            assert!(matches!(cut, ExportError::Cut { .. } | ExportError::NotAnExport), "{cut}");
        }
        let longer = [&file[..], b"x"].concat();
        assert!(matches!(read(&longer), Err(ExportError::Longer)));
        let mut other = file;
        other[0] ^= 1;
        assert!(matches!(read(&other), Err(ExportError::NotAnExport)));
        let huge = [MAGIC, &u32::MAX.to_be_bytes()].concat();
        assert!(matches!(read(&huge), Err(ExportError::TooLong { .. })));
    }

    #[test]
    fn a_leaf_over_the_bound_is_not_written() {
        let long = write_leaf(&mut Vec::new(), &vec![0; LEAF_LEN_MAX + 1]);
        assert!(matches!(long, Err(ExportError::TooLong { .. })));
    }
}
