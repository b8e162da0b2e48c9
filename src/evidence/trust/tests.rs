use super::*;
use crate::domain::authority::default_rules;
use crate::evidence::key::SigningKey;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("a key")
}

pub(crate) const fn at(ms: i64) -> Instant {
    Instant::from_millis(ms)
}

/// An officer with an actual key of seed `n` and an exercise key of seed `n + 100`, valid from 0 to 1000.
pub(crate) fn officer(id: &str, n: u8, roles: &[Role]) -> TrustedOfficer {
    let own = |seed, key_use| OfficerKey {
        key: key(seed).public(),
        key_use,
        valid_from: at(0),
        valid_to: at(1000),
    };
    TrustedOfficer {
        id: id.parse().expect("an id"),
        name: format!("Officer {id}"),
        unit: "11".parse().expect("a code"),
        roles: roles.iter().copied().collect(),
        keys: vec![own(n, KeyUse::Actual), own(n + 100, KeyUse::Exercise)],
        retired_at: None,
    }
}

/// Roots of seeds 201 to 203, two of them needed; officers a to f; over at 2000.
pub(crate) fn bundle() -> TrustBundle {
    TrustBundle {
        version: 1,
        epoch: 1,
        province: "11".parse().expect("a code"),
        issued_at: at(0),
        expires_at: at(2000),
        officers: vec![
            officer("a", 1, &[Role::Signer]),
            officer("b", 2, &[Role::Approver]),
            officer("c", 3, &[Role::Signer, Role::Approver]),
            officer("d", 4, &[Role::DutyOfficer]),
            officer("e", 5, &[Role::ExerciseDirector]),
            officer("f", 6, &[Role::Auditor]),
        ],
        rules: default_rules(Instant::EPOCH, "Law 53/2019/QH14, article 25"),
        delegations: Vec::new(),
        ledger_key: key(200).public(),
        roots: (201..=203).map(|seed| key(seed).public()).collect(),
        root_threshold: 2,
        authority_cert_pem: "certificate".to_owned(),
        witnesses: Witnesses::default(),
    }
}

fn signed(seeds: &[u8]) -> Envelope {
    let mut envelope =
        Envelope::new(PayloadType::TrustBundle, &b"bundle bytes"[..]).expect("within bounds");
    seeds.iter().for_each(|seed| envelope.sign(&key(*seed)).expect("room"));
    envelope
}

fn next() -> TrustBundle {
    TrustBundle { version: 2, ..bundle() }
}

#[test]
fn a_newer_bundle_signed_by_enough_roots_replaces_the_old() {
    let (old, new) = (bundle(), next());
    for seeds in [&[201, 202][..], &[203, 201], &[201, 202, 203], &[7, 201, 8, 202]] {
        assert_eq!(accept_bundle(Some(&old), &new, &signed(seeds), at(1)), Ok(()), "{seeds:?}");
        assert_eq!(accept_bundle(None, &new, &signed(seeds), at(1)), Ok(()), "{seeds:?}");
    }
}

#[test]
fn one_root_twice_or_with_strangers_is_one() {
    let (old, new) = (bundle(), next());
    let refused = Err(BundleError::OldRoots { have: 1, need: 2 });
    assert_eq!(accept_bundle(Some(&old), &new, &signed(&[201, 201, 1, 200]), at(1)), refused);
    let mut copied = signed(&[201]);
    let mut lying = copied.signatures()[0];
    lying.key_id = key(202).id();
    copied.add(lying).expect("room");
    assert_eq!(accept_bundle(Some(&old), &new, &copied, at(1)), refused);
    let alone = Err(BundleError::NewRoots { have: 0, need: 2 });
    assert_eq!(accept_bundle(None, &new, &signed(&[]), at(1)), alone);
}

#[test]
fn new_roots_need_the_old_ones_to_agree_and_must_sign_themselves() {
    let old = bundle();
    let mut new = next();
    new.roots = vec![key(211).public(), key(212).public()];
    let judge = |seeds: &[u8]| accept_bundle(Some(&old), &new, &signed(seeds), at(1));
    assert_eq!(judge(&[211, 212]), Err(BundleError::OldRoots { have: 0, need: 2 }));
    assert_eq!(judge(&[201, 202, 211]), Err(BundleError::NewRoots { have: 1, need: 2 }));
    assert_eq!(judge(&[201, 202, 211, 212]), Ok(()));
    let mut lower = next();
    lower.root_threshold = 1;
    let one = accept_bundle(Some(&old), &lower, &signed(&[201]), at(1));
    assert_eq!(one, Err(BundleError::OldRoots { have: 1, need: 2 }), "the old threshold holds");
}

