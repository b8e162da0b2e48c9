//! I5: an empty, missing or changed audience is an error at every hop.

use super::support::*;
use crate::domain::endpoint::Line;
use crate::domain::order::audience::{Audience, AudienceError, AudienceSelector};
use crate::domain::order::handling::Handling::Exercise;
use crate::domain::unit::{Echelon, UnitKind};
use crate::domain::world::{Actor, Command, Entry, Event, OrderRefusal, Refusal};

fn refusal(fault: AudienceError) -> Refusal {
    OrderRefusal::Audience(fault).into()
}

#[test]
fn an_empty_audience_is_refused() {
    let mut p = Province::new();
    let mut order = p.order(Exercise);
    order.audience = Audience { endpoints: roaring::RoaringBitmap::new(), digest: [0; 32] };
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
    p.draft(&sound).expect("as resolved today");
}

#[test]
fn an_audience_that_changed_after_signing_stops_the_issue() {
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
        p.sign(order.id, "commander").expect("may sign");
        assert_eq!(p.issue(order.id), Err(refusal(AudienceError::Changed)));
    }
}

#[test]
fn those_who_come_after_the_draft_are_not_in_its_audience() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let order = p.draft(&order).expect("sound");
    p.does(&Actor::Server, Command::PutUnits(vec![unit("03163", UnitKind::Ward, Some("KV1"))]))
        .expect("a ward more");
    let more = vec![address("03163/military"), address("03163/civil")];
    p.does(&Actor::Server, Command::AddEndpoints(more)).expect("free addresses");
    p.sign(order, "commander").expect("may sign");
    p.issue(order).expect("those who were signed for are still there");
    assert_eq!(p.file(&order).counts.endpoints, 4);
    assert_eq!(p.everybody().count(), 6);
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
