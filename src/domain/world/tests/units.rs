use jiff::civil::Date;

use super::support::*;
use crate::domain::ids::UnitCode;
use crate::domain::order::audience::{AudienceError, AudienceSelector};
use crate::domain::order::handling::Handling;
use crate::domain::unit::{Change, ChangeError, ParentBasis, Unit, UnitKind};
use crate::domain::world::{
    Actor, Command, Decision, Event, OrderRefusal, OrderState, Refusal, Request, UndoError,
};

const SERVER: Actor = Actor::Server;

/// The province with a second commune, which has an endpoint, and a base under it.
fn province() -> Province {
    let mut p = Province::new();
    let units = vec![
        unit("KV2", UnitKind::DefensiveAreaCommand, Some("11")),
        unit("03163", UnitKind::Commune, Some("KV1")),
        unit("TV-001", UnitKind::SelfDefenseBase, Some("03163")),
    ];
    p.does(&SERVER, Command::PutUnits(units)).expect("sound units");
    p.does(&SERVER, Command::AddEndpoints(vec![address("03163/military")])).expect("an endpoint");
    p
}

fn code(text: &str) -> UnitCode {
    text.parse().expect("a code")
}

fn today(p: &Province) -> Date {
    p.now.date_in_vietnam()
}

fn change(p: &Province, change: Change) -> Command {
    Command::ChangeUnits {
        change,
        effective: today(p),
        document: "Nghị quyết 12/NQ".to_owned(),
        force: false,
    }
}

fn merger() -> Change {
    Change::Merge { units: vec![code("03163")], into: code("03160"), new: None }
}

fn moved(unit: &str, parent: &str) -> Change {
    Change::Move { unit: code(unit), parent: code(parent), basis: ParentBasis::Assumed }
}

/// Carries it out; its place in the ledger.
fn done(p: &mut Province, wanted: Change) -> u64 {
    let command = change(p, wanted);
    let Ok(Decision::Happens(events)) = p.does(&SERVER, command) else { panic!("a sound change") };
    assert!(matches!(&events[..], [Event::UnitsReorganized(_)]), "one entry");
    p.world.ledger_size() - 1
}

fn undo(p: &mut Province, entry: u64) -> Result<Decision, Refusal> {
    p.does(&SERVER, Command::UndoUnits { entry, document: "nhập nhầm".to_owned() })
}

#[test]
fn a_merger_is_one_entry_and_undoing_it_restores_the_units_exactly() {
    let mut p = province();
    let before = p.world.units().clone();
    let entry = done(&mut p, merger());
    assert!(p.world.units().is_within(&code("03163"), &code("03160")));
    assert_eq!(
        p.world.units().get(&code("TV-001")).and_then(|u| u.parent.clone()),
        Some(code("03160"))
    );
    assert_eq!(p.replayed(), p.world);
    undo(&mut p, entry).expect("nothing rests on it");
    assert_eq!(p.world.units(), &before);
    assert_eq!(p.world.reorganization(entry).and_then(|own| own.undone_by), Some(entry + 1));
    assert_eq!(p.replayed(), p.world);
    let again = undo(&mut p, entry);
    assert_eq!(again, Err(UndoError::Undone { entry, by: entry + 1 }.into()));
    let undoing = undo(&mut p, entry + 1);
    assert_eq!(undoing, Err(UndoError::UndoOfUndo { entry: entry + 1 }.into()));
    assert_eq!(undo(&mut p, 0), Err(UndoError::NoChange { entry: 0 }.into()));
    done(&mut p, merger());
}

#[test]
fn what_later_changes_rest_on_is_not_taken_back() {
    let mut p = province();
    let first = done(&mut p, moved("03163", "KV2"));
    p.pass(2 * DAY);
    let second = done(&mut p, merger());
    let refused = undo(&mut p, first);
    let unit = code("03163");
    assert_eq!(refused, Err(UndoError::LaterChange { later: second, unit }.into()));
    undo(&mut p, second).expect("the last one");
    undo(&mut p, first).expect("it is the last one now");
    assert_eq!(p.world.units(), province().world.units());
}

