//! The registry of the reserve: its people and its equipment, and what makes a record valid.
//!
//! Called by the spreadsheet readers and by the doors, which both fill an input of plain text
//! ([`ReservistInput`], [`EquipmentInput`]) and have it checked here: the rules exist once.
//! Invariants: a checked record obeys every bound; a problem names a field and a stable code and
//! never carries what was in a personal field; personal types are masked in `Debug`.
//! It does not know files, identities of records, versions or who may read what.

pub mod eligibility;
mod equipment;
mod fields;
mod force;
pub mod lateness;
mod parse;
mod problem;
mod reservist;
mod specialty;
mod standing;
#[cfg(test)]
mod test_lists;
mod vocabulary;

use jiff::civil::Date;

pub use equipment::{
    Capacity, DRIVERS_MAX, Driver, Equipment, EquipmentInput, Owner, TechnicalGrade,
};
pub use fields::{Birth, BirthPrecision, CitizenId, PHONES_MAX, Phone, Plate};
pub use force::{
    Activity, ActivityInput, ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus,
    CAPABILITIES_MAX, Capability, CapabilityInput, Enterprise, EnterpriseInput, EnterpriseStatus,
    FORCE_TYPE_CHARS_MAX, FORCE_TYPES_MAX, ForceType, KnownForce, MilitiaBase, MilitiaBaseInput,
    Rating, Results, SurveyStage, TaxCode, activity_key, commune_base_code, commune_of_base_code,
};
pub use problem::{Checked, Problem, ProblemCode, Warning};
pub use reservist::{HealthClass, Person, Reservist, ReservistInput};
pub use specialty::{
    EquipmentType, EquipmentTypes, LIST_LEN_MAX, LIST_NAME_CHARS_MAX, ListError, NEAR_MAX,
    OTHER_NAMES_MAX, Specialties, Specialty,
};
pub use standing::{Deferral, DeferralGround, Exemption, MilitiaRole, Period, Standing, Transfer};
pub use vocabulary::{
    CapacityUnit, EquipmentClass, EquipmentStatus, EthnicGroup, Frame, Language, OwnerKind, Rank,
    ReserveClass, ReservistCategory, ReservistStatus, Sex,
};

use super::unit::Units;

/// The lists that a record is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// The units a record may live in: communes, wards and bases of this tree.
    pub units: &'a Units,
    /// The known military specialties.
    pub specialties: &'a Specialties,
    /// The known types of equipment.
    pub equipment_types: &'a EquipmentTypes,
    /// The day of the check: no one is born and nothing is built after it.
    pub as_of: Date,
}
