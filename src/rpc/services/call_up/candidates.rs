//! Where candidates come from: the registry's index. Records are opened only once they are chosen.

mod held;

use std::collections::{BTreeMap, HashSet};

use crate::domain::callup::standing::Judge;
use crate::domain::callup::{Barred, Candidate, Nearness, Reach};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::order::RequirementKind;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::plan::Area;
use crate::domain::unit::Units;
use crate::domain::world::{OrderRefusal, RecordKind, Refusal as WorldRefusal};
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::index::{Candidates as Rows, Registry, Ties, open_value};
use crate::rpc::services::call_up::Line;
use crate::rpc::status::Reject;
use crate::store::keys;
use crate::wire::registry::{RegistryRecord, decode};

pub(super) use self::held::Calling;

/// Where may be called, and who is spoken for.
#[derive(Debug)]
pub(super) struct Field {
    /// The units of today.
    pub(super) units: Units,
    /// Asked units, each with the numbers of its addressed endpoints.
    pub(super) asked: BTreeMap<UnitCode, Vec<u32>>,
    /// Records that open orders call, by the number of the order.
    pub(super) called: BTreeMap<String, HashSet<[u8; 16]>>,
}

impl Field {
    /// The units that a selector means, as far as they have endpoints: a sheet that nobody gets calls
    /// nobody.
    pub(super) fn of(engine: &Engine, selector: &AudienceSelector) -> Result<Self, WorldRefusal> {
        let world = engine.world();
        let audience =
            selector.resolve(world.units(), world.endpoints()).map_err(OrderRefusal::from)?;
        let mut asked: BTreeMap<UnitCode, Vec<u32>> = BTreeMap::new();
        for number in &audience.endpoints {
            if let Some(endpoint) = world.endpoints().get(EndpointNo::new(number)) {
                asked.entry(endpoint.address.unit.clone()).or_default().push(number);
            }
        }
        Ok(Self { units: world.units().clone(), asked, called: BTreeMap::new() })
    }

    /// Every unit by place, and how far it is.
    pub(super) fn places(&self) -> (BTreeMap<UnitCode, u32>, Vec<UnitCode>, Vec<Reach>) {
        let areas: HashSet<&UnitCode> = self
            .asked
            .keys()
            .filter_map(|unit| self.units.area_of(unit))
            .map(|a| &a.code)
            .collect();
        let (mut places, mut codes, mut reaches) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (place, unit) in (0_u32..).zip(self.units.iter()) {
            let near = self.units.area_of(&unit.code).is_some_and(|own| areas.contains(&own.code));
            reaches.push(match (self.asked.contains_key(&unit.code), near) {
                (true, _) => Reach::Asked,
                (false, true) => Reach::SameArea,
                (false, false) => Reach::Elsewhere,
            });
            places.insert(unit.code.clone(), place);
            codes.push(unit.code.clone());
        }
        (places, codes, reaches)
    }
}

/// All candidates of the lines, where they stand in the registry; whom the plan has, judged already.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    calling: Calling<'a>,
    people: Rows<'a>,
    items: Rows<'a>,
    ties: (Ties, Ties),
    /// By line, where the plan fills it.
    held: BTreeMap<usize, Vec<Candidate>>,
    /// Those of whom no record is left.
    gone: Vec<(RecordKind, [u8; 16])>,
}

impl<'a> Pool<'a> {
    /// Looks at the registry for what any line could take.
    pub(super) fn of(
        registry: &'a Registry,
        lines: &[Line],
        calling: Calling<'a>,
        field: &Field,
        places: &BTreeMap<UnitCode, u32>,
    ) -> Self {
        // A record keeps the unit it was entered with; whoever stands for that today calls.
        // Of what ended and left nothing in its place nobody can be called.
        let today = |unit: &UnitCode| {
            let now = field.units.get(field.units.current(unit));
            places.get(&now.filter(|unit| !unit.is_closed())?.code).copied()
        };
        let rows = |kind| registry.table(kind).candidates(today);
        let (people, items) = (rows(RecordKind::Reservist), rows(RecordKind::Equipment));
        let leaving = registry.plan.leaving_from(calling.support.day());
        let leaving: Vec<[u8; 16]> = leaving.iter().map(|it| *it.as_bytes()).collect();
        let called: HashSet<[u8; 16]> = field.called.values().flatten().copied().collect();
        let ties = (people.ties(&leaving, &called), items.ties(&leaving, &called));
        let (held, gone) = (BTreeMap::new(), Vec::new());
        let mut pool = Self { calling, people, items, ties, held, gone };
        let area = calling.plan.map(|unit| Area::of(unit, &field.units, calling.support.day()));
        for (at, line) in lines.iter().enumerate() {
            let (Some(holders), Some(area)) = (&line.holders, &area) else { continue };
            let held = |holder| pool.held(line, holder, area, today(&holder.unit));
            let held = holders.iter().filter_map(held).collect();
            pool.held.insert(at, held);
        }
        pool
    }