#[test]
fn a_unit_that_something_rests_on_does_not_go() {
    let mut p = province();
    let part = unit("03161", UnitKind::Commune, Some("KV1"));
    let entry = done(&mut p, Change::Split { unit: code("03160"), parts: vec![part], ends: false });
    let mut other = p.clone();
    let base = unit("TV-002", UnitKind::SelfDefenseBase, Some("03161"));
    other.does(&SERVER, Command::PutUnits(vec![base])).expect("a base");
    let (rests, user) = (code("03161"), code("TV-002"));
    assert_eq!(undo(&mut other, entry), Err(UndoError::UnitRests { unit: rests, user }.into()));
    let mut other = p.clone();
    retire(&mut other, "03161/civil", false).expect("made with the part");
    other.does(&SERVER, Command::AddEndpoints(vec![address("03161/civil")])).expect("an endpoint");
    let refused = undo(&mut other, entry);
    assert!(matches!(refused, Err(Refusal::UnitUndo(UndoError::EndpointRests { .. }))));
    undo(&mut p, entry).expect("nothing rests on it");
    assert_eq!(p.world.units().get(&code("03161")), None);
}

#[test]
fn a_day_to_come_is_refused_and_a_document_is_asked_for() {
    let mut p = province();
    let effective = today(&p).tomorrow().expect("a day");
    let document = "Nghị quyết".to_owned();
    let command = Command::ChangeUnits { change: merger(), effective, document, force: false };
    assert_eq!(p.does(&SERVER, command), Err(Refusal::UnitChangeAhead { effective }));
    assert!(p.world.units().plan(&merger(), effective).is_ok(), "it can be previewed");
    let effective = today(&p);
    let document = String::new();
    let command = Command::ChangeUnits { change: merger(), effective, document, force: false };
    assert!(matches!(p.does(&SERVER, command), Err(Refusal::Invalid { .. })));
    let mut ending = unit("03164", UnitKind::Commune, Some("KV1"));
    ending.valid_to = Some(effective.tomorrow().expect("a day"));
    let refused = p.does(&SERVER, Command::PutUnits(vec![ending]));
    assert!(
        matches!(refused, Err(Refusal::Invalid { .. })),
        "an import cannot end it ahead either"
    );
}

#[test]
fn the_same_request_twice_is_done_once() {
    let mut p = province();
    let id = Some(("r1".parse().expect("an id"), [7; 32]));
    let request = Request { actor: SERVER, id, command: change(&p, merger()) };
    p.handle(&request).expect("a sound change");
    let ledger_index = p.world.ledger_size() - 1;
    assert_eq!(p.handle(&request), Ok(Decision::Repeated { ledger_index }));
    assert_eq!(p.world.reorganizations().count(), 1);
}

#[test]
fn new_orders_leave_closed_units_out_and_issued_ones_keep_them() {
    let mut p = province();
    let order = p.order(Handling::Exercise);
    let issued = p.draft(&order).expect("a draft");
    p.sign(issued, "commander").expect("a signature");
    p.issue(issued).expect("issued");
    let order = p.order(Handling::Exercise);
    let waiting = p.draft(&order).expect("a draft");
    p.sign(waiting, "commander").expect("a signature");
    let gone = p.world.endpoints().at(&address("03163/military")).expect("it").no;
    done(&mut p, merger());
    assert!(p.file(&issued).order.audience.contains(gone), "the issued order keeps it");
    assert_eq!(p.file(&issued).state(p.now), OrderState::Issued);
    assert!(!p.everybody().contains(gone));
    let refused = p.issue(waiting);
    assert!(
        matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::Audience(AudienceError::ChangedSince { .. })))
        ),
        "{refused:?}"
    );
    let selector = AudienceSelector { units: [code("03163")].into(), ..Default::default() };
    let named = selector.resolve(p.world.units(), p.world.endpoints());
    let (unit, now) = (code("03163"), code("03160"));
    assert_eq!(named, Err(AudienceError::ClosedUnit { unit, now }));
    let refused = p.does(&SERVER, Command::AddEndpoints(vec![address("03163/civil")]));
    assert!(matches!(refused, Err(Refusal::Endpoint(_))), "no endpoint for a closed unit");
}

/// Two communes become a new one. The first has both lines, the second the military one.
fn founding() -> Change {
    let new = Some(Box::new(unit("03159", UnitKind::Commune, Some("KV1"))));
    Change::Merge { units: vec![code("03160"), code("03163")], into: code("03159"), new }
}

fn at(p: &Province, text: &str) -> Option<u32> {
    p.world.endpoints().at(&address(text)).map(|own| own.no.number())
}

