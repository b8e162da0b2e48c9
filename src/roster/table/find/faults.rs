//! What keeps a table from being read: columns that lack, that come twice, letters that were lost; and
//! the mapping file that would mend it.
//!
//! Called when all tables of a file were looked for. Knows headers, not what is under them.

use super::Located;
use crate::roster::error::EXAMPLE;
use crate::roster::file::Cell;
use crate::roster::kind::Kind;
use crate::roster::legacy::has_lost_letters;
use crate::roster::table::header::{Bound, Header, Numbered, Role};
use crate::roster::table::mapping::letters;
use crate::roster::table::units::era;
use crate::roster::terms::term;
use crate::roster::{Options, RosterError, letters_lost};

/// Most characters of a header that are shown again.
const LABEL_SHOWN_CHARS_MAX: usize = 80;
/// Fewest texts with lost letters that are no chance.
const LOST_TEXTS_MIN: usize = 3;

/// Fields that the table cannot do without and does not have.
fn lacking<K: Kind>(table: &Located<K::Input>, options: &Options<'_>) -> Vec<&'static str> {
    let header = &table.header;
    let has_unit = header.has(K::UNIT_FIELD)
        || options.default_unit.is_some()
        || table.unit.is_some()
        || table.grouped;
    let given_with = |field: &str| {
        header
            .columns
            .iter()
            .any(|bound| matches!(&bound.role, Role::With(other, _) if *other == field))
    };
    let required = K::REQUIRED.iter().copied();
    let lacking = required.filter(|field| !header.has(field) && !given_with(field));
    let unit = (!has_unit).then_some(K::UNIT_FIELD);
    lacking.chain(unit).collect()
}

/// Whether the table can be read.
pub(super) fn is_whole<K: Kind>(table: &Located<K::Input>, options: &Options<'_>) -> bool {
    lacking::<K>(table, options).is_empty() && table.header.repeated.is_empty()
}

/// What a header lacks and what it has twice, in the words of lists.
pub(super) fn faults<K: Kind>(table: &Located<K::Input>, options: &Options<'_>) -> String {
    let (header, lacking) = (&table.header, lacking::<K>(table, options));
    let mut said = Vec::new();
    if !lacking.is_empty() {
        let named = lacking.iter().map(|field| named::<K>(field));
        said.push(format!("lacks {}", named.collect::<Vec<_>>().join(", ")));
    }
    for (field, later) in &header.repeated {
        let first = header.columns.iter().find(|bound| bound.column.field == *field);
        let places = first.map(|bound| bound.at).into_iter().chain([*later]);
        let place = |at: usize| format!("column {} {:?}", letters(at), header.label(at));
        let places: Vec<String> = places.map(place).collect();
        said.push(format!("repeats {} ({})", named::<K>(field), places.join(" and ")));
    }
    if let Some(lost) = table.header.labels.iter().find(|(_, text)| has_lost_letters(text)) {
        said.push(letters_lost(&shown(&lost.1)));
    }
    if lacking.contains(&K::UNIT_FIELD) {
        let (sheet, titles) = &table.over;
        if let Some(former) = era::former_over(sheet, titles, options) {
            said.push(format!("it is named for {former}: give the day of the list by --as-of"));
        }
        said.push("if all its rows are of one commune, give the code by --unit CODE".to_owned());
    }
    said.join("; ")
}

/// A field as lists call it, and as the program does.
fn named<K: Kind>(field: &'static str) -> String {
    format!("{} ({field})", term(K::KIND, field))
}

pub(super) fn no_table<K: Kind>(
    name: &str,
    bad: Vec<Located<K::Input>>,
    lost: Option<String>,
    (looked_at, sheets): (&[&str], &[&str]),
    options: &Options<'_>,
) -> RosterError {
    let best = bad.into_iter().max_by_key(|table| table.header.columns.len());
    let Some(table) = best else {
        if let Some(header) = lost {
            return RosterError::LettersLost { name: name.to_owned(), header };
        }
        let wanted = K::REQUIRED.iter().map(|field| named::<K>(field));
        let wanted = wanted.collect::<Vec<_>>().join(", ");
        let name = match looked_at {
            [] => name.to_owned(),
            [one] if sheets.len() == 1 => format!("{name} (sheet {one})"),
            several => format!(
                "{name} (sheets looked at: {}; in it are {})",
                several.join(", "),
                sheets.join(", ")
            ),
        };
        let example = EXAMPLE.to_owned();
        return RosterError::NoHeader { name, wanted, example };
    };
    let fields = K::COLUMNS.iter().map(|column| (column.field, term(K::KIND, column.field)));
    RosterError::MissingColumns {
        row: table.header.last,
        skeleton: skeleton(&table.header, fields),
        columns: match sheets {
            [] | [_] => faults::<K>(&table, options),
            several => format!(
                "of sheet {:?} {}; other sheets: {}",
                table.over.0,
                faults::<K>(&table, options),
                several
                    .iter()
                    .filter(|one| **one != table.over.0)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        },
    }
}

/// A mapping file to fill in: what is known is a comment, what is not awaits its field. Of columns that
/// claim one field the first has it, so that the file does as it is.
pub(in crate::roster) fn skeleton<I>(
    header: &Header<I>,
    fields: impl Iterator<Item = (&'static str, &'static str)>,
) -> String {
    let mut text = format!("header_row = {}\n\n[columns]\n", header.last);
    for (at, label) in &header.labels {
        let known = header.columns.iter().find(|bound| bound.at == *at);
        let again = |bound: &&Bound<I>| {
            header.repeated.iter().any(|(field, _)| *field == bound.column.field)
        };
        let letters = letters(*at);
        let label = shown(label);
        match known {
            Some(bound) if again(&bound) => {
                let field = bound.column.field;
                text.push_str(&format!("{letters} = {field:?}  # {label}\n"));
            }
            Some(bound) => {
                text.push_str(&format!("# {letters} = {:?}  # {label}\n", bound.column.field));
            }
            // They are no fields, and are read for what they are.
            None if [header.index_at, header.district_at].contains(&Some(*at)) => {
                text.push_str(&format!("# {letters}  # {label}\n"));
            }
            None => text.push_str(&format!("{letters} = \"ignore\"  # {label}\n")),
        }
    }
    text.push_str("\n# The fields, and what they are:\n");
    for (field, term) in fields {
        text.push_str(&format!("#   {field} = {term}\n"));
    }
    text
}

fn shown(label: &str) -> String {
    label.chars().take(LABEL_SHOWN_CHARS_MAX).collect()
}

/// The first text of a sheet whose letters were lost, where there are several such.
pub(super) fn lost_letters(rows: &[Numbered]) -> Option<String> {
    let texts = rows.iter().flat_map(|(_, cells)| cells.iter().filter_map(Cell::as_text));
    let mut lost = texts.filter(|text| has_lost_letters(text));
    let first = lost.next()?;
    lost.nth(LOST_TEXTS_MIN - 2).map(|_several| shown(first))
}
