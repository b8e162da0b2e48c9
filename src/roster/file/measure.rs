//! How much a workbook reader would hold at once of a part, counted while the part streams by.
//!
//! Called for each part of an archive before the reader sees it. The reader keeps a whole tag, text or
//! comment, a whole cell, all shared texts and all styles; each has its bound here, whatever sizes the
//! part declares. Invariant: nothing but a name is kept of what streams by.

use std::io::{Error, Write};

use super::super::COLUMNS_MAX;

/// As many cells of a row are looked at.
const COLUMNS_LOOKED_AT: u64 = COLUMNS_MAX as u64;

/// Longest tag, text or comment in a part, in bytes: a cell holds 32,767 characters.
pub(super) const RUN_BYTES_MAX: u64 = 1024 * 1024;
/// Longest cell with all its runs of letters, in bytes.
const ITEM_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most shared texts of a workbook: with their text they stay below 300 MB.
pub(super) const STRINGS_MAX: u64 = 4_000_000;
/// Longest part of shared texts, in bytes.
pub(super) const STRINGS_BYTES_MAX: u64 = 192 * 1024 * 1024;
/// Longest part that is held whole at many times its size: styles, the list of sheets, relations.
pub(super) const WHOLE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most cells of a sheet behind the columns that are looked at: a form with some hundred rows that are
/// marked to the last column has fewer.
pub(super) const CELLS_BEHIND_MAX: u64 = 1_000_000;
/// Most cells of an `.ods` sheet, repeated ones counted as often: it is held whole, at some 30 bytes a
/// cell.
pub(super) const SHEET_CELLS_MAX: u64 = 10_000_000;
/// Most merged cells of a sheet: they are held at once, and no form has one in each row of a province.
pub(super) const MERGES_MAX: u64 = 1_000_000;
/// Bytes of a tag that are looked at: a name and some attributes.
const HEAD_BYTES: usize = 1024;

/// What is too much of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// A cell, tag or comment.
    Cell,
    /// Shared texts.
    Strings,
    /// The part itself, with its bound.
    Part(u64),
    /// Cells behind all columns that are looked at.
    Columns,
    /// Cells of a sheet that is held whole.
    Cells,
    /// Merged cells.
    Merges,
    /// It declares a type of document, which no workbook does.
    Doctype,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Text,
    /// In a tag, with the quote that an attribute of it is in.
    Tag(Option<u8>),
    /// In what ends with these bytes alone.
    Until(&'static [u8; 3]),
}

/// Forgets what it is given, and gives up on what is too much.
pub(super) struct Measure {
    /// What was too much, once it gave up.
    pub(super) excess: Option<Excess>,
    /// Whether cells were merged over several rows.
    pub(super) has_merges: bool,
    /// None until the first byte tells whether it is markup at all.
    is_markup: Option<bool>,
    part_max: Option<u64>,
    len: u64,
    at: At,
    /// Bytes since the text, tag or comment began.
    run: u64,
    /// Bytes since the cell began, while in one.
    item: Option<u64>,
    strings: u64,
    merges: u64,
    head: Vec<u8>,
    last: [u8; 3],
    grid: Grid,
}

/// The cells of the sheet at hand.
#[derive(Debug, Default)]
struct Grid {
    /// Cells of the row so far.
    columns: u64,
    /// Where the last cell with something in it ends.
    filled: u64,
    /// How often the row stands there.
    repeats: u64,
    /// Rows up to the last that has something in it, and behind it.
    rows: u64,
    empty_rows: u64,
    widest: u64,
    /// Cells behind the columns that are looked at.
    behind: u64,
}

impl Grid {
    /// A cell of an `.xlsx`.
    fn cell(&mut self) -> Result<(), Excess> {
        self.columns += 1;
        self.behind += u64::from(self.columns > COLUMNS_LOOKED_AT);
        if self.behind > CELLS_BEHIND_MAX { Err(Excess::Columns) } else { Ok(()) }
    }

    /// A cell of an `.ods`, which may stand for many.
    fn repeated_cell(&mut self, repeats: u64, is_filled: bool) {
        self.columns = self.columns.saturating_add(repeats);
        if is_filled {
            self.filled = self.columns;
        }
    }

