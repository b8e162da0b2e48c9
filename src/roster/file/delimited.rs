//! Text with delimiters, streamed. The delimiter is the one under which a header is found, and rows reach
//! the most of its columns.
//!
//! Rows are numbered as a spreadsheet program would: blank lines count, a line break inside quotes
//! does not. Memory is bounded by one record. A quote that swallows the rows behind it ends the
//! reading: what it swallowed would be lost in silence.

use std::io::{ErrorKind, Read, Seek};
use std::rc::Rc;

use super::super::{COLUMNS_MAX, RECORD_BYTES_MAX, RosterError};
use super::charset::{Charset, Transcoded};
use super::{Cell, OnRow, Parts, ReadSeek, io};

const DELIMITERS: [u8; 6] = [b',', b';', b'\t', b'|', b'~', b'^'];
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
        let text = Breaks::new(Transcoded::new(&mut self.content, self.charset));
        let bounded = Bounded { inner: text, budget: budget.clone() };
        // The added break ends the last record as all others, so that lines count alike.
        let delimiter = DELIMITERS.get(part).copied().unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::Any(b'\n'))
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(bounded.chain(&b"\n"[..]));
        let mut record = csv::ByteRecord::new();
        let mut cells = Vec::new();
        let mut breaks_in_cells = 0;
        let (mut width, mut open) = (0, None);
        loop {
            budget.refill();
            let more = reader.read_byte_record(&mut record);
            let line_after = reader.position().line();
            let row = row_number(line_after.saturating_sub(1), breaks_in_cells);
            if !more.map_err(|error| fault(&self.name, row, error))? {
                return open.map_or(Ok(()), |row| {
                    Err(RosterError::StrayQuote { name: self.name.clone(), row, rows: 0 })
                });
            }
            let breaks = line_breaks(&record);
            // Without an end the cell has the break that was added, and no record ends with one.
            let is_open = breaks > 0 && may_be_open(&record, width);
            let lines = line_after.saturating_sub(u64::from(!is_open));
            let row = row_number(lines, breaks_in_cells + breaks);
            if breaks > 0
                && let Some(rows) = swallowed(&record, delimiter, width)
            {
                return Err(RosterError::StrayQuote { name: self.name.clone(), row, rows });
            }
            breaks_in_cells += breaks;
            open = is_open.then_some(row);
            let row = row_number(line_after.saturating_sub(1), breaks_in_cells);
            width = width.max(record.len());
            cells.clear();
            for bytes in record.iter().take(COLUMNS_MAX) {
                if is_bytes {
                    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                    cells.push(Cell::Text(latin.trim_matches([' ', '\r', '\t']).to_owned()));
                    continue;
                }
                let text = std::str::from_utf8(bytes)
                    .map_err(|_position| RosterError::NotUtf8 { name: self.name.clone(), row })?;
                // Other spaces may be half of a letter that was read wrongly.
                cells.push(Cell::Text(unguarded(text.trim_ascii()).to_owned()));
            }
            if on_row(row, &cells)?.is_break() {
                return Ok(());
            }
        }
    }
}

/// Without the apostrophe that keeps spreadsheet programs from running a text as a formula.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text)
}

/// A spreadsheet shows a record with breaks inside its cells as one row.
fn row_number(lines: u64, breaks_in_cells: u64) -> u32 {
    u32::try_from(lines.saturating_sub(breaks_in_cells)).unwrap_or(u32::MAX)
}

fn line_breaks(record: &csv::ByteRecord) -> u64 {
    let breaks = record.as_slice().iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX)
}

/// How many rows a cell with breaks in it has swallowed: its lines look like rows of the sheet. `width` is that of the widest row so far.
fn swallowed(record: &csv::ByteRecord, delimiter: u8, width: usize) -> Option<u64> {
    let looks_like_row = |line: &&[u8]| {
        let cells = line.iter().filter(|byte| **byte == delimiter).count() + 1;
        cells >= width.saturating_sub(1).max(3)
    };
    let rows = record.iter().map(|cell| {
        let lines = cell.split(|byte| *byte == b'\n').skip(1);
        u64::try_from(lines.filter(looks_like_row).count()).unwrap_or(u64::MAX)
    });
    Some(rows.sum()).filter(|rows| *rows > 0)
}

/// Whether the last cell of a short record ends in a break: at the end of the file that is the break
/// that was added behind it, and the cell was never closed.
fn may_be_open(record: &csv::ByteRecord, width: usize) -> bool {
    let last = record.iter().next_back();
    record.len() < width && last.is_some_and(|cell| cell.ends_with(b"\n"))
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

/// Makes line breaks of the carriage returns of a text that has nothing else, as old systems wrote.
struct Breaks<R> {
    inner: R,
    /// None until the first break tells.
    only_returns: Option<bool>,
    /// A return that was the last of what was read, its break to be seen.
    held: bool,
}

impl<R> Breaks<R> {
    const fn new(inner: R) -> Self {
        Self { inner, only_returns: None, held: false }
    }
}

impl<R: Read> Read for Breaks<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = out.split_first_mut() else { return Ok(0) };
        let mut read = if self.held {
            *first = b'\r';
            1 + self.inner.read(rest)?
        } else {
            self.inner.read(out)?
        };
        let was_held = std::mem::take(&mut self.held);
        if self.only_returns.is_none()
            && let Some(at) = out[..read].iter().position(|byte| matches!(byte, b'\r' | b'\n'))
        {
            match (out[at], out[..read].get(at + 1)) {
                (b'\n', _) => self.only_returns = Some(false),
                (_, Some(next)) => self.only_returns = Some(*next != b'\n'),
                // Nothing came behind it: the text ends here.
                (_, None) if was_held => self.only_returns = Some(true),
                (_, None) if at > 0 => {
                    self.held = true;
                    read = at;
                }
                (_, None) => self.only_returns = Some(true),
            }
        }
        if self.only_returns == Some(true) {
            out[..read].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        Ok(read)
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
