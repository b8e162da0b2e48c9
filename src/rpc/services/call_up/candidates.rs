//! Where candidates come from: the registry's index. Records are opened only once they are chosen.

mod held;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use roaring::RoaringBitmap;

use crate::domain::callup::standing::{Item, Judge, Person};
use crate::domain::callup::{Barred, Candidate, Reach};
use crate::domain::ids::{EndpointNo, EquipmentId, ReservistId, SpecialtyCode, UnitCode};
use crate::domain::order::RequirementKind;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::plan::{Area, Match, Refusal, Subject};
use crate::domain::unit::Units;
use crate::domain::world::{OrderRefusal, RecordKind, Refusal as WorldRefusal};
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::index::{ItemRow, PersonRow, Registry, open_value};
use crate::rpc::services::call_up::{Holder, Line};
use crate::rpc::status::Reject;
use crate::store::keys;
use crate::wire::registry::{RegistryRecord, decode};

pub(super) use self::held::Calling;
use self::held::barred;

/// Where may be called, and who is spoken for.
#[derive(Debug)]
pub(super) struct Field {
    /// The units of today.
    pub(super) units: Units,
    /// Asked units, each with the numbers of its addressed endpoints.
    pub(super) asked: BTreeMap<UnitCode, Vec<u32>>,
    /// Records that open orders call.
    pub(super) called: HashSet<[u8; 16]>,
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
        Ok(Self { units: world.units().clone(), asked, called: HashSet::new() })
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

/// All candidates of the lines, each record once.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// The records, by row.
    pub(super) records: Vec<(RecordKind, [u8; 16])>,
    /// The rows of people who serve in the militia too.
    pub(super) in_militia: RoaringBitmap,
    /// What is known of each.
    known: Vec<Known>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Known {
    unit: u32,
    facts: Facts,
    /// Of one whom the plan has: how the post is fitted, and the place on its waiting list.
    held: Option<(Result<Match, Barred>, Option<u32>)>,
}

#[derive(Debug)]
enum Facts {
    Person(Person),
    Item(Item),
    /// The plan has one of whom no record is left.
    Gone,
}

/// Rows that stand together.
#[derive(Debug)]
struct Group {
    kind: RequirementKind,
    of: Of,
    rows: Range<usize>,
}

/// Whose rows they are.
#[derive(Debug)]
enum Of {
    /// Those of a specialty or type.
    Code(SpecialtyCode),
    /// Those whom the plan has for a line, by its place.
    Line(usize),
}

impl Pool {
    /// Gathers what any line could take, in one look at the registry.
    pub(super) fn gather(
        registry: &Registry,
        lines: &[Line],
        calling: Calling<'_>,
        field: &Field,
        places: &BTreeMap<UnitCode, u32>,
    ) -> Self {
        let mut pool = Self::default();
        let judge = calling.judge;
        let area = calling.plan.map(|unit| Area::of(unit, &field.units, judge.day()));
        let leaving = registry.plan.leaving_from(judge.day());
        for (kind, wanted) in [
            (RecordKind::Reservist, RequirementKind::Personnel),
            (RecordKind::Equipment, RequirementKind::Equipment),
        ] {
            // A record keeps the unit it was entered with; whoever stands for that today calls.
            // Of what ended and left nothing in its place nobody can be called.
            let today = |unit: &UnitCode| {
                let now = field.units.get(field.units.current(unit));
                places.get(&now.filter(|unit| !unit.is_closed())?.code).copied()
            };
            let rows = registry.table(kind).candidates(today);
            let called = |id: &[u8; 16]| field.called.contains(id);
            let mut codes: HashSet<&SpecialtyCode> = HashSet::new();
            for (at, line) in lines.iter().enumerate().filter(|(_at, line)| line.kind == wanted) {
                let begin = pool.known.len();
                if let (Some(holders), Some(area)) = (&line.holders, &area) {
                    for holder in holders {
                        let is_there = if kind == RecordKind::Reservist {
                            let row = rows.person(&holder.id);
                            row.inspect(|row| pool.person(row, called)).map(|row| {
                                let code = rows.code(&holder.id).and_then(|code| code.parse().ok());
                                calling
                                    .person(&row, code)
                                    .and_then(|own| area.judge(holder.post, &own))
                            })
                        } else {
                            let row = rows.item(&holder.id);
                            row.inspect(|row| pool.item(row, judge, called)).map(|row| {
                                let code = rows.code(&holder.id).and_then(|code| code.parse().ok());
                                calling
                                    .item(&row, code)
                                    .and_then(|own| area.judge_item(holder.post, &own))
                            })
                        };
                        let home = today(&holder.unit);
                        pool.hold(kind, holder, is_there, home);
                    }
                    pool.group(wanted, Of::Line(at), begin);
                    continue;
                }
                codes.extend(line.near.iter().chain([&line.code]));
            }
            for code in codes {
                let begin = pool.known.len();
                let is_leaving = |subject| !leaving.is_empty() && leaving.contains(&subject);
                if kind == RecordKind::Reservist {
                    for mut row in rows.people(code.as_str()) {
                        row.is_assigned |=
                            is_leaving(Subject::Reservist(ReservistId::from_bytes(row.id)));
                        pool.person(&row, called);
                    }
                } else {
                    for mut row in rows.items(code.as_str()) {
                        row.is_assigned |=
                            is_leaving(Subject::Equipment(EquipmentId::from_bytes(row.id)));
                        pool.item(&row, judge, called);
                    }
                }
                pool.group(wanted, Of::Code(code.clone()), begin);
            }
        }
        pool
    }

