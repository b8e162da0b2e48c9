use proptest::prelude::*;

use super::*;

/// An order of a kind on a ground, addressed to the province.
pub(crate) fn matter<'a>(
    handling: Handling,
    act: OrderAct,
    kind: &'a str,
    ground: LegalGround,
) -> Matter<'a> {
    static NO_UNITS: BTreeSet<UnitCode> = BTreeSet::new();
    Matter { handling, act, kind, ground, units: &NO_UNITS, drafter: None }
}

fn plain(handling: Handling, act: OrderAct) -> Matter<'static> {
    matter(handling, act, "any", LegalGround::Disaster)
}

/// By whose own roles the places are filled: the index of the person on each.
fn seat_own<'a>(
    rule: &'a AuthorityRule,
    persons: &[&BTreeSet<Role>],
) -> Result<Vec<usize>, Vec<&'a BTreeSet<Role>>> {
    let own = |(person, roles): (usize, &&BTreeSet<Role>)| Right {
        person,
        source: person,
        roles: (*roles).clone(),
    };
    let rights: Vec<Right> = persons.iter().enumerate().map(own).collect();
    seat(&rule.places, &rights)
}

fn set(roles: &[Role]) -> BTreeSet<Role> {
    roles.iter().copied().collect()
}

fn defaults() -> Vec<AuthorityRule> {
    default_rules(Instant::EPOCH, "Law 53/2019/QH14, article 25")
}

fn actual_issue() -> AuthorityRule {
    let now = Instant::from_millis(1);
    let rules = defaults();
    rule_for(&rules, &plain(Handling::Actual, OrderAct::Issue), now).expect("a rule").clone()
}

#[test]
fn every_word_is_read_back_and_no_two_labels_are_the_same() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    for act in OrderAct::ALL {
        assert_eq!(act.as_str().parse(), Ok(act));
    }
    assert!("Signer".parse::<Role>().is_err() && "recall".parse::<OrderAct>().is_err());
    let labels: BTreeSet<_> = Role::ALL.map(Role::label).into();
    assert_eq!(labels.len(), Role::ALL.len());
    assert!(labels.iter().all(|label| unicode_normalization::is_nfc(label)));
    let refusal = "x".parse::<Role>().expect_err("no role").to_string();
    assert!(Role::ALL.iter().all(|role| refusal.contains(&format!("`{role}`"))));
}

#[test]
fn the_rules_to_start_with_cover_every_act_once_and_bend_nothing() {
    let rules = defaults();
    for handling in Handling::ALL {
        for act in OrderAct::ALL {
            let covering =
                rules.iter().filter(|rule| rule.covers(&plain(handling, act), Instant::EPOCH));
            assert_eq!(covering.count(), 1, "{handling} {act}");
            let rule = rule_for(&rules, &plain(handling, act), Instant::EPOCH).expect("covered");
            assert_eq!(rule.check(), Ok(()));
            assert_eq!(rule.persons(), if handling == Handling::Actual { 2 } else { 1 });
        }
    }
}

#[test]
fn one_person_with_both_roles_fills_one_place_only() {
    let rule = actual_issue();
    let (both, signer) = (set(&[Role::Signer, Role::Approver]), set(&[Role::Signer]));
    assert_eq!(
        seat_own(&rule, &[&both]),
        Err(vec![&set(&[Role::PoliticalCommissar, Role::Approver])])
    );
    assert_eq!(
        seat_own(&rule, &[]),
        Err(vec![&set(&[Role::Signer]), &set(&[Role::PoliticalCommissar, Role::Approver])])
    );
    // Whoever comes first, the one with both roles moves to the place the other cannot fill.
    assert_eq!(seat_own(&rule, &[&both, &signer]), Ok(vec![1, 0]));
    assert_eq!(seat_own(&rule, &[&signer, &both]), Ok(vec![0, 1]));
    assert_eq!(
        seat_own(&rule, &[&signer, &signer]),
        Err(vec![&set(&[Role::PoliticalCommissar, Role::Approver])])
    );
    assert_eq!(seat_own(&rule, &[&both, &both]).map(|seats| seats.len()), Ok(2));
}

#[test]
fn two_duty_officers_cannot_cancel_an_actual_order_but_one_and_a_signer_can() {
    let rules = defaults();
    let rule =
        rule_for(&rules, &plain(Handling::Actual, OrderAct::Cancel), Instant::EPOCH).expect("rule");
    let (duty, signer) = (set(&[Role::DutyOfficer]), set(&[Role::Signer]));
    assert!(seat_own(rule, &[&duty, &duty]).is_err());
    assert!(seat_own(rule, &[&duty, &signer]).is_ok());
    assert!(seat_own(rule, &[&signer, &signer]).is_ok());
}

