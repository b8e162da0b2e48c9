//! What a list of units comes to: new units, facts without history, and what only a reorganization does.
//!
//! Called by the command line before anything is sent; the server holds the same rules. Invariant: no
//! unit that is there gets another name, kind or place by a list alone. With a day for it, each such
//! difference is a [`Change`] of its own, to be previewed, recorded and taken back like any other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::unit_fault::UnitFault;
use super::unit_rows::UnitList;
use super::{date_successors, shipped_former_units};
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Change, Rewrite, Unit, Units};
use crate::roster::RowKey;

/// What a list comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitPlan {
    /// New units, parents before children.
    pub created: Vec<Unit>,
    /// Units with facts that the list brings.
    pub updated: Vec<Unit>,
    /// Units of the list that are so already.
    pub unchanged: usize,
    /// Reorganizations, with the row that asks for each.
    pub changes: Vec<(RowKey, Change)>,
    /// Units from before July 2025 that ship with the program and come with what followed them.
    pub former: Vec<Unit>,
    /// Why a row is not taken.
    pub rejected: BTreeMap<RowKey, UnitFault>,
}

/// A row as a unit.
type Row = (RowKey, Unit);

impl UnitPlan {
    /// Holds a list against the units that there are. With a day, other names and places are changes
    /// from that day on; without, their rows are refused.
    pub fn of(list: &UnitList, held: &Units, on: Option<Date>, today: Date) -> Self {
        let mut plan = Self { rejected: list.rejected.clone(), ..Self::default() };
        let mut rows = plan.rows(list, held);
        // Parents before children, whatever the order of the list.
        rows.sort_by_key(|(_row, unit)| unit.entry_order());
        let mut former = former_units(&rows, held);
        for (_row, unit) in rows.iter_mut().filter(|(_row, unit)| held.get(&unit.code).is_none()) {
            date_successors(std::slice::from_mut(unit), &former);
        }
        let mut tree = held.clone();
        let mut rewrites = Vec::new();
        for (row, unit) in rows {
            match plan.take(&mut tree, &unit, today) {
                Ok(None) => {}
                Ok(Some(rewrite)) => rewrites.push((row, unit, rewrite)),
                Err(fault) => {
                    plan.rejected.insert(row, fault);
                }
            }
        }
        former.sort_by_key(Unit::entry_order);
        if former.iter().all(|old| tree.put(old.clone()).is_ok()) {
            plan.former = former;
        }
        for (row, unit, rewrite) in rewrites {
            if let Err(fault) = plan.reorganize(&mut tree, (&row, &unit), &rewrite, on) {
                plan.rejected.insert(row, fault);
            }
        }
        plan
    }

    fn rows(&mut self, list: &UnitList, held: &Units) -> Vec<Row> {
        let mut rows = Vec::new();
        for (number, code, row) in &list.rows {
            match row.unit(code, held.get(code)) {
                Ok(unit) => rows.push((number.clone(), unit)),
                Err(fault) => {
                    self.rejected.insert(number.clone(), fault);
                }
            }
        }
        rows
    }

    /// Takes in a row that needs no reorganization; else says which fault that would mend.
    fn take(
        &mut self,
        tree: &mut Units,
        said: &Unit,
        today: Date,
    ) -> Result<Option<Rewrite>, UnitFault> {
        let unit = match tree.listed(said) {
            Ok(unit) => unit,
            Err(rewrite) => return Ok(Some(rewrite)),
        };
        if unit.valid_to.is_some_and(|day| day > today) {
            return Err(UnitFault::EndsAhead { code: unit.code });
        }
        let is_new = match tree.get(&unit.code) {
            None => true,
            Some(held) if *held == unit => {
                self.unchanged += 1;
                return Ok(None);
            }
            Some(_other) => false,
        };
        if let Some(other) = tree.namesake(&unit).filter(|_other| is_new) {
            let (code, name) = (other.code.clone(), other.name.clone());
            return Err(UnitFault::NameTaken { code, name });
        }
        if is_new {
            unit.must_name_kind()?;
        }
        tree.put(unit.clone())?;
        if is_new {
            self.created.push(unit)
        } else {
            self.updated.push(unit)
        }
        Ok(None)
    }

    /// What a list says of a unit that only a reorganization does, as one, if there is a day for it.
    fn reorganize(
        &mut self,
        tree: &mut Units,
        (row, said): (&RowKey, &Unit),
        rewrite: &Rewrite,
        on: Option<Date>,
    ) -> Result<(), UnitFault> {
        let refused = |rewrite, may_change| UnitFault::Rewrite { rewrite, may_change };
        let Some(held) = tree.get(&said.code).cloned() else {
            return Err(refused(rewrite.clone(), false));
        };
        let may_change = matches!(rewrite, Rewrite::Name { .. } | Rewrite::Place { .. });
        let Some(on) = on.filter(|_day| may_change) else {
            return Err(refused(rewrite.clone(), may_change));
        };
        let alike = Unit {
            name: held.name.clone(),
            kind: held.kind,
            parent: held.parent.clone(),
            parent_basis: held.parent_basis,
            ..said.clone()
        };
        let facts = tree.listed(&alike).map_err(|rewrite| refused(rewrite, false))?;
        let mut changes = Vec::new();
        if said.name != held.name || said.kind != held.kind {
            let kind = (said.kind != held.kind).then_some(said.kind);
            let (unit, name) = (said.code.clone(), said.name.clone());
            changes.push(Change::Rename { unit, name, kind });
        }
        let place = (&said.parent, said.parent_basis);
        if let Some(parent) =
            said.parent.clone().filter(|_| place != (&held.parent, held.parent_basis))
        {
            changes.push(Change::Move {
                unit: said.code.clone(),
                parent,
                basis: said.parent_basis,
            });
        }
        let mut next = tree.clone();
        for change in &changes {
            let after = next.plan(change, on)?;
            after.into_iter().try_for_each(|unit| next.put(unit))?;
        }
        *tree = next;
        if facts != held {
            self.updated.push(facts);
        }
        self.changes.extend(changes.into_iter().map(|change| (row.clone(), change)));
        Ok(())
    }

