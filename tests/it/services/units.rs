//! Reorganizations and endpoints that go, and what the ledger is asked of them.

use hoatoc::wire::{entry, pb};
use pb::ledger_service_client::LedgerServiceClient;
use pb::organization_service_client::OrganizationServiceClient;
use tonic::Code;

use crate::support::{COMMUNE, Province, reason, soon};

fn change(id: &str, change: pb::unit_change::Change) -> pb::ChangeUnitsRequest {
    pb::ChangeUnitsRequest {
        request_id: id.to_owned(),
        change: Some(pb::UnitChange { change: Some(change) }),
        effective_date: "2026-11-01".to_owned(),
        document: "Nghị quyết 12/NQ".to_owned(),
        ..pb::ChangeUnitsRequest::default()
    }
}

fn close(unit: &str) -> pb::unit_change::Change {
    let unit_code = unit.to_owned();
    pb::unit_change::Change::Close(pb::CloseUnit { unit_code, successor_codes: Vec::new() })
}

fn founding() -> pb::unit_change::Change {
    let new_unit = pb::Unit {
        code: "03159".to_owned(),
        name: "Xã Mường Nhé".to_owned(),
        echelon: pb::Echelon::Commune.into(),
        kind: pb::UnitKind::Commune.into(),
        parent_code: "KV1".to_owned(),
        parent_basis: pb::ParentBasis::Sourced.into(),
        ..pb::Unit::default()
    };
    pb::unit_change::Change::Merge(pb::MergeUnits {
        unit_codes: vec![COMMUNE.to_owned(), "03127".to_owned()],
        into_code: "03159".to_owned(),
        new_unit: Some(new_unit),
    })
}

#[tokio::test]
async fn a_new_commune_is_reached_from_the_day_it_is_made_and_goes_again_with_its_endpoints() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("administrator").await);
    let preview = pb::ChangeUnitsRequest { validate_only: true, ..change("c0", founding()) };
    let preview = soon(client.change_units(preview)).await.expect("a preview").into_inner();
    let made = ["03159/military", "03159/civil"];
    assert_eq!(
        (preview.ledger_index, &preview.new_endpoints[..]),
        (0, &made.map(String::from)[..])
    );
    let done = soon(client.change_units(change("c1", founding()))).await.expect("made");
    let entry = done.into_inner().ledger_index;
    let address = |text: &str| text.parse().expect("an address");
    let there = || {
        let world = province.engine.world();
        made.map(|text| world.endpoints().at(&address(text)).map(|own| own.no.number()))
    };
    assert_eq!(there(), [Some(5), Some(6)]);

    let undo = |id: &str, validate_only| pb::UndoUnitChangeRequest {
        request_id: id.to_owned(),
        ledger_index: entry,
        document: "nhập nhầm".to_owned(),
        validate_only,
    };
    let preview = soon(client.undo_unit_change(undo("u0", true))).await.expect("a preview");
    assert_eq!(preview.into_inner().retired_endpoints, made);
    soon(client.undo_unit_change(undo("u1", false))).await.expect("nothing rests on it");
    assert_eq!(there(), [None, None]);
}

#[tokio::test]
async fn a_unit_that_has_endpoints_is_closed_without_a_successor_only_by_force() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("administrator").await);
    let refused = soon(client.change_units(change("c1", close("03127")))).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "UNIT_CLOSE_STRANDS".to_owned()));
    let forced = pb::ChangeUnitsRequest { force: true, ..change("c2", close("03127")) };
    soon(client.change_units(forced)).await.expect("all the same");
    assert!(province.engine.world().units().iter().any(|unit| unit.is_closed()));
}

#[tokio::test]
async fn an_endpoint_is_retired_once_and_the_ledger_tells_who_did_it() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("administrator").await);
    let retire = |id: &str| pb::RetireEndpointRequest {
        request_id: id.to_owned(),
        address: "03160/civil".to_owned(),
        document: "Quyết định 5/QĐ".to_owned(),
        force: false,
    };
    let gone = soon(client.retire_endpoint(retire("r1"))).await.expect("no order waits");
    let again = soon(client.retire_endpoint(retire("r1"))).await.expect("a repeat");
    assert_eq!(gone.into_inner(), again.into_inner());
    let refused = soon(client.retire_endpoint(retire("r2"))).await;
    assert_eq!(reason(refused), (Code::NotFound, "ENDPOINT_UNKNOWN".to_owned()));
    let everybody = pb::ListEndpointsRequest::default();
    let listed = soon(client.list_endpoints(everybody)).await.expect("a list").into_inner();
    let retired: Vec<_> = listed.endpoints.iter().filter(|own| own.retired).collect();
    assert_eq!(retired.iter().map(|own| own.address.as_str()).collect::<Vec<_>>(), ["03160/civil"]);

    let mut auditor = LedgerServiceClient::new(province.officer("auditor").await);
    let ask = pb::FindEntriesRequest {
        kinds: vec!["endpoint_retired".to_owned()],
        actor: "officer/administrator".to_owned(),
        ..pb::FindEntriesRequest::default()
    };
    let found = soon(auditor.find_entries(ask.clone())).await.expect("found").into_inner();
    assert_eq!((found.entries.len(), found.next_before_index), (1, 0));
    let leaf = entry::decode(&found.entries[0].entry).expect("a leaf");
    assert_eq!(leaf.event.kind(), "endpoint_retired");
    let other = pb::FindEntriesRequest { actor: "officer/clerk".to_owned(), ..ask.clone() };
    let none = soon(auditor.find_entries(other)).await.expect("none").into_inner();
    assert!(none.entries.is_empty());
    let mut drafter = LedgerServiceClient::new(province.officer("drafter").await);
    let denied = soon(drafter.find_entries(ask)).await;
    assert_eq!(reason(denied).0, Code::PermissionDenied);
}

#[tokio::test]
async fn the_ledger_is_searched_from_its_end_a_page_at_a_time() {
    let province = Province::start().await;
    let mut client = LedgerServiceClient::new(province.officer("auditor").await);
    let kinds = vec!["endpoint_added".to_owned()];
    let (mut seen, mut before_index) = (Vec::new(), 0);
    loop {
        let kinds = kinds.clone();
        let ask =
            pb::FindEntriesRequest { kinds, before_index, page_size: 3, ..Default::default() };
        let page = soon(client.find_entries(ask)).await.expect("a page").into_inner();
        seen.extend(page.entries.iter().map(|own| own.index));
        before_index = page.next_before_index;
        if before_index == 0 {
            break;
        }
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    let latest = province.engine.world().latest_at();
    let later = hoatoc::wire::timestamp(latest.offset_by(1));
    let ask = pb::FindEntriesRequest { since_time: Some(later), ..Default::default() };
    let none = soon(client.find_entries(ask)).await.expect("none").into_inner();
    assert_eq!((none.entries.len(), none.next_before_index), (0, 0));
    let ask = pb::FindEntriesRequest { kinds: vec!["gossip".to_owned()], ..Default::default() };
    let refused = soon(client.find_entries(ask)).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "REQUEST_INVALID".to_owned()));
    let ask = pb::FindEntriesRequest { order: "DT-9/2026".to_owned(), ..Default::default() };
    let refused = soon(client.find_entries(ask)).await;
    assert_eq!(reason(refused), (Code::NotFound, "ORDER_UNKNOWN".to_owned()));
}
