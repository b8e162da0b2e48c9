//! A piece of equipment (phương tiện kỹ thuật dự bị): what it is, whose it is, and what makes the
//! record valid.
//!
//! Invariants: every item has a chassis number, a plate or an engine number to be known by; the
//! chassis number comes first, for a plate can stay with the seller. Owner and drivers are personal
//! data and masked in `Debug`.

mod owner;

use std::fmt;

use jiff::civil::Date;

use owner::{kind_of_owner, says_kind_of_owner};

use super::Lists;
use super::fields::{CitizenId, Phone, Plate};
use super::parse::{grade, phones, unit};
use super::problem::{Checked, Findings, Problem, ProblemCode, Warning};
use super::reservist::{NOTE_CHARS_MAX, SHORT_CHARS_MAX};
use super::standing::{Period, past_day, period};
use super::vocabulary::{CapacityUnit, EquipmentClass, EquipmentStatus, OwnerKind};
use crate::domain::ids::{SpecialtyCode, UnitCode};

/// Most drivers of one item: three shifts and a reserve, twice over.
pub const DRIVERS_MAX: usize = 8;
/// Longest chassis or engine number, in characters; the international chassis number has 17.
const SERIAL_CHARS_MAX: usize = 40;
/// The earliest year of manufacture that is believed.
const YEAR_MIN: i16 = 1950;

/// Technical grade 1 (best) to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TechnicalGrade(u8);

impl TechnicalGrade {
    /// From 1 to 4.
    pub fn new(grade: u8) -> Option<Self> {
        (1..=4).contains(&grade).then_some(Self(grade))
    }

    /// The grade, 1 to 4.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What an item can carry or give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Thousandths of the unit: 3500 for 3.5 tonnes. Positive.
    pub thousandths: u32,
    /// The unit.
    pub unit: CapacityUnit,
}

impl Capacity {
    /// The largest value, in whole units: a ferry's load in kilograms would still fit.
    pub const VALUE_MAX: u32 = 1_000_000;

    /// From a number with at most three decimals, comma or point.
    fn parse(value: &str, unit: &str) -> Option<Self> {
        let (whole, decimals) = value.split_once(['.', ',']).unwrap_or((value, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 3 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let whole: u32 = whole.parse().ok().filter(|whole| *whole < Self::VALUE_MAX)?;
        let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
        let thousandths = whole * 1000 + decimals;
        (thousandths > 0).then_some(Self { thousandths, unit: CapacityUnit::parse(unit)? })
    }
}

/// Whose it is. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Owner {
    /// A person or an organisation.
    pub kind: OwnerKind,
    /// Name.
    pub name: String,
    /// Phone numbers.
    pub phones: Vec<Phone>,
    /// Address beyond the hamlet of the item.
    pub address: Option<String>,
    /// Whom to ask for: the driver's foreman, the head of the yard.
    pub contact: Option<String>,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({}, masked)", self.kind.code())
    }
}

/// Who drives it. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// Citizen number; prints masked.
    pub citizen_id: CitizenId,
    /// Class of the driving licence, upper case, where known.
    pub licence_class: Option<String>,
}

/// One piece of equipment.
#[derive(Clone, PartialEq, Eq)]
pub struct Equipment {
    /// Class of the law, from the type.
    pub class: EquipmentClass,
    /// Type, from the imported list.
    pub kind: SpecialtyCode,
    /// Make and model.
    pub make_model: Option<String>,
    /// Plate.
    pub plate: Option<Plate>,
    /// Chassis number, upper case without spaces.
    pub chassis_no: Option<String>,
    /// Engine number, upper case without spaces.
    pub engine_no: Option<String>,
    /// What it can carry or give.
    pub capacity: Option<Capacity>,
    /// Year of manufacture.
    pub year: Option<i16>,
    /// Technical grade.
    pub technical_grade: Option<TechnicalGrade>,
    /// Whose it is.
    pub owner: Owner,
    /// Who drives it; none means it would arrive without an operator. At most [`DRIVERS_MAX`].
    pub drivers: Vec<Driver>,
    /// The commune, ward or base where it stands.
    pub location_unit: UnitCode,
    /// Village, hamlet or residential group.
    pub hamlet: Option<String>,
    /// Where it stands in its life.
    pub status: EquipmentStatus,
    /// When the status holds.
    pub status_period: Period,
    /// The number of the paper that the status rests on.
    pub status_certificate: Option<String>,
    /// When it was taken into the register.
    pub registered_on: Option<Date>,
    /// When the record was last checked against the item.
    pub last_recheck_on: Option<Date>,
    /// Note.
    pub note: Option<String>,
}

