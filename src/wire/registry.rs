//! Registry records: as they travel, as they are sealed, and as much of them as an officer may see.
//!
//! Called by the registry's door, by the feeder of rosters and by the index when it loads. A message
//! that comes in is turned into plain text and checked by the domain, whose rules exist once; what
//! is stored is the message made from the checked record, so equal records have equal bytes
//! whatever form they came in. The sealed content is that message without identity and version,
//! which the seal binds by itself. Knows nothing of who is asking.

mod activity;
mod changes;
mod enterprise;
mod equipment;
mod facets;
mod merge;
mod militia;
pub mod plan;
mod reservist;
mod standing;

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use prost::Message;
use zeroize::Zeroizing;

pub use facets::{Facet, Facets, Terms, Value, day_number, numbered_day};

use crate::domain::ids::UnitCode;
use crate::domain::registry::{Lists, Period, Phone, Problem, ProblemCode};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::wire::{WireError, pb};

pub use changes::stamp::Stamp;
pub use changes::{changes, field_names};
pub use merge::{FIELDS_MAX, Fields, fields_of, filled};
pub use standing::freshness;

/// A field at fault, as the proto file names it, and the stable code of the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub code: ProblemCode,
}

/// How much of a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All of it.
    Whole,
    /// Who it is, without the numbers: for lists before those who may see all.
    Named,
    /// Neither names nor numbers, but enough to count and choose.
    Masked,
}

/// What a row of an import does to a status that had ended a record: dead, sold, closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returning {
    /// Nothing.
    No,
    /// It takes it back, and says why that may be: another owner, another commune.
    Explained,
    /// It takes it back without a word: by hand only.
    Unexplained,
}

/// What else a record is found by: a name by its words, phones by their exact numbers, both shared
/// by several records as a rule.
#[derive(Clone, Copy, Default)]
pub struct Found<'a> {
    /// The full name; blank for none.
    pub name: &'a str,
    /// Phones in E.164.
    pub phones: &'a [String],
}

impl fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found(masked)")
    }
}

/// What a record is known by, most telling first, each with the name of its kind: a number, a code,
/// or a text made of what tells it apart. A reservist has one, a piece of equipment up to two.
pub type Numbers<'a> = [Option<(&'static str, Cow<'a, str>)>; 2];

/// What all kinds of records have in common on the wire.
pub trait RegistryRecord: Message + Default + Clone + Send + Sync + 'static {
    /// Which kind.
    const KIND: RecordKind;
    /// How many of its numbers tell which record it is; the others only may not come twice.
    const KNOWN_BY: usize = 2;
    /// The numbers of the fields that say when its version was made and how it came in; none for
    /// kinds that do not keep it.
    const STAMP: &'static [u32] = &[];

    /// The same record in the form in which it is stored, without identity and version.
    ///
    /// # Errors
    /// Every fault there is, in the order in which the domain looks.
    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>>;

    /// Identity, as text, and version.
    fn identity(&self) -> (&str, u64);

    /// Gives identity and version.
    fn identify(&mut self, id: String, version: u64);

    /// Says when this version was made and how it came in, or takes that away. Kinds that do not keep
    /// it stay as they are.
    fn stamp(&mut self, stamp: Option<Stamp>) {
        let _not_kept = stamp;
    }

    /// The day as of which it tells what is known, where it says.
    fn known_on(&self) -> Option<Date> {
        None
    }

    /// What it does to a status that had ended the stored record.
    fn returning(&self, stored: &Self) -> Returning {
        let _no_status_ends_it = stored;
        Returning::No
    }

    /// Hides what a view does not show.
    fn show(&mut self, view: View);

    /// What it is filtered and counted by.
    ///
    /// # Errors
    /// When a code is none; a checked record has none such.
    fn facets(&self) -> Result<Facets, WireError>;

    /// What it is known by.
    fn numbers(&self) -> Numbers<'_>;

    /// What the same record is known by where it was entered under a unit that another followed since;
    /// nothing, unless the unit is part of what it is known by.
    fn other_numbers(&self, units: &Units) -> Vec<(&'static str, String)> {
        let _the_unit_does_not_matter = units;
        Vec::new()
    }

    /// What else it is found by; nothing, unless a kind says so.
    fn found(&self) -> Found<'_> {
        Found::default()
    }

    /// The unit that it is on its way to; none for nearly all.
    fn moving_to(&self) -> Option<&str> {
        None
    }

    /// The fields in which it differs from the stored record with the same number, where those say that
    /// it is of somebody else; else none.
    fn of_another_in(&self, stored: &Self) -> Vec<&'static str> {
        let _whatever = stored;
        Vec::new()
    }

    /// Takes over what calls of their own change, and neither an update nor an import does.
    fn keep(&mut self, stored: Option<&Self>) {
        let _nothing_of_the_kind = stored;
    }

    /// As [`Self::keep`], for a row of an import: takes over what a list may not change, or not any
    /// more. Gives the code of what is worth a look in that.
    fn keep_from(&mut self, stored: &Self, units: &Units) -> Option<&'static str> {
        let _all_the_same = units;
        self.keep(Some(stored));
        None
    }

    /// The code of a commune's militia base that it is or names, to be said by another word.
    fn base_code(&mut self) -> Option<&mut String> {
        None
    }

    /// The code of the militia base that it names, if it does.
    fn militia_base(&self) -> Option<&str> {
        None
    }
}

