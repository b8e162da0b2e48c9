//! I5: an empty, missing or changed audience is an error at every hop.

use super::support::*;
use crate::domain::endpoint::Line;
use crate::domain::order::audience::{Audience, AudienceError, AudienceSelector};
use crate::domain::order::handling::Handling::Exercise;
use crate::domain::order::{Order, ReferenceKind};
use crate::domain::unit::{Change, Echelon, ParentBasis, Unit, UnitKind};
use crate::domain::world::{Actor, Command, Entry, Event, OrderRefusal, Refusal};

fn refusal(fault: AudienceError) -> Refusal {
    OrderRefusal::Audience(fault).into()
}

#[test]
fn an_empty_audience_is_refused() {
    let mut p = Province::new();
    let mut order = p.order(Exercise);
    order.audience.endpoints.clear();
    assert_eq!(p.draft(&order), Err(refusal(AudienceError::Empty)));
}

#[test]
fn an_audience_whose_digest_or_number_is_not_todays_is_refused() {
    let mut p = Province::new();
    let sound = p.order(Exercise);
    let mut other_digest = sound.clone();
    other_digest.audience.digest[0] ^= 1;
    let mut one_more = sound.clone();
    one_more.audience.endpoints.insert(5);
    let mut one_less = sound.clone();
    one_less.audience.endpoints.remove(4);
    for order in [other_digest, one_more, one_less] {
        assert_eq!(p.draft(&order), Err(refusal(AudienceError::Changed)));
    }
    let mut other_selector = sound.clone();
    other_selector.audience.selector.lines = [Line::Military].into();
    assert_eq!(p.draft(&other_selector), Err(changed(0, 1, "03160/civil")));
    p.draft(&sound).expect("as resolved today");
}

#[test]
fn an_audience_of_elsewhere_stops_the_issue() {
    let mut p = Province::new();
    // No command can change an endpoint's number or address: only a ledger of elsewhere can hold
    // such a draft.
    for spoil in [(|a: &mut Audience| a.digest[31] ^= 1) as fn(&mut Audience), |a| {
        a.endpoints.insert(9);
    }] {
        let mut order = p.order(Exercise);
        spoil(&mut order.audience);
        let draft = new_draft(&order);
        let (order, envelope) = (draft.order, draft.envelope);
        let event =
            Event::OrderDrafted { order: order.clone(), envelope, traceparent: String::new() };
        p.world.apply(&Entry { at: p.now, actor: Actor::Server, request: None, event });
        let unsigned = p.sign(order.id, "commander");
        assert_eq!(unsigned.map(drop), Err(refusal(AudienceError::Changed)));
        assert!(p.issue(order.id).is_err());
    }
}

fn puts(p: &mut Province, units: Vec<Unit>) {
    p.does(&Actor::Server, Command::PutUnits(units)).expect("sound units");
}

fn adds(p: &mut Province, addresses: &[&str]) {
    let addresses = addresses.iter().map(|text| address(text)).collect();
    p.does(&Actor::Server, Command::AddEndpoints(addresses)).expect("free addresses");
}

fn changed(came: u64, went: u64, one: &str) -> Refusal {
    refusal(AudienceError::ChangedSince { came, went, one: address(one) })
}

#[test]
fn those_who_came_after_the_signing_stop_the_issue_and_nothing_is_written() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    puts(&mut p, vec![unit("03163", UnitKind::Ward, Some("KV1"))]);
    adds(&mut p, &["03163/military", "03163/civil"]);
    let size = p.ledger.len();
    let refused = p.issue(order).expect_err("two are left out");
    assert_eq!(refused, changed(2, 0, "03163/military"));
    assert_eq!(refused.reason(), "AUDIENCE_CHANGED");
    let said = refused.to_string();
    for word in ["2 endpoints came and 0 went", "03163/military", "draft and sign again"] {
        assert!(said.contains(word), "{said}");
    }
    assert_eq!((p.ledger.len(), p.world.latest_sequence()), (size, 0));
    let anew = p.order(Exercise);
    let anew = p.issue_order(&anew);
    assert_eq!(p.file(&anew).counts.endpoints, 6);
}

