//! What headings, titles and the names of sheets say of a row, and the cells that name units: by their
//! codes of today.
//!
//! Called when the cells of a row are read. Invariants: what the row says itself comes first; a class is
//! taken from over the table only where no column is for it; a name that may be another place's is a
//! fault of the row.

use crate::domain::registry::{Problem, ProblemCode, Warning};
use crate::roster::file::{Cell, Reading};
use crate::roster::kind::Kind;
use crate::roster::table::Table;
use crate::roster::table::units::Named;
use crate::roster::table::units::address::of_address;

/// The field of hamlets.
const HAMLET: &str = "hamlet";
/// The field of classes.
pub(in crate::roster::table) const CLASS: &str = "class";
/// A text that names no unit.
const UNKNOWN: &str = "?";

impl<K: Kind> Table<'_, K> {
    /// The hamlet of the heading or the sheet, where the row says nothing of one.
    pub(super) fn name_hamlet(
        &self,
        input: &mut K::Input,
        repairs: &mut Vec<Warning>,
        blank: &mut Vec<&'static str>,
    ) {
        let named = self.group_hamlet.as_ref().or(self.located.hamlet.as_ref());
        let Some((column, named)) = K::column(HAMLET).zip(named) else { return };
        let is_said = self.fields.contains(&HAMLET) && !blank.contains(&HAMLET);
        let slot = (column.slot)(input);
        if !is_said && slot.is_empty() {
            named.clone_into(slot);
            repairs.push(Warning::HamletFromTitle);
            blank.retain(|field| *field != HAMLET);
        }
    }

    /// The class of the heading, the title or the sheet, where no column is for it.
    pub(super) fn name_class(
        &self,
        input: &mut K::Input,
        repairs: &mut Vec<Warning>,
        blank: &mut Vec<&'static str>,
    ) {
        let named = self.group_class.or(self.located.class);
        let Some((column, class)) = K::column(CLASS).zip(named) else { return };
        if !self.located.header.has(CLASS) {
            class.code().clone_into((column.slot)(input));
            repairs.push(Warning::ClassFromTitle);
            blank.retain(|field| *field != CLASS);
        }
    }

    /// The unit of a cell that names it together with the hamlet, or the hamlet alone.
    fn in_address(
        &self,
        text: &str,
        district: &str,
        input: &mut K::Input,
        default: Option<&Named>,
        (repairs, blank): (&mut Vec<Warning>, &mut Vec<&'static str>),
    ) -> Option<Named> {
        let mut meant = self.meant.borrow_mut();
        let mut of_cell = |part: &str, district: &str| meant.of_cell(part, district, self.options);
        let address = of_address(text, district, self.options, &mut of_cell)?;
        let unit = address.unit.or_else(|| default.or(self.located.home.as_ref()).cloned())?;
        if address.is_parted {
            repairs.push(Warning::UnitFromAddress);
        }
        if let Some((column, hamlet)) = K::column(HAMLET).zip(address.hamlet) {
            let slot = (column.slot)(input);
            let is_said = self.fields.contains(&HAMLET) && !blank.contains(&HAMLET);
            if !is_said && slot.is_empty() {
                *slot = hamlet;
                blank.retain(|field| *field != HAMLET);
            }
        }
        Some(unit)
    }

    /// Units by their codes of today, so that the checks need not know how they were found.
    pub(super) fn name_units(
        &self,
        cells: &[Cell],
        input: &mut K::Input,
        repairs: &mut Vec<Warning>,
        blank: &mut Vec<&'static str>,
        lost: &mut Vec<Problem>,
    ) {
        let district = self.district(cells);
        let default = self.options.default_unit.clone();
        let plain = |code| Named {
            code,
            former: None,
            merged: None,
            warnings: Vec::new(),
            has_moved: false,
        };
        let default = default.map(plain);
        let default = self.group_unit.clone().or_else(|| self.located.unit.clone()).or(default);
        let fields = std::iter::once(&K::UNIT_FIELD).chain(K::OTHER_UNIT_FIELDS);
        for column in fields.filter_map(|field| K::column(field)) {
            let text = (column.slot)(input).trim().to_owned();
            let is_own = column.field == K::UNIT_FIELD;
            let named = match text.as_str() {
                "" if is_own && self.group_is_lost => {
                    UNKNOWN.clone_into((column.slot)(input));
                    continue;
                }
                "" => default.clone().filter(|_| is_own),
                text => {
                    let named = self.meant.borrow_mut().of_cell(text, &district, self.options);
                    let is_open = named.is_none() && is_own && !K::ANY_ECHELON;
                    let default = default.as_ref();
                    let mut parted = || {
                        self.in_address(
                            text,
                            &district,
                            input,
                            default,
                            (&mut *repairs, &mut *blank),
                        )
                    };
                    if is_open { parted() } else { named }
                }
            };
            let slot = (column.slot)(input);
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
            repairs.extend(named.warnings);
            if let Some(merged) = named.merged.filter(|_| is_own) {
                K::merged(input, &merged);
            }
            let Some(former) = named.former else { continue };
            repairs.push(Warning::FormerUnitMapped);
            if let Some(column) = K::column("former_unit").filter(|_| is_own) {
                *(column.slot)(input) = former;
            }
        }
    }

    pub(in crate::roster::table) fn district(&self, cells: &[Cell]) -> String {
        let at = self.located.header.district_at;
        let cell = at.and_then(|at| cells.get(at));
        cell.map(|cell| cell.read(Reading::Plain).0).unwrap_or_default()
    }
}
