//! Lists of military specialties: one row for each, with its code, its name and what is near to it.
//!
//! Called by the command line, which sends the whole list; the server checks it again. A list is taken
//! whole or not at all.

use std::ops::ControlFlow;

use super::file::{Cell, Parts, Reading, open};
use super::kind::Column;
use super::sheet::Sheet;
use super::table::labels::{find_in, numbers_columns};
use super::{HEADER_ROWS_MAX, RosterError, Source};
use crate::domain::ids::SpecialtyCode;
use crate::domain::registry::{LIST_LEN_MAX, ListError, Specialties, Specialty};
use crate::domain::text::clean;

/// A row as text.
#[derive(Debug, Clone, Default)]
struct ListRow {
    code: String,
    name: String,
    near: String,
}

const COLUMNS: &[Column<ListRow>] = &[
    Column {
        field: "code",
        slot: |row| &mut row.code,
        reading: Reading::Plain,
        headers: &[
            "ma",
            "ma so",
            "ma cnqs",
            "cnqs",
            "ma chuyen nghiep quan su",
            "ma chuyen nghiep",
        ],
    },
    Column {
        field: "name",
        slot: |row| &mut row.name,
        reading: Reading::Plain,
        headers: &[
            "ten",
            "chuyen nghiep",
            "ten chuyen nghiep",
            "chuyen nghiep quan su",
            "ten chuyen nghiep quan su",
            "ten cnqs",
            "specialty",
        ],
    },
    Column {
        field: "near",
        slot: |row| &mut row.near,
        reading: Reading::Plain,
        headers: &[
            "gan dung",
            "gan dung chuyen nghiep",
            "chuyen nghiep gan dung",
            "cnqs gan dung",
            "ma gan dung",
            "near specialties",
            "near codes",
        ],
    },
];

/// Why a list of specialties cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SpecialtyFileError {
    /// As for every roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// No table with the columns of the list.
    #[error(
        "no row of the file is the header of a list of specialties: give columns for code and name"
    )]
    NoHeader,
    /// A row is at fault.
    #[error("row {row}: {text:?} is no code: use 1 to 16 letters, digits, `-`, `_` or `.`")]
    Code {
        /// Its number.
        row: u32,
        /// What stands there, cut to 20 characters.
        text: String,
    },
    /// A row does not fit the others.
    #[error("row {row}: {source}")]
    Entry {
        /// Its number.
        row: u32,
        /// Why not.
        source: ListError,
    },
    /// What is near to one does not fit.
    #[error(transparent)]
    Near(ListError),
}

/// The list of a file.
///
/// # Errors
/// [`SpecialtyFileError`], which names the row.
pub fn read_specialty_list(source: Source<'_>) -> Result<Specialties, SpecialtyFileError> {
    let mut parts = open(source)?;
    let mut best: Option<Vec<(u32, ListRow)>> = None;
    for part in 0..parts.names().len() {
        let found = rows(parts.as_mut(), part)?;
        let most = best.as_ref().map_or(0, Vec::len);
        best = found.filter(|rows| rows.len() >= most).or(best);
    }
    let mut list = Specialties::default();
    for (row, text) in best.ok_or(SpecialtyFileError::NoHeader)? {
        let code = |text: &str| -> Result<SpecialtyCode, SpecialtyFileError> {
            let parsed = text.trim().to_uppercase().parse();
            parsed.map_err(|_rule| SpecialtyFileError::Code {
                row,
                text: text.trim().chars().take(20).collect(),
            })
        };
        let near = text.near.split([',', ';', '/']).filter(|near| !near.trim().is_empty());
        let near = near.map(code).collect::<Result<_, _>>()?;
        let specialty = Specialty { code: code(&text.code)?, name: clean(&text.name), near };
        list.insert(specialty).map_err(|source| SpecialtyFileError::Entry { row, source })?;
    }
    list.check().map_err(SpecialtyFileError::Near)?;
    Ok(list)
}