impl fmt::Debug for Equipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Equipment")
            .field("kind", &self.kind)
            .field("capacity", &self.capacity)
            .field("technical_grade", &self.technical_grade)
            .field("location_unit", &self.location_unit)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Equipment as text, before the check. Blank is "not given".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EquipmentInput {
    /// Required: code or name of the type.
    pub kind: String,
    /// Free text.
    pub make_model: String,
    /// A plate as written.
    pub plate: String,
    /// Letters and digits; one of chassis, plate and engine is required.
    pub chassis_no: String,
    /// Letters and digits.
    pub engine_no: String,
    /// A number with at most three decimals.
    pub capacity_value: String,
    /// What it counts: tấn, chỗ, m3, kVA, kW, lít.
    pub capacity_unit: String,
    /// Four digits.
    pub year: String,
    /// 1 to 4 or I to IV.
    pub technical_grade: String,
    /// Required.
    pub owner_name: String,
    /// Word or code; blank takes it from the name.
    pub owner_kind: String,
    /// Numbers separated by commas, semicolons or slashes.
    pub owner_phones: String,
    /// Free text.
    pub owner_address: String,
    /// Free text: whom to ask for.
    pub owner_contact: String,
    /// Citizen numbers separated by commas or semicolons, each with a licence class in brackets if
    /// it is known: `011088085221 (C)`.
    pub drivers: String,
    /// Required: code or full name of a commune, ward or base.
    pub location_unit: String,
    /// Free text.
    pub hamlet: String,
    /// Word or code; blank is available.
    pub status: String,
    /// A day.
    pub status_from: String,
    /// A day, not before the one above.
    pub status_to: String,
    /// Free text: the number of the paper.
    pub status_certificate: String,
    /// A day that has come.
    pub registered_on: String,
    /// A day that has come.
    pub last_recheck_on: String,
    /// Free text.
    pub note: String,
}

impl fmt::Debug for EquipmentInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EquipmentInput(masked)")
    }
}

impl EquipmentInput {
    /// Makes the record, or says every problem there is, in the order type, plate, serial numbers,
    /// unit, then the rest.
    pub fn check(&self, lists: &Lists<'_>) -> Result<Checked<Equipment>, Vec<Problem>> {
        let mut found = Findings::default();
        let record = self.assemble(&mut found, lists);
        if self.owner_kind.trim().is_empty() && !says_kind_of_owner(&self.owner_name) {
            found.warn(Warning::OwnerKindAssumed);
        }
        found.close(record)
    }

