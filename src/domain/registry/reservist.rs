//! A reservist (quân nhân dự bị): what is known of one person, and what makes it valid.
//!
//! [`Reservist`] holds what selection and counting need; [`Person`] holds who it is. All of it is
//! sealed at rest. Invariants: made only by [`ReservistInput::check`] or from parts that are typed;
//! `Debug` never prints a personal field.

use std::fmt;

use super::fields::{Birth, CitizenId, Phone};
use super::parse::{birth, citizen_id, grade, languages, name, phones, unit, yes_or_no};
use super::problem::{Checked, Findings, Problem, ProblemCode, Warning};
use super::standing::{MilitiaRole, Standing};
use super::vocabulary::{
    EthnicGroup, Frame, Language, Rank, ReserveClass, ReservistCategory, ReservistStatus, Sex,
};
use super::{Lists, fields};
use crate::domain::ids::{SpecialtyCode, UnitCode};

/// Longest short text (card number, hamlet, post, workplace), in characters.
pub(super) const SHORT_CHARS_MAX: usize = 200;
/// Longest note, in characters.
pub(super) const NOTE_CHARS_MAX: usize = 1_000;

/// The ages that are expected of people in the register: registered at seventeen, and generals past sixty.
const AGE_MIN: i16 = 17;
const AGE_MAX: i16 = 65;

/// Health class 1 (best) to 6, as the health check grades it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthClass(u8);

impl HealthClass {
    /// From 1 to 6.
    pub fn new(class: u8) -> Option<Self> {
        (1..=6).contains(&class).then_some(Self(class))
    }

    /// The class, 1 to 6.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// One reservist.
#[derive(Clone, PartialEq, Eq)]
pub struct Reservist {
    /// Who it is.
    pub person: Person,
    /// Officer, professional or other ranks; from the rank where the file does not say.
    pub category: Option<ReservistCategory>,
    /// Reserve class; officers and soldiers have one, older lists may lack it.
    pub class: Option<ReserveClass>,
    /// Rank.
    pub rank: Option<Rank>,
    /// The post in the establishment, as written.
    pub post: Option<String>,
    /// Military specialty, from the imported list.
    pub specialty: Option<SpecialtyCode>,
    /// Cadre of the reserve unit.
    pub frame: Option<Frame>,
    /// The commune, ward or base where the person lives.
    pub residence_unit: UnitCode,
    /// The commune, ward or base that keeps the register; the same as the residence as a rule.
    pub registered_unit: UnitCode,
    /// Member of the Party; none where not stated. Sensitive.
    pub party_member: Option<bool>,
    /// Health class. Sensitive.
    pub health_class: Option<HealthClass>,
    /// Where the person stands.
    pub status: ReservistStatus,
    /// Since when, until when and on what ground; the militia; a transfer under way. Sensitive.
    pub standing: Standing,
}

impl fmt::Debug for Reservist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservist")
            .field("category", &self.category)
            .field("class", &self.class)
            .field("specialty", &self.specialty)
            .field("residence_unit", &self.residence_unit)
            .field("registered_unit", &self.registered_unit)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Who a reservist is. Personal data throughout.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Full name, NFC, 1 to 100 characters.
    pub full_name: String,
    /// Date of birth, as far as known.
    pub birth: Birth,
    /// Sex on the papers.
    pub sex: Sex,
    /// Ethnic group.
    pub ethnic_group: Option<EthnicGroup>,
    /// Languages the person follows, for the choice of message.
    pub languages: Vec<Language>,
    /// Citizen number: one record per number.
    pub citizen_id: CitizenId,
    /// Number of the registration certificate of a reservist.
    pub reserve_card_no: Option<String>,
    /// Number of the record sheet.
    pub record_sheet_no: Option<String>,
    /// Village, hamlet or residential group.
    pub hamlet: Option<String>,
    /// Employer or school.
    pub workplace: Option<String>,
    /// Phone numbers, the first tried first; at most [`super::PHONES_MAX`].
    pub phones: Vec<Phone>,
    /// Who can reach the person otherwise: a relative, the village head.
    pub contact_via: Option<String>,
    /// Note.
    pub note: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(masked)")
    }
}

