//! Who may sign what, how many persons, on which ground, from when to when. Data, not code: the rules
//! travel in the signed trust bundle, and a change of law is a new bundle.
//!
//! Called by `evidence::trust` when it counts signatures, and by the doors to say beforehand who is
//! still missing. What no rule may bend stands in [`AuthorityRule::check`]: an actual order or cancel
//! needs two persons, and whoever drafted an actual order is neither of them. This module does not
//! know keys or signatures; it is told which persons signed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::instant::Instant;
use super::order::handling::Handling;

/// Most persons one rule may ask for: no more signatures fit on an envelope.
pub const PERSONS_MAX: usize = 8;
/// Longest legal basis, in characters: room for an article and its instrument.
pub const LEGAL_BASIS_LEN_MAX: usize = 500;
/// Longest code of an order kind, in bytes.
pub const KIND_LEN_MAX: usize = 64;

/// What an officer may do. Rights are bounded to a unit and what lies under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Prepares orders (mobilization staff).
    Drafter,
    /// Signs orders (commander).
    Signer,
    /// Approves orders that another has signed (chief of staff, commissar).
    Approver,
    /// Stands watch, dispatches and cancels (duty officer).
    DutyOfficer,
    /// Keeps the records of people, equipment and militia.
    Registrar,
    /// Oversees the communes of a defensive area.
    AreaOfficer,
    /// Answers for a commune.
    CommuneOfficer,
    /// Leads exercises.
    ExerciseDirector,
    /// Rates exercises.
    Evaluator,
    /// Reads the ledger and what was done; changes nothing.
    Auditor,
    /// Runs the machine; sees no personal data.
    Administrator,
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "role `{value}` is not known: use one of `drafter`, `signer`, `approver`, `duty-officer`, `registrar`, `area-officer`, `commune-officer`, `exercise-director`, `evaluator`, `auditor`, `administrator`"
)]
pub struct UnknownRole {
    /// The offending text, cut to 80 characters.
    pub value: String,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Drafter,
        Self::Signer,
        Self::Approver,
        Self::DutyOfficer,
        Self::Registrar,
        Self::AreaOfficer,
        Self::CommuneOfficer,
        Self::ExerciseDirector,
        Self::Evaluator,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drafter => "drafter",
            Self::Signer => "signer",
            Self::Approver => "approver",
            Self::DutyOfficer => "duty-officer",
            Self::Registrar => "registrar",
            Self::AreaOfficer => "area-officer",
            Self::CommuneOfficer => "commune-officer",
            Self::ExerciseDirector => "exercise-director",
            Self::Evaluator => "evaluator",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The word shown to people, in Vietnamese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Drafter => "Người soạn lệnh",
            Self::Signer => "Người ký lệnh",
            Self::Approver => "Người phê duyệt",
            Self::DutyOfficer => "Trực ban",
            Self::Registrar => "Cán bộ đăng ký, quản lý",
            Self::AreaOfficer => "Cán bộ phòng thủ khu vực",
            Self::CommuneOfficer => "Cán bộ quân sự xã, phường",
            Self::ExerciseDirector => "Chỉ đạo diễn tập",
            Self::Evaluator => "Người đánh giá",
            Self::Auditor => "Kiểm tra viên",
            Self::Administrator => "Quản trị hệ thống",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is signed about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderAct {
    /// Sending it out.
    Issue,
    /// Calling it back.
    Cancel,
}

impl OrderAct {
    /// Every act.
    pub const ALL: [Self; 2] = [Self::Issue, Self::Cancel];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Cancel => "cancel",
        }
    }
}

/// A text that names no act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("act `{value}` is not known: use `issue` or `cancel`")]
pub struct UnknownAct {
    /// The offending text, cut to 80 characters.
    pub value: String,
}

