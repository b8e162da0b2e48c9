//! Roles that are lent, rules for one ground, rules for one echelon.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::authority::{BOUNDS_MAX, Delegation, InvalidDelegation, Right, seat};
use crate::domain::unit::Echelon;
use crate::evidence::trust::InvalidBundle;

/// `from` lends roles to `to` by document 7/QĐ, from 0 to 1000, for whatever there is.
fn lent(from: &str, to: &str, roles: &[Role]) -> Delegation {
    Delegation {
        from: id(from),
        to: id(to),
        roles: roles.iter().copied().collect(),
        handling: None,
        kinds: BTreeSet::new(),
        units: BTreeSet::new(),
        document: "7/QĐ".to_owned(),
        valid_from: at(0),
        valid_to: at(1000),
    }
}

fn with(delegations: &[Delegation]) -> TrustBundle {
    let bundle = TrustBundle { delegations: delegations.to_vec(), ..bundle() };
    assert_eq!(bundle.check(), Ok(()));
    bundle
}

/// As [`judge_by`], with all that is said of who signed.
fn told(bundle: &TrustBundle, seeds: &[u8], drafter: &str) -> Result<Vec<String>, AuthorityError> {
    let drafter = id(drafter);
    let matter = matter(Handling::Actual, OrderAct::Issue, "call-up", LegalGround::Disaster);
    let matter = Matter { drafter: Some(&drafter), ..matter };
    check_signatures(bundle, &signed(ACTUAL, seeds), &matter, at(500))
        .map(|counted| counted.iter().map(Counted::to_string).collect())
}

#[test]
fn a_delegate_fills_the_place_of_the_delegator_and_the_result_says_for_whom() {
    let bundle = with(&[lent("a", "d", &[Role::Signer])]);
    let judged = told(&bundle, &[D, B], "drafter").expect("the duty officer for the commander");
    assert_eq!(judged, ["d for a (signer, by delegation 7/QĐ)", "b (approver)"]);
    assert!(told(&super::bundle(), &[D, B], "drafter").is_err(), "not without the delegation");
    let own = told(&bundle, &[A, B, D], "drafter").expect("the commander is there");
    assert_eq!(own, ["a (signer)", "b (approver)"], "one's own right goes first");
}

#[test]
fn a_delegate_and_the_delegator_are_not_two_by_the_delegators_roles() {
    let mut bundle = with(&[lent("c", "f", &[Role::Signer, Role::Approver])]);
    // c holds both roles: with f standing in for c, one person's authority would fill both places.
    let refused = told(&bundle, &[C, F], "drafter").expect_err("c twice");
    assert!(matches!(refused, AuthorityError::RoleMissing { have: 2, .. }), "{refused:?}");
    bundle.delegations.push(lent("a", "f", &[Role::Signer]));
    let judged = told(&bundle, &[C, F], "drafter").expect("f stands in for another");
    assert_eq!(judged, ["f for a (signer, by delegation 7/QĐ)", "c (approver)"]);
}

#[test]
fn one_delegate_of_two_officers_is_one_person() {
    let bundle = with(&[lent("a", "d", &[Role::Signer]), lent("b", "d", &[Role::Approver])]);
    let refused = told(&bundle, &[D], "drafter").expect_err("one person");
    assert!(matches!(refused, AuthorityError::NotEnoughPersons { have: 1, need: 2, .. }));
}

#[test]
fn what_is_lent_is_not_lent_on() {
    let bundle = with(&[lent("a", "d", &[Role::Signer]), lent("d", "f", &[Role::Signer])]);
    assert!(told(&bundle, &[F, B], "drafter").is_err());
    assert!(told(&bundle, &[D, B], "drafter").is_ok());
}

#[test]
fn nobody_signs_in_the_stead_of_the_author() {
    let bundle = with(&[lent("a", "d", &[Role::Signer])]);
    assert!(told(&bundle, &[D, B], "a").is_err(), "the author's own right");
    assert_eq!(
        fault(told(&bundle, &[D, B], "d")),
        SignatureFault::DrafterSigned { officer: id("d") },
        "the author with another's"
    );
}

