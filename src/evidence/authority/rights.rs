//! By what right persons fill the places of a rule: roles of their own, and roles that are lent.
//!
//! Called once the signatures themselves were weighed; knows nothing of keys and bytes. Own rights go
//! first, so that a delegation is named only where it was needed.

use std::collections::BTreeSet;
use std::fmt;

use super::{AuthorityError, Missing};
use crate::domain::authority::{
    AuthorityRule, Delegation, Matter, Right, Role, echelon_of, rule_for, seat,
};
use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::evidence::trust::{TrustBundle, TrustedOfficer};

/// A person whose signature fills a place of the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Who signed.
    pub officer: OfficerId,
    /// The role by which the place is filled.
    pub role: Role,
    /// By whose leave, if the role is not the officer's own.
    pub lent: Option<Lent>,
}

/// The delegation by which somebody signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// Whose role it is.
    pub from: OfficerId,
    /// The number of the document.
    pub document: String,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { officer, role, lent } = self;
        match lent {
            None => write!(f, "{officer} ({role})"),
            Some(Lent { from, document }) => {
                write!(f, "{officer} for {from} ({role}, by delegation {document})")
            }
        }
    }
}

/// By which roles an officer could fill a place of the rule for a matter, lent ones included; none
/// where no rule covers it. For whoever asks before anybody has signed.
pub fn roles_for(
    bundle: &TrustBundle,
    officer: &TrustedOfficer,
    matter: &Matter<'_>,
    at: Instant,
) -> BTreeSet<Role> {
    let Some(rule) = rule_for(&bundle.rules, matter, at) else { return BTreeSet::new() };
    let rights = rights_of(bundle, rule, &[officer], matter, at);
    let places: BTreeSet<Role> = rule.places.iter().flatten().copied().collect();
    rights.iter().flat_map(|(right, _lent)| right.roles.intersection(&places)).copied().collect()
}

/// A right, and the delegation it comes by if it is not the person's own.
pub(super) type LentRight<'a> = (Right, Option<&'a Delegation>);

/// Every right of every person: their own first, then what others lend them.
pub(super) fn rights_of<'a>(
    bundle: &'a TrustBundle,
    rule: &AuthorityRule,
    persons: &[&TrustedOfficer],
    matter: &Matter<'_>,
    at: Instant,
) -> Vec<LentRight<'a>> {
    let serves_there = |officer: &TrustedOfficer| {
        rule.echelon.is_none_or(|own| own == echelon_of(&officer.unit, &bundle.province))
    };
    // One number for each authority, a person's own being the one of that person.
    let mut sources: Vec<&OfficerId> = persons.iter().map(|person| &person.id).collect();
    let own = persons.iter().enumerate().filter(|(_number, person)| serves_there(person));
    let mut rights: Vec<LentRight<'a>> = own
        .map(|(number, person)| {
            (Right { person: number, source: number, roles: person.roles.clone() }, None)
        })
        .collect();
    for lent in bundle.delegations.iter().filter(|lent| lent.covers(matter, at)) {
        let Some(person) = persons.iter().position(|person| person.id == lent.to) else { continue };
        // What the author may not do, nobody does in the author's stead.
        let is_author = !rule.drafter_may_sign && matter.drafter == Some(&lent.from);
        let from = bundle.officer(&lent.from).filter(|from| from.serves(at) && serves_there(from));
        let Some(from) = from.filter(|_from| !is_author && lent.from != lent.to) else { continue };
        let source = sources.iter().position(|known| *known == &from.id).unwrap_or_else(|| {
            sources.push(&from.id);
            sources.len() - 1
        });
        let roles = lent.roles.intersection(&from.roles).copied().collect();
        rights.push((Right { person, source, roles }, Some(lent)));
    }
    rights
}

pub(super) fn seat_persons(
    rule: &AuthorityRule,
    persons: &[&TrustedOfficer],
    lent: &[LentRight<'_>],
) -> Result<Vec<Counted>, AuthorityError> {
    let (have, need) = (persons.len(), rule.persons());
    let rights: Vec<Right> = lent.iter().map(|(right, _lent)| right.clone()).collect();
    let empty = match seat(&rule.places, &rights) {
        Ok(seats) => {
            let counted = seats.into_iter().zip(&rule.places).filter_map(|(seat, place)| {
                let (right, lent) = &lent[seat];
                Some(Counted {
                    officer: persons[right.person].id.clone(),
                    role: *right.roles.intersection(place).next()?,
                    lent: lent
                        .map(|own| Lent { from: own.from.clone(), document: own.document.clone() }),
                })
            });
            return Ok(counted.collect());
        }
        Err(empty) => empty,
    };
    let missing = Missing {
        places: empty.into_iter().cloned().collect(),
        not_the_author: !rule.drafter_may_sign,
    };
    Err(if have < need {
        AuthorityError::NotEnoughPersons { have, need, missing }
    } else {
        AuthorityError::RoleMissing { have, missing }
    })
}
