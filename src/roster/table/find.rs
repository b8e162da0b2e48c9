//! Finding the tables of a file: which sheets hold one, where its header is, how its text is written.
//!
//! Only the first rows of each sheet are looked at. Invariant: looking twice at the same file finds the
//! same tables, so that refused rows can be fetched from it again.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::header::{Header, Numbered};
use super::mapping::{Mapping, letters};
use super::units::Named;
use crate::roster::file::{Cell, Parts, Reading};
use crate::roster::kind::Kind;
use crate::roster::legacy::Decoder;
use crate::roster::{HEADER_ROWS_MAX, IgnoredColumn, Options, RosterError, RowKey};

/// Rows by which a sheet is judged: the header's, and enough data to tell encodings apart.
const SAMPLE_ROWS: u32 = HEADER_ROWS_MAX + 60;

/// A table found.
#[derive(Debug)]
pub(in crate::roster) struct Located<I: 'static> {
    /// The part of the file that holds it.
    pub(in crate::roster) part: usize,
    /// Its number among the tables, and its sheet's name where there are several.
    pub(in crate::roster) key: RowKey,
    /// Its header.
    pub(in crate::roster) header: Header<I>,
    /// Makes Unicode of its rows.
    pub(in crate::roster) decoder: Decoder,
    /// The unit that its sheet is named for.
    pub(super) unit: Option<Named>,
    /// Whether a heading inside the table names a unit.
    grouped: bool,
    /// Positions of columns that hold marks and nothing else: nothing there means no.
    pub(super) marks: Vec<usize>,
    /// Columns that no field is for, by letters and header.
    pub(super) ignored: Vec<IgnoredColumn>,
}

/// The tables of a file, and the names of sheets that hold none.
pub(in crate::roster) type Tables<I> = (Vec<Located<I>>, Vec<String>);

/// All tables of the kind, or why there is none that can be read.
pub(in crate::roster) fn tables<K: Kind>(
    parts: &mut dyn Parts,
    name: &str,
    options: &Options<'_>,
) -> Result<Tables<K::Input>, RosterError> {
    let fields: Vec<&str> = K::COLUMNS.iter().map(|column| column.field).collect();
    options.mapping.check(&fields)?;
    let names = parts.names();
    let wanted = options.sheet.as_ref().or(options.mapping.sheet.as_ref());
    let wanted = wanted.filter(|_| !parts.are_readings());
    if let Some(sheet) = wanted.filter(|sheet| !names.contains(sheet)) {
        return Err(RosterError::WhichSheet {
            name: name.to_owned(),
            sheet: sheet.clone(),
            sheets: names.join(", "),
        });
    }
    let (mut found, mut without) = (Vec::new(), Vec::new());
    for (part, part_name) in names.iter().enumerate() {
        if wanted.is_some_and(|sheet| sheet != part_name) {
            continue;
        }
        match locate::<K>(parts, part, part_name, options)? {
            Some(table) => found.push(table),
            None => without.push(part_name.clone()),
        }
    }
    if parts.are_readings() {
        without.clear();
        found.sort_by_key(|table| table.header.columns.len());
        found = found.pop().into_iter().collect();
    }
    let (good, bad): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|table| missing::<K>(table, options).is_empty());
    if good.is_empty() {
        return Err(no_table::<K>(name, bad, options));
    }
    without.extend(bad.iter().map(|table| names[table.part].clone()));
    let several = good.len() > 1;
    let numbered = (0..).zip(good).map(|(at, mut table)| {
        let sheet = several.then(|| Arc::from(names[table.part].as_str()));
        table.key = RowKey { sheet_at: at, sheet, row: 0 };
        table
    });
    Ok((numbered.collect(), without))
}

fn locate<K: Kind>(
    parts: &mut dyn Parts,
    part: usize,
    sheet: &str,
    options: &Options<'_>,
) -> Result<Option<Located<K::Input>>, RosterError> {
    let mut rows: Vec<Numbered> = Vec::new();
    parts.rows(part, &mut |number, cells| {
        if number > SAMPLE_ROWS {
            return Ok(ControlFlow::Break(()));
        }
        rows.push((number, cells.to_vec()));
        Ok(ControlFlow::Continue(()))
    })?;
    let cells = rows.iter().map(|(_, cells)| cells.as_slice());
    let decoder = Decoder::of_sample(cells, parts.are_bytes());
    for (_, cells) in &mut rows {
        if let Some(decoded) = decoder.row(cells) {
            *cells = decoded;
        }
    }
    let Some(mut header) = Header::find::<K>(&rows, &options.mapping) else { return Ok(None) };
    header.widen_name::<K>(&rows);
    let mut below = rows.iter().filter(|(number, _)| *number > header.last);
    let grouped = below.any(|(_, cells)| super::names_unit(cells, options));
    let unit = super::units::of_heading(sheet, options);
    let key = RowKey::from(0);
    let marks = marks::<K>(parts, part, &rows, &header)?;
    let ignored = header.ignored(&rows, options.words());
    Ok(Some(Located { part, key, header, decoder, unit, grouped, marks, ignored }))
}

