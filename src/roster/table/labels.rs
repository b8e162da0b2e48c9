//! The words of headers: how they are compared, and which stand for what in every kind of list.

use super::header::{KNOWN_COLUMNS_MIN, Numbered, Role};
use crate::domain::text::{clean, fold};
use crate::roster::file::{Cell, Reading};
use crate::roster::kind::{Column, Kind};

/// Headers of the running number: no field, yet a sign that a row is one of data.
pub(in crate::roster) const INDEX_HEADERS: [&str; 8] =
    ["stt", "tt", "so tt", "so thu tu", "no", "s tt", "serial", "serial no"];
/// Headers of the former district, by which names of former units are told apart.
pub(super) const DISTRICT_HEADERS: [&str; 9] = [
    "huyen",
    "quan huyen",
    "huyen thi",
    "huyen thi xa",
    "huyen thi xa thanh pho",
    "huyen tp",
    "huyen cu",
    "thuoc huyen",
    "district",
];
/// Headers over columns about other people and places than those of the record.
pub(super) const FOREIGN: [&str; 11] = [
    "que quan",
    "nguyen quan",
    "noi sinh",
    "cha",
    "ho ten cha",
    "bo",
    "me",
    "ho ten me",
    "vo chong",
    "vo",
    "than nhan",
];
/// Headers of addresses: the unit where no other column names it.
pub(super) const ADDRESSES: [&str; 4] = ["don vi", "d vi", "residence", "unit"];
/// Headers of addresses that may name the hamlet with the unit, or alone.
pub(super) const HOMES: [&str; 29] = [
    "noi o",
    "noi cu tru",
    "noi thuong tru",
    "thuong tru",
    "cho o",
    "cho o hien nay",
    "noi o hien nay",
    "noi o hien tai",
    "dia chi",
    "dia chi thuong tru",
    "dia chi hien nay",
    "tru quan",
    "ho khau",
    "ho khau thuong tru",
    "noi dang ky ho khau",
    "noi dang ky ho khau thuong tru",
    "noi dang ky thuong tru",
    "noi dkhktt",
    "dkhktt",
    "hktt",
    "noi hktt",
    "noi dk hktt",
    "noi dang ky hktt",
    "noi dktt",
    "dktt",
    "noi dk thuong tru",
    "ho khau tt",
    "noi cu tru hien nay",
    "noi cu tru hien tai",
];
/// Words in headers over columns that part a number: "Trong đó", "Quân số theo loại".
pub(super) const GROUPS: [&str; 8] =
    ["trong do", "theo loai", "luc luong", "quan so", "chia ra", "phan ra", "bao gom", "dan quan"];
/// What stands over a column, from the top: merged cells cover those to their right, if there is
/// something below.
pub(in crate::roster) fn stack(window: &[Numbered], at: usize) -> Vec<String> {
    let text = |row: &Numbered, at: usize| {
        row.1.get(at).and_then(Cell::as_text).map(clean).filter(|text| !text.is_empty())
    };
    let mut texts: Vec<String> = Vec::new();
    for (height, row) in window.iter().enumerate() {
        let has_below = || window[height + 1..].iter().any(|row| text(row, at).is_some());
        let covered = || (0..at).rev().find_map(|left| text(row, left));
        let own = text(row, at);
        let found = own.or_else(|| if has_below() { covered() } else { None });
        texts.extend(found.filter(|text| texts.last() != Some(text)));
    }
    texts
}

/// "Năm sinh nam" in one cell: the birth of men.
pub(super) fn born<K: Kind>(label: &str) -> Option<(&'static Column<K::Input>, Role)> {
    let (rest, sex) = [(" nu", "Nữ"), (" nam", "Nam")]
        .iter()
        .find_map(|(end, sex)| label.strip_suffix(end).map(|rest| (rest, *sex)))?;
    let column = K::COLUMNS.iter().find(|column| column.headers.contains(&rest))?;
    (column.field == "birth").then(|| (column, Role::With("sex", sex.to_owned())))
}

pub(super) fn find<K: Kind>(text: &str) -> Option<&'static Column<K::Input>> {
    find_in(K::COLUMNS, text)
}

/// The column that a header names.
pub(in crate::roster) fn find_in<I>(
    columns: &'static [Column<I>],
    text: &str,
) -> Option<&'static Column<I>> {
    let by = |header: &str| columns.iter().find(|column| column.headers.contains(&header));
    let in_words = |column: &&Column<I>, label: &str| column.field.replace('_', " ") == label;
    let label = plain(text);
    by(&label)
        .or_else(|| by(&plain(text.split(['(', '\n', '[']).next()?)))
        .or_else(|| columns.iter().find(|column| in_words(column, &label)))
}

/// A header as it is compared.
pub(in crate::roster) fn plain(text: &str) -> String {
    // In a label the Icelandic letter stands for the one it looks like.
    let text = text.replace(['Ð', 'ð'], "đ");
    let spaced: String =
        fold(&text).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let label = fold(&spaced);
    // "C.C.C.D" and "S.Đ.T" are "CCCD" and "SĐT".
    let mut words = label.split(' ');
    let is_letter = |word: &str| word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let is_spelled = text.contains('.') && label.len() > 1 && words.all(is_letter);
    if is_spelled { label.replace(' ', "") } else { label }
}

/// Whether a row only numbers the columns, as printed forms do under their header: `1 2 3` or
/// `(1) (2) (3)` or `A B 1 2`.
pub(in crate::roster) fn numbers_columns(cells: &[Cell]) -> bool {
    let is_mark = |cell: &Cell| {
        let text = cell.read(Reading::Plain).0;
        let bare = text.trim_matches(['(', ')', '[', ']']);
        matches!(bare.parse::<u8>(), Ok(1..=60))
            || bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_uppercase())
    };
    let filled = || cells.iter().filter(|cell| !cell.is_blank());
    filled().count() >= KNOWN_COLUMNS_MIN && filled().all(is_mark)
}
