//! The header of a small list: the rows under which most columns are known, wherever they stand.
//!
//! Called for each sheet. Titles may stand above it, and it may take up to three rows with merged cells.
//! Invariants: a header names each field once and all that the list cannot do without; where none does,
//! the one that comes nearest is told, with a mapping file to fill in.

use std::cmp::Reverse;

use super::Listed;
use crate::roster::kind::Column;
use crate::roster::table::find::skeleton;
use crate::roster::table::header::{
    Bound, HEADER_HEIGHT_MAX, Header, Numbered, REASON_HEADER, Role,
};
use crate::roster::table::labels::{INDEX_HEADERS, find_in, numbers_columns, plain, stack};
use crate::roster::table::mapping::{Mapping, letters};
use crate::roster::{HEADER_ROWS_MAX, RosterError};

/// What is most like a header where none is one.
pub(super) type Near<T> = Option<Box<Header<T>>>;

/// The header among the first rows; else what is most like one.
pub(super) fn find<T: Listed>(rows: &[Numbered], mapping: &Mapping) -> Result<Header<T>, Near<T>> {
    if let Some(row) = mapping.header_row {
        let none = (0, Vec::new());
        let given =
            if row == 0 { Some(&none) } else { rows.iter().find(|(number, _)| *number == row) };
        let header = given.map(|row| of_rows::<T>(std::slice::from_ref(row), mapping));
        return header.map_or(Err(None), |header| {
            if is_whole(&header) { Ok(header) } else { Err(Some(Box::new(header))) }
        });
    }
    let mut miss: Near<T> = None;
    for from in (0..rows.len()).take_while(|at| rows[*at].0 <= HEADER_ROWS_MAX) {
        let (good, bad): (Vec<_>, Vec<_>) = beginning(rows, from, mapping).partition(is_whole);
        if !good.is_empty() {
            // A title above begins it too; rows that know as much without it are the header.
            let ends = from + 1..(from + HEADER_HEIGHT_MAX).min(rows.len());
            let later = ends.flat_map(|from| beginning(rows, from, mapping)).filter(is_whole);
            let worth = |header: &Header<T>| {
                (header.columns.len(), Reverse(header.last - header.first), Reverse(header.first))
            };
            return good.into_iter().chain(later).max_by_key(worth).ok_or(miss);
        }
        let worth =
            |header: &Header<T>| (header.columns.len(), Reverse(header.last - header.first));
        for header in bad.into_iter().filter(|header| !header.columns.is_empty()) {
            if miss.as_ref().is_none_or(|miss| worth(&header) > worth(miss)) {
                miss = Some(Box::new(header));
            }
        }
    }
    Err(miss)
}

/// The rows that begin at one, read as a header of one, two or three rows.
fn beginning<'a, T: Listed>(
    rows: &'a [Numbered],
    from: usize,
    mapping: &'a Mapping,
) -> impl Iterator<Item = Header<T>> + 'a {
    let windows =
        (from + 1..=(from + HEADER_HEIGHT_MAX).min(rows.len())).map(move |to| &rows[from..to]);
    let is_close = |window: &&[Numbered]| {
        let are_next = window.windows(2).all(|two| two[1].0 == two[0].0 + 1);
        are_next && !window.last().is_some_and(|(_number, cells)| numbers_columns(cells))
    };
    windows.filter(is_close).map(|window| of_rows::<T>(window, mapping))
}