#[test]
fn a_delegator_who_retires_or_loses_the_role_takes_it_back() {
    let mut retired = with(&[lent("a", "d", &[Role::Signer])]);
    retired.officers[0].retired_at = Some(at(500));
    assert!(told(&retired, &[D, B], "drafter").is_err());
    retired.officers[0].retired_at = Some(at(501));
    assert!(told(&retired, &[D, B], "drafter").is_ok());
    let mut demoted = with(&[lent("a", "d", &[Role::Signer])]);
    demoted.officers[0].roles = [Role::Auditor].into();
    assert!(told(&demoted, &[D, B], "drafter").is_err());
}

#[test]
fn a_delegation_holds_within_its_time_handling_kinds_and_units() {
    let judged = |change: &dyn Fn(&mut Delegation)| {
        let mut delegation = lent("a", "d", &[Role::Signer]);
        change(&mut delegation);
        let units: BTreeSet<_> = ["KV1".parse().expect("a code")].into();
        let drafter = id("drafter");
        let matter = matter(Handling::Actual, OrderAct::Issue, "call-up", LegalGround::Disaster);
        let matter = Matter { units: &units, drafter: Some(&drafter), ..matter };
        check_signatures(&with(&[delegation]), &signed(ACTUAL, &[D, B]), &matter, at(500)).is_ok()
    };
    let unit = |code: &str| code.parse().expect("a code");
    assert!(judged(&|_as_it_is| {}));
    assert!(!judged(&|own| own.valid_from = at(501)));
    assert!(!judged(&|own| own.valid_to = at(500)));
    assert!(judged(&|own| own.handling = Some(Handling::Actual)));
    assert!(!judged(&|own| own.handling = Some(Handling::Exercise)));
    assert!(judged(&|own| own.kinds = ["call-up".to_owned(), "other".to_owned()].into()));
    assert!(!judged(&|own| own.kinds = ["other".to_owned()].into()));
    assert!(judged(&|own| own.units = [unit("KV1"), unit("KV2")].into()));
    assert!(!judged(&|own| own.units = [unit("KV2")].into()));
}

#[test]
fn a_delegation_for_some_units_covers_no_order_that_names_none() {
    let bounded = Delegation {
        units: ["11".parse().expect("a code")].into(),
        ..lent("a", "d", &[Role::Signer])
    };
    assert!(told(&with(&[bounded]), &[D, B], "drafter").is_err());
}

#[test]
fn a_bundle_with_a_delegation_that_cannot_be_is_refused() {
    let refused = |change: &dyn Fn(&mut Delegation)| {
        let mut delegation = lent("a", "d", &[Role::Signer]);
        change(&mut delegation);
        let bundle = TrustBundle { delegations: vec![delegation], ..bundle() };
        bundle.check().expect_err("it cannot be")
    };
    let invalid = |fault| InvalidBundle::Delegation { index: 0, fault };
    assert_eq!(refused(&|own| own.to = id("a")), invalid(InvalidDelegation::ToOneself));
    assert_eq!(refused(&|own| own.roles.clear()), invalid(InvalidDelegation::NoRole));
    assert_eq!(
        refused(&|own| own.document.clear()),
        invalid(InvalidDelegation::Text { field: "document" })
    );
    assert_eq!(refused(&|own| own.valid_to = at(0)), invalid(InvalidDelegation::NeverValid));
    assert_eq!(
        refused(&|own| own.valid_to = at(367 * 86_400_000)),
        invalid(InvalidDelegation::TooLong)
    );
    let many = |own: &mut Delegation| {
        own.kinds = (0..=BOUNDS_MAX).map(|no| format!("kind-{no}")).collect();
    };
    assert_eq!(refused(&many), invalid(InvalidDelegation::TooMany { field: "kinds" }));
    let nobody = InvalidBundle::DelegationOfNobody { index: 0, officer: id("nobody") };
    assert_eq!(refused(&|own| own.to = id("nobody")), nobody);
    assert_eq!(refused(&|own| own.from = id("nobody")), nobody);
    let twice = vec![lent("a", "d", &[Role::Signer]); 2];
    let bundle = TrustBundle { delegations: twice, ..bundle() };
    assert_eq!(bundle.check(), Err(InvalidBundle::DelegationTwice { index: 1 }));
}

#[test]
fn a_commander_and_a_political_commissar_issue_an_actual_order() {
    let mut bundle = bundle();
    bundle.officers.push(officer("commissar", 7, &[Role::PoliticalCommissar]));
    let judged = told(&bundle, &[A, 7], "drafter").expect("two persons of different roles");
    assert_eq!(judged, ["a (signer)", "commissar (political-commissar)"]);
    assert!(told(&bundle, &[7, B], "drafter").is_err(), "no commander");
}

