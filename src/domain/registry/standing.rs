//! How a reservist stands to the register: since when, put off or exempt until when, in the militia
//! too, on the way to another commune.
//!
//! Invariants: a period ends on or after the day it begins; what has happened did not happen after
//! the day of the check. Grounds and employers are personal: `Debug` prints none of them.

use std::fmt;

use jiff::civil::Date;

use super::Lists;
use super::fields::{Birth, BirthPrecision};
use super::force::ForceType;
use super::parse::unit;
use super::problem::{Findings, ProblemCode};
use super::reservist::{ReservistInput, SHORT_CHARS_MAX};
use super::vocabulary::{ReservistStatus, vocabulary};
use crate::domain::ids::UnitCode;

/// The last year that a date of the register may lie in.
const YEAR_MAX: i16 = 2100;

vocabulary!(
    /// Why training, an exercise or an inspection is put off for a person.
    DeferralGround {
        /// It clashes with a certified examination.
        CertifiedExam = 1, "certified_exam", "Trùng kỳ thi",
            ["trung ky thi", "thi", "ky thi", "hoc tap", "dang hoc", "di hoc", "dang di hoc"];
        /// Certified illness.
        Illness = 2, "illness", "Ốm đau", ["om dau", "benh", "om", "suc khoe", "dieu tri", "dang dieu tri", "om dau, benh tat"];
        /// Sudden hardship of the family.
        Hardship = 3, "hardship", "Gia đình khó khăn đột xuất",
            ["gia dinh kho khan dot xuat", "gia dinh kho khan", "kho khan dot xuat", "kho khan"];
        /// Another ground.
        Other = 4, "other", "Lý do khác", ["ly do khac", "khac"];
    }
);

/// From a day to a day, both included; an end that is not known is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Period {
    /// Whether a day lies in it.
    pub fn contains(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Training, exercise or inspection put off.
#[derive(Clone, PartialEq, Eq)]
pub struct Deferral {
    /// Why.
    pub ground: DeferralGround,
    /// Who certified it: the commune or the employer.
    pub certified_by: Option<String>,
    /// When it holds.
    pub period: Period,
}

/// Exempt from call-up in war for the post held.
#[derive(Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The post on the list of exempt posts.
    pub post: String,
    /// The employer who notified it.
    pub employer: Option<String>,
    /// When it holds.
    pub period: Period,
}

/// A place in the militia or self-defense force.
#[derive(Clone, PartialEq, Eq)]
pub struct MilitiaRole {
    /// The base, by its code.
    pub base: Option<UnitCode>,
    /// The type of force.
    pub force: Option<ForceType>,
    /// When the person serves there.
    pub period: Period,
}

/// On the way to another commune: sent, and not yet accepted there.
#[derive(Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The receiving commune, ward or base.
    pub to_unit: UnitCode,
    /// When the sending unit began it.
    pub started_on: Date,
    /// Why.
    pub reason: Option<String>,
}

/// How a person stands to the register beside the bare status. Personal data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The former unit that the file named, where it was merged since.
    pub former_unit: Option<String>,
    /// Since when the person lives in the unit of residence.
    pub residence_since: Option<Date>,
    /// When the unit of registration took the person into its register.
    pub registered_on: Option<Date>,
    /// When the record was last checked against the person (phúc tra).
    pub last_recheck_on: Option<Date>,
    /// When the status holds.
    pub status_period: Period,
    /// The number of the paper that the status rests on, such as `12/QĐ-CHQS`.
    pub status_certificate: Option<String>,
    /// Put off.
    pub deferral: Option<Deferral>,
    /// Exempt.
    pub exemption: Option<Exemption>,
    /// In the militia too.
    pub militia: Option<MilitiaRole>,
    /// On the way to another commune.
    pub transfer: Option<Transfer>,
}

macro_rules! masked {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(masked)"))
            }
        }
    )+};
}

masked!(Deferral Exemption MilitiaRole Transfer Standing);

/// A day as files and doors write it: `dd/mm/yyyy` or `yyyy-mm-dd`.
pub(super) fn day(text: &str) -> Option<Date> {
    let read = Birth::parse(text).filter(|read| read.precision() == BirthPrecision::Day)?;
    Some(read.date()).filter(|day| day.year() <= YEAR_MAX)
}

/// A day that may lie ahead.
pub(super) fn any_day(found: &mut Findings, field: &'static str, text: &str) -> Option<Date> {
    found.optional(field, text, ProblemCode::DateInvalid, day)
}

/// A day that has come.
pub(super) fn past_day(
    found: &mut Findings,
    field: &'static str,
    text: &str,
    lists: &Lists<'_>,
) -> Option<Date> {
    let has_come = |text: &str| day(text).filter(|day| *day <= lists.as_of);
    found.optional(field, text, ProblemCode::DateInvalid, has_come)
}

