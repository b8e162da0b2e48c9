//! From rows of cells to checked records: find the table, map its columns, leave out what is no
//! data, check each row, keep the report.
//!
//! The same for every [`Kind`] of list. A row is data if it has one of the kind's anchors (a citizen
//! number, a chassis number) or a running number with something behind it; group headings inside
//! the table and signatures under it have neither.

mod account;
mod era;
pub(super) mod find;
pub(super) mod header;
pub(super) mod labels;
pub(super) mod mapping;
mod months;
mod shape;
pub(super) mod told;
mod units;

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::file::{Cell, Reading, open};
use super::kind::{Column, Kind, without_strays};
use super::report::{ImportReport, RowKey};
use super::{Options, ROWS_MAX, RosterError, Row, Source};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{Checked, Problem, ProblemCode, Warning};
use crate::domain::text::fold;
use crate::domain::unit::Echelon;
use era::Era;
use find::{Located, tables};
use header::Role;
use months::Months;
use shape::Shape;
use told::Told;
use units::{Meant, Named};

/// A text that names no unit.
const UNKNOWN: &str = "?";
/// Longest text that may say that there is nothing: `xóa` with its mark apart.
const CLEARED_LEN_MAX: usize = 8;

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
    let is_local = |unit: &UnitCode| {
        let unit = options.lists.units.get(unit);
        unit.is_some_and(|unit| K::ANY_ECHELON || unit.echelon() >= Echelon::Commune)
    };
    if let Some(unit) = options.default_unit.as_ref().filter(|unit| !is_local(unit)) {
        return Err(RosterError::UnknownUnit { unit: unit.clone() });
    }
    let (found, left_out) = tables::<K>(parts.as_mut(), &name, options)?;
    let mut report = ImportReport { told, ..ImportReport::new(K::KIND) };
    report.left_out = left_out.iter().map(|(sheet, _why)| sheet.clone()).collect();
    report.left_out_because = left_out.into_iter().collect();
    let mut era = Era::default();
    let header = found.first().map_or(0, |table| table.header.last);
    let (mut seen, mut stopped) = (HashMap::new(), false);
    let (mut likes, likes_hasher) = (HashMap::new(), RandomState::new());
    for located in found {
        let (part, fields) = (located.part, located.header.fields(K::UNIT_FIELD));
        for ignored in &located.ignored {
            if !report.ignored_columns.contains(ignored) {
                report.ignored_columns.push(ignored.clone());
            }
        }
        // All rows once before the first is handed on: what is wrong with the text as a whole, or with
        // a column, is known then.
        let mut months = Months::default();
        let unit_at = located.header.columns.iter().find(|b| b.column.field == K::UNIT_FIELD);
        let unit_at = unit_at.map(|bound| bound.at).filter(|_at| !K::ANY_ECHELON);
        parts.rows(part, &mut |number, cells| {
            if number > located.header.last {
                months.see::<K>(&located.header, cells);
                let decoded = located.decoder.row(cells);
                let cells = decoded.as_deref().unwrap_or(cells);
                if let Some(name) = unit_at.and_then(|at| cells.get(at)).and_then(Cell::as_text) {
                    era.see(name, options);
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let own = Options { old_map: era.last_day(), ..options.clone() };
        let options = &own;
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
            meant: RefCell::default(),
        };
        parts.rows(part, &mut |number, cells| {
            let decoded = table.located.decoder.row(cells);
            let legacy = decoded.is_some();
            let cells = decoded.as_deref().unwrap_or(cells);
            let Some(row) = table.take(number, cells, legacy) else {
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
    if report.rows == 0 && !stopped {
        return Err(RosterError::NoRows { name, header, skipped: report.skipped });
    }
    Ok(report)
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
    meant: RefCell<Meant>,
}

impl<K: Kind> Table<'_, K> {
    /// The record of a row, or nothing for a row that is no data.
    fn take(&mut self, number: u32, cells: &[Cell], legacy: bool) -> Option<Row<K::Record>> {
        if number <= self.located.header.last {
            return None;
        }
        match self.shape(cells) {
            Shape::Blank => return None,
            Shape::Heading => {
                self.report.skipped += 1;
                let texts = cells.iter().filter_map(Cell::as_text);
                let named = |text: &str| units::of_heading(text, self.options);
                let unit = texts.filter_map(named).next();
                self.group_unit = unit.or_else(|| self.group_unit.take());
                return None;
            }
            Shape::Data => self.may_number_columns = false,
        }
        let mut repairs = Vec::new();
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
            checked.warnings.extend(alike.as_ref().map(|_row| Warning::LikelyDouble));
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

    /// The fields of which the row says nothing.
    fn blank(&self, cells: &[Cell]) -> Vec<&'static str> {
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

    fn fill(
        &self,
        cells: &[Cell],
        repairs: &mut Vec<Warning>,
        blank: &mut Vec<&'static str>,
        lost: &mut Vec<Problem>,
    ) -> K::Input {
        let mut input = K::Input::default();
        let mut parts: Vec<(&'static Column<K::Input>, u8, String)> = Vec::new();
        for bound in &self.located.header.columns {
            let Some(cell) = cells.get(bound.at).filter(|cell| !cell.is_blank()) else {
                if self.located.marks.contains(&bound.at) {
                    "no".clone_into((bound.column.slot)(&mut input));
                }
                continue;
            };
            let (column, words) = (bound.column, self.options.words());
            if cell.is_rounded() {
                lost.push(Problem { field: column.field, code: ProblemCode::NumberRounded });
                continue;
            }
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
            // What says that there is nothing: the field is cleared.
            let is_short = text.len() <= CLEARED_LEN_MAX && bound.role == Role::Whole;
            if is_short && matches!(fold(&text).as_str(), "-" | "--" | "xoa") {
                text.clear();
            }
            if column.reading == Reading::Phone && without_strays(&mut text, repairs) {
                // Nothing is left: what is stored stays.
                blank.push(column.field);
            }
            match &bound.role {
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
        parts.sort_by_key(|(_, order, _)| *order);
        for (column, _, text) in parts {
            let slot = (column.slot)(&mut input);
            if !slot.is_empty() {
                slot.push(' ');
            }
            slot.push_str(&text);
        }
        self.name_units(cells, &mut input, repairs, lost);
        input
    }

    /// Units by their codes of today, so that the checks need not know how they were found.
    fn name_units(
        &self,
        cells: &[Cell],
        input: &mut K::Input,
        repairs: &mut Vec<Warning>,
        lost: &mut Vec<Problem>,
    ) {
        let district = self.district(cells);
        let default = self.options.default_unit.clone();
        let plain = |code| Named { code, former: None, warning: None, has_moved: false };
        let default = default.map(plain);
        let default = self.group_unit.clone().or_else(|| self.located.unit.clone()).or(default);
        let fields = std::iter::once(&K::UNIT_FIELD).chain(K::OTHER_UNIT_FIELDS);
        for column in fields.filter_map(|field| K::column(field)) {
            let slot = (column.slot)(input);
            let is_own = column.field == K::UNIT_FIELD;
            let named = match slot.trim() {
                "" => default.clone().filter(|_| is_own),
                text => self.meant.borrow_mut().of_cell(text, &district, self.options),
            };
            let Some(named) = named else {
                // What was no unit on the day of the list is not to be found among those of today.
                if self.options.names_as_of.is_some() && !K::ANY_ECHELON && !slot.trim().is_empty()
                {
                    UNKNOWN.clone_into(slot);
                }
                continue;
            };
            if named.has_moved {
                let code = ProblemCode::UnitNameMoved;
                lost.push(Problem { field: column.field, code });
                continue;
            }
            named.code.as_str().clone_into(slot);
            repairs.extend(named.warning);
            let Some(former) = named.former else { continue };
            repairs.push(Warning::FormerUnitMapped);
            if let Some(column) = K::column("former_unit").filter(|_| is_own) {
                *(column.slot)(input) = former;
            }
        }
    }

    fn district(&self, cells: &[Cell]) -> String {
        let at = self.located.header.district_at;
        let cell = at.and_then(|at| cells.get(at));
        cell.map(|cell| cell.read(Reading::Plain).0).unwrap_or_default()
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
            let code = ProblemCode::DuplicateInFile;
            return Err(vec![Problem { field: "row", code }]);
        }
        self.seen.extend(keys.into_iter().map(|number| (number, key.clone())));
        Ok(checked)
    }
}

/// Whether a row is a heading that names the unit of those under it.
pub(super) fn names_unit(cells: &[Cell], options: &Options<'_>) -> bool {
    let texts = || cells.iter().filter_map(Cell::as_text).filter(|text| !text.trim().is_empty());
    texts().count() <= 3 && texts().any(|text| units::of_heading(text, options).is_some())
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
