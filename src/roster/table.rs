//! From rows of cells to checked records: find the table, map its columns, leave out what is no
//! data, check each row, keep the report.
//!
//! The same for every [`Kind`] of list. A row is data if it has one of the kind's anchors (a citizen
//! number, a chassis number) or a running number with something behind it; group headings inside
//! the table and signatures under it have neither.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::ops::ControlFlow;

use super::cell::{Cell, Reading};
use super::header::{Column, Header, numbers_columns};
use super::report::{ImportReport, Place, RosterKind};
use super::source::{Parts, open};
use super::{HEADER_ROWS_MAX, Options, ROWS_MAX, RosterError, Row, Source};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{Checked, Lists, Problem, ProblemCode, Warning};
use crate::domain::unit::Echelon;

/// Most characters of a refused cell that are shown: the longest names of units fit.
const SHOWN_CHARS_MAX: usize = 40;
/// A cell with so many digits may be a number of a person's, whatever its header says. Codes of units,
/// specialties and years have at most five.
const DIGITS_SHOWN_MAX: usize = 6;

/// What differs between lists of people and lists of equipment.
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
    /// Fields without which no row could pass.
    const REQUIRED: &'static [&'static str];
    /// Fields of which at least one is filled in a row of data.
    const ANCHORS: &'static [&'static str];
    /// Fields that say nothing of a person: what stands there may be shown where it is refused.
    const SHOWN: &'static [&'static str];
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

    /// The unit it counts for.
    fn unit(record: &Self::Record) -> &UnitCode;
}

/// Finds the table, without reading it.
pub(super) fn probe<K: Kind>(source: Source<'_>, sheet: Option<&str>) -> Result<(), RosterError> {
    let mut parts = open(source)?;
    find_table::<K>(parts.as_mut(), &name_of(source), sheet, false).map(|_found| ())
}

/// Reads the table.
pub(super) fn read<K: Kind>(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<K::Record>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    let name = name_of(source);
    let is_local = |unit: &UnitCode| {
        options.lists.units.get(unit).is_some_and(|unit| unit.echelon() >= Echelon::Commune)
    };
    if let Some(unit) = options.default_unit.as_ref().filter(|unit| !is_local(unit)) {
        return Err(RosterError::UnknownUnit { unit: unit.clone() });
    }
    let mut parts = open(source)?;
    let sheet = options.sheet.as_deref();
    let has_default = options.default_unit.is_some();
    let (part, header) = find_table::<K>(parts.as_mut(), &name, sheet, has_default)?;
    let mut table = Table::<K> {
        header,
        options,
        seen: HashSet::new(),
        report: ImportReport::new(K::KIND),
        may_number_columns: true,
    };
    let mut last = 0;
    parts.rows(part, &mut |number, cells| {
        last = number;
        let Some(row) = table.take(number, cells) else { return Ok(ControlFlow::Continue(())) };
        if table.report.rows > u64::from(ROWS_MAX) {
            return Err(RosterError::Endless { name: name.clone(), row: number });
        }
        Ok(on_row(row))
    })?;
    Ok(table.report)
}

fn name_of(source: Source<'_>) -> String {
    match source {
        Source::Path(path) => path.display().to_string(),
        Source::Bytes { name, .. } => name.to_owned(),
    }
}

/// The part that holds the table, and its header.
fn find_table<K: Kind>(
    parts: &mut dyn Parts,
    name: &str,
    sheet: Option<&str>,
    has_default_unit: bool,
) -> Result<(usize, Header<K::Input>), RosterError> {
    let names = parts.names();
    let which_sheet = |sheets: &[String]| RosterError::WhichSheet {
        name: name.to_owned(),
        sheets: sheets.join(", "),
    };
    let sheet = sheet.filter(|_| !parts.are_readings());
    let mut found: Vec<(usize, Header<K::Input>)> = Vec::new();
    for (part, part_name) in names.iter().enumerate() {
        if sheet.is_none_or(|sheet| sheet == part_name)
            && let Some(header) = find_header::<K>(parts, part)?
        {
            found.push((part, header));
        }
    }
    if sheet.is_some_and(|sheet| !names.iter().any(|name| name == sheet)) {
        return Err(which_sheet(&names));
    }
    if parts.are_readings() {
        found.sort_by_key(|(_, header)| header.columns.len());
    } else if found.len() > 1 {
        let sheets: Vec<String> = found.iter().map(|(part, _)| names[*part].clone()).collect();
        return Err(which_sheet(&sheets));
    }
    let required = K::REQUIRED.iter().copied();
    let (part, header) = found.pop().ok_or_else(|| RosterError::NoHeader {
        name: name.to_owned(),
        wanted: required.clone().collect::<Vec<_>>().join(", "),
    })?;
    let missing_unit =
        (!has_default_unit && sheet_lacks_unit::<K>(&header)).then_some(K::UNIT_FIELD);
    let missing = required.filter(|field| !header.has(field));
    let faults: Vec<&str> =
        missing.chain(header.repeated.iter().copied()).chain(missing_unit).collect();
    if faults.is_empty() {
        Ok((part, header))
    } else {
        Err(RosterError::MissingColumns { row: header.row, columns: faults.join(", ") })
    }
}

fn sheet_lacks_unit<K: Kind>(header: &Header<K::Input>) -> bool {
    !header.has(K::UNIT_FIELD)
}