    /// The candidates of one line that fit it so well. Whom the plan has comes with the exact ones.
    pub(super) fn candidates(
        &self,
        at: usize,
        line: &'a Line,
        nearness: Nearness,
    ) -> impl Iterator<Item = Candidate> + '_ {
        let judge = self.calling.judge(line);
        let is_near = nearness == Nearness::Near;
        let held = self.held.get(&at).filter(|_held| !is_near);
        let is_free = line.holders.is_none();
        let codes = move |kind| {
            let all = if is_near { &line.near[..] } else { std::slice::from_ref(&line.code) };
            all.iter().filter(move |_code| is_free && line.kind == kind)
        };
        let people = codes(RequirementKind::Personnel).flat_map(move |code| {
            self.people.judged_people(code.as_str(), is_near, judge, &self.ties.0)
        });
        let items = codes(RequirementKind::Equipment).flat_map(move |code| {
            self.items.judged_items(code.as_str(), is_near, judge, &self.ties.1)
        });
        let items = items.map(|item| Candidate { row: self.people.end() + item.row, ..item });
        held.into_iter().flatten().copied().chain(people).chain(items)
    }

    /// The record of a candidate.
    pub(super) fn record(&self, row: u32) -> (RecordKind, [u8; 16]) {
        let Some(item) = row.checked_sub(self.people.end()) else {
            return (RecordKind::Reservist, self.people.id(row));
        };
        match item.checked_sub(self.items.end()) {
            None => (RecordKind::Equipment, self.items.id(item)),
            Some(gone) => self.gone[usize::try_from(gone).expect("a length")],
        }
    }

    /// Whether a candidate is a person who serves in the militia too.
    pub(super) fn is_in_militia(&self, row: u32) -> bool {
        row < self.people.end() && self.people.is_in_militia(row)
    }
}

impl Pool<'_> {
    /// Whether a candidate is a person of no known health.
    pub(super) fn is_unexamined(&self, row: u32) -> bool {
        row < self.people.end() && self.people.is_unexamined(row)
    }

    /// How many of the asked units other orders call, of those that fit the lines, by order.
    pub(super) fn called_by(
        &self,
        lines: &[Line],
        field: &Field,
        reaches: &[Reach],
    ) -> BTreeMap<String, u32> {
        let is_asked = |unit: u32| {
            let reach = usize::try_from(unit).ok().and_then(|unit| reaches.get(unit));
            reach == Some(&Reach::Asked)
        };
        let both = |(at, line)| {
            let of = |nearness| self.candidates(at, line, nearness);
            of(Nearness::Exact).chain(of(Nearness::Near))
        };
        let called = lines
            .iter()
            .enumerate()
            .flat_map(both)
            .filter(|one| one.standing == Err(Barred::Called) && is_asked(one.unit));
        let ids: HashSet<[u8; 16]> = called.map(|one| self.record(one.row).1).collect();
        let count = |(order, own): (&String, &HashSet<[u8; 16]>)| {
            let count = ids.iter().filter(|id| own.contains(*id)).count();
            (count > 0).then(|| (order.clone(), u32::try_from(count).unwrap_or(u32::MAX)))
        };
        field.called.iter().filter_map(count).collect()
    }
}

/// One record, opened; none when it is gone.
pub(super) fn record<R: RegistryRecord>(
    engine: &Engine,
    sealer: &Sealer,
    id: &[u8; 16],
) -> Result<Option<R>, Reject> {
    let value = engine.store().get(&keys::record(R::KIND, id));
    let value = value.map_err(|fault| Reject::internal("STORE_FAILED", &fault))?;
    let Some(value) = value else { return Ok(None) };
    let (version, content) = open_value(sealer, R::KIND, id, &value)
        .map_err(|fault| Reject::internal("RECORD_UNREADABLE", &fault))?;
    let record = decode(&content, *id, version)
        .map_err(|fault| Reject::internal("RECORD_UNREADABLE", &fault))?;
    Ok(Some(record))
}

/// Why records that were chosen could not be any more; nothing for those who could.
pub(super) fn barred_today(registry: &Registry, ids: &[[u8; 16]], judge: &Judge) -> Vec<Barred> {
    let rows = |kind| registry.table(kind).candidates(|_any| Some(0));
    let (people, items) = (rows(RecordKind::Reservist), rows(RecordKind::Equipment));
    let free = Ties::default();
    let barred = |id: &[u8; 16]| match (people.person(id), items.item(id)) {
        (Some(row), _) => judge.person(&free.person(&row), false).err(),
        (None, Some(row)) => judge.item(&free.item(&row, judge), false).err(),
        (None, None) => Some(Barred::Gone),
    };
    ids.iter().filter_map(barred).collect()
}
