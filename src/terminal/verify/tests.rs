use super::*;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Reference, ReferenceKind};
use crate::terminal::inbox::tests::{
    HOUR_MS, ME, NOW, bundle, cancel_of, envelope, envelope_of_type, order, resigned,
};

fn judged(envelope: &Envelope) -> Result<VerifiedOrder, Unverified> {
    verify_order(envelope, &bundle(1), Some(ME), NOW)
}

fn reason(envelope: &Envelope) -> &'static str {
    judged(envelope).expect_err("it is not to be believed").reason()
}

#[test]
fn an_order_signed_by_those_who_must_is_believed_with_their_names() {
    let order = order(1, Handling::Actual);
    let good = judged(&envelope(&order)).expect("all is right");
    assert_eq!(good.signed_by.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(good.order, order);
    let outsider = verify_order(&envelope(&order), &bundle(1), None, NOW);
    assert!(outsider.is_ok(), "anybody may verify a file");
}

#[test]
fn each_wrong_order_is_refused_for_its_own_reason() {
    let right = order(1, Handling::Actual);
    let mut cases = vec![];
    cases.push(("SIGNATURES_MISSING", resigned(&envelope(&right), &[1])));
    cases.push(("SIGNATURE_INVALID", resigned(&envelope(&right), &[77, 78])));
    let mut edited = envelope(&right).payload().to_vec();
    let place = edited.windows(4).position(|bytes| bytes == b"body").expect("the text");
    edited[place] = b'B';
    let signatures = envelope(&right).signatures().to_vec();
    let kind = PayloadType::Order(Handling::Actual);
    let edited = Envelope::from_parts(kind, edited, signatures).expect("within bounds");
    cases.push(("SIGNATURE_INVALID", edited));
    let drill = order(1, Handling::Exercise);
    let as_actual = envelope_of_type(&drill, PayloadType::Order(Handling::Actual));
    cases.push(("PAYLOAD_TYPE_MISMATCH", resigned(&as_actual, &[1, 2])));
    let as_answer = envelope_of_type(&right, PayloadType::Answer);
    cases.push(("NOT_AN_ORDER", resigned(&as_answer, &[1, 2])));
    let mut changed = |reason, change: &dyn Fn(&mut Order)| {
        let mut order = right.clone();
        change(&mut order);
        cases.push((reason, envelope(&order)));
    };
    changed("EXPIRED", &|order| {
        order.drafted_at = NOW.offset_by(-3 * HOUR_MS);
        order.answer_by = NOW.offset_by(-2 * HOUR_MS);
        order.not_after = NOW.offset_by(-1);
    });
    changed("NOT_ADDRESSED", &|order| order.audience.endpoints = [5, 6].into_iter().collect());
    changed("PAYLOAD_INVALID", &|order| order.audience.endpoints.clear());
    changed("OLD_EPOCH", &|order| order.epoch = 1);
    changed("OTHER_PROVINCE", &|order| order.province = "12".parse().expect("a code"));
    changed("CONTENTS_INVALID", &|order| order.number = 0);
    changed("CHANGES_ITSELF", &|order| {
        let (kind, digest) = (ReferenceKind::Update, [0; 32]);
        order.reference = Some(Reference { kind, order: order.id, digest });
    });
    for (expected, envelope) in cases {
        assert_eq!(reason(&envelope), expected);
    }
}

#[test]
fn a_drill_key_never_makes_an_order_real() {
    let real = order(1, Handling::Actual);
    assert_eq!(reason(&resigned(&envelope(&real), &[101, 102])), "SIGNATURES_MISSING");
    let drill = order(1, Handling::Exercise);
    assert!(judged(&envelope(&drill)).is_ok());
    assert_eq!(reason(&resigned(&envelope(&drill), &[1])), "SIGNATURES_MISSING");
}

#[test]
fn a_clock_that_stands_in_1970_does_not_make_an_order_look_too_early() {
    let envelope = envelope(&order(1, Handling::Actual));
    assert!(verify_order(&envelope, &bundle(1), Some(ME), Instant::EPOCH).is_ok());
}

#[test]
fn nothing_is_believed_under_a_bundle_that_is_over() {
    let mut bundle = bundle(1);
    bundle.expires_at = NOW;
    let fault = verify_order(&envelope(&order(1, Handling::Actual)), &bundle, Some(ME), NOW);
    assert_eq!(fault.expect_err("it is over").reason(), "TRUST_BUNDLE_EXPIRED");
}

#[test]
fn a_cancel_is_believed_after_its_own_end() {
    let mut cancel = cancel_of(2, &envelope(&order(1, Handling::Actual)), Handling::Actual);
    cancel.not_after = cancel.answer_by;
    let later = cancel.not_after.offset_by(1);
    let good = verify_order(&envelope(&cancel), &bundle(1), Some(ME), later);
    assert!(good.expect("it outlives").order.is_cancel());
}

mod questions {
    use super::*;
    use crate::terminal::inbox::tests::calling::{calling, lists, page};
    use crate::terminal::verify::examine::{
        Answer, Examination, Grounds, QUESTIONS, Remembered, examine,
    };
    use crate::wire::order::printed::PrintedSheet;

    fn grounds(bundle: &TrustBundle) -> Grounds<'_> {
        let (endpoint, now) = (Some(ME), NOW);
        Grounds { bundle, day: None, endpoint, now, others: &[], remembered: None, sheet: None }
    }

    fn examined(envelope: &Envelope, grounds: &Grounds<'_>) -> Examination {
        let done = examine(envelope, grounds);
        let names: Vec<&str> = done.checks.iter().map(|check| check.name).collect();
        assert_eq!(names, QUESTIONS, "every question is there, in its order");
        done
    }

    fn reason(done: &Examination) -> Option<&'static str> {
        done.failure().map(|(reason, _text)| reason)
    }

    #[test]
    fn the_verdict_is_that_of_the_terminal_for_every_wrong_order() {
        let trusted = bundle(1);
        let right = order(1, Handling::Actual);
        assert_eq!(reason(&examined(&envelope(&right), &grounds(&trusted))), None);
        let changes: [&dyn Fn(&mut Order); 6] = [
            &|order| order.audience.endpoints = [5, 6].into_iter().collect(),
            &|order| order.epoch = 1,
            &|order| order.province = "12".parse().expect("a code"),
            &|order| order.number = 0,
            &|order| order.drafted_by = "a".parse().expect("an id"),
            &|order| {
                order.drafted_at = NOW.offset_by(-3 * HOUR_MS);
                order.answer_by = NOW.offset_by(-2 * HOUR_MS);
                order.not_after = NOW.offset_by(-1);
            },
        ];
        for change in changes {
            let mut order = right.clone();
            change(&mut order);
            let envelope = envelope(&order);
            let told = super::reason(&envelope);
            assert_eq!(reason(&examined(&envelope, &grounds(&trusted))), Some(told));
        }
        for seeds in [&[1][..], &[77, 78]] {
            let bent = resigned(&envelope(&right), seeds);
            assert_eq!(reason(&examined(&bent, &grounds(&trusted))), Some(super::reason(&bent)));
        }
    }

    #[test]
    fn nothing_is_read_that_nobody_known_has_signed() {
        let trusted = bundle(1);
        let forged = resigned(&envelope(&order(1, Handling::Actual)), &[77, 78]);
        let done = examined(&forged, &grounds(&trusted));
        assert_eq!(done.order, None);
        let open = done.checks.iter().filter(|check| check.answer == Answer::NotAsked).count();
        assert_eq!(open, QUESTIONS.len() - 2, "{:?}", done.checks);
    }

    #[test]
    fn faults_that_have_nothing_to_do_with_each_other_are_all_told() {
        let trusted = bundle(1);
        let mut order = order(1, Handling::Actual);
        order.epoch = 1;
        order.audience.endpoints = [5].into_iter().collect();
        let now = order.not_after.offset_by(1);
        let done = examined(&envelope(&order), &Grounds { now, ..grounds(&trusted) });
        let failed = done.checks.iter().filter_map(|check| match &check.answer {
            Answer::Failed { reason, .. } => Some(*reason),
            Answer::Ok(_) | Answer::NotAsked => None,
        });
        assert_eq!(failed.collect::<Vec<_>>(), ["OLD_EPOCH", "NOT_ADDRESSED", "EXPIRED"]);
    }

    #[test]
    fn a_cancel_at_hand_takes_it_back_and_a_forged_one_does_not() {
        let trusted = bundle(1);
        let right = envelope(&order(1, Handling::Actual));
        let cancel = envelope(&cancel_of(2, &right, Handling::Actual));
        let forged = resigned(&cancel, &[77, 78]);
        let drill = envelope(&cancel_of(3, &right, Handling::Exercise));
        let judged = |others: &[Envelope]| {
            let done = examined(&right, &Grounds { others, ..grounds(&trusted) });
            (reason(&done), format!("{:?}", done.checks))
        };
        assert_eq!(judged(&[]).0, None);
        assert_eq!(judged(std::slice::from_ref(&cancel)).0, Some("CANCELLED"));
        let (reason, told) = judged(&[forged.clone(), drill.clone()]);
        assert_eq!(reason, None);
        assert!(told.contains("2 of those given not to be believed"), "{told}");
        assert_eq!(judged(&[forged, drill, cancel]).0, Some("CANCELLED"));
        let mut update = order(4, Handling::Actual);
        let (kind, digest) = (ReferenceKind::Update, right.digest());
        update.reference = Some(Reference { kind, order: order(1, Handling::Actual).id, digest });
        assert_eq!(judged(&[envelope(&update)]).0, Some("REPLACED"));
    }

    #[test]
    fn what_an_inbox_remembers_speaks_against_an_order_of_the_same_name() {
        let trusted = bundle(1);
        let right = envelope(&order(1, Handling::Actual));
        let with = |remembered| {
            let remembered = Some(remembered);
            reason(&examined(&right, &Grounds { remembered, ..grounds(&trusted) }))
        };
        let (own, other) = (Some(right.digest()), Some([7; 32]));
        assert_eq!(with(Remembered { same_id: own, ..Remembered::default() }), None);
        let reused = with(Remembered { same_id: other, ..Remembered::default() });
        assert_eq!(reused, Some("ORDER_ID_REUSED"));
        let reused = with(Remembered { same_number: other, ..Remembered::default() });
        assert_eq!(reused, Some("NUMBER_REUSED"));
        assert_eq!(with(Remembered { epoch: 9, ..Remembered::default() }), Some("OLD_EPOCH"));
    }

    #[test]
    fn a_sheet_is_proved_under_the_root_masked_or_not_and_any_other_is_refused() {
        let trusted = bundle(1);
        let (own, other) = (lists(1, 3), lists(1, 3));
        let envelope = calling(1, &own);
        let judged = |sheet: &PrintedSheet| {
            examined(&envelope, &Grounds { sheet: Some(sheet), ..grounds(&trusted) })
        };
        let delivery = page(1, &own, 1);
        let done = judged(&PrintedSheet::new(&delivery, false));
        assert_eq!(reason(&done), None);
        assert_eq!(done.sheet.map(|sheet| sheet.people.len()), Some(3));
        let done = judged(&PrintedSheet::new(&delivery, true));
        assert_eq!((reason(&done), done.sheet), (None, None), "its names are not there");
        for is_masked in [false, true] {
            let mixed = PrintedSheet::new(&page(1, &other, 1), is_masked);
            assert_eq!(reason(&judged(&mixed)), Some("SHEET_NOT_UNDER_ROOT"), "{is_masked}");
        }
        let without = super::envelope(&order(1, Handling::Exercise));
        let sheet = PrintedSheet::new(&delivery, false);
        let done = examined(&without, &Grounds { sheet: Some(&sheet), ..grounds(&trusted) });
        assert_eq!(reason(&done), Some("SHEET_UNASKED"));
    }
}