#[test]
fn no_rule_may_let_one_person_or_the_drafter_issue_an_actual_order() {
    let sound = actual_issue();
    let bend = |change: &dyn Fn(&mut AuthorityRule)| {
        let mut rule = sound.clone();
        change(&mut rule);
        rule.check().expect_err("bent")
    };
    assert_eq!(bend(&|rule| rule.places.truncate(1)), InvalidRule::OnePersonForActual);
    assert_eq!(
        bend(&|rule| {
            rule.places.truncate(1);
            rule.handling = None;
        }),
        InvalidRule::OnePersonForActual,
        "a rule for any handling covers actual too"
    );
    assert_eq!(bend(&|rule| rule.drafter_may_sign = true), InvalidRule::DrafterForActual);
    assert_eq!(bend(&|rule| rule.places.clear()), InvalidRule::NoPersons);
    assert_eq!(bend(&|rule| rule.places[1].clear()), InvalidRule::NoRole { place: 1 });
    let many = bend(&|rule| rule.places = vec![set(&[Role::Signer]); 9]);
    assert_eq!(many, InvalidRule::TooManyPersons { count: 9 });
    assert_eq!(bend(&|rule| rule.legal_basis.clear()), InvalidRule::Text { field: "legal_basis" });
    assert_eq!(bend(&|rule| rule.kind = Some(String::new())), InvalidRule::Text { field: "kind" });
    assert_eq!(bend(&|rule| rule.valid_to = Some(rule.valid_from)), InvalidRule::NeverValid);
}

#[test]
fn the_closer_rule_wins_then_the_later_one_and_only_while_it_holds() {
    let at = |ms| Instant::from_millis(ms);
    let rule = |handling, kind: Option<&str>, from, to: Option<i64>, basis: &str| AuthorityRule {
        handling,
        kind: kind.map(str::to_owned),
        legal_basis: basis.to_owned(),
        valid_from: at(from),
        valid_to: to.map(at),
        ..actual_issue()
    };
    let rules = [
        rule(None, None, 0, None, "any"),
        rule(Some(Handling::Actual), None, 0, None, "actual"),
        rule(Some(Handling::Actual), None, 50, None, "actual, amended"),
        rule(None, Some("flood"), 0, Some(100), "flood"),
    ];
    let found = |handling, kind, ms| {
        rule_for(&rules, &matter(handling, OrderAct::Issue, kind, LegalGround::Drill), at(ms))
            .map(|r| r.legal_basis.as_str())
    };
    assert_eq!(found(Handling::Test, "call-up", 10), Some("any"));
    assert_eq!(found(Handling::Actual, "call-up", 49), Some("actual"));
    assert_eq!(found(Handling::Actual, "call-up", 50), Some("actual, amended"));
    assert_eq!(found(Handling::Actual, "flood", 99), Some("flood"));
    assert_eq!(found(Handling::Actual, "flood", 100), Some("actual, amended"));
    assert_eq!(found(Handling::Actual, "flood", -1), None);
    assert!(rule_for(&rules, &plain(Handling::Test, OrderAct::Cancel), at(1)).is_none());
}

/// Tries every way to put persons on places.
fn can_be_seated(places: &[BTreeSet<Role>], persons: &[&BTreeSet<Role>], used: u32) -> bool {
    let Some((place, rest)) = places.split_first() else { return true };
    persons.iter().enumerate().any(|(index, roles)| {
        used & (1 << index) == 0
            && !roles.is_disjoint(place)
            && can_be_seated(rest, persons, used | (1 << index))
    })
}

proptest! {
    #[test]
    fn seating_agrees_with_trying_every_way(
        places in proptest::collection::vec(
            proptest::collection::btree_set(proptest::sample::select(&Role::ALL[..4]), 1..3), 1..5),
        persons in proptest::collection::vec(
            proptest::collection::btree_set(proptest::sample::select(&Role::ALL[..4]), 0..3), 0..6),
    ) {
        let rule = AuthorityRule { places, ..actual_issue() };
        let persons: Vec<_> = persons.iter().collect();
        match seat_own(&rule, &persons) {
            Ok(seats) => {
                let distinct: BTreeSet<_> = seats.iter().collect();
                prop_assert_eq!(distinct.len(), rule.places.len());
                for (place, person) in rule.places.iter().zip(&seats) {
                    prop_assert!(!place.is_disjoint(persons[*person]));
                }
            }
            Err(_missing) => prop_assert!(!can_be_seated(&rule.places, &persons, 0)),
        }
    }
}
