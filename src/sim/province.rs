//! The synthetic province: its units, its reservists and its equipment, made from a seed.
//!
//! The units are the public ones (province, four areas, 45 communes and wards) and 85 invented
//! self-defense bases, so that a province-wide order has as many endpoints as a real one. People
//! and things are streamed: a million of them need no memory of their own.

use jiff::civil::Date;

use super::choice::Choice;
use super::names;
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::registry::{
    Birth, BirthPrecision, Capacity, CapacityUnit, CitizenId, Driver, Equipment, EquipmentStatus,
    EquipmentType, HealthClass, Owner, OwnerKind, Period, Person, Phone, Plate, Rank, ReserveClass,
    Reservist, ReservistCategory, ReservistStatus, Sex, Standing, TechnicalGrade,
};
use crate::domain::unit::{Echelon, Former, ParentBasis, Unit, UnitKind};
use crate::roster::lists::{
    date_successors, read_units, shipped_equipment_types, shipped_former_units, shipped_specialties,
};

/// Self-defense bases of the province; with the 45 communes they make the published 130.
pub const BASES: usize = 85;
/// Most people or items of one province: beyond this, citizen numbers of a year could run out.
pub const RECORDS_MAX: u32 = 5_000_000;

const UNITS: &str = include_str!("data/units.csv");
const BIRTH_YEAR_FIRST: i16 = 1981;
const BIRTH_YEARS: u32 = 27;

/// The units: those of the shipped list in its order, then the bases `TV-001` to `TV-085`, dealt out
/// over the communes in turn.
pub fn units() -> Vec<Unit> {
    let mut units = read_units(UNITS).expect("the shipped list is read by a test");
    date_successors(&mut units, &shipped_former_units());
    let communes: Vec<Unit> =
        units.iter().filter(|unit| unit.echelon() == Echelon::Commune).cloned().collect();
    for (number, commune) in (1..=BASES).zip(communes.iter().cycle()) {
        units.push(Unit {
            code: format!("TV-{number:03}").parse().expect("a code of six plain characters"),
            name: format!("Tự vệ số {number} - {}", commune.name),
            kind: UnitKind::SelfDefenseBase,
            parent: Some(commune.code.clone()),
            parent_basis: ParentBasis::Assumed,
            area_hectares: None,
            population: None,
            valid_from: None,
            valid_to: None,
            former: Former::default(),
        });
    }
    units
}

fn communes() -> Vec<UnitCode> {
    let is_commune = |unit: &Unit| unit.echelon() == Echelon::Commune;
    units().into_iter().filter(is_commune).map(|unit| unit.code).collect()
}

/// The first `count` reservists of a seed, at most [`RECORDS_MAX`]; no citizen number comes twice.
pub fn reservists(seed: u64, count: u32) -> impl Iterator<Item = Reservist> {
    let mut people = People::new(seed);
    (0..count.min(RECORDS_MAX)).map(move |_| people.next_person())
}

/// The first `count` pieces of equipment of a seed, at most [`RECORDS_MAX`]; no chassis number and no
/// plate comes twice.
pub fn equipment(seed: u64, count: u32) -> impl Iterator<Item = Equipment> {
    let mut park = Park::new(seed);
    (0..count.min(RECORDS_MAX)).map(move |index| park.next_item(index))
}

/// Gives out citizen numbers that agree with sex and year of birth, each once.
#[derive(Debug)]
struct CitizenNumbers {
    /// How many were given out, by year and sex.
    given: Vec<u32>,
    offset: u32,
}

impl CitizenNumbers {
    fn new(choice: &mut Choice) -> Self {
        let groups = usize::try_from(BIRTH_YEARS * 2).unwrap_or_default();
        Self { given: vec![0; groups], offset: choice.below(1_000_000) }
    }

    /// Counts through the six free digits in a scattered order: 618,033 has no factor in common with
    /// a million, so all are met before one comes again.
    fn next(&mut self, year: u32, sex: Sex) -> CitizenId {
        let is_female = u32::from(sex == Sex::Female);
        let group = usize::try_from(year * 2 + is_female).unwrap_or_default();
        let nth = u64::from(self.given[group]);
        self.given[group] += 1;
        let free = (u64::from(self.offset) + nth * 618_033) % 1_000_000;
        let year = u64::from(year) + u64::try_from(BIRTH_YEAR_FIRST).unwrap_or_default();
        let century_and_sex = (year / 100 - 19) * 2 + u64::from(is_female);
        let number = 11_000_000_000 + century_and_sex * 100_000_000 + year % 100 * 1_000_000 + free;
        CitizenId::from_number(number).expect("eleven digits")
    }
}

