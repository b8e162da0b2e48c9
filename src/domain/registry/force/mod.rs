//! What there is beside reservists and equipment: the forces that stand already, the enterprises that
//! can be mobilized, and what was trained, exercised and done.
//!
//! Called by the checks of records and by the doors. Invariants as in the registry: a record is made
//! only by the check of its input, and a problem never carries what was in a field.

mod activity;
mod capability;
mod enterprise;
mod force_type;
mod militia;

pub use activity::{
    Activity, ActivityInput, ActivityKind, ActivityStatus, Audience, Rating, Results, activity_key,
};
pub use capability::{CAPABILITIES_MAX, Capability, CapabilityInput};
pub use enterprise::{Enterprise, EnterpriseInput, EnterpriseStatus, SurveyStage, TaxCode};
pub use force_type::{FORCE_TYPE_CHARS_MAX, ForceType, KnownForce};
pub use militia::{
    BaseKind, BaseStatus, FORCE_TYPES_MAX, MilitiaBase, MilitiaBaseInput, commune_base_code,
    commune_of_base_code,
};

use super::problem::{Findings, ProblemCode};

/// The largest count of people, vehicles or anything of one record: the province has some 700,000
/// people.
const COUNT_MAX: u32 = 1_000_000;

/// A whole number, in groups of three with dots or spaces or without: `1.234`, `1 234`, `1234`.
fn number(text: &str) -> Option<u32> {
    let groups: Vec<&str> = text.split(['.', ' ', '\u{a0}']).collect();
    let (first, rest) = groups.split_first()?;
    let in_threes =
        rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || first.len() < 4);
    let digits: String = groups.concat();
    let fits = in_threes && matches!(digits.len(), 1..=7) && !first.is_empty();
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    (fits && number <= COUNT_MAX).then_some(number)
}

fn count(found: &mut Findings, field: &'static str, text: &str) -> Option<u32> {
    found.optional(field, text, ProblemCode::CountInvalid, number)
}

/// A text that must be there.
fn title(
    found: &mut Findings,
    field: &'static str,
    text: &str,
    chars_max: usize,
) -> Option<String> {
    if text.trim().is_empty() {
        found.refuse(field, ProblemCode::NameMissing);
        return None;
    }
    found.text(field, text, chars_max)
}

#[cfg(test)]
mod tests;