#[test]
fn a_unit_made_by_a_change_is_reached_on_the_lines_of_those_before_it_in_the_same_entry() {
    let mut p = province();
    let before = u32::try_from(p.world.endpoints().len()).expect("few");
    let entry = done(&mut p, founding());
    let made = (at(&p, "03159/military"), at(&p, "03159/civil"));
    assert_eq!(made, (Some(before + 1), Some(before + 2)));
    let selector = AudienceSelector { units: [code("03159")].into(), ..Default::default() };
    let own = selector.resolve(p.world.units(), p.world.endpoints()).expect("somebody");
    assert_eq!(own.count(), 2);
    assert!(own.endpoints.is_subset(&p.everybody().endpoints), "the province reaches it too");
    assert_eq!(p.replayed(), p.world);

    undo(&mut p, entry).expect("what it made goes with it");
    assert_eq!((at(&p, "03159/military"), at(&p, "03159/civil")), (None, None));
    assert_eq!(p.everybody().count(), u64::from(before));
    assert_eq!(p.replayed(), p.world);
    done(&mut p, founding());
    assert_eq!(at(&p, "03159/military"), Some(before + 3), "no number is given twice");
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn a_part_of_a_unit_and_a_successor_without_lines_are_reached_too() {
    let mut p = province();
    let part = unit("03161", UnitKind::Commune, Some("KV1"));
    done(&mut p, Change::Split { unit: code("03160"), parts: vec![part], ends: false });
    assert!(at(&p, "03161/military").is_some() && at(&p, "03161/civil").is_some());
    let bare = unit("03164", UnitKind::Commune, Some("KV1"));
    p.does(&SERVER, Command::PutUnits(vec![bare])).expect("a commune");
    let change = Change::Close { unit: code("03163"), successors: vec![code("03164")] };
    done(&mut p, change);
    assert!(at(&p, "03164/military").is_some());
    assert_eq!(at(&p, "03164/civil"), None, "the one before had no civil line");
}

#[test]
fn an_endpoint_added_by_hand_stops_an_undoing_until_it_is_retired() {
    let mut p = province();
    let lone = Change::Merge {
        units: vec![code("03163")],
        into: code("03159"),
        new: Some(Box::new(unit("03159", UnitKind::Commune, Some("KV1")))),
    };
    let entry = done(&mut p, lone);
    p.does(&SERVER, Command::AddEndpoints(vec![address("03159/civil")])).expect("its other line");
    let refused = undo(&mut p, entry);
    assert!(matches!(refused, Err(Refusal::UnitUndo(UndoError::EndpointRests { .. }))));
    retire(&mut p, "03159/civil", false).expect("no order waits");
    undo(&mut p, entry).expect("nothing rests on it");
    assert_eq!(p.world.units(), province().world.units());
    assert_eq!(p.replayed(), p.world);
}

fn retire(p: &mut Province, text: &str, force: bool) -> Result<Decision, Refusal> {
    let (address, document) = (address(text), "giải thể".to_owned());
    p.does(&SERVER, Command::RetireEndpoint { address, document, force })
}

#[test]
fn a_retired_endpoint_is_in_no_audience_and_its_number_and_history_stay() {
    let mut p = province();
    let order = p.order(Handling::Exercise);
    let waiting = p.issue_order(&order);
    let no = p.world.endpoints().at(&address("03163/military")).expect("it").no;
    let refused = retire(&mut p, "03163/military", false);
    assert!(matches!(refused, Err(Refusal::EndpointAwaited { .. })), "{refused:?}");
    let draft = p.order(Handling::Exercise);
    let draft = p.draft(&draft).expect("a draft");
    retire(&mut p, "03163/military", true).expect("all the same");
    assert_eq!(p.world.endpoints().at(&address("03163/military")), None);
    let own = p.world.endpoints().get(no).expect("its history");
    assert!(own.is_retired && own.terminal.is_none());
    assert!(p.file(&waiting).order.audience.contains(no) && !p.everybody().contains(no));
    let changed = |refused: Result<Decision, Refusal>| {
        matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::Audience(AudienceError::ChangedSince { .. })))
        )
    };
    assert!(changed(p.sign(draft, "commander")), "it would miss somebody who was named");
    let again = retire(&mut p, "03163/military", true);
    assert!(matches!(again, Err(Refusal::EndpointUnknown { .. })));
    p.does(&SERVER, Command::AddEndpoints(vec![address("03163/military")])).expect("free again");
    assert!(at(&p, "03163/military").expect("a new one") > no.number());
    assert_eq!(p.replayed(), p.world);
    assert_eq!(p.world.check(), []);
}

