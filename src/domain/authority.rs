//! Who may sign what, how many persons, on which ground, from when to when. Data, not code: the rules
//! travel in the signed trust bundle, and a change of law is a new bundle.
//!
//! Called by `evidence::trust` when it counts signatures, and by the doors to say beforehand who is
//! still missing. What no rule may bend stands in [`AuthorityRule::check`]: an actual order or cancel
//! needs two persons, and whoever drafted an actual order is neither of them. This module does not
//! know keys or signatures; it is told which persons signed.
//!
//! [`role`](Role): what officers may do. [`Matter`]: what of an order rules speak about.
//! [`Delegation`]: roles lent to another. [`seat`]: who fills which place.

mod delegation;
mod matter;
mod role;
mod seating;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use delegation::{
    BOUNDS_MAX, DELEGATION_DAYS_MAX, DOCUMENT_LEN_MAX, Delegation, InvalidDelegation,
};
pub use matter::Matter;
pub use role::{Role, UnknownRole};
pub use seating::{Right, seat};

use super::ids::UnitCode;
use super::instant::Instant;
use super::order::LegalGround;
use super::order::handling::Handling;
use super::unit::Echelon;

/// Most persons one rule may ask for: no more signatures fit on an envelope.
pub const PERSONS_MAX: usize = 8;
/// Longest legal basis, in characters: room for an article and its instrument.
pub const LEGAL_BASIS_LEN_MAX: usize = 500;
/// Longest code of an order kind, in bytes.
pub const KIND_LEN_MAX: usize = 64;

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
    /// An echelon at which no officer can be known to serve.
    #[error("the rule is for officers of echelon `{}`: use `province`, `area` or `commune`", .found.as_str())]
    Echelon {
        /// The echelon.
        found: Echelon,
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
    /// The ground in law it covers; all of them if none.
    pub ground: Option<LegalGround>,
    /// What is signed.
    pub act: OrderAct,
    /// The echelon at which whoever fills a place serves; any if none. Signing rights went from the
    /// districts to province, areas and communes, and each law says to which. By delegation, the
    /// echelon is that of the delegator, whose right it is.
    pub echelon: Option<Echelon>,
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

    /// Whether it speaks about this matter at this time.
    pub fn covers(&self, matter: &Matter<'_>, at: Instant) -> bool {
        self.act == matter.act
            && self.handling.is_none_or(|own| own == matter.handling)
            && self.kind.as_deref().is_none_or(|own| own == matter.kind)
            && self.ground.is_none_or(|own| own == matter.ground)
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
        if let Some(found @ (Echelon::District | Echelon::Base)) = self.echelon {
            return Err(InvalidRule::Echelon { found });
        }
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            return Err(InvalidRule::NeverValid);
        }
        Ok(())
    }
}

/// The rule for a matter: the one for its kind before one for any, then the one for its ground before
/// one for any, then the one for its handling before one for any, then the one that began last.
pub fn rule_for<'a>(
    rules: &'a [AuthorityRule],
    matter: &Matter<'_>,
    at: Instant,
) -> Option<&'a AuthorityRule> {
    rules.iter().filter(|rule| rule.covers(matter, at)).max_by_key(|rule| {
        let close = (rule.kind.is_some(), rule.ground.is_some(), rule.handling.is_some());
        (close, rule.valid_from)
    })
}

/// The echelon of a unit by its code alone, for whoever has no tree of units: the province is the
/// bundle's own; official codes of communes and wards have five digits; what is left are areas.
pub fn echelon_of(unit: &UnitCode, province: &UnitCode) -> Echelon {
    let code = unit.as_str();
    if unit == province {
        Echelon::Province
    } else if code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        Echelon::Commune
    } else {
        Echelon::Area
    }
}

/// The rules a new province starts with, until its command writes its own.
///
/// | Handling | Act | Places | Drafter may sign |
/// |---|---|---|---|
/// | actual | issue | signer; political commissar or approver | no |
/// | actual | cancel | signer, commissar or approver; the same or duty officer | yes: a cancel must be quick |
/// | exercise, test | issue | signer or exercise director | yes |
/// | exercise, test | cancel | signer, commissar, approver, duty officer or exercise director | yes |
///
/// Three persons stand behind an actual order: its author, who writes and does not sign; the commander
/// who signs; and the political commissar, or another second officer who approves (chief of staff).
/// Two signers are not enough, because approving is another's work than signing; who may do both is
/// given both roles. Each may be stood in for by a delegate.
pub fn default_rules(valid_from: Instant, legal_basis: &str) -> Vec<AuthorityRule> {
    use Role::{Approver, DutyOfficer, ExerciseDirector, PoliticalCommissar, Signer};
    let rule = |handling, act, places: &[&[Role]], drafter_may_sign| AuthorityRule {
        handling: Some(handling),
        kind: None,
        ground: None,
        act,
        echelon: None,
        places: places.iter().map(|roles| roles.iter().copied().collect()).collect(),
        drafter_may_sign,
        legal_basis: legal_basis.to_owned(),
        valid_from,
        valid_to: None,
    };
    let second: &[Role] = &[PoliticalCommissar, Approver];
    let command: &[Role] = &[Signer, PoliticalCommissar, Approver];
    let watch: &[Role] = &[Signer, PoliticalCommissar, Approver, DutyOfficer];
    let mut rules = vec![
        rule(Handling::Actual, OrderAct::Issue, &[&[Signer], second], false),
        rule(Handling::Actual, OrderAct::Cancel, &[command, watch], true),
    ];
    for handling in [Handling::Exercise, Handling::Test] {
        rules.push(rule(handling, OrderAct::Issue, &[&[Signer, ExerciseDirector]], true));
        let who: &[Role] = &[Signer, PoliticalCommissar, Approver, DutyOfficer, ExerciseDirector];
        rules.push(rule(handling, OrderAct::Cancel, &[who], true));
    }
    rules
}

#[cfg(test)]
pub(crate) mod tests;
