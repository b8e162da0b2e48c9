mod lent;

use proptest::prelude::*;

use super::*;
use crate::domain::authority::tests::matter;
use crate::domain::order::LegalGround;
use crate::evidence::trust::tests::{at, bundle, key, officer};

const A: u8 = 1;
const B: u8 = 2;
const C: u8 = 3;
const D: u8 = 4;
const E: u8 = 5;
const F: u8 = 6;
/// Added to an officer's number: the seed of their exercise key.
const EXERCISE: u8 = 100;

fn id(text: &str) -> OfficerId {
    text.parse().expect("an id")
}

fn signed(payload_type: PayloadType, seeds: &[u8]) -> Envelope {
    let mut envelope = Envelope::new(payload_type, &b"order"[..]).expect("within bounds");
    seeds.iter().for_each(|seed| envelope.sign(&key(*seed)).expect("room"));
    envelope
}

fn judge_by(
    bundle: &TrustBundle,
    payload_type: PayloadType,
    seeds: &[u8],
    drafter: &str,
    ms: i64,
) -> Result<Vec<String>, AuthorityError> {
    let act = match payload_type {
        PayloadType::Cancel(_any) => OrderAct::Cancel,
        _ => OrderAct::Issue,
    };
    let handling = payload_type.handling().expect("an order or cancel");
    let envelope = signed(payload_type, seeds);
    let drafter = id(drafter);
    let matter =
        Matter { drafter: Some(&drafter), ..matter(handling, act, "call-up", LegalGround::Drill) };
    check_signatures(bundle, &envelope, &matter, at(ms))
        .map(|counted| counted.iter().map(|own| own.officer.to_string()).collect())
}

fn judge(payload_type: PayloadType, seeds: &[u8]) -> Result<Vec<String>, AuthorityError> {
    judge_by(&bundle(), payload_type, seeds, "drafter", 500)
}

fn fault(judged: Result<Vec<String>, AuthorityError>) -> SignatureFault {
    match judged {
        Err(AuthorityError::Signature { fault, .. }) => fault,
        other => panic!("expected a signature that does not count, got {other:?}"),
    }
}

const ACTUAL: PayloadType = PayloadType::Order(Handling::Actual);
const DRILL: PayloadType = PayloadType::Order(Handling::Exercise);

#[test]
fn a_signer_and_an_approver_issue_an_actual_order_in_whatever_order_they_sign() {
    for seeds in [[A, B], [B, A]] {
        assert_eq!(judge(ACTUAL, &seeds).expect("enough"), ["a", "b"]);
    }
    assert_eq!(judge(ACTUAL, &[C, A]).expect("enough"), ["a", "c"]);
    assert_eq!(judge(ACTUAL, &[C, B]).expect("enough"), ["c", "b"]);
}

#[test]
fn one_person_never_issues_an_actual_order_whatever_roles_and_keys_they_have() {
    let short = |have, places: &[Role]| {
        let missing = missing(places);
        Err(AuthorityError::NotEnoughPersons { have, need: 2, missing })
    };
    assert_eq!(judge(ACTUAL, &[]), short(0, &[Role::Signer, Role::Approver]));
    assert_eq!(judge(ACTUAL, &[C]), short(1, &[Role::Approver]));
    let mut two_keys = bundle();
    let mut spare = two_keys.officers[2].keys[0].clone();
    spare.key = key(33).public();
    two_keys.officers[2].keys.push(spare);
    assert_eq!(two_keys.check(), Ok(()));
    let judged = judge_by(&two_keys, ACTUAL, &[C, 33], "drafter", 500);
    assert_eq!(fault(judged), SignatureFault::SamePersonTwice { officer: id("c") });
    let with_other = judge_by(&two_keys, ACTUAL, &[C, 33, A], "drafter", 500);
    assert_eq!(with_other.expect("two persons"), ["a", "c"]);
}

/// What an actual order lacks: one person for each of these roles.
fn missing(places: &[Role]) -> Missing {
    let second = |role: &Role| match role {
        Role::Approver => [Role::PoliticalCommissar, Role::Approver].into(),
        other => [*other].into(),
    };
    let places = places.iter().map(second).collect();
    Missing { places, not_the_author: true }
}

#[test]
fn two_persons_without_the_roles_are_told_which_is_missing() {
    let lacks = |role| Err(AuthorityError::RoleMissing { have: 2, missing: missing(&[role]) });
    assert_eq!(judge(ACTUAL, &[A, D]), lacks(Role::Approver));
    assert_eq!(judge(ACTUAL, &[B, D]), lacks(Role::Signer));
    let neither = missing(&[Role::Signer, Role::Approver]);
    let neither = Err(AuthorityError::RoleMissing { have: 2, missing: neither });
    assert_eq!(judge(ACTUAL, &[E, F]), neither);
}