    /// A row of an `.ods` has ended.
    fn row_ends(&mut self) -> Result<(), Excess> {
        if self.filled == 0 {
            self.empty_rows = self.empty_rows.saturating_add(self.repeats);
            return Ok(());
        }
        self.rows = self.rows.saturating_add(self.empty_rows).saturating_add(self.repeats);
        self.empty_rows = 0;
        self.widest = self.widest.max(self.filled);
        let cells = self.rows.saturating_mul(self.widest);
        if cells > SHEET_CELLS_MAX { Err(Excess::Cells) } else { Ok(()) }
    }
}

impl Measure {
    /// For a part of this name.
    pub(super) fn new(part: &str) -> Self {
        let part = part.to_ascii_lowercase();
        let file = part.rsplit('/').next().unwrap_or_default();
        let part_max = match file {
            "sharedstrings.xml" => Some(STRINGS_BYTES_MAX),
            "styles.xml" | "workbook.xml" | "[content_types].xml" => Some(WHOLE_BYTES_MAX),
            other if other.ends_with(".rels") || part.contains("/theme/") => Some(WHOLE_BYTES_MAX),
            _other => None,
        };
        Self {
            excess: None,
            has_merges: false,
            is_markup: None,
            part_max,
            len: 0,
            at: At::Text,
            run: 0,
            item: None,
            strings: 0,
            merges: 0,
            head: Vec::with_capacity(HEAD_BYTES),
            last: [0; 3],
            grid: Grid::default(),
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Excess> {
        self.run += 1;
        if let Some(item) = &mut self.item {
            *item += 1;
        }
        if self.run > RUN_BYTES_MAX || self.item.is_some_and(|item| item > ITEM_BYTES_MAX) {
            return Err(Excess::Cell);
        }
        match self.at {
            At::Text if byte == b'<' => {
                (self.at, self.run) = (At::Tag(None), 0);
                self.head.clear();
            }
            At::Text => {}
            At::Tag(quote) => {
                if self.head.len() < HEAD_BYTES {
                    self.head.push(byte);
                }
                self.at = match (self.head.as_slice(), quote) {
                    (b"!D" | b"!d", _) => return Err(Excess::Doctype),
                    (b"!--", _) => self.until(b"-->"),
                    (b"![CDATA[", _) => self.until(b"]]>"),
                    (b"?", _) => self.until(b"\0?>"),
                    (_, Some(quote)) => At::Tag(Some(quote).filter(|quote| *quote != byte)),
                    (_, None) if matches!(byte, b'"' | b'\'') => At::Tag(Some(byte)),
                    (_, None) if byte == b'>' => {
                        self.run = 0;
                        self.tag()?;
                        At::Text
                    }
                    (_, None) => At::Tag(None),
                };
            }
            At::Until(end) => {
                self.last = [self.last[1], self.last[2], byte];
                // An instruction ends with two bytes.
                let from = usize::from(end[0] == 0);
                if self.last[from..] == end[from..] {
                    (self.at, self.run) = (At::Text, 0);
                }
            }
        }
        Ok(())
    }

    const fn until(&mut self, end: &'static [u8; 3]) -> At {
        self.last = [0; 3];
        At::Until(end)
    }

    /// A tag has ended.
    fn tag(&mut self) -> Result<(), Excess> {
        let tag = self.head.strip_suffix(b">").unwrap_or(&self.head);
        let is_end = tag.first() == Some(&b'/');
        let is_alone = tag.last() == Some(&b'/');
        let name = tag.strip_prefix(b"/").unwrap_or(tag);
        let name = name.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next();
        // Whatever the prefix of its namespace.
        let name = name.unwrap_or_default().rsplit(|byte| *byte == b':').next();
        match (name.unwrap_or_default(), is_end) {
            (b"c" | b"si", true) => self.item = None,
            (b"c", false) => {
                self.item = (!is_alone).then_some(0);
                self.grid.cell()?;
            }
            (b"row", false) => self.grid.columns = 0,
            (b"sheetData" | b"table", false) => self.grid = Grid::default(),
            (b"table-row", false) => {
                let repeats = number(tag, "number-rows-repeated").unwrap_or(1);
                (self.grid.columns, self.grid.filled, self.grid.repeats) = (0, 0, repeats);
            }
            (b"table-row", true) => self.grid.row_ends()?,
            (b"table-cell" | b"covered-table-cell", false) => {
                let repeats = number(tag, "number-columns-repeated").unwrap_or(1);
                self.grid.repeated_cell(repeats, !is_alone || says_type(tag));
            }
            (b"si", false) => {
                self.item = (!is_alone).then_some(0);
                self.strings += 1;
            }
            (b"mergeCell", false) => {
                self.has_merges |= is_over_rows(tag);
                self.merges += 1;
                if self.merges > MERGES_MAX {
                    return Err(Excess::Merges);
                }
            }
            (b"sst", false) if declared(tag) > STRINGS_MAX => return Err(Excess::Strings),
            // What it declares may stand behind what is looked at.
            (b"sst", false) if self.head.len() == HEAD_BYTES => return Err(Excess::Strings),
            _other => {}
        }
        if self.strings > STRINGS_MAX { Err(Excess::Strings) } else { Ok(()) }
    }
}

/// The number that an attribute of a tag gives.
fn number(tag: &[u8], attribute: &str) -> Option<u64> {
    let text = String::from_utf8_lossy(tag);
    let behind = text.split_once(attribute)?.1.trim_start_matches(['=', ' ', '"', '\'']);
    let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    // What is no number is more than any bound.
    Some(behind[..end].parse().unwrap_or(u64::MAX))
}

/// Whether a tag names cells of more than one row: `ref="B5:B9"`, yet not `ref="B2:H2"`.
fn is_over_rows(tag: &[u8]) -> bool {
    let text = String::from_utf8_lossy(tag);
    let Some((_, cells)) = text.split_once("ref") else { return false };
    let cells = cells.trim_start_matches(['=', ' ', '"', '\'']);
    let row = |cell: &str| -> String {
        cell.trim_start_matches(|c: char| !c.is_ascii_digit())
            .chars()
            .take_while(char::is_ascii_digit)
            .collect()
    };
    cells.split_once(':').is_some_and(|(first, last)| row(first) != row(last))
}

fn says_type(tag: &[u8]) -> bool {
    tag.windows(10).any(|window| window == b"value-type")
}

/// The most shared texts that a tag says there are: the reader makes room for them at once.
fn declared(tag: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(tag);
    let said = text.split("uniqueCount").skip(1).map(|behind| {
        let behind = behind.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..end].parse().unwrap_or(if end == 0 { 0 } else { u64::MAX })
    });
    said.max().unwrap_or(0)
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.len = self.len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let over = self.part_max.filter(|max| self.len > *max).map(Excess::Part);
        let mut taken = over.map_or(Ok(()), Err);
        for &byte in bytes {
            let is_lead =
                |byte: u8| byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF);
            if self.is_markup.is_none() && !is_lead(byte) {
                self.is_markup = Some(byte == b'<');
            }
            if taken.is_err() || self.is_markup == Some(false) {
                break;
            }
            taken = self.take(byte);
        }
        taken.map(|()| bytes.len()).map_err(|excess| {
            self.excess = Some(excess);
            Error::other("too much of it")
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is too much of a part that repeats a text between two others; in writes of odd lengths.
    fn excess(part: &str, [before, text, after]: [&str; 3], times: usize) -> Option<Excess> {
        let mut measure = Measure::new(part);
        let whole = format!("{before}{}{after}", text.repeat(times));
        for piece in whole.as_bytes().chunks(8_191) {
            if measure.write(piece).is_err() {
                return measure.excess;
            }
        }
        None
    }

    #[test]
    fn whatever_a_reader_would_hold_at_once_is_bounded() {
        let sheet = "xl/worksheets/sheet1.bin";
        let letters = "<t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t>";
        for before in ["<c r=\"A1\">", "<x:c>", "<si>", "\u{feff} <c\n>"] {
            let cell = [before, letters, "</c>"];
            assert_eq!(excess(sheet, cell, 200_000), Some(Excess::Cell), "{before}");
            assert_eq!(excess(sheet, cell, 1_000), None, "{before}");
        }
        for (before, text) in [
            ("<t>", "aaaaaaaa"),
            ("<row x=\"", ">>>><<<<"),
            ("<row x='", "\">\">\">\">"),
            ("<!--", "<a></a>>"),
            ("<![CDATA[", "<a></a>>"),
            ("<?x ", "<a></a>>"),
        ] {
            assert_eq!(excess(sheet, [before, text, ""], 200_000), Some(Excess::Cell), "{before}");
        }
        assert_eq!(excess(sheet, ["<a/>", "<!DOCTYPE a>", ""], 1), Some(Excess::Doctype));
        for rows in ["<row r=\"9\"><c/><c><v>1</v></c></row>", "<!-- > --><?x ?><a b='>'/>"] {
            assert_eq!(excess(sheet, ["<?xml?><s>", rows, "</s>"], 300_000), None, "{rows}");
        }
        assert_eq!(excess("xl/media/a.png", ["\u{1}", "aaaaaaaa", ""], 200_000), None);
    }

    #[test]
    fn cells_that_nobody_looks_at_are_bounded() {
        let part = "xl/worksheets/sheet1.xml";
        let row = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(1_000));
        let [before, after] = ["<sheetData>", "</sheetData>"];
        assert_eq!(excess(part, [before, &row, after], 1_300), None);
        assert_eq!(excess(part, [before, &row, after], 1_400), Some(Excess::Columns));
        let narrow = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(40));
        assert_eq!(excess(part, [before, &narrow, after], 20_000), None);
    }