/// A period; its end is at fault where it ends before it begins.
pub(super) fn period(
    found: &mut Findings,
    [from_field, to_field]: [&'static str; 2],
    [from, to]: [&str; 2],
) -> Period {
    let (from, to) = (any_day(found, from_field, from), any_day(found, to_field, to));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        found.refuse(to_field, ProblemCode::PeriodInvalid);
    }
    Period { from, to }
}

fn is_blank(texts: &[&str]) -> bool {
    texts.iter().all(|text| text.trim().is_empty())
}

impl ReservistInput {
    /// How the person stands, beside the bare status.
    pub(super) fn standing(
        &self,
        found: &mut Findings,
        lists: &Lists<'_>,
        status: Option<ReservistStatus>,
    ) -> Standing {
        let status_period =
            period(found, ["status_from", "status_to"], [&self.status_from, &self.status_to]);
        // Nobody dies ahead of time, and whoever lives is called until then.
        let lies_ahead = status_period.from.is_some_and(|from| from > lists.as_of);
        if status == Some(ReservistStatus::Dead) && lies_ahead {
            found.refuse("status_from", ProblemCode::DateInvalid);
        }
        Standing {
            former_unit: found.text("former_unit", &self.former_unit, SHORT_CHARS_MAX),
            residence_since: past_day(found, "residence_since", &self.residence_since, lists),
            registered_on: past_day(found, "registered_on", &self.registered_on, lists),
            last_recheck_on: past_day(found, "last_recheck_on", &self.last_recheck_on, lists),
            status_period,
            status_certificate: found.text(
                "status_certificate",
                &self.status_certificate,
                SHORT_CHARS_MAX,
            ),
            deferral: self.deferral(found),
            exemption: self.exemption(found),
            militia: self.militia(found),
            transfer: self.transfer(found, lists),
        }
    }

    fn deferral(&self, found: &mut Findings) -> Option<Deferral> {
        let dates = [self.deferral_from.as_str(), &self.deferral_to];
        if is_blank(&[&self.deferral_ground, &self.deferral_certified_by, dates[0], dates[1]]) {
            return None;
        }
        let ground = DeferralGround::parse(&self.deferral_ground);
        let ground = found.need("deferral_ground", ground.ok_or(ProblemCode::DeferralInvalid));
        let by = &self.deferral_certified_by;
        let certified_by = found.text("deferral_certified_by", by, SHORT_CHARS_MAX);
        let period = period(found, ["deferral_from", "deferral_to"], dates);
        Some(Deferral { ground: ground?, certified_by, period })
    }

    fn exemption(&self, found: &mut Findings) -> Option<Exemption> {
        let dates = [self.exemption_from.as_str(), &self.exemption_to];
        if is_blank(&[&self.exemption_post, &self.exemption_employer, dates[0], dates[1]]) {
            return None;
        }
        let post = found.text("exemption_post", &self.exemption_post, SHORT_CHARS_MAX);
        if self.exemption_post.trim().is_empty() {
            found.refuse("exemption_post", ProblemCode::ExemptionInvalid);
        }
        let by = &self.exemption_employer;
        let employer = found.text("exemption_employer", by, SHORT_CHARS_MAX);
        let period = period(found, ["exemption_from", "exemption_to"], dates);
        Some(Exemption { post: post?, employer, period })
    }

    fn militia(&self, found: &mut Findings) -> Option<MilitiaRole> {
        let dates = [self.militia_from.as_str(), &self.militia_to];
        if is_blank(&[&self.militia_base, &self.militia_type, dates[0], dates[1]]) {
            return None;
        }
        let invalid = ProblemCode::MilitiaInvalid;
        let code = |text: &str| text.parse().ok();
        let base = found.optional("militia_base", &self.militia_base, invalid, code);
        let force = found.optional("militia_type", &self.militia_type, invalid, ForceType::parse);
        if is_blank(&[&self.militia_base, &self.militia_type]) {
            found.refuse("militia_type", invalid);
        }
        let period = period(found, ["militia_from", "militia_to"], dates);
        Some(MilitiaRole { base, force, period })
    }

    fn transfer(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<Transfer> {
        if is_blank(&[&self.transfer_to_unit, &self.transfer_started_on, &self.transfer_reason]) {
            return None;
        }
        let to_unit = found.need("transfer_to_unit", unit(&self.transfer_to_unit, lists));
        let started_on = past_day(found, "transfer_started_on", &self.transfer_started_on, lists);
        if self.transfer_started_on.trim().is_empty() {
            found.refuse("transfer_started_on", ProblemCode::DateInvalid);
        }
        let reason = found.text("transfer_reason", &self.transfer_reason, SHORT_CHARS_MAX);
        Some(Transfer { to_unit: to_unit?, started_on: started_on?, reason })
    }
}

#[cfg(test)]
mod tests;
