//! From the cells of a row to the text of a record's fields: each cell as its column is read, parts put
//! together, marks and headers given their meaning.
//!
//! Called by the table reader for each row of data. Invariant: what a spreadsheet lost in a cell, and a
//! name that may be another place's, is a fault of the row, never filled in.

pub(in crate::roster) mod carried;
pub(super) mod classes;
pub(super) mod headed;

use super::{Role, Table};
use crate::domain::registry::{Problem, ProblemCode, Warning};
use crate::domain::text::fold;
use crate::roster::file::{Cell, Reading};
use crate::roster::kind::{Column, Kind, without_strays};
use carried::is_ditto;

/// Longest text that may say that there is nothing: `xóa` with its mark apart.
const CLEARED_LEN_MAX: usize = 8;
/// Longest note that words beside a phone are added to, in characters: the shortest bound of any kind.
const NOTE_CHARS_MAX: usize = 1_000;

impl<K: Kind> Table<'_, K> {
    /// The fields of which the row says nothing.
    pub(super) fn blank(&self, cells: &[Cell]) -> Vec<&'static str> {
        let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_blank());
        let says = |field: &str| {
            field == K::UNIT_FIELD
                || self.located.header.columns.iter().any(|bound| {
                    let with = matches!(&bound.role, Role::With(other, _) if *other == field);
                    (bound.column.field == field || with) && is_filled(bound.at)
                })
        };
        self.fields.iter().copied().filter(|field| !says(field)).collect()
    }

    pub(super) fn fill(
        &self,
        cells: &[Cell],
        repairs: &mut Vec<Warning>,
        blank: &mut Vec<&'static str>,
        lost: &mut Vec<Problem>,
    ) -> K::Input {
        let mut input = K::Input::default();
        let mut parts: Vec<(&'static Column<K::Input>, u8, String)> = Vec::new();
        let mut remarks = Vec::new();
        for bound in &self.located.header.columns {
            let Some(cell) = cells.get(bound.at).filter(|cell| !cell.is_blank()) else {
                if self.located.marks.contains(&bound.at) {
                    "no".clone_into((bound.column.slot)(&mut input));
                }
                continue;
            };
            let column = bound.column;
            if let Some(code) = self.lost_in(column, cell) {
                lost.push(Problem { field: column.field, code });
                continue;
            }
            let mut text = self.text_of(column, cell, repairs);
            // What says that there is nothing: the field is cleared.
            let is_short = text.len() <= CLEARED_LEN_MAX && bound.role == Role::Whole;
            let none = fold(&text);
            if is_short && matches!(none.as_str(), "-" | "--" | "xoa") {
                if K::AMOUNTS.contains(&column.field) && none != "xoa" {
                    repairs.push(Warning::CapacityZeroDropped);
                }
                text.clear();
            }
            let is_phone = column.reading == Reading::Phone;
            if is_phone && without_strays(&mut text, repairs, &mut remarks) {
                // Nothing is left: what is stored stays.
                blank.push(column.field);
            }
            match &bound.role {
                Role::Whole if column.reading == Reading::Phone => {
                    // Several columns may have some.
                    let slot = (column.slot)(&mut input);
                    let stands_beside = !slot.is_empty() && !text.is_empty();
                    slot.push_str(if stands_beside { ";" } else { "" });
                    slot.push_str(&text);
                }
                Role::Whole => *(column.slot)(&mut input) = text,
                Role::Part(order) => parts.push((column, *order, text)),
                Role::Mark(value) if is_mark(&text) => join((column.slot)(&mut input), value),
                Role::Mark(_) => {}
                Role::With(field, value) => {
                    join((column.slot)(&mut input), &text);
                    if let Some(other) = K::column(field) {
                        join((other.slot)(&mut input), value);
                    }
                }
            }
            let label = self.located.header.label(bound.at);
            let is_number = matches!(cell, Cell::Number(_));
            K::headed(
                &mut input,
                column.field,
                label.rsplit(" / ").next().unwrap_or(label),
                is_number,
            );
        }
        put_together(parts, &mut input);
        // Of several columns of phones one may have had a number.
        blank.retain(|field| {
            let column = K::column(field).filter(|column| column.reading == Reading::Phone);
            column.is_none_or(|column| (column.slot)(&mut input).is_empty())
        });
        note_remarks::<K>(&mut input, &remarks, repairs);
        self.name_units(cells, &mut input, repairs, blank, lost);
        self.name_hamlet(&mut input, repairs, blank);
        self.name_class(&mut input, repairs, blank);
        input
    }

    /// Why nothing can be read out of a cell that holds something.
    fn lost_in(&self, column: &Column<K::Input>, cell: &Cell) -> Option<ProblemCode> {
        let text = cell.as_text().unwrap_or_default();
        if cell.is_rounded(column.reading) {
            return Some(ProblemCode::NumberRounded);
        }
        // A mark that could be read was replaced by what it stands for.
        let is_said = || self.options.words().value(column.field, text).is_some();
        (is_ditto(cell) && !is_said()).then_some(ProblemCode::DittoMark)
    }

    /// What a cell says, without what only looks like it.
    fn text_of(
        &self,
        column: &Column<K::Input>,
        cell: &Cell,
        repairs: &mut Vec<Warning>,
    ) -> String {
        let words = self.options.words();
        let (mut text, repair) = cell.read(column.reading);
        if let Some(meant) = words.value(column.field, &text) {
            meant.clone_into(&mut text);
        }
        repairs.extend(repair);
        if text.contains(is_invisible) {
            text.retain(|c| !is_invisible(c));
            if column.field == "full_name" {
                repairs.push(Warning::NameNormalized);
            }
        }
        // Keyboards and code pages that lack Đ give the Icelandic letter, which looks the same.
        if text.contains(['Ð', 'ð']) {
            text = text.replace('Ð', "Đ").replace('ð', "đ");
            if column.field == "full_name" {
                repairs.push(Warning::NameNormalized);
            }
        }
        text
    }
}

