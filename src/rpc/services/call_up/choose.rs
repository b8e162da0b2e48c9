//! One selection: from the lines to who is chosen, counted for the summary.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use prost::bytes::Bytes;
use roaring::RoaringBitmap;

use crate::domain::callup::standing::Judge;
use crate::domain::callup::{Barred, Chosen, Demand, LineFill, Reason, Selection, select};
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::order::RequirementKind;
use crate::domain::order::handling::Handling;
use crate::domain::plan::ReserveUnit;
use crate::domain::registry::eligibility::AgeLimits;
use crate::domain::world::RecordKind;
use crate::engine::Engine;
use crate::rpc::services::call_up::Line;
use crate::rpc::services::call_up::candidates::{Calling, Field, Pool};
use crate::wire::order::call_up;
use crate::wire::pb;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) lines: Vec<Line>,
    pub(super) day: Date,
    pub(super) handling: Handling,
    pub(super) reserve_percent: u32,
    /// The reserve unit whose plan is called; none for required strength.
    pub(super) plan: Option<ReserveUnit>,
    /// Of those whom the plan calls: the post each has.
    pub(super) posts: HashMap<[u8; 16], String>,
    /// The age limits of the law.
    pub(super) limits: Arc<AgeLimits>,
}

/// Who and what is chosen.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) lines: Vec<Line>,
    pub(super) field: Field,
    pub(super) units: Vec<UnitCode>,
    pub(super) posts: HashMap<[u8; 16], String>,
    plan: Option<ReserveUnitCode>,
    day: Date,
    /// Of all who are chosen or stand by, by row.
    records: HashMap<u32, (RecordKind, [u8; 16])>,
    in_militia: RoaringBitmap,
    unexamined: RoaringBitmap,
    /// Where nobody is chosen: how many of those looked at are on which other orders.
    called_by: BTreeMap<String, u32>,
    selection: Selection,
}

impl Choice {
    /// Chooses.
    pub(super) fn make(self, engine: &Engine, field: Field) -> Made {
        let (places, units, reaches) = field.places();
        let by_plan = self.plan.is_some();
        let judge =
            |is_combat| Judge::on(self.day, self.handling, (is_combat, by_plan), &self.limits);
        let (combat, support) = (judge(true), judge(false));
        let plan = self.plan.as_ref();
        let calling = Calling { combat: &combat, support: &support, plan, units: &units };
        let demand = Demand {
            wanted: self.lines.iter().map(|line| line.count).collect(),
            units: reaches,
            by_plan,
            reserve_percent: self.reserve_percent,
        };
        let registry = engine.registry();
        let pool = Pool::of(&registry, &self.lines, calling, &field, &places);
        let selection = select(&demand, |line, nearness| {
            let at = usize::try_from(line).unwrap_or(usize::MAX);
            let line = self.lines.get(at).map(|line| pool.candidates(at, line, nearness));
            line.into_iter().flatten()
        });
        // Rows mean nothing once the registry moves on.
        let rows = || {
            let reserve = selection.lines.iter().flat_map(|line| &line.reserve);
            selection.chosen.iter().chain(reserve).map(|one| one.row)
        };
        let records = rows().map(|row| (row, pool.record(row))).collect();
        let in_militia = rows().filter(|row| pool.is_in_militia(*row)).collect();
        let unexamined = rows().filter(|row| pool.is_unexamined(*row)).collect();
        let called_by = if selection.chosen.is_empty() {
            pool.called_by(&self.lines, &field, &demand.units)
        } else {
            BTreeMap::new()
        };
        drop(registry);
        let Self { lines, day, plan, posts, .. } = self;
        let plan = plan.map(|unit| unit.code);
        Made {
            lines,
            field,
            units,
            posts,
            plan,
            day,
            records,
            in_militia,
            unexamined,
            called_by,
            selection,
        }
    }
}

impl Made {
    /// The record of somebody chosen.
    pub(super) fn record(&self, one: &Chosen) -> Option<(RecordKind, [u8; 16])> {
        self.records.get(&one.row).copied()
    }

    /// Everybody and everything chosen, with their unit and line.
    pub(super) fn chosen(&self) -> &[Chosen] {
        &self.selection.chosen
    }

    /// The records that are chosen.
    pub(super) fn ids(&self) -> impl Iterator<Item = (RecordKind, [u8; 16])> {
        self.selection.chosen.iter().filter_map(|one| self.record(one))
    }

    fn unit(&self, place: u32) -> String {
        let unit = usize::try_from(place).ok().and_then(|place| self.units.get(place));
        unit.map(ToString::to_string).unwrap_or_default()
    }

