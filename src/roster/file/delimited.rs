//! Text with delimiters, streamed. The delimiter is the one under which a header is found.
//!
//! Rows are numbered as a spreadsheet program would: blank lines count, a line break inside quotes
//! does not. Memory is bounded by one record.

use std::io::{ErrorKind, Read, Seek};
use std::rc::Rc;

use super::super::{COLUMNS_MAX, RECORD_BYTES_MAX, RosterError};
use super::charset::{Charset, Transcoded};
use super::{Cell, OnRow, Parts, ReadSeek, io};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Read from the file at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// A text, and where it came from.
pub(super) struct Delimited<'a> {
    name: String,
    content: Box<dyn ReadSeek + 'a>,
    charset: Charset,
}

impl<'a> Delimited<'a> {
    pub(super) const fn new(
        name: String,
        content: Box<dyn ReadSeek + 'a>,
        charset: Charset,
    ) -> Self {
        Self { name, content, charset }
    }
}

impl Parts for Delimited<'_> {
    fn names(&self) -> Vec<String> {
        DELIMITERS.iter().map(|delimiter| char::from(*delimiter).to_string()).collect()
    }

    fn are_readings(&self) -> bool {
        true
    }

    fn are_bytes(&self) -> bool {
        self.charset == Charset::Bytes
    }

    fn rows(&mut self, part: usize, on_row: &mut OnRow<'_>) -> Result<(), RosterError> {
        self.content.rewind().map_err(io(&self.name))?;
        let budget = Budget::default();
        let is_bytes = self.charset == Charset::Bytes;
        let text = Transcoded::new(&mut self.content, self.charset);
        let bounded = Bounded { inner: text, budget: budget.clone() };
        // The added break ends the last record as all others, so that lines count alike.
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(DELIMITERS.get(part).copied().unwrap_or(b','))
            .terminator(csv::Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(bounded.chain(&b"\n"[..]));
        let mut record = csv::ByteRecord::new();
        let mut cells = Vec::new();
        let mut breaks_in_cells = 0;
        loop {
            budget.refill();
            let more = reader.read_byte_record(&mut record);
            let line_after = reader.position().line();
            let row = row_number(line_after.saturating_sub(1), breaks_in_cells);
            if !more.map_err(|error| fault(&self.name, row, error))? {
                return Ok(());
            }
            breaks_in_cells += line_breaks(&record);
            let row = row_number(line_after.saturating_sub(1), breaks_in_cells);
            cells.clear();
            for bytes in record.iter().take(COLUMNS_MAX) {
                if is_bytes {
                    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                    cells.push(Cell::Text(latin.trim_matches([' ', '\r', '\t']).to_owned()));
                    continue;
                }
                let text = std::str::from_utf8(bytes)
                    .map_err(|_position| RosterError::NotUtf8 { name: self.name.clone(), row })?;
                cells.push(Cell::Text(text.trim().to_owned()));
            }
            if on_row(row, &cells)?.is_break() {
                return Ok(());
            }
        }
    }
}

/// A spreadsheet shows a record with breaks inside its cells as one row.
fn row_number(lines: u64, breaks_in_cells: u64) -> u32 {
    u32::try_from(lines.saturating_sub(breaks_in_cells)).unwrap_or(u32::MAX)
}

fn line_breaks(record: &csv::ByteRecord) -> u64 {
    let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX)
}

fn fault(name: &str, row: u32, error: csv::Error) -> RosterError {
    let name = name.to_owned();
    match error.into_kind() {
        csv::ErrorKind::Io(source) if source.kind() == ErrorKind::FileTooLarge => {
            RosterError::Endless { name, row }
        }
        csv::ErrorKind::Io(source) => RosterError::Io { name, source },
        other => RosterError::Damaged { name, reason: format!("{other:?}") },
    }
}

/// The bytes that may still be read for the record at hand; shared by the loop and its reader.
#[derive(Clone, Default)]
struct Budget(Rc<std::cell::Cell<u64>>);

impl Budget {
    fn refill(&self) {
        self.0.set(RECORD_BYTES_MAX);
    }
}

/// Ends a record without end (a quote that never closes) before it fills the memory.
struct Bounded<R> {
    inner: R,
    budget: Budget,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let left = self.budget.0.get();
        let read = self.inner.read(out)?;
        let spent = u64::try_from(read).unwrap_or(u64::MAX);
        self.budget.0.set(left.saturating_sub(spent));
        if left == 0 && read > 0 { Err(ErrorKind::FileTooLarge.into()) } else { Ok(read) }
    }
}
