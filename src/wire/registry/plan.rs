//! Reserve units and assignments.

mod assigned;

use jiff::civil::Date;

pub use assigned::{assignment, subject};

use crate::domain::ids::SpecialtyCode;
use crate::domain::plan::{
    EquipmentLine, LineInput, PlanProblem, Post, PostInput, Quota, QuotaInput, ReserveUnit,
    ReserveUnitInput,
};
use crate::domain::registry::eligibility::Duty;
use crate::domain::registry::{Capacity, CapacityUnit, HealthClass, Lists, ProblemCode, Rank, Sex};
use crate::domain::world::RecordKind;
use crate::wire::registry::{
    Facets, FieldProblem, Numbers, RegistryRecord, View, byte, civil, day_text, term, text_of,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::ReserveUnit {
    const KIND: RecordKind = RecordKind::ReserveUnit;

    /// As [`check_reserve_unit`], for those who need no places of the problems.
    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        let general = |_problem: PlanProblem| FieldProblem {
            field: "reserve_unit",
            code: ProblemCode::TextInvalid,
        };
        let checked = check_reserve_unit(self, lists);
        checked
            .map(|unit| Self::from(&unit))
            .map_err(|problems| problems.into_iter().map(general).collect())
    }

    fn identity(&self) -> (&str, u64) {
        (&self.reserve_unit_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.reserve_unit_id = id;
        self.version = version;
    }

    fn show(&mut self, _view: View) {}

    fn facets(&self) -> Result<Facets, WireError> {
        Ok(Facets::of(parse("unit_code", &self.unit_code)?))
    }

    fn numbers(&self) -> Numbers<'_> {
        // One record is current for a code; former ones are told apart by their last day.
        let number = match &self.valid_to {
            Some(to) if self.is_former => {
                format!("{}@{:04}-{:02}-{:02}", self.code, to.year, to.month, to.day).into()
            }
            _current => self.code.as_str().into(),
        };
        [Some(("reserve_unit", number)), None]
    }
}

/// Checks a reserve unit that came in.
///
/// # Errors
/// Every problem with its place.
pub fn check_reserve_unit(
    message: &pb::ReserveUnit,
    lists: &Lists<'_>,
) -> Result<ReserveUnit, Vec<PlanProblem>> {
    input(message).check(lists)
}

/// The message as text, for the check.
fn input(message: &pb::ReserveUnit) -> ReserveUnitInput {
    let quota = |quota: &pb::PlanQuota| QuotaInput {
        unit: quota.unit_code.clone(),
        people: quota.people,
        equipment: quota.equipment,
    };
    ReserveUnitInput {
        code: message.code.clone(),
        name: message.name.clone(),
        unit: message.unit_code.clone(),
        receiving_unit: message.receiving_unit.clone(),
        receiving_unit_code: message.receiving_unit_code.clone(),
        assembly_station: message.assembly_station.clone(),
        reception_station: message.reception_station.clone(),
        source_units: message.source_unit_codes.clone(),
        posts: message.posts.iter().map(post_input).collect(),
        lines: message.equipment_lines.iter().map(line_input).collect(),
        quotas: message.quotas.iter().map(quota).collect(),
        valid_from: day_text(message.valid_from.as_ref()),
        valid_to: day_text(message.valid_to.as_ref()),
    }
}

fn post_input(post: &pb::PlanPost) -> PostInput {
    PostInput {
        no: post.no,
        title: post.title.clone(),
        specialty: post.specialty_code.clone(),
        near: post.near.clone(),
        only_exact: post.only_exact,
        rank_min: post.rank_min.clone(),
        rank_max: post.rank_max.clone(),
        duty: term(post.duty, Duty::from_number, Duty::code),
        count: post.count,
        sex: term(post.sex, Sex::from_number, Sex::code),
        health_max: post.health_max,
    }
}

fn line_input(line: &pb::PlanLine) -> LineInput {
    LineInput {
        no: line.no,
        kind: line.type_code.clone(),
        near: line.near.clone(),
        capacity_thousandths: line.capacity_thousandths,
        capacity_unit: line.capacity_unit.clone(),
        count: line.count,
        needs_driver: line.needs_driver,
    }
}