    /// The summary, without what freezing adds.
    pub(super) fn summary(&self) -> pb::CallUpSummary {
        let mut shares: BTreeMap<String, pb::CallUpShare> = BTreeMap::new();
        for one in &self.selection.chosen {
            let unit_code = self.unit(one.unit);
            let share = shares
                .entry(unit_code.clone())
                .or_insert_with(|| pb::CallUpShare { unit_code, ..pb::CallUpShare::default() });
            match self.record(one) {
                Some((RecordKind::Equipment, _id)) => share.equipment += 1,
                _person => share.people += 1,
            }
        }
        let called_of = |line: u32, rows: &RoaringBitmap| {
            let called = self.selection.chosen.iter().filter(|one| one.line == line);
            let those = called.filter(|one| rows.contains(one.row)).count();
            u32::try_from(those).unwrap_or(u32::MAX)
        };
        let filled = self.lines.iter().zip(&self.selection.lines);
        let lines = (0_u32..).zip(filled).map(|(at, (line, fill))| {
            let is_equipment = line.kind == RequirementKind::Equipment;
            let elsewhere = fill.elsewhere.iter().map(|(unit, count)| {
                let (people, equipment) = if is_equipment { (0, *count) } else { (*count, 0) };
                pb::CallUpShare { unit_code: self.unit(*unit), people, equipment }
            });
            pb::CallUpLine {
                code: line.code.to_string(),
                is_equipment,
                wanted: fill.wanted,
                exact: fill.exact,
                near: fill.near,
                refused: refused(line, fill),
                elsewhere: elsewhere.collect(),
                reserve: u32::try_from(fill.reserve.len()).unwrap_or(u32::MAX),
                also_militia: called_of(at, &self.in_militia),
                unexamined: called_of(at, &self.unexamined),
            }
        });
        pb::CallUpSummary {
            format: call_up::FORMAT,
            as_of_date: self.day.to_string(),
            plan_code: self.plan.as_ref().map(ToString::to_string).unwrap_or_default(),
            lines: lines.collect(),
            shares: shares.into_values().collect(),
            ..pb::CallUpSummary::default()
        }
    }

    /// Why nobody and nothing is chosen, in words.
    pub(super) fn empty_text(&self) -> String {
        let mut counts: BTreeMap<Barred, u32> = BTreeMap::new();
        for (line, fill) in self.lines.iter().zip(&self.selection.lines) {
            for (why, count) in all_refused(line, fill) {
                *counts.entry(why).or_default() += count;
            }
        }
        let why = counts.iter().map(|(why, count)| {
            let orders: Vec<String> =
                self.called_by.iter().map(|(order, count)| format!("{count} by {order}")).collect();
            match why {
                Barred::Called => format!("CALLED {count} ({})", orders.join(", ")),
                other => format!("{} {count}", other.as_str()),
            }
        });
        let why: Vec<String> = why.collect();
        if why.is_empty() {
            "nobody and nothing of such a specialty or type is in the units asked: ask more units, or \
             name near specialties"
                .to_owned()
        } else {
            let why = why.join(", ");
            format!(
                "nobody and nothing can be called ({why}): ask more units, or name near specialties"
            )
        }
    }

    /// The substitutes, line after line.
    pub(super) fn reserve(&self) -> Vec<pb::CallUpSubstitute> {
        let all = self.selection.lines.iter().flat_map(|line| &line.reserve);
        let substitute = |one: &Chosen| {
            let (_kind, id) = self.record(one)?;
            Some(pb::CallUpSubstitute {
                record_id: Bytes::copy_from_slice(&id),
                line: one.line,
                unit_code: self.unit(one.unit),
                reason: reason(one.reason).into(),
            })
        };
        all.filter_map(substitute).collect()
    }
}

/// Why a line falls short, by reason; of a plan's also the places that nobody holds.
fn all_refused(line: &Line, fill: &LineFill) -> BTreeMap<Barred, u32> {
    let mut all = fill.refused.clone();
    if let Some(holders) = &line.holders {
        let held = holders.iter().filter(|holder| holder.waits.is_none()).count();
        let vacant = line.count.saturating_sub(u32::try_from(held).unwrap_or(u32::MAX));
        if vacant > 0 {
            all.insert(Barred::Vacant, vacant);
        }
    }
    all
}

fn refused(line: &Line, fill: &LineFill) -> Vec<pb::CallUpRefusal> {
    all_refused(line, fill).into_iter().map(refusal).collect()
}

/// So many for one reason, as a message.
pub(super) fn refusal((why, count): (Barred, u32)) -> pb::CallUpRefusal {
    pb::CallUpRefusal { reason: why.as_str().to_owned(), count }
}

/// Why somebody was chosen, as a message.
pub(super) const fn reason(own: Reason) -> pb::CallUpReason {
    match own {
        Reason::Assigned => pb::CallUpReason::Assigned,
        Reason::AssignedNear => pb::CallUpReason::AssignedNear,
        Reason::Waiting => pb::CallUpReason::Waiting,
        Reason::ExactClass1 => pb::CallUpReason::ExactClass1,
        Reason::ExactClass2 => pb::CallUpReason::ExactClass2,
        Reason::ExactUnclassed => pb::CallUpReason::ExactUnclassed,
        Reason::NearClass1 => pb::CallUpReason::NearClass1,
        Reason::NearClass2 => pb::CallUpReason::NearClass2,
        Reason::NearUnclassed => pb::CallUpReason::NearUnclassed,
        Reason::TypeExact => pb::CallUpReason::TypeExact,
        Reason::TypeNear => pb::CallUpReason::TypeNear,
    }
}