/// Words beside phones go into the note, each once. A record that is there already takes them only with a
/// note that its row has itself: what was noted by hand is never replaced by them.
fn note_remarks<K: Kind>(input: &mut K::Input, remarks: &[String], repairs: &mut Vec<Warning>) {
    if remarks.is_empty() {
        return;
    }
    let Some(column) = K::column("note") else {
        repairs.push(Warning::PhoneRemarkDropped);
        return;
    };
    let slot = (column.slot)(input);
    for remark in remarks {
        let remark = format!("ĐT {remark}");
        if slot.contains(&remark) {
            continue;
        }
        let is_long = slot.chars().count() + remark.chars().count() > NOTE_CHARS_MAX - 2;
        if is_long {
            repairs.push(Warning::PhoneRemarkDropped);
            return;
        }
        if !slot.is_empty() {
            slot.push_str("; ");
        }
        slot.push_str(&remark);
    }
    repairs.push(Warning::PhoneRemarkNoted);
}

/// Parts of fields in their order: a date with what is unknown of it, words with a space between.
fn put_together<I>(mut parts: Vec<(&'static Column<I>, u8, String)>, input: &mut I) {
    parts.sort_by_key(|(_, order, _)| *order);
    let is_birth = |part: &&(&'static Column<I>, u8, String)| part.0.field == "birth";
    if let Some((column, ..)) = parts.iter().find(is_birth) {
        let of = |order: u8| {
            let mut own = parts.iter().filter(is_birth).filter(|(_, own, _)| *own == order);
            own.next().map(|(_, _, text)| text.trim()).filter(|text| is_known(text))
        };
        let day = match (of(0), of(1), of(2)) {
            // A whole date in one of the columns is one.
            (Some(only), None, None) | (None, Some(only), None) | (None, None, Some(only)) => {
                only.to_owned()
            }
            (day, month, year) => {
                let part = |part: Option<&str>| part.unwrap_or("00").to_owned();
                format!("{}/{}/{}", part(day), part(month), part(year))
            }
        };
        *(column.slot)(input) = day;
    }
    for (column, _, text) in parts.iter().filter(|part| !is_birth(part)) {
        let slot = (column.slot)(input);
        if !slot.is_empty() {
            slot.push(' ');
        }
        slot.push_str(text);
    }
}

/// Whether the part of a date says something.
fn is_known(part: &str) -> bool {
    part.chars().any(|c| c.is_alphanumeric() && !matches!(c, '0' | 'x' | 'X'))
}

/// Characters without width, which come along from web pages and chats.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

/// Whether a mark is set in a column of marks.
fn is_mark(text: &str) -> bool {
    !matches!(fold(text).as_str(), "0" | "-" | "khong" | "no" | "false")
}

/// Two columns that say different things leave a text that no check takes.
fn join(slot: &mut String, text: &str) {
    if slot.is_empty() {
        text.clone_into(slot);
    } else if slot != text {
        slot.push_str(" + ");
        slot.push_str(text);
    }
}