    fn assemble(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<Equipment> {
        use ProblemCode as P;
        let kind = lists.equipment_types.find(self.kind.trim()).ok_or(P::EquipmentTypeUnknown);
        let kind = found.need("kind", kind);
        let plate = found.optional("plate", &self.plate, P::PlateInvalid, Plate::parse);
        let chassis_no = found.optional("chassis_no", &self.chassis_no, P::TextInvalid, serial);
        let engine_no = found.optional("engine_no", &self.engine_no, P::TextInvalid, serial);
        let named = [&self.plate, &self.chassis_no, &self.engine_no];
        if named.iter().all(|text| text.trim().is_empty()) {
            found.refuse("chassis_no", P::IdentityMissing);
        }
        let location_unit = found.need("location_unit", unit(&self.location_unit, lists));
        let capacity = self.capacity(found);
        let year = found.optional("year", &self.year, P::YearInvalid, |text| {
            text.parse().ok().filter(|year| (YEAR_MIN..=lists.as_of.year()).contains(year))
        });
        let technical_grade =
            found.optional("technical_grade", &self.technical_grade, P::GradeInvalid, |text| {
                grade(text).and_then(TechnicalGrade::new)
            });
        let owner = self.owner(found);
        let drivers = found.optional("drivers", &self.drivers, P::DriverInvalid, drivers);
        let status =
            found.optional("status", &self.status, P::StatusUnknown, EquipmentStatus::parse);
        let status_period =
            period(found, ["status_from", "status_to"], [&self.status_from, &self.status_to]);
        let status_certificate =
            found.text("status_certificate", &self.status_certificate, SHORT_CHARS_MAX);
        let registered_on = past_day(found, "registered_on", &self.registered_on, lists);
        let last_recheck_on = past_day(found, "last_recheck_on", &self.last_recheck_on, lists);
        let make_model = found.text("make_model", &self.make_model, SHORT_CHARS_MAX);
        let hamlet = found.text("hamlet", &self.hamlet, SHORT_CHARS_MAX);
        let note = found.text("note", &self.note, NOTE_CHARS_MAX);
        Some(Equipment {
            class: kind?.class,
            kind: kind?.code.clone(),
            make_model,
            plate,
            chassis_no,
            engine_no,
            capacity,
            year,
            technical_grade,
            owner: owner?,
            drivers: drivers.unwrap_or_default(),
            location_unit: location_unit?,
            hamlet,
            status: status.unwrap_or(EquipmentStatus::Available),
            status_period,
            status_certificate,
            registered_on,
            last_recheck_on,
            note,
        })
    }

    fn capacity(&self, found: &mut Findings) -> Option<Capacity> {
        let both = format!("{} {}", self.capacity_value, self.capacity_unit);
        found.optional("capacity_value", &both, ProblemCode::CapacityInvalid, |_| {
            Capacity::parse(self.capacity_value.trim(), self.capacity_unit.trim())
        })
    }

    fn owner(&self, found: &mut Findings) -> Option<Owner> {
        let name = found.text("owner_name", &self.owner_name, SHORT_CHARS_MAX);
        if self.owner_name.trim().is_empty() {
            found.refuse("owner_name", ProblemCode::OwnerMissing);
        }
        let kind = found.optional(
            "owner_kind",
            &self.owner_kind,
            ProblemCode::TextInvalid,
            OwnerKind::parse,
        );
        let phones =
            found.optional("owner_phones", &self.owner_phones, ProblemCode::PhoneInvalid, phones);
        let address = found.text("owner_address", &self.owner_address, SHORT_CHARS_MAX);
        let contact = found.text("owner_contact", &self.owner_contact, SHORT_CHARS_MAX);
        let name = name?;
        Some(Owner {
            kind: kind.unwrap_or_else(|| kind_of_owner(&name)),
            name,
            phones: phones.unwrap_or_default(),
            address,
            contact,
        })
    }
}

/// A chassis or engine number: letters and digits, upper case; spaces, dashes and dots dropped.
fn serial(text: &str) -> Option<String> {
    let is_filler = |c: char| c.is_whitespace() || matches!(c, '-' | '.');
    let bare: String = text.chars().filter(|c| !is_filler(*c)).collect();
    let fits = !bare.is_empty() && bare.len() <= SERIAL_CHARS_MAX;
    let plain = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'/'));
    (fits && plain).then(|| bare.to_ascii_uppercase())
}

fn drivers(text: &str) -> Option<Vec<Driver>> {
    let mut drivers: Vec<Driver> = Vec::new();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let (number, class) = match part.split_once('(') {
            Some((number, class)) => (number.trim(), Some(class.strip_suffix(')')?.trim())),
            None => (part, None),
        };
        let is_class = |class: &str| {
            matches!(class.len(), 1..=3) && class.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let citizen_id = CitizenId::parse(number).filter(|_| class.is_none_or(is_class))?;
        drivers.push(Driver { citizen_id, licence_class: class.map(str::to_ascii_uppercase) });
    }
    (drivers.len() <= DRIVERS_MAX).then_some(drivers)
}

impl EquipmentStatus {
    /// The stable code of it as what stands against a call.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::UnderRepair => "UNDER_REPAIR",
            Self::Sold => "SOLD",
            Self::Scrapped => "SCRAPPED",
            Self::Pledged => "PLEDGED",
            Self::OutOfProvince => "OUT_OF_PROVINCE",
            Self::Mobilized => "MOBILIZED",
        }
    }
}

#[cfg(test)]
mod tests;
