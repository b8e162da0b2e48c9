//! Where candidates come from: the registry's index, and the sealed records for what it does not hold.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;

use crate::domain::callup::standing::{Item, Judge, Person};
use crate::domain::callup::{Barred, Candidate, Reach};
use crate::domain::ids::{EndpointNo, SpecialtyCode, UnitCode};
use crate::domain::order::RequirementKind;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::registry::eligibility::Callable;
use crate::domain::registry::{
    Birth, BirthPrecision, EquipmentStatus, HealthClass, Period, Rank, ReserveClass,
    ReservistCategory, ReservistStatus, Sex,
};
use crate::domain::unit::Units;
use crate::domain::world::{RecordKind, Refusal};
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::index::open_value;
use crate::rpc::services::call_up::Line;
use crate::rpc::status::Reject;
use crate::store::keys;
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord, decode};

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
    pub(super) fn of(engine: &Engine, selector: &AudienceSelector) -> Result<Self, Refusal> {
        let world = engine.world();
        let audience = selector
            .resolve(world.units(), world.endpoints())
            .map_err(crate::domain::world::OrderRefusal::from)?;
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
    /// What is known of each.
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    unit: u32,
    code: SpecialtyCode,
    facts: Facts,
}

#[derive(Debug)]
enum Facts {
    Person(Person),
    Item(Item),
}

impl Pool {
    /// Opens what any line could take. Blocks.
    pub(super) fn open(
        engine: &Engine,
        sealer: &Sealer,
        (lines, on): (&[Line], Date),
        field: &Field,
        places: &BTreeMap<UnitCode, u32>,
    ) -> Result<Self, Reject> {
        let mut pool = Self::default();
        for (kind, wanted) in [
            (RecordKind::Reservist, RequirementKind::Personnel),
            (RecordKind::Equipment, RequirementKind::Equipment),
        ] {
            let of_kind = lines.iter().filter(|line| line.kind == wanted);
            let codes: HashSet<&SpecialtyCode> =
                of_kind.flat_map(|line| line.near.iter().chain([&line.code])).collect();
            if codes.is_empty() {
                continue;
            }
            let found: Vec<([u8; 16], UnitCode, SpecialtyCode)> = {
                let registry = engine.registry();
                let table = registry.table(kind);
                let of_codes = codes.iter().flat_map(|code| {
                    let rows = table.of_code(code.as_str());
                    rows.map(|(id, unit)| (id, unit.clone(), (*code).clone()))
                });
                of_codes.collect()
            };
            for (id, unit, code) in found {
                // A record keeps the unit it was entered with; whoever stands for that today calls.
                let today = field.units.current(&unit);
                let Some(unit) = places.get(today).copied() else { continue };
                let Some(facts) = facts(engine, sealer, (kind, &id), on, &field.called)? else {
                    continue;
                };
                pool.records.push((kind, id));
                pool.known.push(Known { unit, code, facts });
            }
        }
        Ok(pool)
    }

    /// The candidates of one line.
    pub(super) fn of<'a>(
        &'a self,
        line: &'a Line,
        judge: &'a Judge,
    ) -> impl Iterator<Item = Candidate> + 'a {
        (0_u32..).zip(&self.known).filter_map(move |(row, known)| {
            let is_near = known.code != line.code;
            if is_near && !line.near.contains(&known.code) {
                return None;
            }
            let standing = match (&known.facts, line.kind) {
                (Facts::Person(person), RequirementKind::Personnel) => {
                    judge.person(person, is_near)
                }
                (Facts::Item(item), RequirementKind::Equipment) => judge.item(item, is_near),
                _other_kind => return None,
            };
            Some(Candidate { row, unit: known.unit, standing })
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

fn facts(
    engine: &Engine,
    sealer: &Sealer,
    (kind, id): (RecordKind, &[u8; 16]),
    on: Date,
    called: &HashSet<[u8; 16]>,
) -> Result<Option<Facts>, Reject> {
    let is_called = called.contains(id);
    Ok(match kind {
        RecordKind::Reservist => record::<pb::Reservist>(engine, sealer, id)?
            .and_then(|own| person(&own, is_called))
            .map(Facts::Person),
        RecordKind::Equipment => record::<pb::Equipment>(engine, sealer, id)?
            .and_then(|own| item(&own, on, is_called))
            .map(Facts::Item),
        _not_called => None,
    })
}

/// Why a record that was chosen could not be any more; none while it could.
pub(super) fn barred_today(
    engine: &Engine,
    sealer: &Sealer,
    id: &[u8; 16],
    judge: &Judge,
) -> Result<Option<Barred>, Reject> {
    let of = |kind| facts(engine, sealer, (kind, id), judge.day(), &HashSet::new());
    let facts = match of(RecordKind::Reservist)? {
        None => of(RecordKind::Equipment)?,
        found => found,
    };
    Ok(match facts {
        None => Some(Barred::Gone),
        Some(Facts::Person(person)) => judge.person(&person, false).err(),
        Some(Facts::Item(item)) => judge.item(&item, false).err(),
    })
}

fn person(own: &pb::Reservist, is_called: bool) -> Option<Person> {
    let number = |value: i32| u8::try_from(value).ok();
    let precision = match own.birth_precision() {
        pb::DatePrecision::Day => BirthPrecision::Day,
        pb::DatePrecision::Month => BirthPrecision::Month,
        pb::DatePrecision::Year | pb::DatePrecision::Unspecified => BirthPrecision::Year,
    };
    let who = Callable {
        birth: Birth::new(day(own.birth_date.as_ref())?, precision),
        sex: number(own.sex).and_then(Sex::from_number)?,
        category: number(own.category).and_then(ReservistCategory::from_number),
        rank: Rank::parse(&own.rank),
        health: u8::try_from(own.health_class).ok().and_then(HealthClass::new),
        status: number(own.status).and_then(ReservistStatus::from_number)?,
        status_period: period(own.status_start_date.as_ref(), own.status_end_date.as_ref()),
        deferral: own
            .deferral
            .as_ref()
            .map(|own| period(own.start_date.as_ref(), own.end_date.as_ref())),
        exemption: own
            .exemption
            .as_ref()
            .map(|own| period(own.start_date.as_ref(), own.end_date.as_ref())),
    };
    let class = u8::try_from(own.reserve_class).ok().and_then(ReserveClass::from_number);
    Some(Person { who, class, is_assigned: false, is_called })
}

fn item(own: &pb::Equipment, on: Date, is_called: bool) -> Option<Item> {
    let status = u8::try_from(own.status).ok().and_then(EquipmentStatus::from_number)?;
    let held = period(own.status_start_date.as_ref(), own.status_end_date.as_ref());
    let holds = match status {
        EquipmentStatus::Available => false,
        EquipmentStatus::Sold | EquipmentStatus::Scrapped => {
            held.from.is_none_or(|from| from <= on)
        }
        _passing => held.contains(on),
    };
    Some(Item {
        barred_by: holds.then_some(status),
        grade: u8::try_from(own.technical_grade).ok().filter(|grade| *grade > 0),
        is_assigned: false,
        is_called,
    })
}

fn day(message: Option<&pb::CivilDate>) -> Option<Date> {
    let message = message?;
    let part = |number: u32| i8::try_from(number).ok();
    let year = i16::try_from(message.year).ok()?;
    Date::new(year, part(message.month)?, part(message.day)?).ok()
}

fn period(from: Option<&pb::CivilDate>, to: Option<&pb::CivilDate>) -> Period {
    Period { from: day(from), to: day(to) }
}
