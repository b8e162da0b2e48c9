//! Opening a roster: what kind of file it is, by its content, and whether it is within its bounds.
//!
//! Invariants: nothing is handed to a workbook reader before its size, packed and unpacked, is known to
//! be within bounds (a small archive can unpack to fill the memory) and its checksums are known to
//! hold (a damaged one can read as a shorter list); the ending must agree with the content, for one of
//! the two is a mistake.

mod archive;
mod cell;
mod charset;
mod delimited;
mod measure;
mod workbook;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

pub(super) use cell::{Cell, Reading, counted_year};
use charset::Charset;
use delimited::Delimited;
use workbook::Workbook;

use super::{FILE_BYTES_MAX, RosterError, Source, WHOLE_FILE_BYTES_MAX};

/// What rows are read from.
pub(in crate::roster) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Takes a row: its number as the spreadsheet shows it, and its cells from the first column on.
pub(in crate::roster) type OnRow<'a> =
    dyn FnMut(u32, &[Cell]) -> Result<ControlFlow<()>, RosterError> + 'a;

/// Cells that are merged downwards: the first holds what is in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) struct Merge {
    /// The column, from 0; of several the first, which has the value.
    pub(in crate::roster) at: usize,
    /// The first row, as the spreadsheet shows it.
    pub(in crate::roster) first: u32,
    /// The last.
    pub(in crate::roster) last: u32,
}

/// An opened file: one or more candidates for the table, read as often as asked.
pub(in crate::roster) trait Parts {
    /// The names of the sheets; for a text the delimiters, each being one way to read it.
    fn names(&self) -> Vec<String>;

    /// The names of sheets that are hidden, and not read.
    fn hidden(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the parts are readings of the same content, of which the fullest is right, and not
    /// contents of their own.
    fn are_readings(&self) -> bool;

    /// Whether cells hold bytes of an unnamed code page, each as one Latin-1 character.
    fn are_bytes(&self) -> bool {
        false
    }

    /// The cells of a part that are merged over several rows, by their first row. Not told of `.ods`.
    fn merges(&mut self, part: usize) -> Result<Vec<Merge>, RosterError> {
        let _texts_have_none = part;
        Ok(Vec::new())
    }

    /// Hands the rows of a part over, in order, until it breaks off.
    fn rows(&mut self, part: usize, on_row: &mut OnRow<'_>) -> Result<(), RosterError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) enum Format {
    Xlsx,
    Xls,
    Ods,
    Text,
}

impl Format {
    const fn content(self) -> &'static str {
        match self {
            Self::Xlsx => "an .xlsx workbook",
            Self::Xls => "an .xls workbook",
            Self::Ods => "an .ods workbook",
            Self::Text => "text",
        }
    }

    const fn bytes_max(self) -> u64 {
        match self {
            Self::Xlsx | Self::Text => FILE_BYTES_MAX,
            Self::Xls | Self::Ods => WHOLE_FILE_BYTES_MAX,
        }
    }

    /// The format that a file's ending claims.
    fn claimed(name: &str) -> Option<Self> {
        let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "xlsx" | "xlsm" => Some(Self::Xlsx),
            "xls" => Some(Self::Xls),
            "ods" => Some(Self::Ods),
            "csv" | "tsv" | "txt" => Some(Self::Text),
            _ => None,
        }
    }

    fn of_content(head: &[u8]) -> Result<Self, &'static str> {
        const ODS: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
        match head {
            [] => Err("is empty"),
            [b'P', b'K', 3, 4, ..] if head.get(30..30 + ODS.len()) == Some(ODS) => Ok(Self::Ods),
            [b'P', b'K', 3, 4, ..] => Ok(Self::Xlsx),
            [0xD0, 0xCF, 0x11, 0xE0, ..] => Ok(Self::Xls),
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Ok(Self::Text),
            _ if charset::is_utf16(head).is_some() => Ok(Self::Text),
            _ if head.contains(&0) => Err("is neither a workbook nor text"),
            _ => Ok(Self::Text),
        }
    }
}

/// Opens a source and finds out what it is.
pub(in crate::roster) fn open(source: Source<'_>) -> Result<Box<dyn Parts + '_>, RosterError> {
    let (name, mut content): (String, Box<dyn ReadSeek + '_>) = match source {
        Source::Path(path) => {
            let name = path.display().to_string();
            let file = File::open(path).map_err(io(&name))?;
            if file.metadata().map_err(io(&name))?.is_dir() {
                return Err(RosterError::NotARoster { name, fault: "is a directory" });
            }
            (name, Box::new(BufReader::new(file)))
        }
        Source::Bytes { name, bytes } => (name.to_owned(), Box::new(Cursor::new(bytes))),
    };
    let len = content.seek(SeekFrom::End(0)).map_err(io(&name))?;
    content.rewind().map_err(io(&name))?;
    let mut head = Vec::new();
    content.by_ref().take(8_192).read_to_end(&mut head).map_err(io(&name))?;
    let not_a_roster = |fault| RosterError::NotARoster { name: name.clone(), fault };
    let format = Format::of_content(&head).map_err(not_a_roster)?;
    let claimed = Format::claimed(&name).ok_or("has an unknown ending").map_err(not_a_roster)?;
    if format == Format::Text
        && let Some(content) = disguise(&head)
    {
        return Err(RosterError::Disguised { name, content });
    }
    if format == Format::Xls && is_encrypted(&mut content).map_err(io(&name))? {
        return Err(RosterError::Locked { name });
    }
    if claimed != format {
        return Err(RosterError::WrongEnding { name, content: format.content() });
    }
    if len > format.bytes_max() {
        return Err(RosterError::TooLarge { name, len, max: format.bytes_max() });
    }
    let is_archive = matches!(format, Format::Xlsx | Format::Ods);
    let has_merges = is_archive && archive::check(&name, &mut content)?;
    content.rewind().map_err(io(&name))?;
    match format {
        Format::Text => {
            let charset = Charset::of(&mut content).map_err(io(&name))?;
            Ok(Box::new(Delimited::new(name, content, charset)))
        }
        workbook => Ok(Box::new(Workbook::open(name, workbook, content, has_merges)?)),
    }
}

/// Names the file in an error of the system.
pub(in crate::roster) fn io(name: &str) -> impl Fn(std::io::Error) -> RosterError + '_ {
    |source| RosterError::Io { name: name.to_owned(), source }
}

/// What a text is that is no table, if it is a known kind of such; its first bytes are enough.
fn disguise(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if begins(&["<!doctype html", "<html", "<table", "<head", "<body", "<meta"]) {
        Some("a web page (HTML)")
    } else if begins(&["<?xml"]) && text.contains("<workbook") {
        Some("an XML spreadsheet of 2003")
    } else {
        None
    }
}

/// Whether the container of an old workbook holds an encrypted new one, as its directory names it.
fn is_encrypted(mut content: &mut dyn ReadSeek) -> std::io::Result<bool> {
    const NAME: &str = "EncryptedPackage";
    let wanted: Vec<u8> = NAME.encode_utf16().flat_map(u16::to_le_bytes).collect();
    content.rewind()?;
    let mut whole = Vec::new();
    (&mut content).take(WHOLE_FILE_BYTES_MAX).read_to_end(&mut whole)?;
    Ok(whole.windows(wanted.len()).any(|window| window == wanted))
}
