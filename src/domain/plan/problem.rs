//! What is wrong with a reserve unit as it was given: where, which rule, and what to do.

use std::collections::BTreeSet;
use std::fmt;

use super::reserve_unit::{COUNT_MAX, NEAR_MAX};
use crate::domain::ids::SpecialtyCode;
use crate::domain::text::clean;

/// Longest text, in characters.
const TEXT_CHARS_MAX: usize = 200;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $remedy:literal;)+) => {
        /// A rule that a reserve unit can break. The codes are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PlanRule { $($(#[$doc])* $variant,)+ }

        impl PlanRule {
            /// All of them.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];

            /// The stable code, upper case with underscores.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What to do.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
}

rules!(
    /// The code is missing or no code.
    CodeInvalid = "CODE_INVALID", "use 1 to 32 letters, digits, `-`, `_` or `.`";
    /// The name is missing.
    NameMissing = "NAME_MISSING", "give the reserve unit a name";
    /// A text is too long or holds control characters.
    TextInvalid = "TEXT_INVALID", "use at most 200 characters";
    /// A unit is not one of the province.
    UnitUnknown = "UNIT_UNKNOWN", "name a unit by its code or full name";
    /// No source unit.
    SourceMissing = "SOURCE_MISSING", "name the communes or areas that the people come from";
    /// A specialty is missing or not in the list.
    SpecialtyUnknown = "SPECIALTY_UNKNOWN", "use a code or name of the list of specialties";
    /// A type of equipment is missing or not in the list.
    TypeUnknown = "EQUIPMENT_TYPE_UNKNOWN", "use a code or name of the list of equipment types";
    /// A rank is none, or the lowest is above the highest.
    RankInvalid = "RANK_INVALID", "give ranks by name, the lowest first";
    /// The first day is one of a former establishment of the same code.
    FormerOverlaps = "FORMER_OVERLAPS", "begin after the last day of the establishment before";
    /// Days past would get another establishment, with nothing left of what they had.
    PastRewritten = "PAST_REWRITTEN", "it has been in force since its first day: begin the new one on a later day, or say that it was wrong from the start (--correct)";
    /// Near specialties are named, and exact ones only are asked for.
    NearContradicts = "NEAR_CONTRADICTS", "name near specialties or ask for exact ones only, not both";
    /// Neither combat nor support.
    DutyInvalid = "DUTY_INVALID", "say combat (chiến đấu) or support (bảo đảm)";
    /// Neither male nor female.
    SexInvalid = "SEX_INVALID", "say Nam or Nữ, or leave it blank for both";
    /// Not 1 to 6.
    HealthInvalid = "HEALTH_CLASS_INVALID", "give a health class from 1 to 6";
    /// Not a count within the bound.
    CountInvalid = "COUNT_INVALID", "give a number from 1 to 10,000";
    /// Not a capacity with its unit.
    CapacityInvalid = "CAPACITY_INVALID", "give a positive number with its unit";
    /// A post, line, source or quota occurs twice.
    Twice = "GIVEN_TWICE", "give each number and unit once";
    /// Nothing to fill.
    Empty = "NOTHING_TO_FILL", "give at least one post or equipment line";
    /// There are more than the bound.
    TooMany = "TOO_MANY", "split the reserve unit";
    /// A quota's unit is outside the sources.
    QuotaOutside = "QUOTA_OUTSIDE", "give quotas to communes and wards of the sources";
    /// A date is none, or the end is before the beginning.
    DatesInvalid = "DATES_INVALID", "give the first day, and no last day before it";
);

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanProblem {
    /// Where, as the proto file names it: `posts[3].rank_min`.
    pub field: String,
    /// Which rule is broken.
    pub rule: PlanRule,
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.code(), self.rule.remedy())
    }
}

/// Collects the problems of one reserve unit, in the order of the fields.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) problems: Vec<PlanProblem>,
}

impl Found {
    pub(super) fn refuse(&mut self, field: impl Into<String>, rule: PlanRule) {
        self.problems.push(PlanProblem { field: field.into(), rule });
    }

    pub(super) fn need<T>(&mut self, field: &str, value: Option<T>, rule: PlanRule) -> Option<T> {
        if value.is_none() {
            self.refuse(field, rule);
        }
        value
    }

    /// Blank is none; what is not blank must parse.
    pub(super) fn optional<T>(
        &mut self,
        field: &str,
        text: &str,
        rule: PlanRule,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() { None } else { self.need(field, parse(text), rule) }
    }

    pub(super) fn text(&mut self, field: &str, text: &str) -> Option<String> {
        let clean = clean(text);
        if clean.chars().count() > TEXT_CHARS_MAX || clean.chars().any(char::is_control) {
            self.refuse(field, PlanRule::TextInvalid);
            return None;
        }
        (!clean.is_empty()).then_some(clean)
    }

    pub(super) fn count(&mut self, field: &str, count: u32) -> u32 {
        if !(1..=COUNT_MAX).contains(&count) {
            self.refuse(field, PlanRule::CountInvalid);
        }
        count
    }

    /// The number given, or the place in the list; each once.
    pub(super) fn number(
        &mut self,
        field: &str,
        no: u32,
        at: usize,
        seen: &mut BTreeSet<u16>,
    ) -> u16 {
        let at = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let no = u16::try_from(if no == 0 { at } else { no }).unwrap_or(0);
        if no == 0 {
            self.refuse(field, PlanRule::CountInvalid);
        } else if !seen.insert(no) {
            self.refuse(field, PlanRule::Twice);
        }
        no
    }

    pub(super) fn near(
        &mut self,
        field: &str,
        texts: &[String],
        own: Option<&SpecialtyCode>,
        rule: PlanRule,
        find: impl Fn(&str) -> Option<SpecialtyCode>,
    ) -> Vec<SpecialtyCode> {
        let mut near = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            match find(text) {
                Some(code) if own == Some(&code) || near.contains(&code) => {}
                Some(code) => near.push(code),
                None => self.refuse(field, rule),
            }
        }
        if near.len() > NEAR_MAX {
            self.refuse(field, PlanRule::TooMany);
        }
        near
    }
}
