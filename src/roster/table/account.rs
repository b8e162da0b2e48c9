//! What becomes of a row in the report: counts, and where the fault of a refused one lies.
//!
//! Called by the table reader for each row. Invariant: of what stands in a row only words of our own
//! lists are shown, never anything of a person.

use super::mapping::letters;
use super::units::address::is_address;
use super::{Table, units};
use crate::domain::registry::{Checked, Problem, ProblemCode, Warning};
use crate::roster::file::{Cell, Reading};
use crate::roster::kind::{Kind, Said};
use crate::roster::refused::hints;
use crate::roster::report::{Fault, Place, RowKey, add_one};

/// Most characters of a refused cell that are shown: the longest names of units fit.
const SHOWN_CHARS_MAX: usize = 40;
/// Most types of equipment that a refusal names.
const TYPES_SHOWN_MAX: usize = 30;
/// A cell with so many digits may be a number of a person's, whatever its header says. Codes of units,
/// specialties and years have at most five.
const DIGITS_SHOWN_MAX: usize = 6;
/// Most rows that are named for a phone left out.
const PHONES_LEFT_OUT_MAX: usize = 1_000;

fn is_conflict(problem: &Problem) -> bool {
    problem.code == ProblemCode::EquipmentConflict
}

impl<K: Kind> Table<'_, K> {
    /// Where the fault lies, with what is there if that is nobody's secret.
    fn place(&self, problem: &Problem, cells: &[Cell]) -> Option<Place> {
        let field = problem.field;
        // A row that repeats another is wrong as a whole.
        K::column(field)?;
        let at = self.located.header.columns.iter().find(|bound| bound.column.field == field);
        let at = at.map(|bound| bound.at);
        let text = at.and_then(|at| cells.get(at)).map(|cell| cell.read(Reading::Plain).0);
        // Columns that were shifted may bring a number of a person's under any header.
        let is_harmless = |text: &String| {
            K::SHOWN.contains(&field)
                && !text.trim().is_empty()
                && text.bytes().filter(u8::is_ascii_digit).count() < DIGITS_SHOWN_MAX
        };
        // An address is a person's; a name of a unit is not.
        let is_home = problem.code == ProblemCode::UnitUnknown
            && text.as_ref().is_some_and(|text| is_harmless(text) && is_address(text));
        let home = text.clone().filter(|_| is_home);
        let value = text.filter(|text| is_harmless(text) && !is_home);
        let types = || {
            let types = self.options.lists.equipment_types.iter();
            let named =
                types.take(TYPES_SHOWN_MAX).map(|kind| format!("{} {}", kind.code, kind.name));
            named.collect::<Vec<_>>().join(", ")
        };
        let hint = match problem.code {
            ProblemCode::UnitUnknown | ProblemCode::UnitNameMoved => value
                .as_ref()
                .or(home.as_ref())
                .and_then(|text| units::hint(text, &self.district(cells), self.options)),
            ProblemCode::EquipmentTypeUnknown => Some(types()),
            ProblemCode::StatusUnknown => {
                let own = self.own_hint(problem, cells);
                own.or_else(|| Some(hints::known(K::states().into_iter())))
            }
            _ => self.own_hint(problem, cells),
        };
        let value = value.map(|text| text.trim().chars().take(SHOWN_CHARS_MAX).collect());
        Some(Place { field, column: at.map(letters), value, hint })
    }

    /// What the kind of list knows of a fault.
    fn own_hint(&self, problem: &Problem, cells: &[Cell]) -> Option<String> {
        let header = &self.located.header;
        let at = |field: &str| {
            header.columns.iter().find(|bound| bound.column.field == field).map(|bound| bound.at)
        };
        let cell = |field: &'static str| {
            let own = header.columns.iter().filter(|bound| bound.column.field == field);
            let texts = own.filter_map(|bound| Some(cells.get(bound.at)?.read(Reading::Plain).0));
            texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" + ")
        };
        let head = |field| at(field).map(|at| header.label(at).to_owned()).unwrap_or_default();
        K::hint(problem, &Said { cell: &cell, head: &head })
    }

    /// All faults of a row, each said once.
    fn faults(&self, problems: &[Problem], cells: &[Cell]) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for problem in problems {
            let fault = Fault { code: problem.code.code(), place: self.place(problem, cells) };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults
    }

    pub(super) fn count(
        &mut self,
        key: &RowKey,
        cells: &[Cell],
        result: &Result<Checked<K::Record>, Vec<Problem>>,
        same: Option<RowKey>,
        alike: Option<&RowKey>,
    ) {
        let faults = result.as_ref().err().map(|problems| self.faults(problems, cells));
        let mut faults = faults.unwrap_or_default().into_iter();
        let place = faults.next().and_then(|fault| fault.place);
        let repeated = same.map(|row| Place {
            field: "row",
            column: None,
            value: None,
            hint: Some(match result {
                Err(problems) if problems.iter().any(is_conflict) => {
                    format!("as in row {row}{}", hints::OTHER_CHASSIS)
                }
                _repeat => format!("as in row {row}"),
            }),
        });
        let place = place.or(repeated);
        let report = &mut *self.report;
        report.rows += 1;
        match result {
            Ok(checked) => {
                report.accepted += 1;
                let unit = K::unit(&checked.record).as_str();
                add_one(&mut report.by_unit, unit);
                let lost =
                    [Warning::PhoneInvalid, Warning::PhoneRemarkDropped, Warning::PhoneRemarkNoted];
                let has_lost = lost.iter().any(|lost| checked.warnings.contains(lost));
                if has_lost && report.phones_left_out.len() < PHONES_LEFT_OUT_MAX {
                    report.phones_left_out.push(key.clone());
                }
                for warning in &checked.warnings {
                    let alike = alike.filter(|_row| *warning == K::ALIKE);
                    let about = alike.map(|row| format!("row {row}"));
                    report.warnings.add(warning.code(), key, about);
                }
            }
            Err(problems) => {
                let first = problems.first().map_or("", |problem| problem.code.code());
                report.rejected.insert(key.clone(), first.to_owned());
                report.places.extend(place.map(|place| (key.clone(), place)));
                let further: Vec<Fault> = faults.collect();
                if !further.is_empty() {
                    report.further.insert(key.clone(), further);
                }
            }
        }
    }
}