fn find_header<K: Kind>(
    parts: &mut dyn Parts,
    part: usize,
) -> Result<Option<Header<K::Input>>, RosterError> {
    let mut header = None;
    parts.rows(part, &mut |number, cells| {
        if number > HEADER_ROWS_MAX {
            return Ok(ControlFlow::Break(()));
        }
        header = Header::of_row(number, cells, K::COLUMNS);
        Ok(if header.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(header)
}

/// A table being read.
struct Table<'a, K: Kind> {
    header: Header<K::Input>,
    options: &'a Options<'a>,
    seen: HashSet<K::Key>,
    report: ImportReport,
    /// Until the first row of data, a row may be the form's numbering of its columns.
    may_number_columns: bool,
}

impl<K: Kind> Table<'_, K> {
    /// The record of a row, or nothing for a row that is no data.
    fn take(&mut self, number: u32, cells: &[Cell]) -> Option<Row<K::Record>> {
        if number <= self.header.row {
            return None;
        }
        match self.shape(cells) {
            Shape::Blank => return None,
            Shape::Heading => {
                self.report.skipped += 1;
                return None;
            }
            Shape::Data => self.may_number_columns = false,
        }
        let mut repairs = Vec::new();
        let input = self.fill(cells, &mut repairs);
        let result = K::check(input, &self.options.lists, &mut repairs).and_then(|mut checked| {
            let new = repairs.into_iter().filter(|repair| !checked.warnings.contains(repair));
            let mut new: Vec<Warning> = new.collect();
            new.dedup();
            checked.warnings.extend(new);
            self.refuse_repeats(checked)
        });
        self.count(number, cells, &result);
        Some(Row { number, result })
    }

    fn shape(&self, cells: &[Cell]) -> Shape {
        let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_blank());
        let filled = self.header.columns.iter().filter(|(at, _)| is_filled(*at));
        let anchored = filled.clone().any(|(_, column)| K::ANCHORS.contains(&column.field));
        let numbered = self.header.index_at.and_then(|at| cells.get(at)).is_some_and(|cell| {
            let text = cell.read(Reading::Plain).0;
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
        });
        let filled = filled.count();
        if filled == 0 {
            return Shape::Blank;
        }
        if self.may_number_columns && numbers_columns(cells) {
            return Shape::Heading;
        }
        // A heading or a line of signatures has two or three words in it; more is a row gone wrong.
        if anchored || numbered || filled > 3 { Shape::Data } else { Shape::Heading }
    }

    fn fill(&self, cells: &[Cell], repairs: &mut Vec<Warning>) -> K::Input {
        let mut input = K::Input::default();
        for (at, column) in &self.header.columns {
            let Some(cell) = cells.get(*at) else { continue };
            let (text, repair) = cell.read(column.reading);
            *(column.slot)(&mut input) = text;
            repairs.extend(repair);
        }
        if let Some(unit) = &self.options.default_unit
            && let Some(column) = K::COLUMNS.iter().find(|column| column.field == K::UNIT_FIELD)
        {
            let slot = (column.slot)(&mut input);
            if slot.trim().is_empty() {
                unit.as_str().clone_into(slot);
            }
        }
        input
    }

    /// Only accepted rows count as earlier ones: a refused row holds no claim to its number.
    fn refuse_repeats(
        &mut self,
        checked: Checked<K::Record>,
    ) -> Result<Checked<K::Record>, Vec<Problem>> {
        let keys = K::keys(&checked.record);
        if keys.iter().any(|key| self.seen.contains(key)) {
            let code = ProblemCode::DuplicateInFile;
            return Err(vec![Problem { field: "row", code }]);
        }
        self.seen.extend(keys);
        Ok(checked)
    }

    /// Where the fault lies, with what is there if that is nobody's secret.
    fn place(&self, problem: &Problem, cells: &[Cell]) -> Option<Place> {
        let field = problem.field;
        // A row that repeats another is wrong as a whole.
        K::COLUMNS.iter().find(|column| column.field == field)?;
        let at = self.header.columns.iter().find(|(_, column)| column.field == field);
        let at = at.map(|(at, _)| *at);
        let text = at.and_then(|at| cells.get(at)).map(|cell| cell.read(Reading::Plain).0);
        // Columns that were shifted may bring a number of a person's under any header.
        let is_harmless = |text: &String| {
            K::SHOWN.contains(&field)
                && !text.trim().is_empty()
                && text.bytes().filter(u8::is_ascii_digit).count() < DIGITS_SHOWN_MAX
        };
        let value = text.filter(is_harmless);
        let value = value.map(|text| text.trim().chars().take(SHOWN_CHARS_MAX).collect());
        Some(Place { field, column: at.map(letters), value })
    }

    fn count(
        &mut self,
        number: u32,
        cells: &[Cell],
        result: &Result<Checked<K::Record>, Vec<Problem>>,
    ) {
        let place = result.as_ref().err().and_then(|problems| self.place(problems.first()?, cells));
        let report = &mut self.report;
        report.rows += 1;
        match result {
            Ok(checked) => {
                report.accepted += 1;
                let unit = K::unit(&checked.record).as_str();
                add_one(&mut report.by_unit, unit);
                checked.warnings.iter().for_each(|w| add_one(&mut report.warnings, w.code()));
            }
            Err(problems) => {
                let first = problems.first().map_or("", |problem| problem.code.code());
                report.rejected.insert(number, first.to_owned());
                report.places.extend(place.map(|place| (number, place)));
            }
        }
    }
}

/// A column as the spreadsheet program names it: A to Z, then AA.
fn letters(at: usize) -> String {
    let (mut rest, mut name) = (at + 1, Vec::new());
    while rest > 0 {
        rest -= 1;
        name.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    name.iter().rev().collect()
}

/// What a row under the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Blank,
    Heading,
    Data,
}

fn add_one(counts: &mut std::collections::BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