/// A reservist as text, before the check: what a row of a file or a request says. Blank is "not given".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReservistInput {
    /// Required.
    pub full_name: String,
    /// Required: `dd/mm/yyyy`, `mm/yyyy`, `yyyy` or `yyyy-mm-dd`.
    pub birth: String,
    /// Required: Nam or Nữ, or the code.
    pub sex: String,
    /// A name of the list of 54.
    pub ethnic_group: String,
    /// Names or codes, separated by commas or semicolons.
    pub languages: String,
    /// Required: twelve digits.
    pub citizen_id: String,
    /// Free text.
    pub reserve_card_no: String,
    /// Free text.
    pub record_sheet_no: String,
    /// Word or code; blank takes it from the rank.
    pub category: String,
    /// 1, 2, I, II or words.
    pub class: String,
    /// Word or code; "QNCN" or "CN" behind it makes a professional.
    pub rank: String,
    /// Free text.
    pub post: String,
    /// Code or name.
    pub specialty: String,
    /// A or B.
    pub frame: String,
    /// Required: code or full name of a commune, ward or base.
    pub residence_unit: String,
    /// The same; blank means the residence.
    pub registered_unit: String,
    /// Free text.
    pub hamlet: String,
    /// Free text.
    pub workplace: String,
    /// Numbers separated by commas, semicolons or slashes.
    pub phones: String,
    /// Free text.
    pub contact_via: String,
    /// x, có, yes, true; không, no, false.
    pub party_member: String,
    /// 1 to 6, or I to VI; "loại" in front does no harm.
    pub health_class: String,
    /// Word or code; blank is active.
    pub status: String,
    /// Free text.
    pub note: String,
    /// Free text: the name of the unit as the file has it, where it was merged since.
    pub former_unit: String,
    /// A day that has come.
    pub residence_since: String,
    /// A day that has come.
    pub registered_on: String,
    /// A day that has come.
    pub last_recheck_on: String,
    /// A day.
    pub status_from: String,
    /// A day, not before the one above.
    pub status_to: String,
    /// Free text: the number of the paper.
    pub status_certificate: String,
    /// Word or code; required where one of the next three is given.
    pub deferral_ground: String,
    /// Free text.
    pub deferral_certified_by: String,
    /// A day.
    pub deferral_from: String,
    /// A day, not before the one above.
    pub deferral_to: String,
    /// Free text; required where one of the next three is given.
    pub exemption_post: String,
    /// Free text.
    pub exemption_employer: String,
    /// A day.
    pub exemption_from: String,
    /// A day, not before the one above.
    pub exemption_to: String,
    /// The code of the base; this or the type is required where a date is given.
    pub militia_base: String,
    /// Word, code or free text.
    pub militia_type: String,
    /// A day.
    pub militia_from: String,
    /// A day, not before the one above.
    pub militia_to: String,
    /// Code of a commune, ward or base; not for files, for the doors set it.
    pub transfer_to_unit: String,
    /// A day that has come; required with the unit above.
    pub transfer_started_on: String,
    /// Free text.
    pub transfer_reason: String,
}

impl fmt::Debug for ReservistInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReservistInput(masked)")
    }
}

impl ReservistInput {
    /// Makes the record, or says every problem there is, in the order name, citizen number, birth,
    /// unit, class, specialty, then the rest.
    pub fn check(&self, lists: &Lists<'_>) -> Result<Checked<Reservist>, Vec<Problem>> {
        let mut found = Findings::default();
        let record = self.assemble(&mut found, lists);
        if let Some(reservist) = &record {
            reservist.warnings().for_each(|warning| found.warn(warning));
            if reservist.is_double_tasked(lists.as_of) {
                found.warn(Warning::DoubleTasked);
            }
            if !(AGE_MIN..=AGE_MAX).contains(&reservist.person.birth.age_on(lists.as_of)) {
                found.warn(Warning::AgeUnusual);
            }
            if reservist.person.full_name != self.full_name {
                found.warn(Warning::NameNormalized);
            }
        }
        found.close(record)
    }

