//! Delegation (ủy quyền): an officer lends roles to another, for a time and within bounds, by a
//! numbered document.
//!
//! Data of the signed trust bundle, so that whoever lends and whoever borrows are fixed by the root
//! holders. Three things it never is. A chain: only a delegator's own roles are lent, so what was
//! lent is not lent on. A second vote: for one order an authority counts once, so a delegate and
//! the delegator never fill two places by the delegator's roles. A way around the author's ban:
//! whoever drafted an order that its author may not sign has nobody sign it in their stead either.
//! A delegator who retires, or loses the role, takes it back with that.

use std::collections::BTreeSet;

use super::{KIND_LEN_MAX, Matter, Role};
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;

/// Longest number of a document, in characters.
pub const DOCUMENT_LEN_MAX: usize = 100;
/// Longest period: what lasts longer is a post of one's own.
pub const DELEGATION_DAYS_MAX: i64 = 366;
/// Most kinds and most units that bound one delegation.
pub const BOUNDS_MAX: usize = 32;
const DAY_MS: i64 = 86_400_000;

/// Roles that one officer lends another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Whose roles.
    pub from: OfficerId,
    /// Who may use them.
    pub to: OfficerId,
    /// Which; only those that the delegator holds count.
    pub roles: BTreeSet<Role>,
    /// For orders of this handling; all of them if none.
    pub handling: Option<Handling>,
    /// For orders of these kinds; all of them if empty.
    pub kinds: BTreeSet<String>,
    /// For orders addressed to no other units than these, by the names that the order itself
    /// gives; all of them if empty. No tree of units travels with the bundle, so what lies under
    /// a unit is not looked at.
    pub units: BTreeSet<UnitCode>,
    /// The number of the document it rests on.
    pub document: String,
    /// From when.
    pub valid_from: Instant,
    /// Until just before when; a delegation always ends.
    pub valid_to: Instant,
}

/// Why a delegation is refused, whoever signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDelegation {
    /// From and to are one.
    #[error("it goes from an officer to the same officer")]
    ToOneself,
    /// It lends nothing.
    #[error("it names no role")]
    NoRole,
    /// A text over its bound, or empty.
    #[error("its `{field}` is empty or too long")]
    Text {
        /// Which field.
        field: &'static str,
    },
    /// Too many kinds or units.
    #[error("its `{field}` has more than {BOUNDS_MAX} entries")]
    TooMany {
        /// Which field.
        field: &'static str,
    },
    /// It would never hold.
    #[error("it ends before it begins")]
    NeverValid,
    /// It would hold for too long.
    #[error("it lasts more than {DELEGATION_DAYS_MAX} days: choose an earlier end")]
    TooLong,
}

impl Delegation {
    /// Whether it holds for a matter at a time.
    pub fn covers(&self, matter: &Matter<'_>, at: Instant) -> bool {
        self.valid_from <= at
            && at < self.valid_to
            && self.handling.is_none_or(|own| own == matter.handling)
            && (self.kinds.is_empty() || self.kinds.contains(matter.kind))
            && (self.units.is_empty()
                || !matter.units.is_empty() && matter.units.is_subset(&self.units))
    }

    /// What must be true of any delegation.
    ///
    /// # Errors
    /// The first [`InvalidDelegation`] found.
    pub fn check(&self) -> Result<(), InvalidDelegation> {
        if self.from == self.to {
            return Err(InvalidDelegation::ToOneself);
        }
        if self.roles.is_empty() {
            return Err(InvalidDelegation::NoRole);
        }
        let chars = self.document.chars().count();
        if chars == 0 || chars > DOCUMENT_LEN_MAX {
            return Err(InvalidDelegation::Text { field: "document" });
        }
        if self.kinds.iter().any(|kind| kind.is_empty() || kind.len() > KIND_LEN_MAX) {
            return Err(InvalidDelegation::Text { field: "kinds" });
        }
        for (field, count) in [("kinds", self.kinds.len()), ("units", self.units.len())] {
            if count > BOUNDS_MAX {
                return Err(InvalidDelegation::TooMany { field });
            }
        }
        if self.valid_to <= self.valid_from {
            return Err(InvalidDelegation::NeverValid);
        }
        if self.valid_to.millis_since(self.valid_from) > DELEGATION_DAYS_MAX * DAY_MS {
            return Err(InvalidDelegation::TooLong);
        }
        Ok(())
    }
}