#[test]
fn old_expired_foreign_and_mistyped_bundles_are_refused() {
    let (old, new, good) =
        (TrustBundle { version: 2, epoch: 5, ..bundle() }, next(), signed(&[201, 202]));
    let judge = |new: &TrustBundle| accept_bundle(Some(&old), new, &good, at(1));
    assert_eq!(judge(&new), Err(BundleError::NotNewer { own: 2, found: 2 }));
    let newer = TrustBundle { version: 3, ..new };
    assert_eq!(judge(&newer), Err(BundleError::EpochWentBack { own: 5, found: 1 }));
    let sound = TrustBundle { epoch: 5, ..newer };
    assert_eq!(judge(&sound), Ok(()));
    let foreign = TrustBundle { province: "12".parse().expect("a code"), ..sound.clone() };
    assert!(matches!(judge(&foreign), Err(BundleError::OtherProvince { .. })));
    let late = accept_bundle(Some(&old), &sound, &good, at(2000));
    assert_eq!(late, Err(BundleError::Expired { expires_at: at(2000) }));
    assert_eq!(accept_bundle(Some(&old), &sound, &good, at(1999)), Ok(()));
    let parts = (good.payload().clone(), good.signatures().to_vec());
    let receipt = Envelope::from_parts(PayloadType::Receipt, parts.0, parts.1).expect("bounds");
    let found = PayloadType::Receipt;
    let refused = accept_bundle(Some(&old), &sound, &receipt, at(1));
    assert_eq!(refused, Err(BundleError::WrongPayloadType { found }));
}

#[test]
fn a_bundle_that_would_let_one_person_count_as_two_is_refused_whoever_signed() {
    let bend = |change: &dyn Fn(&mut TrustBundle)| {
        let mut bent = next();
        change(&mut bent);
        let fault = bent.check().expect_err("bent");
        let all = signed(&[201, 202, 203]);
        assert_eq!(accept_bundle(None, &bent, &all, at(1)), Err(fault.clone().into()));
        fault
    };
    let key_twice = |seed| InvalidBundle::KeyTwice { key_id: key(seed).id() };
    assert!(matches!(
        bend(&|new| new.officers[1].id = new.officers[0].id.clone()),
        InvalidBundle::OfficerTwice { .. }
    ));
    assert_eq!(bend(&|new| new.officers[1].keys[0].key = key(1).public()), key_twice(1));
    assert_eq!(bend(&|new| new.officers[0].keys[1].key = key(1).public()), key_twice(1));
    assert_eq!(bend(&|new| new.officers[0].keys[0].key = key(201).public()), key_twice(201));
    assert_eq!(bend(&|new| new.ledger_key = key(201).public()), key_twice(201));
    assert_eq!(bend(&|new| new.roots[1] = new.roots[0]), key_twice(201));
    assert!(matches!(
        bend(&|new| new.officers[0].keys[0].key_use = KeyUse::Root),
        InvalidBundle::KeyUse { key_use: KeyUse::Root, .. }
    ));
    let fault = InvalidRule::OnePersonForActual;
    assert_eq!(
        bend(&|new| new.rules[0].places.truncate(1)),
        InvalidBundle::Rule { index: 0, fault }
    );
    assert_eq!(
        bend(&|new| new.rules.push(new.rules[2].clone())),
        InvalidBundle::RuleTwice { index: 6 }
    );
}

#[test]
fn sizes_thresholds_and_times_that_cannot_be_are_refused() {
    let bend = |change: &dyn Fn(&mut TrustBundle)| {
        let mut bent = next();
        change(&mut bent);
        bent.check().expect_err("bent")
    };
    let size =
        |field| move |fault| matches!(fault, InvalidBundle::Size { field: f, .. } if f == field);
    assert!(size("officers")(bend(&|new| new.officers.clear())));
    assert!(size("rules")(bend(&|new| new.rules.clear())));
    assert!(size("roots")(bend(&|new| new.roots.clear())));
    assert!(size("keys")(bend(&|new| new.officers[0].keys.clear())));
    assert!(size("roles")(bend(&|new| new.officers[0].roles.clear())));
    assert!(size("name")(bend(&|new| new.officers[0].name = "x".repeat(NAME_LEN_MAX + 1))));
    assert!(size("authority_cert_pem")(bend(&|new| new.authority_cert_pem.clear())));
    for threshold in [0, 4, u32::MAX] {
        assert_eq!(
            bend(&|new| new.root_threshold = threshold),
            InvalidBundle::Threshold { threshold, roots: 3 }
        );
    }
    let impossible = |field| InvalidBundle::Impossible { field };
    assert_eq!(bend(&|new| new.version = 0), impossible("version"));
    assert_eq!(bend(&|new| new.expires_at = new.issued_at), impossible("expires_at"));
    assert_eq!(bend(&|new| new.officers[0].keys[0].valid_to = at(0)), impossible("valid_to"));
}

#[test]
fn the_fingerprint_of_the_roots_names_the_set_and_its_threshold() {
    let own = bundle().roots_fingerprint();
    let mut other = next();
    other.roots.reverse();
    assert_eq!(other.roots_fingerprint(), own, "the order of a list says nothing");
    other.root_threshold = 1;
    assert_ne!(other.roots_fingerprint(), own);
    let mut fewer = next();
    fewer.roots.pop();
    assert_ne!(fewer.roots_fingerprint(), own);
}

#[test]
fn a_key_leads_to_its_holder() {
    let bundle = bundle();
    let (holder, own) = bundle.holder_of(&key(102).id()).expect("listed");
    assert_eq!((holder.id.as_str(), own.key_use), ("b", KeyUse::Exercise));
    assert!(bundle.holder_of(&key(201).id()).is_none(), "a root is no officer");
    assert_eq!(bundle.officer(&holder.id), Some(holder));
}