fn of_rows<T: Listed>(window: &[Numbered], mapping: &Mapping) -> Header<T> {
    let mut header = Header::bare(window);
    let last = header.last;
    let width = window.iter().map(|(_number, cells)| cells.len()).max().unwrap_or(0);
    let stacks: Vec<Vec<String>> = (0..width).map(|at| stack(window, at)).collect();
    for (at, texts) in stacks.iter().enumerate() {
        let Some(own) = texts.last() else { continue };
        header.labels.push((at, texts.join(" / ")));
        match meaning::<T>(texts, mapping) {
            Some(column) if header.has(column.field) => header.repeated.push((column.field, at)),
            Some(column) => header.columns.push(Bound { at, column, role: Role::Whole }),
            None if INDEX_HEADERS.contains(&plain(own).as_str()) => header.index_at = Some(at),
            None => {}
        }
    }
    for (at, key, field) in mapping.letters() {
        // Two capitals may be a header as well; where they are, they mean that. Over a named column
        // something stands, unless the list has no header.
        let is_header = stacks.iter().flatten().any(|text| plain(text) == plain(key));
        let is_there = last == 0 || stacks.get(at).is_some_and(|texts| !texts.is_empty());
        if is_header || !is_there && mapping.header_row.is_none() {
            continue;
        }
        header.columns.retain(|bound| bound.at != at);
        header.repeated.retain(|(_field, other)| *other != at);
        if let Some(column) = T::COLUMNS.iter().find(|column| column.field == field) {
            header.columns.push(Bound { at, column, role: Role::Whole });
        }
    }
    header
}

/// The column that what stands over it means.
fn meaning<T: Listed>(texts: &[String], mapping: &Mapping) -> Option<&'static Column<T>> {
    let (own, joined) = (texts.last()?, texts.join(" "));
    if let Some(field) = mapping.header(own).or_else(|| mapping.header(&joined)) {
        return T::COLUMNS.iter().find(|column| column.field == field);
    }
    if plain(own) == plain(REASON_HEADER) {
        return None;
    }
    find_in(T::COLUMNS, &joined).or_else(|| find_in(T::COLUMNS, own))
}

/// Groups of fields of which the header names none.
fn lacking<T: Listed>(header: &Header<T>) -> Vec<&'static [&'static str]> {
    let is_lacking = |group: &&&[&str]| !group.iter().any(|field| header.has(field));
    T::REQUIRED.iter().filter(is_lacking).copied().collect()
}

fn is_whole<T: Listed>(header: &Header<T>) -> bool {
    let is_enough = header.columns.len() >= T::COLUMNS_MIN && header.repeated.is_empty();
    is_enough && lacking(header).is_empty()
}

fn named<T: Listed>(group: &[&'static str]) -> String {
    group.iter().map(|field| T::named(field)).collect::<Vec<_>>().join(" or ")
}

/// What a header lacks and what it has twice.
pub(super) fn faults<T: Listed>(header: &Header<T>) -> String {
    let mut said = Vec::new();
    let lacking: Vec<String> = lacking(header).into_iter().map(named::<T>).collect();
    if !lacking.is_empty() {
        said.push(format!("lacks {}", lacking.join(", ")));
    } else if header.columns.len() < T::COLUMNS_MIN {
        said.push("lacks columns that say more".to_owned());
    }
    for (field, later) in &header.repeated {
        let first = header.columns.iter().find(|bound| bound.column.field == *field);
        let places = first.map(|bound| bound.at).into_iter().chain([*later]);
        let places: Vec<String> =
            places.map(|at| format!("column {} {:?}", letters(at), header.label(at))).collect();
        said.push(format!("repeats {} ({})", T::named(field), places.join(" and ")));
    }
    said.join("; ")
}

/// That there is no table of the list, with the header that comes nearest to one.
pub(super) fn none<T: Listed>(name: String, missed: Vec<Header<T>>) -> RosterError {
    let fields = || T::COLUMNS.iter().map(|column| (column.field, T::term(column.field)));
    match missed.into_iter().max_by_key(|header| header.columns.len()) {
        Some(header) => RosterError::MissingColumns {
            row: header.last,
            columns: faults(&header),
            skeleton: skeleton(&header, fields()),
        },
        None => {
            let wanted: Vec<String> = T::REQUIRED.iter().map(|group| named::<T>(group)).collect();
            let mut example = "# The row of the header, as the spreadsheet shows it; 0 where there is \
                 none.\nheader_row = 5\n\n[columns]\n# A column's letters, or what stands over it, and \
                 the field it fills.\n"
                .to_owned();
            for (at, (field, term)) in fields().enumerate() {
                example.push_str(&format!("# {} = \"{field}\"  # {term}\n", letters(at)));
            }
            RosterError::NoHeader { name, wanted: wanted.join(", "), example }
        }
    }
}
