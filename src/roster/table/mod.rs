//! From rows of cells to checked records: find the table, map its columns, leave out what is no
//! data, check each row, keep the report.
//!
//! The same for every [`Kind`] of list. A row is data if it has one of the kind's anchors (a citizen
//! number, a chassis number) or a running number with something behind it; group headings inside
//! the table and signatures under it have neither.

mod account;
pub(super) mod fill;
pub(super) mod find;
pub(super) mod header;
pub(super) mod labels;
pub(super) mod mapping;
mod months;
pub(super) mod shape;
pub(super) mod told;
mod units;

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::file::{Cell, Parts, open};
use super::kind::Kind;
use super::report::{ImportReport, RowKey};
use super::{Options, ROWS_MAX, RosterError, Row, Source};
use crate::domain::registry::{Checked, Problem, ProblemCode, ReserveClass, Warning};
use fill::carried::{Carried, Carrying, is_ditto};
use fill::classes;
use fill::headed::CLASS;
use find::{Located, tables};
use header::Role;
use months::Months;
use shape::Shape;
use told::Told;
use units::era::Era;
pub(super) use units::hamlet::of_section;
use units::{Meant, Named};

/// Most texts of a heading.
const HEADING_TEXTS_MAX: usize = 3;

/// Finds the tables, without reading them.
pub(super) fn probe<K: Kind>(source: Source<'_>, options: &Options<'_>) -> Result<(), RosterError> {
    let mut parts = open(source)?;
    let told = Told::read(parts.as_mut(), options)?;
    let own = told.map(|told| told.fill(options));
    tables::<K>(parts.as_mut(), &source.name(), own.as_ref().unwrap_or(options)).map(|_found| ())
}

/// Reads all tables.
pub(super) fn read<K: Kind>(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<K::Record>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    let name = source.name();
    let mut parts = open(source)?;
    let told = Told::read(parts.as_mut(), options)?;
    let own = told.as_ref().map(|told| told.fill(options));
    let options = own.as_ref().unwrap_or(options);
    units::check_default::<K>(options)?;
    let (found, left_out) = tables::<K>(parts.as_mut(), &name, options)?;
    let heads: Vec<String> = found.iter().flat_map(|table| table.header.texts()).collect();
    let mut report = ImportReport { told, ..ImportReport::new(K::KIND) };
    report.left_out = left_out.iter().map(|(sheet, _why)| sheet.clone()).collect();
    report.left_out_because = left_out.into_iter().collect();
    let mut era = era_of(&found, options);
    let header = found.first().map_or(0, |table| table.header.last);
    let (mut seen, mut stopped, mut width) = (HashMap::new(), false, 0);
    let (mut likes, likes_hasher) = (HashMap::new(), RandomState::new());
    for mut located in found {
        let over = located.class.map(|_class| CLASS);
        let (part, fields) =
            (located.part, located.header.fields([K::UNIT_FIELD].into_iter().chain(over)));
        report.note_ignored(&located.ignored);
        let merges = parts.merges(part)?;
        let (months, has_marks) =
            looked_over::<K>(parts.as_mut(), &located, options, &mut era, &mut width)?;
        let mut carrying = Carrying::new(merges, has_marks);
        let own = Options { old_map: era.last_day(), ..options.clone() };
        let options = &own;
        located.unit = located.unit.take().map(|unit| unit.doubted(options));
        let mut table = Table::<K> {
            located,
            fields,
            options,
            seen: &mut seen,
            likes: &mut likes,
            likes_hasher: likes_hasher.clone(),
            report: &mut report,
            months,
            may_number_columns: true,
            in_footer: false,
            group_unit: None,
            group_is_lost: false,
            group_hamlet: None,
            group_class: None,
            meant: RefCell::default(),
        };
        parts.rows(part, &mut |number, cells| {
            let decoded = table.located.decoder.row(cells);
            let legacy = decoded.is_some();
            let cells = decoded.as_deref().unwrap_or(cells);
            let (header, words) = (&table.located.header, options.words());
            let carried = carrying.row::<K>(number, cells, header, words);
            let Some(row) = table.take(number, cells, carried, legacy) else {
                return Ok(ControlFlow::Continue(()));
            };
            if table.report.rows > u64::from(ROWS_MAX) {
                return Err(RosterError::Endless { name: name.clone(), row: number });
            }
            let flow = on_row(row);
            stopped = flow.is_break();
            Ok(flow)
        })?;
        if stopped {
            break;
        }
    }
    report.idle_mapping = options.mapping.idle(heads.iter().map(String::as_str), width);
    if report.rows == 0 && !stopped {
        return Err(RosterError::NoRows { name, header, skipped: report.skipped });
    }
    Ok(report)
}

