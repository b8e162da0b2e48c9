//! What a row under the header is: data, a heading, a line of totals or signatures, or nothing.
//!
//! Called by the table reader for each row. Invariants: a row with a running number, or with what tells
//! one record from another, is data whatever else it looks like; so is any row of more than three
//! filled columns. What is left out is counted.

use super::header::Header;
use super::labels::{self, numbers_columns};
use super::{Table, units};
use crate::domain::registry::{Birth, Sex};
use crate::domain::text::fold;
use crate::roster::file::{Cell, Reading};
use crate::roster::kind::{Column, Kind};

/// Fewest digits of what tells one person, item or enterprise from another.
const IDENTITY_DIGITS_MIN: usize = 4;

/// What a row under the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Blank,
    Heading,
    Data,
}

impl<K: Kind> Table<'_, K> {
    pub(super) fn shape(&mut self, cells: &[Cell]) -> Shape {
        let header = &self.located.header;
        let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_blank());
        let filled = header.columns.iter().filter(|bound| is_filled(bound.at));
        let has = |fields: &[&str]| {
            filled.clone().any(|bound| {
                let cell = cells.get(bound.at);
                fields.contains(&bound.column.field)
                    && cell.is_some_and(|cell| is_likely(bound.column, cell))
            })
        };
        let identified = has(K::IDENTITY);
        let anchored = has(K::ANCHORS);
        let filled = filled.count();
        if filled == 0 {
            // A heading may stand under the running number alone.
            let heads = cells.iter().filter_map(Cell::as_text).any(|text| !text.trim().is_empty());
            return if heads { Shape::Heading } else { Shape::Blank };
        }
        if self.may_number_columns && numbers_columns(cells) || header.is_again(cells) {
            return Shape::Heading;
        }
        if !identified && (is_total(cells) || filled <= 2 && self.heads_unit(cells)) {
            return Shape::Heading;
        }
        if is_record::<K>(header, cells) {
            self.in_footer = false;
            return Shape::Data;
        }
        // Under the line of signatures stand ranks and names.
        self.in_footer |= cells.iter().filter(|cell| !cell.is_blank()).count() <= 3 && signs(cells);
        if anchored && !self.in_footer { Shape::Data } else { Shape::Heading }
    }

    fn heads_unit(&self, cells: &[Cell]) -> bool {
        let unit_at = self.located.header.columns.iter().find(|b| b.column.field == K::UNIT_FIELD);
        let unit_at = unit_at.map(|bound| bound.at);
        let elsewhere = cells.iter().enumerate().filter(|(at, _)| Some(*at) != unit_at);
        let mut texts = elsewhere.filter_map(|(_, cell)| cell.as_text());
        texts.any(|text| units::of_heading(text, self.options).is_some())
    }
}

/// Whether a row has what makes it one of data whatever else it looks like: what tells one record from
/// another, a running number, or many columns.
pub(super) fn is_record<K: Kind>(header: &Header<K::Input>, cells: &[Cell]) -> bool {
    let filled = || {
        let cell = |at: usize| cells.get(at).filter(|cell| !cell.is_blank());
        header.columns.iter().filter_map(move |bound| Some((bound.column, cell(bound.at)?)))
    };
    let tells = |(column, cell): (&Column<K::Input>, &Cell)| {
        K::IDENTITY.contains(&column.field) && is_likely(column, cell)
    };
    let is_numbered = || {
        header.index_at.and_then(|at| cells.get(at)).is_some_and(|cell| {
            let text = cell.read(Reading::Plain).0;
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    filled().count() > 3 || filled().any(tells) || is_numbered()
}

/// Whether a cell could hold what its column is for, and not a signature or the form of a date.
fn is_likely<I>(column: &Column<I>, cell: &Cell) -> bool {
    let text = cell.read(Reading::Plain).0;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    match (column.field, column.reading) {
        ("sex", _) => Sex::parse(&text).is_some(),
        // An O or two may stand for a zero.
        ("citizen_id" | "tax_code", _) => digits >= IDENTITY_DIGITS_MIN && digits > letters,
        ("plate" | "chassis_no" | "engine_no", _) => digits > 0 && !is_signing_day(&text),
        (_, Reading::Phone) => digits > letters,
        (_, Reading::Date) => {
            digits > 0 && (Birth::parse(&text).is_some() || !is_signing_day(&text))
        }
        _ => true,
    }
}

/// Whether a row begins the foot of a form: place and day of signing, or who signs.
pub(in crate::roster) fn signs(cells: &[Cell]) -> bool {
    const WORDS: [&str; 22] = [
        "nguoi lap",
        "nguoi tong hop",
        "nguoi ghi",
        "chi huy truong",
        "chinh tri vien",
        "chinh uy",
        "pho chi huy",
        "thu truong",
        "chu tich",
        "pho chu tich",
        "xac nhan",
        "noi nhan",
        "ky ten",
        "(ky",
        "ky, ",
        "ky va",
        "tm.",
        "t/m",
        "kt.",
        "can bo lap",
        "tham muu",
        "can bo quan luc",
    ];
    let begins = |text: &str| {
        let folded = fold(text);
        WORDS.iter().any(|word| folded.starts_with(word)) || is_signing_day(text)
    };
    cells.iter().filter_map(Cell::as_text).any(begins)
}

/// "Na Son, ngày 05 tháng 01 năm 2026", with or without the numbers.
fn is_signing_day(text: &str) -> bool {
    let folded = fold(text);
    let Some(at) = folded.find("ngay") else { return false };
    let has_words = folded[at..].contains("thang") && folded[at..].contains("nam");
    has_words && (at > 0 || folded.contains("..") || folded.contains('…'))
}

/// Whether a row sums up those above it.
pub(in crate::roster) fn is_total(cells: &[Cell]) -> bool {
    const WORDS: [&str; 8] =
        ["cong", "tong cong", "tong so", "tong", "cong so", "cong trang", "total", "grand total"];
    let begins = |text: &str| {
        let label = labels::plain(text);
        let words = label.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        WORDS.contains(&words) || label.starts_with("tong cong") || label.starts_with("tong so ")
    };
    cells.iter().filter_map(Cell::as_text).any(begins)
}
