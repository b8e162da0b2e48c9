//! A mapping file that was made for another sheet than those that are read.
//!
//! Called when the tables of a file were looked for. Knows the texts of the first rows, not what they
//! mean.

use std::ops::ControlFlow;

use super::is_ours;
use crate::roster::file::{Cell, Parts};
use crate::roster::table::labels::plain;
use crate::roster::{HEADER_ROWS_MAX, Options, RosterError};

/// Refuses a mapping that names a header which a sheet has that is not read, and none that is.
pub(super) fn mapped_elsewhere(
    parts: &mut dyn Parts,
    read: &[usize],
    names: &[String],
    options: &Options<'_>,
) -> Result<(), RosterError> {
    let headers: Vec<String> = options.mapping.headers().map(plain).collect();
    if headers.is_empty() || parts.are_readings() {
        return Ok(());
    }
    let mut sheets = Vec::new();
    for (part, name) in names.iter().enumerate().filter(|(_, name)| !is_ours(name)) {
        sheets.push((read.contains(&part), name, texts(parts, part)?));
    }
    for header in options.mapping.headers() {
        let label = plain(header);
        let mut having = sheets.iter().filter(|(_, _, texts)| texts.contains(&label));
        let Some((is_read, sheet, _)) = having.next() else { continue };
        if !is_read && having.all(|(is_read, ..)| !is_read) {
            let reason = format!(
                "the column {header:?} that it names is in sheet {sheet:?}, which is not read: name that \
                 sheet by --sheet, or give the mapping file of the sheet that is read"
            );
            return Err(RosterError::Mapping { reason });
        }
    }
    Ok(())
}

/// The texts in the first rows of a sheet, as headers are compared.
fn texts(parts: &mut dyn Parts, part: usize) -> Result<Vec<String>, RosterError> {
    let mut texts = Vec::new();
    parts.rows(part, &mut |number, cells| {
        if number > HEADER_ROWS_MAX {
            return Ok(ControlFlow::Break(()));
        }
        texts.extend(cells.iter().filter_map(Cell::as_text).map(plain));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(texts)
}
