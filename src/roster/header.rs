//! Finding the header row: which column of the file is which field.
//!
//! Headers are compared folded, with everything but letters and digits dropped, so that spelling of
//! marks, case, breaks and punctuation do not matter; what stands in brackets may be left out.

use super::cell::{Cell, Reading};
use crate::domain::text::fold;

/// One field that a column may fill.
#[derive(Debug)]
pub(super) struct Column<I> {
    /// The field's name in the input.
    pub(super) field: &'static str,
    /// Where its text goes.
    pub(super) slot: fn(&mut I) -> &mut String,
    /// How its cells are read.
    pub(super) reading: Reading,
    /// Its headers, folded, letters and digits only.
    pub(super) headers: &'static [&'static str],
}

/// Headers of the running number: no field, yet a sign that a row is one of data.
const INDEX_HEADERS: [&str; 5] = ["stt", "tt", "so tt", "so thu tu", "no"];
/// Fewest known columns that make a header: fewer could be a title with a chance hit.
const KNOWN_COLUMNS_MIN: usize = 3;

/// A header row understood.
#[derive(Debug)]
pub(super) struct Header<I: 'static> {
    /// Its row, as the spreadsheet shows it.
    pub(super) row: u32,
    /// The position and meaning of each known column.
    pub(super) columns: Vec<(usize, &'static Column<I>)>,
    /// The position of the running number.
    pub(super) index_at: Option<usize>,
    /// Fields that two columns claim.
    pub(super) repeated: Vec<&'static str>,
}

impl<I> Header<I> {
    /// The header that a row is, if it is one.
    pub(super) fn of_row(row: u32, cells: &[Cell], known: &'static [Column<I>]) -> Option<Self> {
        let mut header = Self { row, columns: Vec::new(), index_at: None, repeated: Vec::new() };
        for (at, cell) in cells.iter().enumerate() {
            let Cell::Text(text) = cell else { continue };
            match find(text, known) {
                Some(column) if header.has(column.field) => header.repeated.push(column.field),
                Some(column) => header.columns.push((at, column)),
                None if INDEX_HEADERS.contains(&plain(text).as_str()) => header.index_at = Some(at),
                None => {}
            }
        }
        (header.columns.len() >= KNOWN_COLUMNS_MIN).then_some(header)
    }

    /// Whether a column fills this field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.columns.iter().any(|(_, column)| column.field == field)
    }
}

fn find<I>(text: &str, known: &'static [Column<I>]) -> Option<&'static Column<I>> {
    let by = |header: &str| known.iter().find(|column| column.headers.contains(&header));
    by(&plain(text)).or_else(|| by(&plain(text.split('(').next()?)))
}

fn plain(text: &str) -> String {
    let spaced: String =
        fold(text).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    fold(&spaced)
}

/// Whether a row only numbers the columns, as printed forms do under their header: `1 2 3` or
/// `(1) (2) (3)` or `A B 1 2`.
pub(super) fn numbers_columns(cells: &[Cell]) -> bool {
    let is_mark = |cell: &Cell| {
        let text = cell.read(Reading::Plain).0;
        let bare = text.trim_matches(['(', ')', '[', ']']);
        matches!(bare.parse::<u8>(), Ok(1..=60))
            || bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_uppercase())
    };
    let filled = || cells.iter().filter(|cell| !cell.is_blank());
    filled().count() >= KNOWN_COLUMNS_MIN && filled().all(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    static KNOWN: [Column<[String; 3]>; 3] = [
        Column {
            field: "name",
            slot: |i| &mut i[0],
            reading: Reading::Plain,
            headers: &["ho va ten"],
        },
        Column {
            field: "unit",
            slot: |i| &mut i[1],
            reading: Reading::Plain,
            headers: &["xa phuong"],
        },
        Column {
            field: "birth",
            slot: |i| &mut i[2],
            reading: Reading::Plain,
            headers: &["ngay sinh"],
        },
    ];

    fn row(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|text| Cell::Text((*text).to_owned())).collect()
    }

    #[test]
    fn headers_are_known_in_any_order_and_spelling() {
        let cells = row(&["STT", "NGÀY SINH (dd/mm/yyyy)", "", "Xã/phường", "Họ  và\ntên"]);
        let header = Header::of_row(4, &cells, &KNOWN).expect("all three are there");
        let found: Vec<_> = header.columns.iter().map(|(at, c)| (*at, c.field)).collect();
        assert_eq!(found, [(1, "birth"), (3, "unit"), (4, "name")]);
        assert_eq!((header.index_at, header.row), (Some(0), 4));
        assert!(Header::of_row(1, &row(&["Họ và tên", "Ngày sinh"]), &KNOWN).is_none());
    }

    #[test]
    fn a_column_that_comes_twice_is_noticed() {
        let cells = row(&["Họ và tên", "Ngày sinh", "Xã, phường", "Xã, phường"]);
        let header = Header::of_row(1, &cells, &KNOWN).expect("a header");
        assert_eq!(header.repeated, ["unit"]);
    }

    #[test]
    fn a_row_that_numbers_the_columns_is_no_data() {
        assert!(numbers_columns(&row(&["(1)", "(2)", "", "(3)"])));
        assert!(numbers_columns(&row(&["A", "B", "1", "2"])));
        assert!(!numbers_columns(&row(&["1", "Lò Văn A", "2"])));
        assert!(!numbers_columns(&row(&["1", "2"])));
    }
}
