//! The fields that each kind of record can be filtered and counted by, and the words of their values.
//!
//! One table for each kind: reading a filter, refusing one, counting and naming what was counted all
//! go by it. A value is written as it is shown: what `CountRecords` gives back can be filtered by.

use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::registry::{
    ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, BirthPrecision, CapacityUnit,
    CitizenId, DeferralGround, EnterpriseStatus, EquipmentClass, EquipmentStatus, EthnicGroup,
    Frame, Language, OwnerKind, Phone, Plate, Rank, ReserveClass, ReservistCategory,
    ReservistStatus, Sex, SurveyStage,
};
use crate::domain::world::RecordKind;
use crate::wire::registry::Facet;

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in filters.
    pub name: &'static str,
    /// What it looks at.
    pub(in crate::index) how: How,
    /// Whether it tells what is hidden from those who do not see whole records.
    pub(in crate::index) is_hidden: bool,
}

/// What a field looks at.
#[derive(Debug, Clone, Copy)]
pub(in crate::index) enum How {
    /// A unit with all under it.
    Unit(Facet),
    /// The defensive area of the unit; only counted by.
    Area,
    /// A code of an open list.
    Code(Facet),
    /// A closed list.
    List(Facet, List),
    /// A closed list whose terms stand in order.
    Ordered(Facet, List),
    /// Completed years.
    Age,
    /// A capacity.
    Capacity,
    /// A day.
    Day(Facet),
    /// What is late, by its code.
    Late,
    /// A name.
    Name,
    /// Whether it is assigned.
    Assigned,
    /// An exact number, by the name of its kind under the blind index and its one form.
    Number(&'static str, fn(&str) -> Option<String>),
}

/// The terms of a closed list.
#[derive(Debug, Clone, Copy)]
pub(in crate::index) struct List {
    /// The number of a term, as people or machines write it.
    pub(in crate::index) parse: fn(&str) -> Option<u16>,
    /// A term as machines write it.
    pub(in crate::index) term: fn(u16) -> Option<String>,
    /// What to write instead of something that is no term.
    pub(in crate::index) remedy: fn() -> String,
}

macro_rules! list {
    ($($name:ident)::+) => {
        List {
            parse: |text| $($name)::+::parse(text).map(|term| term.number().into()),
            term: |number| {
                let term = u8::try_from(number).ok().and_then($($name)::+::from_number)?;
                Some(term.code().to_ascii_uppercase())
            },
            remedy: || {
                let codes = $($name)::+::ALL.iter().map(|term| term.code().to_ascii_uppercase());
                format!("use {}", codes.collect::<Vec<_>>().join(", "))
            },
        }
    };
}

/// Whole numbers within bounds.
macro_rules! numbers {
    ($from:literal to $to:literal) => {
        List {
            parse: |text| text.parse().ok().filter(|number| ($from..=$to).contains(number)),
            term: |number| Some(number.to_string()),
            remedy: || concat!("use ", $from, " to ", $to).to_owned(),
        }
    };
}

const YES_NO: List = List {
    parse: |text| match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(1),
        "false" | "no" => Some(2),
        _other => None,
    },
    term: |number| match number {
        1 => Some("true".to_owned()),
        2 => Some("false".to_owned()),
        _none => None,
    },
    remedy: || "use true or false".to_owned(),
};

/// What is either so or not given.
const YES: List = List {
    parse: |text| (YES_NO.parse)(text).filter(|answer| *answer == 1),
    term: |number| (YES_NO.term)(number).filter(|_answer| number == 1),
    remedy: || "use true; with NOT before it for the others".to_owned(),
};

const GROUPS: List = List {
    parse: |text| EthnicGroup::parse(text).map(|group| group.number().into()),
    term: |number| {
        let group = u8::try_from(number).ok().and_then(EthnicGroup::from_number);
        group.map(|group| group.vietnamese().to_owned())
    },
    remedy: || "use the name of one of the 54 groups, such as \"Thái\"".to_owned(),
};