#[test]
fn a_rule_for_one_ground_governs_that_ground_and_no_other() {
    let mut bundle = bundle();
    let mut flood = bundle.rules[0].clone();
    flood.ground = Some(LegalGround::Disaster);
    flood.places = vec![[Role::DutyOfficer].into(), [Role::Approver].into()];
    bundle.rules.push(flood);
    assert_eq!(bundle.check(), Ok(()));
    assert!(told(&bundle, &[D, B], "drafter").is_ok(), "the flood rule");
    assert!(told(&bundle, &[A, B], "drafter").is_err(), "it stands in place of the wider one");
    let drafter = id("drafter");
    let matter = matter(Handling::Actual, OrderAct::Issue, "call-up", LegalGround::MartialLaw);
    let matter = Matter { drafter: Some(&drafter), ..matter };
    let judged = |seeds: &[u8]| check_signatures(&bundle, &signed(ACTUAL, seeds), &matter, at(500));
    assert!(judged(&[A, B]).is_ok() && judged(&[D, B]).is_err());
}

#[test]
fn a_rule_for_one_echelon_asks_where_the_right_comes_from() {
    let mut bundle = bundle();
    bundle.rules[0].echelon = Some(Echelon::Province);
    assert!(told(&bundle, &[A, B], "drafter").is_ok());
    bundle.officers[0].unit = "KV1".parse().expect("a code");
    assert!(told(&bundle, &[A, B], "drafter").is_err(), "an officer of an area");
    bundle.rules[0].echelon = Some(Echelon::Area);
    assert!(told(&bundle, &[A, B], "drafter").is_err(), "and one of the province");
    bundle.officers[1].unit = "KV2".parse().expect("a code");
    assert!(told(&bundle, &[A, B], "drafter").is_ok());
    // A clerk of the province stands in for an officer of an area: the right is the area's.
    bundle.delegations = vec![lent("a", "f", &[Role::Signer])];
    assert!(told(&bundle, &[F, B], "drafter").is_ok());
    bundle.officers[0].unit = "03160".parse().expect("a code");
    assert!(told(&bundle, &[F, B], "drafter").is_err(), "a commune's is not");
}

/// Tries every way to choose rights for the places, two of no person and two of no authority.
fn can_be_filled(places: &[BTreeSet<Role>], rights: &[Right], chosen: &mut Vec<usize>) -> bool {
    let Some(place) = places.get(chosen.len()) else { return true };
    (0..rights.len()).any(|index| {
        let right = &rights[index];
        let used = chosen
            .iter()
            .map(|seat| &rights[*seat])
            .any(|other| other.person == right.person || other.source == right.source);
        if used || right.roles.is_disjoint(place) {
            return false;
        }
        chosen.push(index);
        let filled = can_be_filled(places, rights, chosen);
        chosen.pop();
        filled
    })
}

fn some_roles(least: usize) -> impl Strategy<Value = BTreeSet<Role>> {
    proptest::collection::btree_set(proptest::sample::select(&Role::ALL[..4]), least..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn seating_with_lent_rights_agrees_with_trying_every_way(
        places in proptest::collection::vec(some_roles(1), 1..4),
        rights in proptest::collection::vec((0..5_usize, 0..5_usize, some_roles(0)), 0..9),
    ) {
        let rights: Vec<Right> = rights
            .into_iter()
            .map(|(person, source, roles)| Right { person, source, roles })
            .collect();
        match seat(&places, &rights) {
            Ok(seats) => {
                prop_assert_eq!(seats.len(), places.len());
                let persons: BTreeSet<_> = seats.iter().map(|seat| rights[*seat].person).collect();
                let sources: BTreeSet<_> = seats.iter().map(|seat| rights[*seat].source).collect();
                prop_assert!(persons.len() == places.len() && sources.len() == places.len());
                for (place, seat) in places.iter().zip(&seats) {
                    prop_assert!(!place.is_disjoint(&rights[*seat].roles));
                }
            }
            Err(missing) => {
                prop_assert!(!missing.is_empty());
                prop_assert!(!can_be_filled(&places, &rights, &mut Vec::new()));
            }
        }
    }
}