impl FromStr for OrderAct {
    type Err = UnknownAct;
    fn from_str(text: &str) -> Result<Self, UnknownAct> {
        Self::ALL
            .into_iter()
            .find(|act| act.as_str() == text)
            .ok_or_else(|| UnknownAct { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for OrderAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a rule is refused, whoever signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// Nobody would have to sign.
    #[error("the rule asks for no person: name at least one")]
    NoPersons,
    /// More persons than signatures fit.
    #[error("the rule asks for {count} persons: at most {PERSONS_MAX}")]
    TooManyPersons {
        /// Persons asked for.
        count: usize,
    },
    /// A place nobody can fill.
    #[error("place {place} of the rule names no role")]
    NoRole {
        /// Which place, from 0.
        place: usize,
    },
    /// One person could issue or cancel an actual order.
    #[error("the rule covers actual orders and asks for one person: name two")]
    OnePersonForActual,
    /// The author of an actual order could be one of those who sign it.
    #[error("the rule lets the drafter of an actual order sign it: forbid that")]
    DrafterForActual,
    /// A text over its bound, or empty.
    #[error("field `{field}` of the rule is empty or too long")]
    Text {
        /// Which field.
        field: &'static str,
    },
    /// It would never hold.
    #[error("the rule ends before it begins")]
    NeverValid,
}

/// Which persons must sign an act. Dated, with its ground in law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRule {
    /// The handling it covers; all of them if none.
    pub handling: Option<Handling>,
    /// The code of the order kind it covers; all of them if none.
    pub kind: Option<String>,
    /// What is signed.
    pub act: OrderAct,
    /// One place for each person that must sign, with the roles of which that person needs one. A
    /// person fills one place only, whatever roles they hold.
    pub places: Vec<BTreeSet<Role>>,
    /// Whether whoever drafted it may be one of the persons.
    pub drafter_may_sign: bool,
    /// The instrument and article this rests on.
    pub legal_basis: String,
    /// From when it holds.
    pub valid_from: Instant,
    /// Until just before when it holds; open if none.
    pub valid_to: Option<Instant>,
}

impl AuthorityRule {
    /// How many different persons must sign.
    pub fn persons(&self) -> usize {
        self.places.len()
    }

    /// Whether it speaks about this act at this time.
    pub fn covers(&self, handling: Handling, act: OrderAct, kind: &str, at: Instant) -> bool {
        self.act == act
            && self.handling.is_none_or(|own| own == handling)
            && self.kind.as_deref().is_none_or(|own| own == kind)
            && self.valid_from <= at
            && self.valid_to.is_none_or(|end| at < end)
    }

    /// What no rule may bend, whoever signed the bundle it came in.
    ///
    /// # Errors
    /// The first [`InvalidRule`] found.
    pub fn check(&self) -> Result<(), InvalidRule> {
        let persons = self.persons();
        if persons == 0 {
            return Err(InvalidRule::NoPersons);
        }
        if persons > PERSONS_MAX {
            return Err(InvalidRule::TooManyPersons { count: persons });
        }
        if let Some(place) = self.places.iter().position(BTreeSet::is_empty) {
            return Err(InvalidRule::NoRole { place });
        }
        if self.handling.is_none_or(|own| own == Handling::Actual) {
            if persons < 2 {
                return Err(InvalidRule::OnePersonForActual);
            }
            if self.drafter_may_sign && self.act == OrderAct::Issue {
                return Err(InvalidRule::DrafterForActual);
            }
        }
        let basis_len = self.legal_basis.chars().count();
        if basis_len == 0 || basis_len > LEGAL_BASIS_LEN_MAX {
            return Err(InvalidRule::Text { field: "legal_basis" });
        }
        if self.kind.as_ref().is_some_and(|kind| kind.is_empty() || kind.len() > KIND_LEN_MAX) {
            return Err(InvalidRule::Text { field: "kind" });
        }
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            return Err(InvalidRule::NeverValid);
        }
        Ok(())
    }

    /// Seats different persons on the places: for each place, the index of the person on it. If not
    /// all can be filled, the places for which there is nobody, as few as can be. `persons` are the
    /// roles of each person; finding the seats is a matching, so the order of persons never matters.
    ///
    /// # Errors
    /// For each place that stays empty, the roles of which one is missing.
    pub fn seat(&self, persons: &[&BTreeSet<Role>]) -> Result<Vec<usize>, Vec<&BTreeSet<Role>>> {
        let mut seated: Vec<Option<usize>> = vec![None; self.places.len()];
        let mut empty = Vec::new();
        for place in 0..self.places.len() {
            let mut asked = vec![false; persons.len()];
            if !self.find_person(place, persons, &mut asked, &mut seated) {
                empty.push(&self.places[place]);
            }
        }
        if !empty.is_empty() {
            return Err(empty);
        }
        Ok(seated.into_iter().map(|seat| seat.expect("each place was filled above")).collect())
    }

    /// Kuhn's step: takes a person who is free, or whose own place another can take.
    fn find_person(
        &self,
        place: usize,
        persons: &[&BTreeSet<Role>],
        asked: &mut [bool],
        seated: &mut [Option<usize>],
    ) -> bool {
        for (person, roles) in persons.iter().enumerate() {
            if asked[person] || roles.is_disjoint(&self.places[place]) {
                continue;
            }
            asked[person] = true;
            let held = seated.iter().position(|seat| *seat == Some(person));
            if held.is_none_or(|other| self.find_person(other, persons, asked, seated)) {
                seated[place] = Some(person);
                return true;
            }
        }
        false
    }
}

/// The rule for an act: the one for this order kind before one for any, then the one for this handling
/// before one for any, then the one that began last.
pub fn rule_for<'a>(
    rules: &'a [AuthorityRule],
    handling: Handling,
    act: OrderAct,
    kind: &str,
    at: Instant,
) -> Option<&'a AuthorityRule> {
    rules
        .iter()
        .filter(|rule| rule.covers(handling, act, kind, at))
        .max_by_key(|rule| (rule.kind.is_some(), rule.handling.is_some(), rule.valid_from))
}