    fn assemble(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<Reservist> {
        use ProblemCode as P;
        let full_name = found.need("full_name", name(&self.full_name));
        let citizen_id = found.need("citizen_id", citizen_id(&self.citizen_id));
        let birth = found.need("birth", birth(&self.birth, lists));
        let residence_unit = found.need("residence_unit", unit(&self.residence_unit, lists));
        let registered_unit = match self.registered_unit.trim() {
            "" => residence_unit.clone(),
            text => found.need("registered_unit", unit(text, lists)),
        };
        let class = found.optional("class", &self.class, P::ClassInvalid, ReserveClass::parse);
        let specialty = found.optional("specialty", &self.specialty, P::SpecialtyUnknown, |text| {
            lists.specialties.find(text).map(|entry| entry.code.clone())
        });
        let sex = found.need("sex", Sex::parse(&self.sex).ok_or(P::SexInvalid));
        let (rank, category) = self.rank_and_category(found);
        let health_class =
            found.optional("health_class", &self.health_class, P::HealthClassInvalid, |text| {
                grade(text).and_then(HealthClass::new)
            });
        let party_member =
            found.optional("party_member", &self.party_member, P::PartyMemberInvalid, yes_or_no);
        let status =
            found.optional("status", &self.status, P::StatusUnknown, ReservistStatus::parse);
        let frame = found.optional("frame", &self.frame, P::FrameInvalid, Frame::parse);
        let post = found.text("post", &self.post, SHORT_CHARS_MAX);
        let standing = self.standing(found, lists, status);
        let person = self.person(found, full_name, citizen_id, birth, sex);
        Some(Reservist {
            person: person?,
            category,
            class,
            rank,
            post,
            specialty,
            frame,
            residence_unit: residence_unit?,
            registered_unit: registered_unit?,
            party_member,
            health_class,
            status: status.unwrap_or(ReservistStatus::Active),
            standing,
        })
    }

    fn person(
        &self,
        found: &mut Findings,
        full_name: Option<String>,
        citizen_id: Option<CitizenId>,
        birth: Option<Birth>,
        sex: Option<Sex>,
    ) -> Option<Person> {
        let ethnic_group = found.optional(
            "ethnic_group",
            &self.ethnic_group,
            ProblemCode::EthnicGroupUnknown,
            EthnicGroup::parse,
        );
        let languages =
            found.optional("languages", &self.languages, ProblemCode::LanguageUnknown, languages);
        let phones = found.optional("phones", &self.phones, ProblemCode::PhoneInvalid, phones);
        let reserve_card_no = found.text("reserve_card_no", &self.reserve_card_no, SHORT_CHARS_MAX);
        let record_sheet_no = found.text("record_sheet_no", &self.record_sheet_no, SHORT_CHARS_MAX);
        let hamlet = found.text("hamlet", &self.hamlet, SHORT_CHARS_MAX);
        let workplace = found.text("workplace", &self.workplace, SHORT_CHARS_MAX);
        let contact_via = found.text("contact_via", &self.contact_via, SHORT_CHARS_MAX);
        let note = found.text("note", &self.note, NOTE_CHARS_MAX);
        Some(Person {
            full_name: full_name?,
            birth: birth?,
            sex: sex?,
            ethnic_group,
            languages: languages.unwrap_or_default(),
            citizen_id: citizen_id?,
            reserve_card_no,
            record_sheet_no,
            hamlet,
            workplace,
            phones: phones.unwrap_or_default(),
            contact_via,
            note,
        })
    }

    /// A professional wears an officer's rank, so the rank alone means officer unless it or the
    /// category says professional.
    fn rank_and_category(&self, found: &mut Findings) -> (Option<Rank>, Option<ReservistCategory>) {
        use ReservistCategory::{NcoSoldier, Officer, Professional};
        let text = self.rank.trim();
        let plain = ["QNCN", "CN", "qncn", "cn"].iter().find_map(|mark| text.strip_suffix(mark));
        let is_professional = plain.is_some();
        let rank =
            found.optional("rank", plain.unwrap_or(text), ProblemCode::RankUnknown, |text| {
                Rank::parse(text).filter(|rank| !is_professional || is_officer_rank(*rank))
            });
        let stated = found.optional(
            "category",
            &self.category,
            ProblemCode::CategoryInvalid,
            ReservistCategory::parse,
        );
        let of_rank = rank.map(|rank| match (is_professional, is_officer_rank(rank)) {
            (true, _) => Professional,
            (false, true) => Officer,
            (false, false) => NcoSoldier,
        });
        match (stated, of_rank) {
            (Some(Professional), Some(Officer)) => (rank, Some(Professional)),
            (Some(stated), Some(of_rank)) if stated != of_rank => {
                found.refuse("category", ProblemCode::CategoryInvalid);
                (rank, None)
            }
            // "QNCN" alone says the category and no rank.
            (stated, None) if is_professional && text.len() <= "QNCN".len() => {
                if stated.is_some_and(|stated| stated != Professional) {
                    found.refuse("category", ProblemCode::CategoryInvalid);
                }
                (rank, Some(Professional))
            }
            (stated, of_rank) => (rank, stated.or(of_rank)),
        }
    }
}

impl Reservist {
    /// Whether the person has a place in the militia and in the reserve on a day.
    pub fn is_double_tasked(&self, day: jiff::civil::Date) -> bool {
        let serves = |role: &MilitiaRole| role.period.contains(day);
        self.status == ReservistStatus::Active && self.standing.militia.as_ref().is_some_and(serves)
    }

    /// What is worth a look in the record as it stands.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        let person = &self.person;
        let misfit = !person.citizen_id.fits(person.sex, person.birth.year());
        let precision = match person.birth.precision() {
            fields::BirthPrecision::Day => None,
            fields::BirthPrecision::Month => Some(Warning::BirthMonthOnly),
            fields::BirthPrecision::Year => Some(Warning::BirthYearOnly),
        };
        let stranger = (!person.citizen_id.has_province()).then_some(Warning::CitizenIdProvince);
        misfit.then_some(Warning::CitizenIdMismatch).into_iter().chain(stranger).chain(precision)
    }
}

const fn is_officer_rank(rank: Rank) -> bool {
    rank.number() >= Rank::SecondLieutenant.number()
}

#[cfg(test)]
mod tests;