/// The people of a seed, one after the other.
struct People {
    choice: Choice,
    numbers: CitizenNumbers,
    communes: Vec<UnitCode>,
    specialties: Vec<SpecialtyCode>,
}

/// Shares of the specialties CN01 to CN07 among soldiers.
const SPECIALTY_SHARES: [(u32, usize); 7] =
    [(50, 0), (12, 1), (8, 2), (8, 3), (6, 4), (8, 5), (8, 6)];
const RANK_SHARES: [(u32, Rank); 8] = [
    (30, Rank::PrivateSecond),
    (25, Rank::PrivateFirst),
    (20, Rank::Corporal),
    (12, Rank::Sergeant),
    (5, Rank::SeniorSergeant),
    (4, Rank::SecondLieutenant),
    (3, Rank::Lieutenant),
    (1, Rank::Captain),
];
const STATUS_SHARES: [(u32, ReservistStatus); 4] = [
    (95, ReservistStatus::Active),
    (3, ReservistStatus::TempAbsent),
    (1, ReservistStatus::Deferred),
    (1, ReservistStatus::Abroad),
];

impl People {
    fn new(seed: u64) -> Self {
        let mut choice = Choice::new(seed, 1);
        Self {
            numbers: CitizenNumbers::new(&mut choice),
            choice,
            communes: communes(),
            specialties: shipped_specialties().iter().map(|entry| entry.code.clone()).collect(),
        }
    }

    fn next_person(&mut self) -> Reservist {
        let choice = &mut self.choice;
        let rank = choice.weighted(&RANK_SHARES);
        let is_officer = rank.number() >= Rank::SecondLieutenant.number();
        let unit = choice.one_of(&self.communes).clone();
        let specialty = choice.weighted(&SPECIALTY_SHARES).min(self.specialties.len() - 1);
        let health = choice.weighted(&[(33, 1), (50, 2), (17, 3)]);
        let class = choice.weighted(&[(61, ReserveClass::One), (39, ReserveClass::Two)]);
        Reservist {
            category: Some(if is_officer {
                ReservistCategory::Officer
            } else {
                ReservistCategory::NcoSoldier
            }),
            class: Some(class),
            rank: Some(rank),
            post: None,
            specialty: self.specialties.get(specialty).cloned(),
            frame: None,
            residence_unit: unit.clone(),
            registered_unit: unit,
            party_member: Some(choice.percent(10)),
            health_class: HealthClass::new(health),
            status: choice.weighted(&STATUS_SHARES),
            standing: Standing::default(),
            person: self.person(),
        }
    }

    fn person(&mut self) -> Person {
        let choice = &mut self.choice;
        let sex = if choice.percent(6) { Sex::Female } else { Sex::Male };
        let year = choice.below(BIRTH_YEARS);
        let named = names::person(choice, sex);
        let workplace = choice.percent(66).then(|| names::workplace(choice).to_owned());
        Person {
            full_name: named.full_name,
            birth: birth(choice, year),
            sex,
            ethnic_group: Some(named.ethnic_group),
            languages: named.languages,
            citizen_id: self.numbers.next(year, sex),
            reserve_card_no: None,
            record_sheet_no: None,
            hamlet: Some(names::hamlet(choice).to_owned()),
            workplace,
            phones: if choice.percent(93) { vec![phone(choice)] } else { Vec::new() },
            contact_via: None,
            note: None,
        }
    }
}

/// A day of a year counted from the first; days 29 to 31 are left out, for every month has the rest.
fn birth(choice: &mut Choice, year: u32) -> Birth {
    let year = BIRTH_YEAR_FIRST + i16::try_from(year).unwrap_or_default();
    let month = i8::try_from(choice.below(12) + 1).unwrap_or(1);
    let day = i8::try_from(choice.below(28) + 1).unwrap_or(1);
    let precision = if choice.percent(1) { BirthPrecision::Year } else { BirthPrecision::Day };
    let date = Date::new(year, month, day).expect("a day that every month has");
    Birth::new(date, precision)
}

/// A number with a mobile prefix that no operator holds, so that no drill ever rings a stranger.
fn phone(choice: &mut Choice) -> Phone {
    let number = format!("0{:09}", 500_000_000 + choice.below(1_000_000));
    Phone::parse(&number).expect("ten digits with a mobile prefix")
}

/// The equipment of a seed, one after the other.
struct Park {
    choice: Choice,
    communes: Vec<UnitCode>,
    types: Vec<EquipmentType>,
}