/// The rules a new province starts with, until its command writes its own.
///
/// | Handling | Act | Places | Drafter may sign |
/// |---|---|---|---|
/// | actual | issue | signer; approver | no |
/// | actual | cancel | signer or approver; signer, approver or duty officer | yes: a cancel must be quick |
/// | exercise, test | issue | signer or exercise director | yes |
/// | exercise, test | cancel | signer, approver, duty officer or exercise director | yes |
///
/// Three persons stand behind an actual order: its author, who writes and does not sign; the commander
/// who signs; and a second officer who approves (chief of staff, commissar). Two signers are not enough,
/// because approving is another's work than signing; who may do both is given both roles.
pub fn default_rules(valid_from: Instant, legal_basis: &str) -> Vec<AuthorityRule> {
    use Role::{Approver, DutyOfficer, ExerciseDirector, Signer};
    let rule = |handling, act, places: &[&[Role]], drafter_may_sign| AuthorityRule {
        handling: Some(handling),
        kind: None,
        act,
        places: places.iter().map(|roles| roles.iter().copied().collect()).collect(),
        drafter_may_sign,
        legal_basis: legal_basis.to_owned(),
        valid_from,
        valid_to: None,
    };
    let cancel_actual: &[&[Role]] = &[&[Signer, Approver], &[Signer, Approver, DutyOfficer]];
    let mut rules = vec![
        rule(Handling::Actual, OrderAct::Issue, &[&[Signer], &[Approver]], false),
        rule(Handling::Actual, OrderAct::Cancel, cancel_actual, true),
    ];
    for handling in [Handling::Exercise, Handling::Test] {
        rules.push(rule(handling, OrderAct::Issue, &[&[Signer, ExerciseDirector]], true));
        let who: &[Role] = &[Signer, Approver, DutyOfficer, ExerciseDirector];
        rules.push(rule(handling, OrderAct::Cancel, &[who], true));
    }
    rules
}

#[cfg(test)]
mod tests;