/// As the class is written everywhere: 1 or 2.
const CLASSES: List = List {
    parse: |text| ReserveClass::parse(text).map(|class| class.number().into()),
    term: |number| (1..=2).contains(&number).then(|| number.to_string()),
    remedy: || "use 1 or 2".to_owned(),
};

/// As [`BirthPrecision`] travels.
const PRECISIONS: List = List {
    parse: |text| match text.to_ascii_uppercase().as_str() {
        "DAY" => Some(1),
        "MONTH" => Some(2),
        "YEAR" => Some(3),
        _other => None,
    },
    term: |number| {
        let term = match number {
            1 => BirthPrecision::Day,
            2 => BirthPrecision::Month,
            3 => BirthPrecision::Year,
            _none => return None,
        };
        Some(format!("{term:?}").to_ascii_uppercase())
    },
    remedy: || "use DAY, MONTH or YEAR".to_owned(),
};

const fn open(name: &'static str, how: How) -> Field {
    Field { name, how, is_hidden: false }
}

const fn hidden(name: &'static str, how: How) -> Field {
    Field { name, how, is_hidden: true }
}

const RESERVISTS: &[Field] = &[
    open("unit", How::Unit(Facet::Unit)),
    open("area", How::Area),
    open("registered_unit", How::Unit(Facet::RegisteredUnit)),
    open("former_unit", How::Code(Facet::FormerUnit)),
    open("transfer_to", How::Code(Facet::Transfer)),
    open("reserve_class", How::List(Facet::Class, CLASSES)),
    open("specialty", How::Code(Facet::Code)),
    open("rank", How::Ordered(Facet::Rank, list!(Rank))),
    open("category", How::List(Facet::Category, list!(ReservistCategory))),
    open("sex", How::List(Facet::Sex, list!(Sex))),
    open("ethnic_group", How::List(Facet::EthnicGroup, GROUPS)),
    open("languages", How::List(Facet::Language, list!(Language))),
    hidden("party_member", How::List(Facet::Party, YES_NO)),
    hidden("health_class", How::Ordered(Facet::Health, numbers!(1 to 6))),
    open("status", How::List(Facet::Status, list!(ReservistStatus))),
    open("frame", How::List(Facet::Frame, list!(Frame))),
    hidden("deferral_ground", How::List(Facet::Deferral, list!(DeferralGround))),
    open("exempt", How::List(Facet::Exemption, YES)),
    open("in_militia", How::List(Facet::Militia, YES)),
    open("birth_year", How::Ordered(Facet::BirthYear, numbers!(1900 to 2100))),
    open("birth_precision", How::List(Facet::BirthPrecision, PRECISIONS)),
    open("age", How::Age),
    open("last_recheck", How::Day(Facet::Rechecked)),
    open("late", How::Late),
    open("assigned", How::Assigned),
    hidden("name", How::Name),
    hidden("citizen_id", How::Number("citizen_id", citizen_id)),
    hidden("phone", How::Number("phone", phone)),
];

const EQUIPMENT: &[Field] = &[
    open("unit", How::Unit(Facet::Unit)),
    open("area", How::Area),
    open("type", How::Code(Facet::Code)),
    open("equipment_class", How::List(Facet::EquipmentClass, list!(EquipmentClass))),
    open("status", How::List(Facet::Status, list!(EquipmentStatus))),
    open("technical_grade", How::Ordered(Facet::Grade, numbers!(1 to 4))),
    open("capacity", How::Capacity),
    open("capacity_unit", How::List(Facet::CapacityUnit, list!(CapacityUnit))),
    open("owner_kind", How::List(Facet::OwnerKind, list!(OwnerKind))),
    open("has_drivers", How::List(Facet::HasDrivers, YES_NO)),
    open("year", How::Ordered(Facet::Year, numbers!(1900 to 2100))),
    open("last_recheck", How::Day(Facet::Rechecked)),
    open("assigned", How::Assigned),
    hidden("plate", How::Number("plate", plate)),
    hidden("chassis_number", How::Number("chassis_number", chassis)),
    hidden("phone", How::Number("phone", phone)),
];