#[test]
fn a_draft_whose_audience_a_reorganization_changed_is_neither_signed_nor_issued() {
    let mut p = province();
    let order = p.order(Handling::Exercise);
    let unsigned = p.draft(&order).expect("a draft");
    done(&mut p, founding());
    let refused = p.sign(unsigned, "commander").expect_err("others would get it");
    assert_eq!(refused.reason(), "AUDIENCE_CHANGED");
    assert!(refused.to_string().contains("draft and sign again"), "{refused}");
    assert!(p.issue(unsigned).is_err());
}

#[test]
fn a_list_does_not_rewrite_a_living_unit_and_facts_it_brings_outlive_an_undoing() {
    let mut p = province();
    let held = p.world.units().get(&code("03163")).expect("a commune").clone();
    let before = p.world.clone();
    for change in [
        |unit: &mut Unit| unit.name = "Xã Đổi Tên".to_owned(),
        |unit: &mut Unit| unit.parent = Some(code("KV2")),
        |unit: &mut Unit| unit.kind = UnitKind::Ward,
    ] {
        let mut said = held.clone();
        change(&mut said);
        let refused = p.does(&SERVER, Command::PutUnits(vec![said]));
        assert!(matches!(refused, Err(Refusal::UnitRewrite(_))), "{refused:?}");
    }
    assert_eq!(p.world, before);
    let name = "Xã Đổi Tên".to_owned();
    let rename = Change::Rename { unit: code("03163"), name: name.clone(), kind: None };
    let entry = done(&mut p, rename);
    let counted = Unit { name, population: Some(6_000), ..held.clone() };
    p.does(&SERVER, Command::PutUnits(vec![counted])).expect("a fact without history");
    assert_eq!(p.replayed(), p.world);
    undo(&mut p, entry).expect("facts are no change of the unit");
    let back = Unit { population: Some(6_000), ..held };
    assert_eq!(p.world.units().get(&code("03163")), Some(&back));
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn no_list_makes_a_second_commune_of_a_name() {
    let mut p = province();
    let twin =
        Unit { code: code("03164"), ..p.world.units().get(&code("03163")).expect("it").clone() };
    let refused = p.does(&SERVER, Command::PutUnits(vec![twin]));
    assert!(matches!(refused, Err(Refusal::UnitChange(ChangeError::NameTaken { .. }))));
}

#[test]
fn a_unit_is_renamed_and_moved_on_one_day_and_both_are_taken_back() {
    let mut p = province();
    let before = p.world.units().clone();
    let rename = Change::Rename { unit: code("03163"), name: "Xã Mới".to_owned(), kind: None };
    let first = done(&mut p, rename);
    let second = done(&mut p, moved("03163", "KV2"));
    let yesterday = today(&p).yesterday().expect("a day");
    let was = p.world.units().state_on(&code("03163"), yesterday).expect("it was there");
    assert_eq!((was.name.as_str(), was.parent.as_ref()), ("Xã 03163", Some(&code("KV1"))));
    assert_eq!(p.replayed(), p.world);
    assert!(undo(&mut p, first).is_err(), "the later one rests on it");
    undo(&mut p, second).expect("the last one");
    undo(&mut p, first).expect("it is the last one now");
    assert_eq!(p.world.units(), &before);
}

#[test]
fn each_unit_that_an_operation_concerns_is_named_with_it() {
    let mut p = province();
    let part = unit("03161", UnitKind::Commune, Some("KV1"));
    let split = done(&mut p, Change::Split { unit: code("03160"), parts: vec![part], ends: false });
    let named = |p: &Province, entry| -> Vec<String> {
        p.world.concerned(entry).into_iter().map(ToString::to_string).collect()
    };
    assert_eq!(named(&p, split), ["03160", "03161"]);
    undo(&mut p, split).expect("nothing rests on it");
    assert_eq!(named(&p, split + 1), ["03160", "03161"], "its undoing too");
    let merged = done(&mut p, merger());
    assert_eq!(named(&p, merged), ["03160", "03163", "TV-001"]);
    let moved = done(&mut p, moved("03160", "KV2"));
    assert_eq!(named(&p, moved), ["03160", "KV2"]);
}
