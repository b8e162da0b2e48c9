//! What differs between the kinds of list: columns, what makes a row one of data, how it is checked.

/// A column whose field is at a place in the row.
macro_rules! column {
    ($row:ty, $field:ident, $reading:ident, $headers:expr, $($path:ident).+) => {
        Column {
            field: stringify!($field),
            slot: |row: &mut $row| &mut row.$($path).+,
            reading: Reading::$reading,
            headers: $headers,
        }
    };
}

/// Columns of the inner input, and of what the row has beside it.
macro_rules! columns_of {
    ($row:ty, $inner:ident { $($field:ident $reading:ident [$($header:literal),+],)+ }
     $($own:ident [$($words:literal),+],)*) => {
        &[
            $(column!($row, $field, $reading, &[$($header),+], $inner.$field),)+
            $(column!($row, $own, Plain, &[$($words),+], $own),)*
        ]
    };
}

mod bases;
mod deeds;
mod equipment;
mod people;
mod repair;
mod works;

use std::fmt;
use std::hash::Hash;

pub(super) use bases::Bases;
pub(super) use deeds::Deeds;
pub(super) use equipment::Means;
pub(super) use people::People;
pub(super) use repair::without_strays;
pub(super) use works::Works;

use super::file::Reading;
use super::report::RosterKind;
use crate::domain::ids::UnitCode;
use crate::domain::registry::{Checked, Lists, Problem, ProblemCode, Warning};

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

/// A header that holds a part of a field: the header, the field, the part's place in it.
pub(super) type PartHeader = (&'static str, &'static str, u8);

/// What a row and the header over it say, by field.
pub(super) struct Said<'a> {
    /// What stands in the cell, or in the cells with ` + ` between them; blank where there is none.
    pub(super) cell: &'a dyn Fn(&'static str) -> String,
    /// What stands over the column; blank where there is none.
    pub(super) head: &'a dyn Fn(&'static str) -> String,
}

/// A kind of list.
pub(super) trait Kind: fmt::Debug {
    /// A row as text.
    type Input: Default + 'static;
    /// A row as a record.
    type Record;
    /// What occurs once in a file.
    type Key: Eq + Hash;

    /// Its name in the report.
    const KIND: RosterKind;
    /// The field that takes the default unit.
    const UNIT_FIELD: &'static str;
    /// Other fields that name a unit.
    const OTHER_UNIT_FIELDS: &'static [&'static str];
    /// Whether a record may stand under a unit of any echelon; else communes, wards and bases only.
    const ANY_ECHELON: bool = false;
    /// Fields without which no row could pass.
    const REQUIRED: &'static [&'static str];
    /// Fields of which at least one is filled in a row of data.
    const ANCHORS: &'static [&'static str];
    /// Fields that tell one record from another: no line of totals has them.
    const IDENTITY: &'static [&'static str];
    /// Fields that say nothing of a person: what stands there may be shown where it is refused.
    const SHOWN: &'static [&'static str];
    /// Fields that each record has for itself: nothing from the row above fills them.
    const OWN: &'static [&'static str];
    /// Headers of parts of fields.
    const PARTS: &'static [PartHeader];
    /// Fields that forms spread over columns, one for each value, with a mark in the one that holds.
    const SPREAD: &'static [&'static str];
    /// Fields that answer yes or no, for which forms may have a mark or nothing.
    const MARKED: &'static [&'static str] = &[];
    /// Amounts of which nothing, or a dash, says that there is none.
    const AMOUNTS: &'static [&'static str] = &[];
    /// Short words that stand for a field where a header over several columns says what they are of.
    const SHORT_UNDER: &'static [(&'static str, &'static str)] = &[];
    /// What it is called that two records are alike.
    const ALIKE: Warning = Warning::LikelyDouble;
    /// All fields.
    const COLUMNS: &'static [Column<Self::Input>];

    /// Checks a row; repairs that need several fields are made and noted first.
    fn check(
        input: Self::Input,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Self::Record>, Vec<Problem>>;

    /// What the record must not share with an earlier one of the file.
    fn keys(record: &Self::Record) -> Vec<Self::Key>;

    /// Told of the closed unit that a row names by its code, where its successor is put in its place.
    fn merged(input: &mut Self::Input, unit: &UnitCode) {
        let _the_successor_says_it_all = (input, unit);
    }

    /// Told of each cell that was read, with the header over it: it may say the unit of a number.
    fn headed(input: &mut Self::Input, field: &'static str, header: &str, is_number: bool) {
        let _headers_say_no_more = (input, field, header, is_number);
    }

    /// Whether a field may stand in this column too, beside those under `others`.
    fn may_repeat(column: &Column<Self::Input>, others: &[&str], header: &str) -> bool {
        let _headers_are_alike = (others, header);
        column.reading == Reading::Phone
    }

    /// What is known of a fault beside its code.
    fn hint(problem: &Problem, said: &Said<'_>) -> Option<String> {
        let _says_all = (problem, said);
        None
    }

    /// What two records share that may be of one person under two numbers: any of these texts.
    fn likeness(record: &Self::Record) -> Vec<String> {
        let _none_are_alike = record;
        Vec::new()
    }

    /// Why a record that shares a key with an earlier one is refused; `is_seen` tells whether an earlier
    /// one had a key.
    fn repeats(record: &Self::Record, is_seen: &dyn Fn(&Self::Key) -> bool) -> ProblemCode {
        let _keys_say_no_more = (record, is_seen);
        ProblemCode::DuplicateInFile
    }

    /// The words that say where a record stands.
    fn states() -> Vec<&'static str>;

    /// What was taken for granted because these fields have a column and nothing in it.
    fn assumed(blank: &[&'static str]) -> Option<Warning> {
        let _nothing = blank;
        None
    }

    /// The unit it counts for.
    fn unit(record: &Self::Record) -> &UnitCode;

    /// The column of a field.
    fn column(field: &str) -> Option<&'static Column<Self::Input>> {
        Self::COLUMNS.iter().find(|column| column.field == field)
    }
}