    /// All that is put as it stands, parents before children.
    pub fn puts(&self) -> Vec<Unit> {
        let all = self.created.iter().chain(&self.updated).chain(&self.former);
        let mut all: Vec<Unit> = all.cloned().collect();
        all.sort_by_key(Unit::entry_order);
        all
    }
}

/// The shipped former units that are not there yet, if all that took their place is or comes.
fn former_units(rows: &[Row], held: &Units) -> Vec<Unit> {
    let listed: BTreeSet<&UnitCode> = rows.iter().map(|(_row, unit)| &unit.code).collect();
    let is_there = |code: &UnitCode| listed.contains(code) || held.get(code).is_some();
    let shipped = shipped_former_units();
    let comes_whole = shipped.iter().all(|old| old.former.successors.iter().all(is_there));
    shipped.into_iter().filter(|old| comes_whole && !is_there(&old.code)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::unit::UnitKind;
    use crate::roster::lists::read_unit_list;
    use crate::roster::{ListHints, Source};
    use crate::sim::province;

    const TODAY: Date = date(2026, 11, 22);

    fn held() -> Units {
        Units::from_list(province::units().into_iter().chain(shipped_former_units()))
            .expect("one tree")
    }

    fn plan(text: &str, on: Option<Date>) -> UnitPlan {
        let held = held();
        let source = Source::Bytes { name: "units.csv", bytes: text.as_bytes() };
        UnitPlan::of(
            &read_unit_list(source, &held, &ListHints::default()).expect("a list"),
            &held,
            on,
            TODAY,
        )
    }

    #[test]
    fn another_name_or_place_is_refused_with_the_command_for_it() {
        let refused =
            plan("code,name,parent_code\n03160,Xã Đổi Tên,KV2\n03158,Xã Sín Thầu,KV2\n", None);
        assert!(refused.changes.is_empty() && refused.puts().is_empty(), "{refused:?}");
        assert!(
            refused.rejected[&2.into()].to_string().contains("`unit rename 03160"),
            "{refused:?}"
        );
        assert!(
            refused.rejected[&3.into()].to_string().contains("`unit move 03158"),
            "{refused:?}"
        );
        assert!(refused.rejected[&3.into()].to_string().contains("--on DATE"), "{refused:?}");
    }

    #[test]
    fn with_a_day_it_becomes_the_very_operations_and_facts_of_the_row_come_along() {
        let text = "code,name,parent_code,population\n03160,Xã Đổi Tên,KV2,25000\n";
        let plan = plan(text, Some(date(2026, 11, 1)));
        assert_eq!(plan.rejected, BTreeMap::new());
        let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
        let (unit, name) = (code("03160"), "Xã Đổi Tên".to_owned());
        let rename = Change::Rename { unit: unit.clone(), name, kind: None };
        let basis = crate::domain::unit::ParentBasis::Sourced;
        let to = Change::Move { unit, parent: code("KV2"), basis };
        assert_eq!(plan.changes, [(2.into(), rename), (2.into(), to)]);
        let [updated] = &plan.updated[..] else { panic!("{plan:?}") };
        assert_eq!((updated.population, updated.name.as_str()), (Some(25_000), "Xã Mường Nhé"));
    }

    #[test]
    fn a_row_at_fault_costs_the_others_nothing_but_those_under_it() {
        let text = "Mã;Tên;Loại;Trực thuộc\nTV-901;Tự vệ Sở A;Cơ sở tự vệ;03999\n\
            TV-902;Tự vệ Sở B;Cơ sở tự vệ;11\n03999;;Xã;KV1\n03161;Xã Mường Nhé;;KV1\n";
        let plan = plan(text, None);
        let made: Vec<&str> = plan.created.iter().map(|unit| unit.code.as_str()).collect();
        assert_eq!(made, ["TV-902"]);
        assert!(plan.rejected[&2.into()].to_string().contains("03999"), "{plan:?}");
        assert!(plan.rejected[&4.into()].to_string().contains("no name"), "{plan:?}");
        assert!(plan.rejected[&5.into()].to_string().contains("03160 is called"), "{plan:?}");
    }

    #[test]
    fn the_first_list_of_a_province_brings_the_units_of_before_and_the_second_nothing() {
        let text = include_str!("../../sim/data/units.csv");
        let source = || Source::Bytes { name: "units.csv", bytes: text.as_bytes() };
        let none = Units::new();
        let list = read_unit_list(source(), &none, &ListHints::default()).expect("a list");
        let first = UnitPlan::of(&list, &none, None, TODAY);
        assert_eq!((first.rejected.len(), first.updated.len(), first.former.len()), (0, 0, 139));
        let made = first.created.iter().find(|unit| unit.kind == UnitKind::Ward).expect("a ward");
        assert_eq!(made.valid_from, Some(date(2025, 7, 1)));
        let held = Units::from_list(first.puts()).expect("one tree");
        let list = read_unit_list(source(), &held, &ListHints::default()).expect("a list");
        let second = UnitPlan::of(&list, &held, None, TODAY);
        assert_eq!((second.unchanged, second.puts().len()), (first.created.len(), 0), "{second:?}");
    }
}