const MAKES: [&str; 6] = ["Hyundai", "Isuzu", "Thaco", "Hino", "Komatsu", "Yamaha"];
const OWNERS: [&str; 4] = [
    "HTX vận tải Tây Bắc",
    "Công ty CP Xây dựng Điện Biên",
    "Công ty TNHH Hoàng Anh",
    "Trung tâm Y tế khu vực",
];
/// Types of the means of a seed, whatever else may ship: a seed stands for the same park for good.
const TYPES: [&str; 6] = ["PT01", "PT02", "PT03", "PT04", "PT05", "PT06"];
/// Series letters of plates, without those that the rules leave out.
const SERIES: &[u8] = b"ABCDEFGHKLMNPSTUVXYZ";

impl Park {
    fn new(seed: u64) -> Self {
        let types = shipped_equipment_types();
        let types = TYPES.iter().map(|code| types.find(code).expect("it ships").clone()).collect();
        Self { choice: Choice::new(seed, 2), communes: communes(), types }
    }

    fn next_item(&mut self, index: u32) -> Equipment {
        let choice = &mut self.choice;
        let kind = choice.one_of(&self.types).clone();
        let capacity = capacity(choice, kind.code.as_str());
        let has_plate = matches!(kind.code.as_str(), "PT01" | "PT02" | "PT03");
        let driver = choice.percent(80).then(|| driver(choice));
        Equipment {
            class: kind.class,
            kind: kind.code,
            make_model: Some((*choice.one_of(&MAKES)).to_owned()),
            plate: if has_plate { plate(index) } else { None },
            chassis_no: Some(format!("RL4{:07}{index:07}", choice.below(10_000_000))),
            engine_no: Some(format!("M{:07}", choice.below(10_000_000))),
            capacity,
            year: i16::try_from(2004 + choice.below(21)).ok(),
            technical_grade: TechnicalGrade::new(choice.weighted(&[(21, 1), (52, 2), (27, 3)])),
            owner: owner(choice),
            drivers: driver.into_iter().collect(),
            location_unit: choice.one_of(&self.communes).clone(),
            hamlet: Some(names::hamlet(choice).to_owned()),
            status: choice
                .weighted(&[(95, EquipmentStatus::Available), (5, EquipmentStatus::UnderRepair)]),
            status_period: Period::default(),
            status_certificate: None,
            registered_on: None,
            last_recheck_on: None,
            note: None,
        }
    }
}

fn capacity(choice: &mut Choice, kind: &str) -> Option<Capacity> {
    let (sizes, unit): (&[u32], CapacityUnit) = match kind {
        "PT01" => (&[3_500, 5_000, 8_000, 15_000], CapacityUnit::Tonne),
        "PT02" => (&[16_000, 29_000, 45_000], CapacityUnit::Seat),
        "PT03" | "PT04" => (&[6_000, 10_000], CapacityUnit::Seat),
        "PT05" => (&[500, 800, 1_200], CapacityUnit::CubicMetre),
        "PT06" => (&[5_000, 10_000, 50_000], CapacityUnit::KilovoltAmpere),
        _ => return None,
    };
    Some(Capacity { thousandths: *choice.one_of(sizes), unit })
}

/// Plates are counted off: 20 letters of one series hold two million, two letters the rest.
fn plate(index: u32) -> Option<Plate> {
    let letter = |at: u32| {
        let at = usize::try_from(at).unwrap_or_default() % SERIES.len();
        char::from(SERIES[at])
    };
    let (series, number) = (index / 100_000, index % 100_000);
    let text = if series < 20 {
        format!("27{}{number:05}", letter(series))
    } else {
        format!("27{}{}{number:05}", letter(series / 20 - 1), letter(series))
    };
    Plate::parse(&text)
}

fn owner(choice: &mut Choice) -> Owner {
    let (kind, name) = if choice.percent(65) {
        (OwnerKind::Organisation, (*choice.one_of(&OWNERS)).to_owned())
    } else {
        (OwnerKind::Person, names::person(choice, Sex::Male).full_name)
    };
    Owner { kind, name, phones: vec![phone(choice)], address: None, contact: None }
}

fn driver(choice: &mut Choice) -> Driver {
    let number = 11_080_000_000 + u64::from(choice.below(20_000_000));
    let citizen_id = CitizenId::from_number(number).expect("eleven digits");
    Driver { citizen_id, licence_class: Some((*choice.one_of(&["C", "D", "E"])).to_owned()) }
}

#[cfg(test)]
mod tests;