const MILITIA_BASES: &[Field] = &[
    open("unit", How::Unit(Facet::Unit)),
    open("area", How::Area),
    open("kind", How::List(Facet::Sort, list!(BaseKind))),
    open("force_types", How::Code(Facet::Capability)),
    open("status", How::List(Facet::Status, list!(BaseStatus))),
];

const ENTERPRISES: &[Field] = &[
    open("unit", How::Unit(Facet::Unit)),
    open("area", How::Area),
    open("stage", How::Ordered(Facet::Sort, list!(SurveyStage))),
    open("products", How::Code(Facet::Capability)),
    open("status", How::List(Facet::Status, list!(EnterpriseStatus))),
];

const ACTIVITIES: &[Field] = &[
    open("unit", How::Unit(Facet::Unit)),
    open("area", How::Area),
    open("kind", How::List(Facet::Sort, list!(ActivityKind))),
    open("audience", How::List(Facet::Category, list!(Audience))),
    open("status", How::List(Facet::Status, list!(ActivityStatus))),
];

/// Of kinds that nothing else is known of yet.
const PLAIN: &[Field] = &[open("unit", How::Unit(Facet::Unit)), open("area", How::Area)];

fn citizen_id(text: &str) -> Option<String> {
    CitizenId::parse(text).map(CitizenId::digits)
}

fn phone(text: &str) -> Option<String> {
    Phone::parse(text).map(|phone| phone.e164().to_owned())
}

fn plate(text: &str) -> Option<String> {
    Plate::parse(text).map(|plate| plate.as_str().to_owned())
}

/// As a checked record has it: upper case, without what is put between groups.
fn chassis(text: &str) -> Option<String> {
    let is_filler = |c: &char| c.is_whitespace() || matches!(c, '.' | '-');
    let bare: String =
        text.chars().filter(|c| !is_filler(c)).flat_map(char::to_uppercase).collect();
    (!bare.is_empty()).then_some(bare)
}

/// The fields of a kind.
pub fn fields(kind: RecordKind) -> &'static [Field] {
    match kind {
        RecordKind::Reservist => RESERVISTS,
        RecordKind::Equipment => EQUIPMENT,
        RecordKind::MilitiaBase => MILITIA_BASES,
        RecordKind::Enterprise => ENTERPRISES,
        RecordKind::Activity => ACTIVITIES,
        RecordKind::ReserveUnit | RecordKind::Assignment => PLAIN,
    }
}

/// A field of a kind by its name.
pub(in crate::index) fn field(kind: RecordKind, name: &str) -> Option<&'static Field> {
    fields(kind).iter().find(|field| field.name == name)
}

impl Field {
    /// Whether records can be counted by it.
    pub(in crate::index) const fn is_countable(&self) -> bool {
        self.facet().is_some() || matches!(self.how, How::Age | How::Assigned | How::Capacity)
    }

    /// The facet that it is counted by; none for what has too many values or is no one's business.
    pub(in crate::index) const fn facet(&self) -> Option<Facet> {
        match self.how {
            How::Unit(facet) | How::Code(facet) | How::List(facet, _) | How::Ordered(facet, _) => {
                Some(facet)
            }
            How::Area => Some(Facet::Unit),
            _uncountable => None,
        }
    }
}

/// Whether a code of an open list is well formed. Some lists are of words.
pub(super) fn is_code(facet: Facet, text: &str) -> bool {
    match facet {
        Facet::Code => text.parse::<SpecialtyCode>().is_ok(),
        Facet::Unit | Facet::RegisteredUnit | Facet::Transfer => text.parse::<UnitCode>().is_ok(),
        _words => !text.trim().is_empty(),
    }
}