/// The columns of yes or no in which all that stands is a mark. Where the first rows have nothing, as
/// far down as something comes.
fn marks<K: Kind>(
    parts: &mut dyn Parts,
    part: usize,
    rows: &[Numbered],
    header: &Header<K::Input>,
) -> Result<Vec<usize>, RosterError> {
    let is_answer = |bound: &&super::header::Bound<K::Input>| {
        K::MARKED.contains(&bound.column.field) && bound.role == super::header::Role::Whole
    };
    let mut marks = Vec::new();
    for at in header.columns.iter().filter(is_answer).map(|bound| bound.at) {
        let said = |cells: &[Cell]| {
            let text = cells.get(at)?.read(Reading::Plain).0;
            (!text.is_empty()).then(|| is_plain_mark(&text))
        };
        let below = rows.iter().filter(|(number, _)| *number > header.last);
        let mut said_here: Vec<bool> = below.filter_map(|(_, cells)| said(cells)).collect();
        if said_here.is_empty() {
            parts.rows(part, &mut |number, cells| {
                said_here.extend(said(cells).filter(|_| number > SAMPLE_ROWS));
                let found = !said_here.is_empty();
                Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
        }
        if !said_here.is_empty() && said_here.iter().all(|is_mark| *is_mark) {
            marks.push(at);
        }
    }
    Ok(marks)
}

/// Whether a text is a mark: no word, and no number.
fn is_plain_mark(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "x" | "×" | "v" | "✓" | "✔" | "☑" | "+")
}

/// Fields that the table cannot do without, lacking or claimed twice.
fn missing<K: Kind>(table: &Located<K::Input>, options: &Options<'_>) -> Vec<&'static str> {
    let header = &table.header;
    let has_unit = header.has(K::UNIT_FIELD)
        || options.default_unit.is_some()
        || table.unit.is_some()
        || table.grouped;
    let given_with = |field: &str| {
        header.columns.iter().any(
            |bound| matches!(&bound.role, super::header::Role::With(other, _) if *other == field),
        )
    };
    let required = K::REQUIRED.iter().copied();
    let lacking = required.filter(|field| !header.has(field) && !given_with(field));
    let unit = (!has_unit).then_some(K::UNIT_FIELD);
    lacking.chain(header.repeated.iter().copied()).chain(unit).collect()
}

fn no_table<K: Kind>(
    name: &str,
    bad: Vec<Located<K::Input>>,
    options: &Options<'_>,
) -> RosterError {
    let best = bad.into_iter().max_by_key(|table| table.header.columns.len());
    let Some(table) = best else {
        return RosterError::NoHeader { name: name.to_owned(), wanted: K::REQUIRED.join(", ") };
    };
    let columns = missing::<K>(&table, options);
    RosterError::MissingColumns {
        row: table.header.last,
        skeleton: skeleton::<K>(&table.header, &columns),
        columns: columns.join(", "),
    }
}

/// A mapping file to fill in: what is known is a comment, what is not awaits its field.
fn skeleton<K: Kind>(header: &Header<K::Input>, missing: &[&str]) -> String {
    let mut text = format!("header_row = {}\n\n[columns]\n", header.last);
    for (at, label) in &header.labels {
        let known = header.columns.iter().find(|bound| bound.at == *at);
        let again = known.is_some_and(|bound| missing.contains(&bound.column.field));
        let letters = letters(*at);
        let label: String = label.chars().take(80).collect();
        match known.filter(|_| !again) {
            Some(bound) => {
                text.push_str(&format!("# {letters} = {:?}  # {label}\n", bound.column.field));
            }
            None => text.push_str(&format!("{letters} = \"ignore\"  # {label}\n")),
        }
    }
    let fields: Vec<&str> = K::COLUMNS.iter().map(|column| column.field).collect();
    text.push_str(&format!("# fields: {}", fields.join(", ")));
    text
}

impl Options<'_> {
    /// The mapping of a file's columns, none by default.
    pub(super) const fn words(&self) -> &Mapping {
        &self.mapping
    }
}
