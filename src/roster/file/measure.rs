//! How much a workbook reader would hold at once of a part, counted while the part streams by.
//!
//! Called for each part of an archive before the reader sees it. The reader keeps a whole tag, text or
//! comment, a whole cell, all shared texts and all styles; each has its bound here, whatever sizes the
//! part declares. Invariant: nothing but a name is kept of what streams by.

use std::io::{Error, Write};

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
    head: Vec<u8>,
    last: [u8; 3],
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
            is_markup: None,
            part_max,
            len: 0,
            at: At::Text,
            run: 0,
            item: None,
            strings: 0,
            head: Vec::with_capacity(HEAD_BYTES),
            last: [0; 3],
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
            (b"c", false) => self.item = (!is_alone).then_some(0),
            (b"si", false) => {
                self.item = (!is_alone).then_some(0);
                self.strings += 1;
            }
            (b"sst", false) if declared(tag) > STRINGS_MAX => return Err(Excess::Strings),
            // What it declares may stand behind what is looked at.
            (b"sst", false) if self.head.len() == HEAD_BYTES => return Err(Excess::Strings),
            _other => {}
        }
        if self.strings > STRINGS_MAX { Err(Excess::Strings) } else { Ok(()) }
    }
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