/// The unit that stands for a code today; the code itself where there is no such unit.
fn unit_now(code: &str, units: &Units) -> String {
    let now = |code: UnitCode| units.current(&code).to_string();
    code.parse().map_or_else(|_none| code.to_owned(), now)
}

/// What was entered under a unit that was merged since stays there, where a list means the same by its
/// successor: it counts where the unit went, and goes back with it.
fn keep_unit(own: &mut String, stored: &str, units: &Units) {
    if unit_now(own, units) == unit_now(stored, units) {
        stored.clone_into(own);
    }
}

/// The bytes that are sealed.
pub fn encode<R: RegistryRecord>(mut record: R) -> Zeroizing<Vec<u8>> {
    record.identify(String::new(), 0);
    Zeroizing::new(record.encode_to_vec())
}

/// Of the bytes that are sealed those that tell whether two records say the same: all without the
/// stamp, in pieces.
///
/// # Errors
/// When they are no message.
pub fn essence<R: RegistryRecord>(content: &[u8]) -> Result<Vec<&[u8]>, WireError> {
    merge::without(content, R::STAMP)
}

/// The record of sealed bytes that were opened, without identity and version.
///
/// # Errors
/// When they are no message; a newer program may have written them.
pub fn read<R: RegistryRecord>(content: &[u8]) -> Result<R, WireError> {
    R::decode(content).map_err(|_rule| WireError::new("content", "is not a registry record"))
}

/// The same record with both.
///
/// # Errors
/// When they are no message; a newer program may have written them.
pub fn decode<R: RegistryRecord>(
    content: &[u8],
    id: [u8; 16],
    version: u64,
) -> Result<R, WireError> {
    let mut record = read::<R>(content)?;
    record.identify(uuid::Uuid::from_bytes(id).to_string(), version);
    Ok(record)
}

/// The code of an enum value: blank for what was not said, and a text that no term has for an
/// unknown value, so that the domain's check refuses it.
fn term<T>(
    value: i32,
    from_number: impl FnOnce(u8) -> Option<T>,
    code: impl FnOnce(T) -> &'static str,
) -> String {
    match u8::try_from(value) {
        Ok(0) => String::new(),
        Ok(number) => from_number(number).map_or("?", code).to_owned(),
        Err(_out_of_range) => "?".to_owned(),
    }
}

/// As [`term`], for a field that must be said.
fn said<T>(
    value: i32,
    from_number: impl FnOnce(u8) -> Option<T>,
    code: impl FnOnce(T) -> &'static str,
) -> String {
    if value == 0 { "?".to_owned() } else { term(value, from_number, code) }
}

/// A number of a closed list or a year as a facet has it.
fn small(field: &'static str, value: impl TryInto<u16>) -> Result<u16, WireError> {
    value.try_into().map_err(|_range| WireError::new(field, "is out of range"))
}

/// A grade or class: blank for 0.
fn digit(value: u32) -> String {
    if value == 0 { String::new() } else { value.to_string() }
}

