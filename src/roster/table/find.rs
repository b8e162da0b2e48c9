//! Finding the tables of a file: which sheets hold one, where its header is, how its text is written.
//!
//! Only the first rows of each sheet are looked at. Invariant: looking twice at the same file finds the
//! same tables, so that refused rows can be fetched from it again.

mod elsewhere;
mod faults;

use std::ops::ControlFlow;
use std::sync::Arc;

use super::fill::carried::is_ditto;
use super::fill::classes;
use super::header::{Header, Numbered};
use super::mapping::Mapping;
use super::units::Named;
use super::units::hamlet::of_hamlet;
use crate::domain::registry::ReserveClass;
use crate::domain::text::fold;
use crate::roster::file::{Cell, Parts, Reading};
use crate::roster::kind::Kind;
use crate::roster::legacy::Decoder;
use crate::roster::template::VALUES_SHEET;
use crate::roster::{HEADER_ROWS_MAX, IgnoredColumn, Options, RosterError, RowKey};
use elsewhere::mapped_elsewhere;
pub(in crate::roster) use faults::skeleton;
use faults::{faults, is_whole, lost_letters, no_table};

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
    /// The sheet's name, and the texts of the title over the table.
    pub(super) over: (String, Vec<String>),
    /// The unit in the title over a table with a column of addresses: where hamlets alone are.
    pub(super) home: Option<Named>,
    /// The hamlet that its sheet is named for.
    pub(super) hamlet: Option<String>,
    /// The class in the title over a table, or in its sheet's name.
    pub(super) class: Option<ReserveClass>,
    /// Whether a heading inside the table names a unit.
    grouped: bool,
    /// Positions of columns that hold marks and nothing else: nothing there means no.
    pub(super) marks: Vec<usize>,
    /// Columns that no field is for, by letters and header.
    pub(super) ignored: Vec<IgnoredColumn>,
    /// By which the readings of a text are compared.
    fullness: (usize, usize),
}

/// The tables of a file, and the sheets that were left out, each with the reason.
pub(in crate::roster) type Tables<I> = (Vec<Located<I>>, Vec<(String, String)>);

/// Why a sheet without a header of the kind is left out.
pub(in crate::roster) const NO_LIST: &str = "it holds no such list";
/// Why a hidden sheet is.
pub(in crate::roster) const HIDDEN: &str = "it is hidden: show it to have it read";

/// The sheet that was asked for, by its own name; none where all are to be looked at.
pub(in crate::roster) fn chosen(
    parts: &dyn Parts,
    name: &str,
    asked: Option<&String>,
) -> Result<Option<String>, RosterError> {
    let Some(sheet) = asked.filter(|_| !parts.are_readings()) else { return Ok(None) };
    let names = parts.names();
    // People type it as they see it; its own name first, then but for case and marks.
    let own = names.iter().find(|own| *own == sheet);
    match own.or_else(|| names.iter().find(|own| fold(own) == fold(sheet))) {
        Some(own) => Ok(Some(own.clone())),
        None => Err(RosterError::WhichSheet {
            name: name.to_owned(),
            sheet: sheet.clone(),
            sheets: names.join(", "),
        }),
    }
}