#[test]
fn who_is_missing_is_said_in_plain_words() {
    let said = |kind, seeds: &[u8]| judge(kind, seeds).expect_err("not enough").to_string();
    assert_eq!(
        said(ACTUAL, &[A]),
        "1 of 2 persons have signed: a political-commissar or an approver other than the author must sign"
    );
    assert_eq!(
        said(ACTUAL, &[]),
        "0 of 2 persons have signed: a signer and a political-commissar or an approver, different persons and not the author, must sign"
    );
    assert_eq!(
        said(ACTUAL, &[A, D]),
        "2 persons have signed, yet not everybody who must: a political-commissar or an approver other than the author must sign"
    );
    assert_eq!(
        said(DRILL, &[]),
        "0 of 1 persons have signed: a signer or an exercise-director must sign"
    );
}

#[test]
fn exercise_keys_never_count_on_actual_orders_nor_the_other_way_round() {
    let wrong =
        |officer, found, need| SignatureFault::WrongKeyUse { officer: id(officer), found, need };
    assert_eq!(
        fault(judge(ACTUAL, &[A + EXERCISE, B + EXERCISE])),
        wrong("a", KeyUse::Exercise, KeyUse::Actual)
    );
    assert_eq!(
        fault(judge(ACTUAL, &[A, B + EXERCISE])),
        wrong("b", KeyUse::Exercise, KeyUse::Actual)
    );
    for drill in [DRILL, PayloadType::Order(Handling::Test)] {
        assert_eq!(fault(judge(drill, &[A])), wrong("a", KeyUse::Actual, KeyUse::Exercise));
        assert_eq!(judge(drill, &[A + EXERCISE]).expect("enough"), ["a"]);
        assert_eq!(judge(drill, &[E + EXERCISE]).expect("enough"), ["e"]);
        assert!(matches!(judge(drill, &[F + EXERCISE]), Err(AuthorityError::RoleMissing { .. })));
    }
}

#[test]
fn a_signed_exercise_shown_as_actual_is_refused_at_every_step() {
    let drill = signed(DRILL, &[A, B, A + EXERCISE, B + EXERCISE]);
    let judge = |envelope: &Envelope, handling| {
        let drafter = id("drafter");
        let matter = matter(handling, OrderAct::Issue, "x", LegalGround::Drill);
        check_signatures(
            &bundle(),
            envelope,
            &Matter { drafter: Some(&drafter), ..matter },
            at(500),
        )
    };
    assert!(judge(&drill, Handling::Exercise).is_ok());
    let refused = judge(&drill, Handling::Actual);
    let (expected, found) = (ACTUAL, DRILL);
    assert_eq!(refused, Err(AuthorityError::WrongPayloadType { expected, found }));
    let parts = (drill.payload().clone(), drill.signatures().to_vec());
    let relabelled = Envelope::from_parts(ACTUAL, parts.0, parts.1).expect("bounds");
    assert!(matches!(
        judge(&relabelled, Handling::Actual),
        Err(AuthorityError::Signature { fault: SignatureFault::BadSignature { .. }, .. })
    ));
}

#[test]
fn whoever_drafted_an_actual_order_is_neither_of_the_two() {
    let all = bundle();
    let drafted = judge_by(&all, ACTUAL, &[A, B], "a", 500);
    assert_eq!(fault(drafted), SignatureFault::DrafterSigned { officer: id("a") });
    let judged = judge_by(&all, ACTUAL, &[A, B, C], "a", 500);
    assert_eq!(judged.expect("two others"), ["c", "b"]);
    assert_eq!(judge_by(&all, DRILL, &[A + EXERCISE], "a", 500).expect("a drill"), ["a"]);
    let cancel = PayloadType::Cancel(Handling::Actual);
    assert_eq!(judge_by(&all, cancel, &[A, B], "a", 500).expect("quick").len(), 2);
    let envelope = signed(ACTUAL, &[A, B]);
    let nameless = matter(Handling::Actual, OrderAct::Issue, "x", LegalGround::Disaster);
    let nameless = check_signatures(&all, &envelope, &nameless, at(500));
    assert_eq!(nameless, Err(AuthorityError::DrafterUnknown));
}

