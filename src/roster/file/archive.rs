//! Whether an archive may be handed to a workbook reader: within its bounds, and undamaged.
//!
//! Called once for each workbook that is an archive. Invariants: it is read to its end before anything
//! is believed of it, whatever sizes it declares, but no further than its bounds allow; no cell of it
//! is so long that reading it would fill the memory.

use std::io::{Error, ErrorKind, Read, Write};

use zip::ZipArchive;

use super::super::{RosterError, UNPACKED_BYTES_MAX};
use super::ReadSeek;

/// Longest text without a tag in the parts of a workbook, in bytes: a cell holds 32,767 characters.
pub(super) const RUN_BYTES_MAX: u64 = 1024 * 1024;

/// Reads an archive to its end: its parts must match their checksums, which the workbook reader stops
/// short of, and must not unpack beyond the bounds.
pub(super) fn check(name: &str, file: &mut dyn ReadSeek) -> Result<(), RosterError> {
    let damaged = |error: &dyn std::error::Error| RosterError::Damaged {
        name: name.to_owned(),
        reason: error.to_string(),
    };
    let too_large =
        |len| RosterError::TooLarge { name: name.to_owned(), len, max: UNPACKED_BYTES_MAX };
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(&error))?;
    let mut unpacked = 0_u64;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| damaged(&error))?;
        let left = UNPACKED_BYTES_MAX - unpacked;
        if part.size() > left {
            return Err(too_large(unpacked.saturating_add(part.size())));
        }
        let part_name = part.name().map_err(|error| damaged(&error))?.into_owned();
        let mut measure = Measure { is_xml: part_name.ends_with(".xml"), run: 0 };
        let read = std::io::copy(&mut part.take(left + 1), &mut measure);
        unpacked += read.map_err(|error| match error.kind() {
            ErrorKind::FileTooLarge => {
                RosterError::LongCell { name: name.to_owned(), part: part_name, max: RUN_BYTES_MAX }
            }
            _damage => damaged(&error),
        })?;
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(too_large(unpacked));
        }
    }
    Ok(())
}

/// Forgets what it is given, and gives up on a text that is too long for a cell.
struct Measure {
    is_xml: bool,
    /// Bytes since the last tag began or ended.
    run: u64,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.is_xml {
            let is_tag = |byte: &u8| matches!(byte, b'<' | b'>');
            let count = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
            self.run = match bytes.iter().rposition(is_tag) {
                Some(last) => count(bytes.len() - last),
                None => self.run.saturating_add(count(bytes.len())),
            };
            if self.run > RUN_BYTES_MAX {
                return Err(Error::from(ErrorKind::FileTooLarge));
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
