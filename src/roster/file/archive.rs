//! Whether an archive may be handed to a workbook reader: within its bounds, and undamaged.
//!
//! Called once for each workbook that is an archive. Invariants: it is read to its end before anything
//! is believed of it, whatever sizes it declares, but no further than its bounds allow; nothing that
//! its reader holds at once would fill the memory.

use std::io::Read;

use zip::ZipArchive;

use super::super::{COLUMNS_MAX, RosterError, UNPACKED_BYTES_MAX};
use super::ReadSeek;
use super::measure::{Excess, MERGES_MAX, Measure, RUN_BYTES_MAX, SHEET_CELLS_MAX, STRINGS_MAX};

/// Reads an archive to its end: its parts must match their checksums, which the workbook reader stops
/// short of, and must not unpack beyond the bounds. Answers whether a sheet has cells merged over rows,
/// for only then is it worth the time to look for them.
pub(super) fn check(name: &str, file: &mut dyn ReadSeek) -> Result<bool, RosterError> {
    let damaged = |error: &dyn std::error::Error| RosterError::Damaged {
        name: name.to_owned(),
        reason: error.to_string(),
    };
    let too_large =
        |len| RosterError::TooLarge { name: name.to_owned(), len, max: UNPACKED_BYTES_MAX };
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(&error))?;
    let (mut unpacked, mut has_merges) = (0_u64, false);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| damaged(&error))?;
        let left = UNPACKED_BYTES_MAX - unpacked;
        if part.size() > left {
            return Err(too_large(unpacked.saturating_add(part.size())));
        }
        let part_name = part.name().map_err(|error| damaged(&error))?.into_owned();
        let mut measure = Measure::new(&part_name);
        let read = std::io::copy(&mut part.take(left + 1), &mut measure);
        unpacked += read.map_err(|error| match measure.excess {
            Some(excess) => too_much(name.to_owned(), part_name, excess),
            None => damaged(&error),
        })?;
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(too_large(unpacked));
        }
        has_merges |= measure.has_merges;
    }
    Ok(has_merges)
}

fn too_much(name: String, part: String, excess: Excess) -> RosterError {
    match excess {
        Excess::Cell => RosterError::LongCell { name, part, max: RUN_BYTES_MAX },
        Excess::Strings => RosterError::ManyTexts { name, max: STRINGS_MAX },
        Excess::Columns => RosterError::WideSheet { name, part, max: COLUMNS_MAX },
        Excess::Cells => RosterError::ManyCells { name, max: SHEET_CELLS_MAX },
        Excess::Merges => RosterError::ManyMerges { name, part, max: MERGES_MAX },
        Excess::Part(max) => RosterError::LongPart { name, part, max },
        Excess::Doctype => {
            let reason = format!("{part} declares a type of document");
            RosterError::Damaged { name, reason }
        }
    }
}