/// What the names of sheets and the titles over tables tell of the map: it holds for all of the file.
fn era_of<I>(found: &[Located<I>], options: &Options<'_>) -> Era {
    let mut era = Era::default();
    for (sheet, titles) in found.iter().map(|located| &located.over) {
        era.see_heading(sheet, options);
        era.see_title(titles.iter().map(String::as_str), options);
    }
    era
}

/// All rows of a table once, before the first is handed on: what is wrong with the text as a whole, or
/// with a column, is known then, and so is the map that its names are of. Answers too whether there are
/// marks for "as above".
fn looked_over<K: Kind>(
    parts: &mut dyn Parts,
    located: &Located<K::Input>,
    options: &Options<'_>,
    era: &mut Era,
    width: &mut usize,
) -> Result<(Months, bool), RosterError> {
    let (mut months, mut has_marks) = (Months::default(), false);
    let unit_at = located.header.columns.iter().find(|b| b.column.field == K::UNIT_FIELD);
    let unit_at = unit_at.map(|bound| bound.at).filter(|_at| !K::ANY_ECHELON);
    *width = located.header.labels.iter().map(|(at, _)| at + 1).max().unwrap_or(0).max(*width);
    parts.rows(located.part, &mut |number, cells| {
        if number > located.header.last {
            *width = cells.len().max(*width);
            months.see::<K>(&located.header, cells);
            let decoded = located.decoder.row(cells);
            let cells = decoded.as_deref().unwrap_or(cells);
            has_marks = has_marks || cells.iter().any(is_ditto);
            if let Some(name) = unit_at.and_then(|at| cells.get(at)).and_then(Cell::as_text) {
                era.see(name, options);
                era.see_address(name, options);
            }
            for heading in heading_texts(cells).filter(|_text| !K::ANY_ECHELON) {
                era.see_heading(heading, options);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((months, has_marks))
}

/// A table being read.
struct Table<'a, K: Kind> {
    located: Located<K::Input>,
    /// The fields that it has columns for.
    fields: Arc<[&'static str]>,
    options: &'a Options<'a>,
    /// Where each number was accepted first.
    seen: &'a mut HashMap<K::Key, RowKey>,
    /// Where each likeness was seen first, by its hash: as many as there are people.
    likes: &'a mut HashMap<u64, RowKey>,
    likes_hasher: RandomState,
    report: &'a mut ImportReport,
    months: Months,
    /// Whether a line of signatures was passed, and no data since.
    in_footer: bool,
    /// Until the first row of data, a row may be the form's numbering of its columns.
    may_number_columns: bool,
    /// The unit that the last heading named.
    group_unit: Option<Named>,
    /// Whether the last heading named a unit that is no more.
    group_is_lost: bool,
    /// The hamlet that the last heading named.
    group_hamlet: Option<String>,
    /// The class that the last heading named.
    group_class: Option<ReserveClass>,
    meant: RefCell<Meant>,
}

impl<K: Kind> Table<'_, K> {
    /// The record of a row, or nothing for a row that is no data.
    fn take(
        &mut self,
        number: u32,
        cells: &[Cell],
        carried: Option<Carried>,
        legacy: bool,
    ) -> Option<Row<K::Record>> {
        if number <= self.located.header.last {
            return None;
        }
        match self.shape(cells) {
            Shape::Blank => return None,
            Shape::Heading => {
                self.report.skipped += 1;
                self.see_heading(cells);
                return None;
            }
            Shape::Data => self.may_number_columns = false,
        }
        let (cells, mut repairs) = match &carried {
            Some(carried) => (&carried.cells[..], carried.repairs.clone()),
            None => (cells, Vec::new()),
        };
        if legacy {
            repairs.push(Warning::LegacyEncoding);
        }
        let mut blank = self.blank(cells);
        let mut lost = Vec::new();
        let input = self.fill(cells, &mut repairs, &mut blank, &mut lost);
        let lists = &self.options.lists;
        let key = self.located.key.with_row(number);
        let (mut same, mut alike) = (None, None);
        let result = K::check(input, lists, &mut repairs).and_then(|mut checked| {
            if !lost.is_empty() {
                return Err(Vec::new());
            }
            for repair in repairs {
                if !checked.warnings.contains(&repair) {
                    checked.warnings.push(repair);
                }
            }
            if let Some(field) = self.months.ambiguous::<K>(&self.located.header, cells) {
                return Err(vec![Problem { field, code: ProblemCode::DateOrderAmbiguous }]);
            }
            let mut checked = self.refuse_repeats(checked, &key, &mut same)?;
            alike = self.alike(&checked.record, &key);
            checked.warnings.extend(alike.as_ref().map(|_row| K::ALIKE));
            let assumed = K::assumed(&blank).filter(|one| !checked.warnings.contains(one));
            checked.warnings.extend(assumed);
            Ok(checked)
        });
        let result = result.map_err(|mut problems| {
            // What was lost in a cell is the fault, whatever else is said of its field.
            problems.retain(|problem| lost.iter().all(|own| own.field != problem.field));
            problems.extend(lost);
            problems
        });
        self.count(&key, cells, &result, same, alike.as_ref());
        let ordinal = u32::try_from(self.report.rows).unwrap_or(u32::MAX);
        let (fields, list_day) = (Arc::clone(&self.fields), self.options.names_as_of);
        Some(Row { key, ordinal, fields, blank, list_day, result })
    }

    /// Takes in a row inside the table that is none of data.
    fn see_heading(&mut self, cells: &[Cell]) {
        let named = |text: &str| units::of_heading(text, self.options);
        let mut texts = cells.iter().filter_map(Cell::as_text);
        let unit = texts.clone().find_map(named);
        // Who stands under a unit that is no more is not of the one above it.
        let is_ended = |text: &str| {
            self.options.names_as_of.is_none()
                && units::ended_in_heading(text, self.options).is_some()
        };
        if !self.in_footer {
            self.group_class = classes::of_section(cells).or(self.group_class);
        }
        if unit.is_some() {
            (self.group_unit, self.group_hamlet, self.group_is_lost) = (unit, None, false);
            return;
        }
        self.group_is_lost |= texts.any(is_ended);
        if !self.in_footer {
            let hamlet = of_section(cells);
            self.group_hamlet = hamlet.or_else(|| self.group_hamlet.take());
        }
    }

    /// An earlier row that may be of the same person under another number.
    fn alike(&mut self, record: &K::Record, key: &RowKey) -> Option<RowKey> {
        let mut found = None;
        for likeness in K::likeness(record) {
            match self.likes.entry(self.likes_hasher.hash_one(likeness)) {
                Entry::Occupied(earlier) => found = Some(earlier.get().clone()),
                Entry::Vacant(new) => {
                    new.insert(key.clone());
                }
            }
        }
        found
    }

    /// Only accepted rows count as earlier ones: a refused row holds no claim to its number.
    fn refuse_repeats(
        &mut self,
        checked: Checked<K::Record>,
        key: &RowKey,
        same: &mut Option<RowKey>,
    ) -> Result<Checked<K::Record>, Vec<Problem>> {
        let keys = K::keys(&checked.record);
        if let Some(earlier) = keys.iter().find_map(|key| self.seen.get(key)) {
            *same = Some(earlier.clone());
            let code = K::repeats(&checked.record, &|key| self.seen.contains_key(key));
            return Err(vec![Problem { field: "row", code }]);
        }
        self.seen.extend(keys.into_iter().map(|number| (number, key.clone())));
        Ok(checked)
    }
}

/// Whether a row is a heading that names the unit of those under it.
pub(super) fn names_unit(cells: &[Cell], options: &Options<'_>) -> bool {
    heading_texts(cells).any(|text| units::of_heading(text, options).is_some())
}

/// The texts of a row that may be a heading: one that has few.
fn heading_texts(cells: &[Cell]) -> impl Iterator<Item = &str> {
    let texts = || cells.iter().filter_map(Cell::as_text).filter(|text| !text.trim().is_empty());
    let is_short = texts().nth(HEADING_TEXTS_MAX).is_none();
    texts().filter(move |_text| is_short)
}