/// A day as the domain reads it: blank for none, and a text that is no day for one that is none.
fn day_text(day: Option<&pb::CivilDate>) -> String {
    day.map(|day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)).unwrap_or_default()
}

/// The days of a period, both open where they are not given.
fn period(from: &Option<pb::CivilDate>, to: &Option<pb::CivilDate>) -> Result<Period, WireError> {
    let from = plan::date("start_date", from.as_ref())?;
    Ok(Period { from, to: plan::date("end_date", to.as_ref())? })
}

/// A day of the domain.
pub(crate) fn civil(day: Date) -> pb::CivilDate {
    let number = |part: i8| u32::try_from(part).unwrap_or_default();
    pb::CivilDate {
        year: u32::try_from(day.year()).unwrap_or_default(),
        month: number(day.month()),
        day: number(day.day()),
    }
}

/// A count that may be unknown.
fn counted(count: Option<u32>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}

/// The number of a closed list's term.
fn byte(field: &'static str, value: i32) -> Result<u8, WireError> {
    u8::try_from(value).map_err(|_range| WireError::new(field, "is out of range"))
}

fn e164(phones: &[Phone]) -> Vec<String> {
    phones.iter().map(|phone| phone.e164().to_owned()).collect()
}

fn text_of(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// Names a problem's field as the proto file does.
fn proto_field(problem: &Problem) -> FieldProblem {
    FieldProblem { field: proto_name(problem.field), code: problem.code }
}

/// The proto file's name of a field that the checks know by another.
fn proto_name(field: &'static str) -> &'static str {
    match field {
        "birth" => "birth_date",
        "reserve_card_no" => "reserve_card_number",
        "record_sheet_no" => "record_sheet_number",
        "class" => "reserve_class",
        "specialty" => "specialty_code",
        "residence_unit" => "residence_unit_code",
        "registered_unit" => "registered_unit_code",
        "kind" => "type_code",
        "chassis_no" => "chassis_number",
        "engine_no" => "engine_number",
        "capacity" | "capacity_value" => "capacity_thousandths",
        "location_unit" => "location_unit_code",
        "residence_since" => "residence_since_date",
        "registered_on" => "registered_date",
        "last_recheck_on" => "last_recheck_date",
        "status_from" => "status_start_date",
        "status_to" => "status_end_date",
        "deferral_ground" => "deferral.ground",
        "deferral_certified_by" => "deferral.certified_by",
        "deferral_from" => "deferral.start_date",
        "deferral_to" => "deferral.end_date",
        "exemption_post" => "exemption.post",
        "exemption_employer" => "exemption.employer",
        "exemption_from" => "exemption.start_date",
        "exemption_to" => "exemption.end_date",
        "militia_base" => "militia_role.base_code",
        "militia_type" => "militia_role.force_type",
        "militia_from" => "militia_role.start_date",
        "militia_to" => "militia_role.end_date",
        "transfer_to_unit" => "transfer.to_unit_code",
        "transfer_started_on" => "transfer.start_date",
        "transfer_reason" => "transfer.reason",
        "unit" => "unit_code",
        "authorised" => "authorised_count",
        "present" => "present_count",
        "party_members" => "party_member_count",
        "established_on" => "established_date",
        "surveyed_on" => "surveyed_date",
        "from" => "start_date",
        "to" => "end_date",
        "participants" => "participant_count",
        "students" => "student_count",
        "excellent" => "excellent_count",
        "good" => "good_count",
        "pass" => "pass_count",
        "fail" => "fail_count",
        "persons" => "person_count",
        "vehicles" => "vehicle_count",
        "document_no" => "document_number",
        same => same,
    }
}

/// All but the last three characters as stars; nothing of a text that has no more.
fn hide(text: &mut String) {
    let len = text.chars().count();
    let shown = if len > 3 { 3 } else { 0 };
    let hidden = len - shown;
    *text = "*".repeat(hidden) + &text.chars().skip(hidden).collect::<String>();
}

/// A name as its initials.
fn initials(name: &mut String) {
    let words = name.split_whitespace().filter_map(|word| word.chars().next());
    *name = words.map(|initial| format!("{initial}.")).collect::<Vec<_>>().join(" ");
}

#[cfg(test)]
mod tests;