#[test]
fn a_cancel_takes_a_commander_and_one_more() {
    let cancel = PayloadType::Cancel(Handling::Actual);
    assert_eq!(judge(cancel, &[D, A]).expect("enough"), ["a", "d"]);
    assert_eq!(judge(cancel, &[D, B]).expect("enough"), ["b", "d"]);
    assert!(matches!(judge(cancel, &[D]), Err(AuthorityError::NotEnoughPersons { .. })));
    assert!(matches!(judge(cancel, &[D, F]), Err(AuthorityError::RoleMissing { .. })));
    let drill = PayloadType::Cancel(Handling::Exercise);
    assert_eq!(judge(drill, &[D + EXERCISE]).expect("enough"), ["d"]);
    assert_eq!(
        fault(judge(drill, &[D])).to_string(),
        "the key of `d` is for `actual`, this needs one for `exercise`"
    );
}

#[test]
fn keys_and_officers_count_only_in_their_time() {
    let mut dated = bundle();
    dated.officers[1].retired_at = Some(at(700));
    dated.officers[0].keys[0].valid_from = at(100);
    let judged = |ms| judge_by(&dated, ACTUAL, &[A, B], "drafter", ms);
    assert_eq!(fault(judged(99)), SignatureFault::KeyNotValid { officer: id("a") });
    assert!(judged(100).is_ok() && judged(699).is_ok());
    assert_eq!(fault(judged(700)), SignatureFault::OfficerRetired { officer: id("b") });
    assert_eq!(fault(judged(1000)), SignatureFault::KeyNotValid { officer: id("a") });
    assert_eq!(judged(2000), Err(AuthorityError::BundleExpired { expires_at: at(2000) }));
    let before = judged(-1);
    assert!(matches!(before, Err(AuthorityError::NoRule { .. })), "{before:?}");
}

#[test]
fn unknown_keys_and_false_signatures_are_named_and_do_not_block_the_rest() {
    assert_eq!(fault(judge(ACTUAL, &[77, A])), SignatureFault::UnknownKey);
    assert_eq!(fault(judge(ACTUAL, &[201, A])), SignatureFault::UnknownKey, "a root is no officer");
    assert_eq!(judge(ACTUAL, &[77, A, B]).expect("a stray one is passed over"), ["a", "b"]);
    let mut lying = signed(ACTUAL, &[A]);
    let mut copy = lying.signatures()[0];
    copy.key_id = key(B).id();
    lying.add(copy).expect("room");
    let drafter = id("drafter");
    let matter = matter(Handling::Actual, OrderAct::Issue, "x", LegalGround::Disaster);
    let matter = Matter { drafter: Some(&drafter), ..matter };
    let judged = check_signatures(&bundle(), &lying, &matter, at(500));
    let fault = SignatureFault::BadSignature { officer: id("b") };
    assert_eq!(judged, Err(AuthorityError::Signature { key_id: key(B).id(), fault }));
}

#[test]
fn a_bundle_that_was_never_checked_still_lets_no_one_person_issue() {
    let mut bent = bundle();
    bent.rules[0].places.truncate(1);
    let judged = judge_by(&bent, ACTUAL, &[A], "drafter", 500);
    assert_eq!(judged, Err(AuthorityError::Rule(InvalidRule::OnePersonForActual)));
}

#[test]
fn one_officer_listed_twice_is_still_one_person() {
    let mut bent = bundle();
    let mut twin = officer("a", 40, &[Role::Approver]);
    twin.name.push_str(" again");
    bent.officers.push(twin);
    let judged = judge_by(&bent, ACTUAL, &[A, 40], "drafter", 500);
    assert_eq!(fault(judged), SignatureFault::SamePersonTwice { officer: id("a") });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// The same question, answered by counting in the plainest way.
    #[test]
    fn an_actual_order_stands_only_on_two_persons_neither_the_drafter(
        seeds in proptest::collection::vec(
            proptest::sample::select(vec![A, B, C, D, E, F, 77, A + EXERCISE, C + EXERCISE]), 0..6),
        drafter in proptest::sample::select(vec!["a", "b", "c", "drafter"]),
    ) {
        let holds = |seed: u8, name: &str| seeds.contains(&seed) && drafter != name;
        let (a, b, c) = (holds(A, "a"), holds(B, "b"), holds(C, "c"));
        let enough = (a && (b || c)) || (c && b);
        let judged = judge_by(&bundle(), ACTUAL, &seeds, drafter, 500);
        prop_assert_eq!(judged.is_ok(), enough, "{:?}", judged);
        if let Ok(officers) = judged {
            prop_assert!(officers.len() == 2 && officers[0] != officers[1]);
            prop_assert!(!officers.contains(&drafter.to_owned()));
        }
    }
}