/// Whether a sheet is one that this program puts beside the tables.
pub(in crate::roster) fn is_ours(sheet: &str) -> bool {
    [super::told::SHEET, VALUES_SHEET].contains(&sheet)
}

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
    let wanted = chosen(parts, name, wanted)?;
    let (mut found, mut without, mut lost) = (Vec::new(), Vec::new(), None);
    for (part, part_name) in names.iter().enumerate() {
        if wanted.as_ref().is_some_and(|sheet| sheet != part_name) || is_ours(part_name) {
            continue;
        }
        match locate::<K>(parts, part, part_name, options, &mut lost)? {
            Some(table) => found.push(table),
            None => without.push((part_name.clone(), NO_LIST.to_owned())),
        }
    }
    if wanted.is_none() {
        without.extend(parts.hidden().into_iter().map(|sheet| (sheet, HIDDEN.to_owned())));
    }
    if parts.are_readings() {
        without.clear();
        let best = (0..found.len()).max_by_key(|at| found[*at].fullness);
        found = best.map(|at| found.swap_remove(at)).into_iter().collect();
    }
    let (good, bad): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|table| is_whole::<K>(table, options));
    let read: Vec<usize> = good.iter().map(|table| table.part).collect();
    mapped_elsewhere(parts, &read, &names, options)?;
    if good.is_empty() {
        // The readings of a text are no sheets.
        let all = names.iter().filter(|sheet| !parts.are_readings() && !is_ours(sheet));
        let all: Vec<&str> = all.map(String::as_str).collect();
        let is_asked = |sheet: &&str| wanted.as_ref().is_none_or(|wanted| wanted == *sheet);
        let looked_at: Vec<&str> = all.iter().copied().filter(is_asked).collect();
        return Err(no_table::<K>(name, bad, lost, (&looked_at, &all), options));
    }
    let why = |table: &Located<K::Input>| {
        let faults = faults::<K>(table, options);
        format!("its header in row {} {faults}", table.header.last)
    };
    without.extend(bad.iter().map(|table| (names[table.part].clone(), why(table))));
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
    lost: &mut Option<String>,
) -> Result<Option<Located<K::Input>>, RosterError> {
    let mut rows: Vec<Numbered> = Vec::new();
    let sampled = parts.rows(part, &mut |number, cells| {
        if number > SAMPLE_ROWS {
            return Ok(ControlFlow::Break(()));
        }
        rows.push((number, cells.to_vec()));
        Ok(ControlFlow::Continue(()))
    });
    // Under the wrong delimiter it may be none; under the right one, the reading finds it again.
    match sampled {
        Err(RosterError::StrayQuote { .. }) if parts.are_readings() => {}
        other => other?,
    }
    let cells = rows.iter().map(|(_, cells)| cells.as_slice());
    let decoder = Decoder::of_sample(cells, parts.are_bytes());
    for (_, cells) in &mut rows {
        if let Some(decoded) = decoder.row(cells) {
            *cells = decoded;
        }
    }
    let Some(mut header) = Header::find::<K>(&rows, &options.mapping) else {
        *lost = lost.take().or_else(|| lost_letters(&rows));
        return Ok(None);
    };
    header.widen_name::<K>(&rows);
    let fullness = fullness(&rows, &header);
    let mut below = rows.iter().filter(|(number, _)| *number > header.last);
    let grouped = below.any(|(_, cells)| super::names_unit(cells, options));
    let has_unit = header.has(K::UNIT_FIELD);
    let is_named = has_unit || options.default_unit.is_some() || grouped;
    let above = rows.iter().filter(|(number, _)| *number < header.first);
    let texts = above.flat_map(|(_, cells)| cells.iter().filter_map(Cell::as_text));
    let over = (sheet.to_owned(), texts.map(str::to_owned).collect::<Vec<_>>());
    let title = super::units::of_title(over.1.iter().map(String::as_str), options);
    let home = title.clone().filter(|_| header.has_address::<K>());
    let class = classes::of_over(sheet, &over.1).filter(|_| K::column("class").is_some());
    let hamlet = of_hamlet(sheet).filter(|_| K::column("hamlet").is_some());
    let sheet = super::units::of_sheet(sheet, options).map(|unit| match has_unit {
        true => unit,
        false => unit.titled(),
    });
    let unit = sheet.or_else(|| title.filter(|_| !is_named));
    let key = RowKey::from(0);
    let marks = marks::<K>(parts, part, &rows, &header)?;
    let ignored = header.ignored(&rows, options.words());
    Ok(Some(Located {
        part,
        key,
        header,
        decoder,
        unit,
        home,
        hamlet,
        class,
        over,
        grouped,
        marks,
        ignored,
        fullness,
    }))
}

/// How well a reading fits: columns that its rows reach, then rows that are as wide as the header. Under
/// the wrong delimiter a row has a cell or two, whatever columns a mapping names.
fn fullness<I>(rows: &[Numbered], header: &Header<I>) -> (usize, usize) {
    let below = || rows.iter().filter(|(number, _)| *number >= header.last.max(1));
    let widest = below().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let reached = header.columns.iter().filter(|bound| bound.at < widest).count();
    (reached, below().filter(|(_, cells)| cells.len() == widest).count())
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
            let text = cells.get(at).filter(|cell| !is_ditto(cell))?.read(Reading::Plain).0;
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

impl Options<'_> {
    /// The mapping of a file's columns, none by default.
    pub(super) const fn words(&self) -> &Mapping {
        &self.mapping
    }
}