/// A list as it is shown and exported; [`read_specialty_list`] reads it as it was.
pub fn sheet_of<'a>(list: impl IntoIterator<Item = &'a Specialty>) -> Sheet {
    let mut sheet = Sheet::new("", &["CODE", "NAME", "NEAR"]);
    for one in list {
        let near: Vec<&str> = one.near.iter().map(SpecialtyCode::as_str).collect();
        sheet.push([one.code.as_str().into(), one.name.as_str().into(), near.join(", ").into()]);
    }
    sheet
}

/// The position and meaning of each known column.
type Header = Vec<(usize, &'static Column<ListRow>)>;

fn header_of(cells: &[Cell]) -> Option<Header> {
    let known = |(at, cell): (usize, &Cell)| Some((at, find_in(COLUMNS, cell.as_text()?)?));
    let found: Header = cells.iter().enumerate().filter_map(known).collect();
    let has = |field: &str| found.iter().filter(|(_, column)| column.field == field).count() == 1;
    (has("code") && has("name")).then_some(found)
}

/// The rows of a part; none where it has no header.
fn rows(
    parts: &mut dyn Parts,
    part: usize,
) -> Result<Option<Vec<(u32, ListRow)>>, SpecialtyFileError> {
    let (mut header, mut rows): (Option<Header>, _) = (None, Vec::new());
    parts.rows(part, &mut |number, cells| {
        let Some(header) = &header else {
            header = header_of(cells);
            let late = number > HEADER_ROWS_MAX;
            return Ok(if late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        };
        let mut row = ListRow::default();
        for (at, column) in header {
            let text = cells.get(*at).map(|cell| cell.read(Reading::Plain).0).unwrap_or_default();
            *(column.slot)(&mut row) = text;
        }
        // A signature or a line of totals below has no code with a name.
        let is_data = !row.code.trim().is_empty() && !row.name.trim().is_empty();
        if is_data && !numbers_columns(cells) {
            rows.push((number, row));
        }
        // The list says that there are too many.
        let full = rows.len() > LIST_LEN_MAX;
        Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(header.map(|_found| rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Specialties, SpecialtyFileError> {
        read_specialty_list(Source::Bytes { name: "cnqs.csv", bytes: text.as_bytes() })
    }

    #[test]
    fn a_list_is_read_with_what_is_near() {
        let text = "DANH MỤC;;\nMã CNQS;Tên chuyên nghiệp;Gần đúng\n\
            cn10;Lái xe tăng;CN11, CN12\nCN11;Lái xe tải;CN10\nCN12;Thợ máy;\n;Người lập biểu;\n";
        let list = read(text).expect("a list");
        let code = |text: &str| text.parse().expect("a good code");
        assert_eq!(list.len(), 3);
        assert_eq!(list.near(&code("CN10")), [code("CN11"), code("CN12")]);
        assert_eq!(list.find("thợ máy").map(|one| one.code.as_str()), Some("CN12"));
    }

    #[test]
    fn a_list_that_was_exported_is_read_as_it_was() {
        let list = read("Mã;Tên;Gần đúng\nCN10;Lái xe tăng;CN11, CN12\nCN11;Lái;\nCN12;Thợ;CN11\n");
        let list = list.expect("a list");
        let dir = tempfile::tempdir().expect("a directory");
        for ending in ["xlsx", "csv"] {
            let path = dir.path().join(format!("cnqs.{ending}"));
            sheet_of(list.iter()).save(&path).expect("written");
            let back = read_specialty_list(Source::Path(&path)).expect("a list");
            assert!(back.iter().eq(list.iter()), ".{ending}");
        }
    }

    #[test]
    fn a_row_at_fault_is_named() {
        let fault =
            |rows: &str| read(&format!("Code,Name,Near\n{rows}")).expect_err("a fault").to_string();
        assert!(fault("CN01,A,\nCN01,B,\n").starts_with("row 3: code CN01 occurs twice"));
        assert!(fault("CN01,A,CN09\n").starts_with("CN09 is not another specialty"));
        assert!(fault("C!,A,\n").starts_with("row 2: \"C!\" is no code"));
        assert!(matches!(read("a,b\n1,2\n"), Err(SpecialtyFileError::NoHeader)));
    }
}