    fn group(&mut self, kind: RequirementKind, of: Of, begin: usize) {
        self.groups.push(Group { kind, of, rows: begin..self.known.len() });
    }

    /// How one whom the plan has fits; one of whom no record is left is counted where he came from.
    fn hold(
        &mut self,
        kind: RecordKind,
        holder: &Holder,
        fit: Option<Result<Match, Refusal>>,
        home: Option<u32>,
    ) {
        match (fit, home) {
            (Some(fit), _) => {
                if let Some(known) = self.known.last_mut() {
                    known.held = Some((fit.map_err(barred), holder.waits));
                }
            }
            (None, Some(unit)) => {
                self.records.push((kind, holder.id));
                let held = Some((Err(Barred::Gone), holder.waits));
                self.known.push(Known { unit, facts: Facts::Gone, held });
            }
            (None, None) => {}
        }
    }

    fn person(&mut self, row: &PersonRow, is_called: impl Fn(&[u8; 16]) -> bool) {
        if row.in_militia {
            self.in_militia.extend(u32::try_from(self.records.len()));
        }
        self.records.push((RecordKind::Reservist, row.id));
        let person = person(row, is_called(&row.id));
        self.known.push(Known { unit: row.unit, facts: Facts::Person(person), held: None });
    }

    fn item(&mut self, row: &ItemRow, judge: &Judge, is_called: impl Fn(&[u8; 16]) -> bool) {
        self.records.push((RecordKind::Equipment, row.id));
        let item = item(row, judge, is_called(&row.id));
        self.known.push(Known { unit: row.unit, facts: Facts::Item(item), held: None });
    }

    /// The candidates of one line.
    pub(super) fn of<'a>(
        &'a self,
        at: usize,
        line: &'a Line,
        judge: &'a Judge,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let groups = self.groups.iter().filter(move |group| group.kind == line.kind);
        let groups = groups.filter_map(move |group| match &group.of {
            Of::Line(own) => (*own == at).then_some((group, false)),
            Of::Code(_code) if line.holders.is_some() => None,
            Of::Code(code) if *code == line.code => Some((group, false)),
            Of::Code(code) => line.near.contains(code).then_some((group, true)),
        });
        groups.flat_map(move |(group, is_near)| {
            let known = group.rows.clone().zip(&self.known[group.rows.clone()]);
            known.filter_map(move |(row, known)| {
                let standing = known.standing(judge, is_near)?;
                let row = u32::try_from(row).expect("the registry has less than 2^32 records");
                Some(Candidate { row, unit: known.unit, standing })
            })
        })
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

/// Why a record that was chosen could not be any more; none while it could.
pub(super) fn barred_today(registry: &Registry, ids: &[[u8; 16]], judge: &Judge) -> Vec<Barred> {
    let people = registry.table(RecordKind::Reservist).candidates(|_any| Some(0));
    let items = registry.table(RecordKind::Equipment).candidates(|_any| Some(0));
    let barred = |id: &[u8; 16]| match (people.person(id), items.item(id)) {
        (Some(row), _) => judge.person(&person(&row, false), false).err(),
        (None, Some(row)) => judge.item(&item(&row, judge, false), false).err(),
        (None, None) => Some(Barred::Gone),
    };
    ids.iter().filter_map(barred).collect()
}

const fn person(row: &PersonRow, is_called: bool) -> Person {
    Person { who: row.who, class: row.class, is_assigned: row.is_assigned, is_called }
}

fn item(row: &ItemRow, judge: &Judge, is_called: bool) -> Item {
    Item {
        barred_by: row.status.callable_on(row.status_period, judge.day()).err(),
        grade: row.grade,
        is_assigned: row.is_assigned,
        is_called,
    }
}