#[test]
fn those_who_moved_away_after_the_signing_stop_the_issue() {
    let mut p = Province::new();
    puts(&mut p, vec![unit("KV2", UnitKind::DefensiveAreaCommand, Some("11"))]);
    let area = Order { audience: p.under("KV1"), ..p.order(Exercise) };
    let area = p.draft(&area).expect("sound");
    let commune = Order { audience: p.under("03160"), ..p.order(Exercise) };
    let commune = p.draft(&commune).expect("sound");
    for order in [area, commune] {
        p.sign(order, "commander").expect("may sign");
    }
    let code = |text: &str| text.parse().expect("a code");
    let command = Command::ChangeUnits {
        change: Change::Move {
            unit: code("03160"),
            parent: code("KV2"),
            basis: ParentBasis::Sourced,
        },
        effective: p.now.date_in_vietnam(),
        document: "Quyết định 5/QĐ".to_owned(),
        force: false,
    };
    p.does(&Actor::Server, command).expect("a sound move");
    assert_eq!(p.issue(area), Err(changed(0, 2, "03160/military")));
    p.issue(commune).expect("the commune is the same wherever it hangs");
}

#[test]
fn those_who_come_elsewhere_do_not_stop_an_order_to_others() {
    let mut p = Province::new();
    let order = Order { audience: p.under("03160"), ..p.order(Exercise) };
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    puts(&mut p, vec![unit("03163", UnitKind::Ward, Some("KV1"))]);
    adds(&mut p, &["03163/military"]);
    p.issue(order).expect("nobody of 03160 came or went");
}

#[test]
fn a_cancel_goes_to_whoever_got_the_order_and_an_update_to_those_who_came_too() {
    let mut p = Province::new();
    let (first, second) = (p.issued(Exercise), p.issued(Exercise));
    puts(&mut p, vec![unit("03163", UnitKind::Ward, Some("KV1"))]);
    adds(&mut p, &["03163/military"]);
    let key = key_for("commander", Exercise);
    let cancel = p.follow_up(&first, ReferenceKind::Cancel);
    p.issue_signed(&cancel, std::slice::from_ref(&key)).expect("to the same four");
    let update = p.follow_up(&second, ReferenceKind::Update);
    let refused = p.issue_signed(&update, std::slice::from_ref(&key));
    assert_eq!(refused, Err(changed(1, 0, "03163/military")));
    let update = Order { audience: p.everybody(), ..update };
    p.issue_signed(&update, &[key]).expect("to all five");
}

#[test]
fn an_audience_that_does_not_say_whom_was_asked_for_is_refused() {
    let mut p = Province::new();
    let mut order = p.order(Exercise);
    order.audience.selector = AudienceSelector::default();
    let refused = p.draft(&order).expect_err("nothing to hold it against later");
    assert_eq!(
        (&refused, refused.reason()),
        (&refusal(AudienceError::Unselected), "AUDIENCE_INVALID")
    );
}

#[test]
fn a_selector_means_units_echelons_and_lines_and_never_nobody() {
    let p = Province::new();
    let resolve =
        |selector: &AudienceSelector| selector.resolve(p.world.units(), p.world.endpoints());
    let numbers = |selector: &AudienceSelector| {
        resolve(selector).map(|audience| audience.endpoints.iter().collect::<Vec<_>>())
    };
    let under = |code: &str| AudienceSelector {
        units: [code.parse().expect("a code")].into(),
        ..AudienceSelector::default()
    };
    assert_eq!(numbers(&under("11")), Ok(vec![1, 2, 3, 4]));
    assert_eq!(numbers(&under("KV1")), Ok(vec![2, 3, 4]));
    let communes = AudienceSelector { echelons: [Echelon::Commune].into(), ..under("11") };
    assert_eq!(numbers(&communes), Ok(vec![3, 4]));
    let civil = AudienceSelector { lines: [Line::Civil].into(), ..under("11") };
    assert_eq!(numbers(&civil), Ok(vec![4]));
    assert_eq!(numbers(&AudienceSelector::default()), Err(AudienceError::Empty));
    let bases = AudienceSelector { echelons: [Echelon::Base].into(), ..under("11") };
    assert_eq!(numbers(&bases), Err(AudienceError::Empty));
    let unit = "99999".parse().expect("a code");
    assert_eq!(numbers(&under("99999")), Err(AudienceError::UnknownUnit { unit }));
    let crowd = AudienceSelector {
        units: (0..201).map(|n| format!("U{n}").parse().expect("a code")).collect(),
        ..AudienceSelector::default()
    };
    assert_eq!(numbers(&crowd), Err(AudienceError::TooManyUnits { count: 201 }));
}

#[test]
fn the_digest_is_over_numbers_and_addresses() {
    let p = Province::new();
    let text = b"3 03160/military\n4 03160/civil\n";
    assert_eq!(p.under("03160").digest, crate::evidence::sha256(&[text]));
}