fn texts(codes: &[SpecialtyCode]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

impl From<&Post> for pb::PlanPost {
    fn from(post: &Post) -> Self {
        let rank =
            |rank: Option<Rank>| rank.map(|rank| rank.vietnamese().to_owned()).unwrap_or_default();
        Self {
            no: post.no.into(),
            title: post.title.clone(),
            specialty_code: post.specialty.to_string(),
            near: texts(&post.near),
            only_exact: post.near.is_empty(),
            rank_min: rank(post.rank_min),
            rank_max: rank(post.rank_max),
            duty: post.duty.number().into(),
            count: post.count,
            sex: post.sex.map_or(0, |sex| sex.number().into()),
            health_max: post.health_max.map_or(0, |class| class.number().into()),
        }
    }
}

impl From<&EquipmentLine> for pb::PlanLine {
    fn from(line: &EquipmentLine) -> Self {
        let unit = line.capacity_min.map(|capacity| capacity.unit.vietnamese().to_owned());
        Self {
            no: line.no.into(),
            type_code: line.kind.to_string(),
            near: texts(&line.near),
            capacity_thousandths: line.capacity_min.map_or(0, |capacity| capacity.thousandths),
            capacity_unit: unit.unwrap_or_default(),
            count: line.count,
            needs_driver: line.needs_driver,
        }
    }
}

impl From<&ReserveUnit> for pb::ReserveUnit {
    fn from(unit: &ReserveUnit) -> Self {
        let quota = |quota: &Quota| pb::PlanQuota {
            unit_code: quota.unit.to_string(),
            people: quota.people,
            equipment: quota.equipment,
        };
        Self {
            reserve_unit_id: String::new(),
            version: 0,
            code: unit.code.to_string(),
            name: unit.name.clone(),
            unit_code: unit.unit.to_string(),
            receiving_unit: text_of(unit.receiving_unit.as_ref()),
            receiving_unit_code: text_of(unit.receiving_unit_code.as_ref()),
            assembly_station: text_of(unit.assembly_station.as_ref()),
            reception_station: text_of(unit.reception_station.as_ref()),
            source_unit_codes: unit.source_units.iter().map(ToString::to_string).collect(),
            posts: unit.posts.iter().map(pb::PlanPost::from).collect(),
            equipment_lines: unit.lines.iter().map(pb::PlanLine::from).collect(),
            quotas: unit.quotas.iter().map(quota).collect(),
            valid_from: Some(civil(unit.valid_from)),
            valid_to: unit.valid_to.map(civil),
            is_former: unit.is_former,
        }
    }
}

/// A date that a message holds.
///
/// # Errors
/// When it is none of the calendar.
pub fn date(field: &'static str, date: Option<&pb::CivilDate>) -> Result<Option<Date>, WireError> {
    let Some(pb::CivilDate { year, month, day }) = date else { return Ok(None) };
    let read = || {
        let month = i8::try_from(*month).ok()?;
        Date::new(i16::try_from(*year).ok()?, month, i8::try_from(*day).ok()?).ok()
    };
    read().map(Some).ok_or_else(|| WireError::new(field, "is not a day of the calendar"))
}

fn number(field: &'static str, no: u32) -> Result<u16, WireError> {
    u16::try_from(no).map_err(|_range| WireError::new(field, "is out of range"))
}

fn codes(field: &'static str, texts: &[String]) -> Result<Vec<SpecialtyCode>, WireError> {
    texts.iter().map(|text| parse(field, text)).collect()
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads what was stored; it was checked before it was.
impl TryFrom<&pb::ReserveUnit> for ReserveUnit {
    type Error = WireError;

    fn try_from(message: &pb::ReserveUnit) -> Result<Self, WireError> {
        let from = date("valid_from", message.valid_from.as_ref())?;
        let quota = |quota: &pb::PlanQuota| {
            let unit = parse("quotas.unit_code", &quota.unit_code)?;
            Ok(Quota { unit, people: quota.people, equipment: quota.equipment })
        };
        let sources = message.source_unit_codes.iter();
        Ok(Self {
            code: parse("code", &message.code)?,
            name: message.name.clone(),
            unit: parse("unit_code", &message.unit_code)?,
            receiving_unit: filled(&message.receiving_unit),
            receiving_unit_code: filled(&message.receiving_unit_code),
            assembly_station: filled(&message.assembly_station),
            reception_station: filled(&message.reception_station),
            source_units: sources
                .map(|code| parse("source_unit_codes", code))
                .collect::<Result<_, WireError>>()?,
            posts: message.posts.iter().map(Post::try_from).collect::<Result<_, _>>()?,
            lines: message
                .equipment_lines
                .iter()
                .map(EquipmentLine::try_from)
                .collect::<Result<_, _>>()?,
            quotas: message.quotas.iter().map(quota).collect::<Result<_, WireError>>()?,
            valid_from: from.ok_or_else(|| WireError::missing("valid_from"))?,
            valid_to: date("valid_to", message.valid_to.as_ref())?,
            is_former: message.is_former,
        })
    }
}

impl TryFrom<&pb::PlanPost> for Post {
    type Error = WireError;

    fn try_from(post: &pb::PlanPost) -> Result<Self, WireError> {
        let health = u8::try_from(post.health_max).ok();
        Ok(Self {
            no: number("posts.no", post.no)?,
            title: post.title.clone(),
            specialty: parse("posts.specialty_code", &post.specialty_code)?,
            near: codes("posts.near", &post.near)?,
            rank_min: Rank::parse(&post.rank_min),
            rank_max: Rank::parse(&post.rank_max),
            duty: Duty::from_number(byte("posts.duty", post.duty)?).unwrap_or(Duty::Combat),
            count: post.count,
            sex: Sex::from_number(byte("posts.sex", post.sex)?),
            health_max: health.and_then(HealthClass::new),
        })
    }
}

impl TryFrom<&pb::PlanLine> for EquipmentLine {
    type Error = WireError;

    fn try_from(line: &pb::PlanLine) -> Result<Self, WireError> {
        let thousandths = line.capacity_thousandths;
        let unit = CapacityUnit::parse(&line.capacity_unit).filter(|_unit| thousandths > 0);
        Ok(Self {
            no: number("equipment_lines.no", line.no)?,
            kind: parse("equipment_lines.type_code", &line.type_code)?,
            near: codes("equipment_lines.near", &line.near)?,
            capacity_min: unit.map(|unit| Capacity { thousandths, unit }),
            count: line.count,
            needs_driver: line.needs_driver,
        })
    }
}

/// A day for a message.
pub fn civil_date(day: Date) -> pb::CivilDate {
    civil(day)
}