    #[test]
    fn a_sheet_that_is_held_whole_is_bounded_by_what_its_repeats_come_to() {
        let filled = "<table:table-cell office:value-type=\"float\" office:value=\"1\"/>";
        let row = |rows: u64, columns: u64| {
            format!(
                "<table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell \
                 table:number-columns-repeated='{columns}'/>{filled}</table:table-row>"
            )
        };
        let ods = |row: &str| excess("content.xml", ["<table:table>", row, "</table:table>"], 1);
        assert_eq!(ods(&row(1_000_000, 16_000)), Some(Excess::Cells));
        assert_eq!(ods(&row(u64::MAX, 3)), Some(Excess::Cells));
        assert_eq!(ods(&row(40_000, 30)), None);
        // Styled to the last row and column, as office programs do, and empty.
        let styled = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell \
            table:style-name=\"a\" table:number-columns-repeated=\"16384\"/></table:table-row>";
        assert_eq!(ods(styled), None);
        assert_eq!(ods(&format!("{styled}{}", row(1, 30))), Some(Excess::Cells));
    }

    #[test]
    fn cells_merged_over_rows_are_noticed_and_bounded() {
        let part = "xl/worksheets/sheet1.xml";
        let merged = |tag: &str| {
            let mut measure = Measure::new(part);
            measure.write_all(format!("<mergeCells>{tag}</mergeCells>").as_bytes()).expect("few");
            measure.has_merges
        };
        assert!(merged("<mergeCell ref=\"B5:B9\"/>") && merged("<x:mergeCell ref='AA5:AB6'/>"));
        assert!(!merged("<mergeCell ref=\"B2:H2\"/>") && !merged(""));
        let tag = "<mergeCell ref=\"B2:H2\"/>";
        assert_eq!(excess(part, ["<mergeCells>", tag, ""], 1_000_001), Some(Excess::Merges));
    }

    #[test]
    fn shared_texts_and_parts_that_are_held_whole_are_bounded_whatever_they_declare() {
        let strings = "xl/SharedStrings.xml";
        for sst in [
            "<sst uniqueCount=\"4000000000\">",
            "<x:sst count=\"1\" uniqueCount = '99999999999999999999999'>",
        ] {
            assert_eq!(excess(strings, [sst, "<si/>", ""], 1), Some(Excess::Strings), "{sst}");
        }
        let sst = "<sst count=\"9000000\" uniqueCount=\"2\">";
        assert_eq!(excess(strings, [sst, "<si/>", ""], 2), None);
        assert_eq!(excess(strings, [sst, "<si/>", ""], 4_000_001), Some(Excess::Strings));
        let part = Some(Excess::Part(WHOLE_BYTES_MAX));
        assert_eq!(excess("xl/styles.xml", ["<a>", "<xf/>", ""], 2_000_000), part);
        assert_eq!(excess("xl/_rels/workbook.xml.rels", ["<a>", "<xf/>", ""], 2_000_000), part);
    }
}
