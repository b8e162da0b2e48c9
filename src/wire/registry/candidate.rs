//! What the plan's rules look at, out of records as they are stored.

use crate::domain::ids::{EquipmentId, ReservistId, UnitCode};
use crate::domain::plan::{Candidate, Item};
use crate::domain::registry::eligibility::{AgeLimits, Call, Callable, Duty, Occasion};
use crate::domain::registry::{
    Birth, BirthPrecision, Capacity, CapacityUnit, EquipmentStatus, HealthClass, Period, Rank,
    ReserveClass, ReservistCategory, ReservistStatus, Sex,
};
use crate::domain::unit::Units;
use crate::wire::registry::byte;
use crate::wire::registry::plan::date;
use crate::wire::unit::optional;
use crate::wire::{WireError, parse, pb};

/// The day and the rules that candidates are looked at by.
#[derive(Debug, Clone, Copy)]
pub struct Looking<'a> {
    /// The units of now.
    pub units: &'a Units,
    /// The law's age limits.
    pub limits: &'a AgeLimits,
    /// The day of the order.
    pub day: jiff::civil::Date,
}

/// A person, as the plan's rules see one.
///
/// # Errors
/// When a field is not what a checked record has.
pub fn candidate(
    record: &pb::Reservist,
    is_assigned: bool,
    looking: &Looking<'_>,
) -> Result<Candidate, WireError> {
    let callable = callable(record)?;
    let call = |duty| Call {
        day: looking.day,
        occasion: Occasion::Mobilization,
        duty: Some(duty),
        health_max: None,
        limits: looking.limits,
    };
    let ask = |duty| callable.callable(&call(duty)).map_err(|reason| reason.code());
    let unit: UnitCode = parse("residence_unit_code", &record.residence_unit_code)?;
    let class = u8::try_from(record.reserve_class).ok().and_then(ReserveClass::from_number);
    // Former professional servicemen are of class one, and have no class of their own.
    let is_professional = callable.category == Some(ReservistCategory::Professional);
    Ok(Candidate {
        id: parse::<ReservistId>("reservist_id", &record.reservist_id)?,
        version: record.version,
        unit: looking.units.current(&unit).clone(),
        specialty: optional("specialty_code", &record.specialty_code)?,
        rank: callable.rank,
        class: class.or_else(|| is_professional.then_some(ReserveClass::One)),
        sex: callable.sex,
        health: callable.health,
        birth: callable.birth.date(),
        rechecked_on: date("last_recheck_date", record.last_recheck_date.as_ref())?,
        combat: ask(Duty::Combat),
        support: ask(Duty::Support),
        is_assigned,
    })
}

fn callable(record: &pb::Reservist) -> Result<Callable, WireError> {
    let birth = date("birth_date", record.birth_date.as_ref())?;
    let birth = birth.ok_or_else(|| WireError::missing("birth_date"))?;
    let precision = match record.birth_precision() {
        pb::DatePrecision::Month => BirthPrecision::Month,
        pb::DatePrecision::Year => BirthPrecision::Year,
        pb::DatePrecision::Day | pb::DatePrecision::Unspecified => BirthPrecision::Day,
    };
    let period = |from: &Option<pb::CivilDate>, to: &Option<pb::CivilDate>| {
        let (from, to) = (date("start_date", from.as_ref())?, date("end_date", to.as_ref())?);
        Ok::<Period, WireError>(Period { from, to })
    };
    let deferral = record.deferral.as_ref().map(|at| period(&at.start_date, &at.end_date));
    let exemption = record.exemption.as_ref().map(|at| period(&at.start_date, &at.end_date));
    let health = u8::try_from(record.health_class).ok();
    Ok(Callable {
        birth: Birth::new(birth, precision),
        sex: Sex::from_number(byte("sex", record.sex)?).ok_or_else(|| WireError::missing("sex"))?,
        category: ReservistCategory::from_number(byte("category", record.category)?),
        rank: Rank::parse(&record.rank),
        health: health.and_then(HealthClass::new),
        status: ReservistStatus::from_number(byte("status", record.status)?)
            .ok_or_else(|| WireError::missing("status"))?,
        status_period: period(&record.status_start_date, &record.status_end_date)?,
        deferral: deferral.transpose()?,
        exemption: exemption.transpose()?,
    })
}

/// An item, as the plan's rules see one.
///
/// # Errors
/// When a field is not what a checked record has.
pub fn item(
    record: &pb::Equipment,
    is_assigned: bool,
    looking: &Looking<'_>,
) -> Result<Item, WireError> {
    let unit: UnitCode = parse("location_unit_code", &record.location_unit_code)?;
    let thousandths = record.capacity_thousandths;
    let capacity = CapacityUnit::parse(&record.capacity_unit).filter(|_unit| thousandths > 0);
    Ok(Item {
        id: parse::<EquipmentId>("equipment_id", &record.equipment_id)?,
        version: record.version,
        unit: looking.units.current(&unit).clone(),
        kind: parse("type_code", &record.type_code)?,
        capacity: capacity.map(|unit| Capacity { thousandths, unit }),
        has_driver: !record.drivers.is_empty(),
        grade: u8::try_from(record.technical_grade).ok().filter(|grade| *grade > 0),
        year: i16::try_from(record.year).ok().filter(|year| *year > 0),
        available: available(record, looking.day)?,
        is_assigned,
    })
}

/// What passes holds within its dates; what was sold or scrapped is gone from its day on.
fn available(
    record: &pb::Equipment,
    day: jiff::civil::Date,
) -> Result<Result<(), &'static str>, WireError> {
    use EquipmentStatus::{
        Available, Mobilized, OutOfProvince, Pledged, Scrapped, Sold, UnderRepair,
    };
    let status = EquipmentStatus::from_number(byte("status", record.status)?);
    let from = date("status_start_date", record.status_start_date.as_ref())?;
    let to = date("status_end_date", record.status_end_date.as_ref())?;
    let began = from.is_none_or(|from| from <= day);
    let holds = match status {
        Some(Sold | Scrapped) => began,
        _passing => began && to.is_none_or(|to| day <= to),
    };
    Ok(match status.filter(|_status| holds) {
        None | Some(Available) => Ok(()),
        Some(UnderRepair) => Err("UNDER_REPAIR"),
        Some(Sold) => Err("SOLD"),
        Some(Scrapped) => Err("SCRAPPED"),
        Some(Pledged) => Err("PLEDGED"),
        Some(OutOfProvince) => Err("OUT_OF_PROVINCE"),
        Some(Mobilized) => Err("MOBILIZED"),
    })
}
