//! Units, endpoints, the ledger, reports, and the store's own work.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::order::handling::Handling;
use hoatoc::engine::recovery::recover;
use hoatoc::evidence::checkpoint::Checkpoint;
use hoatoc::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use hoatoc::evidence::proof::{ConsistencyProof, InclusionProof};
use hoatoc::evidence::tree::{Hash, leaf_hash};
use hoatoc::store::Store;
use hoatoc::store::journaled::{SledStore, StoreOptions, restore};
use hoatoc::wire::{array, pb};
use pb::ledger_service_client::LedgerServiceClient;
use pb::operation_service_client::OperationServiceClient;
use pb::organization_service_client::OrganizationServiceClient;
use pb::report_service_client::ReportServiceClient;
use tonic::Code;

use crate::support::{COMMUNE, Province, draft_of, reason, signature_of, soon, told};

fn base(code: &str, name: &str) -> pb::Unit {
    pb::Unit {
        code: code.into(),
        name: name.into(),
        kind: pb::UnitKind::SelfDefenseBase.into(),
        parent_code: COMMUNE.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn units_are_put_all_or_none_and_a_repeat_changes_nothing() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("registrar").await);
    let put = |id: &str, units: Vec<pb::Unit>| pb::PutUnitsRequest { request_id: id.into(), units };
    let both = vec![base("TV-1", "Cơ sở 1"), base("TV-2", "Cơ sở 2")];
    let first = soon(client.put_units(put("p1", both.clone()))).await.expect("put").into_inner();
    assert_eq!((first.created, first.updated, first.unchanged), (2, 0, 0));
    let size = province.ledger_size();
    let again = soon(client.put_units(put("p1", both.clone()))).await.expect("put").into_inner();
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
    assert!(again.repeated && !first.repeated, "who lost the first answer knows why none is new");
    let renamed = vec![base("TV-1", "Cơ sở một")];
    let refused = soon(client.put_units(put("p5", renamed))).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "UNIT_REWRITE".into()));
    let counted = pb::Unit { population: Some(40), ..base("TV-1", "Cơ sở 1") };
    let mixed = vec![counted, both[1].clone()];
    let mixed = soon(client.put_units(put("p2", mixed))).await.expect("put").into_inner();
    assert_eq!((mixed.created, mixed.updated, mixed.unchanged), (0, 1, 1));
    assert_eq!(province.ledger_size(), size + 1);
    let orphan = pb::Unit { parent_code: "99999".into(), ..base("TV-4", "Cơ sở 4") };
    let refused = soon(client.put_units(put("p3", vec![base("TV-3", "Cơ sở 3"), orphan]))).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "UNIT_INVALID".into()));
    let none = soon(client.put_units(put("p4", Vec::new()))).await.expect_err("no units");
    assert_eq!(told(&none).field.as_deref(), Some("units"));
    let page = pb::ListUnitsRequest { page_size: 4, ..Default::default() };
    let first = soon(client.list_units(page)).await.expect("a page").into_inner();
    let page_token = first.next_page_token;
    let page = pb::ListUnitsRequest { page_size: 4, page_token, ..Default::default() };
    let last = soon(client.list_units(page)).await.expect("a page").into_inner();
    let codes: Vec<String> = first.units.into_iter().chain(last.units).map(|u| u.code).collect();
    assert_eq!(codes, ["03127", "03160", "11", "KV1", "TV-1", "TV-2"]);
    assert!(last.next_page_token.is_empty());
}

#[tokio::test]
async fn endpoints_are_added_once_and_listed_under_a_unit() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("administrator").await);
    let add = |id: &str, unit: &str, line: pb::Line| pb::AddEndpointsRequest {
        request_id: id.into(),
        endpoints: vec![pb::NewEndpoint { unit_code: unit.into(), line: line.into() }],
    };
    let request = add("e1", "11", pb::Line::Military);
    let first = soon(client.add_endpoints(request.clone())).await.expect("added").into_inner();
    assert_eq!(
        (first.endpoints[0].number, first.endpoints[0].address.as_str()),
        (5, "11/military")
    );
    let again = soon(client.add_endpoints(request)).await.expect("a repeat").into_inner();
    assert_eq!(first, again);
    let cases = [
        ("e2", "11", pb::Line::Military, Code::AlreadyExists, "ENDPOINT_EXISTS"),
        ("e3", "77777", pb::Line::Military, Code::InvalidArgument, "UNIT_UNKNOWN"),
        ("e4", "KV1", pb::Line::Civil, Code::InvalidArgument, "ENDPOINT_INVALID"),
    ];
    for (id, unit, line, code, expected) in cases {
        let refused = soon(client.add_endpoints(add(id, unit, line))).await;
        assert_eq!(reason(refused), (code, expected.to_owned()), "{id}");
    }
    let under = |unit: &str, token: &str| pb::ListEndpointsRequest {
        page_size: 1,
        page_token: token.into(),
        unit_code: unit.into(),
    };
    let first = soon(client.list_endpoints(under(COMMUNE, ""))).await.expect("a page").into_inner();
    let token = &first.next_page_token;
    let last =
        soon(client.list_endpoints(under(COMMUNE, token))).await.expect("a page").into_inner();
    assert_eq!((first.endpoints[0].number, last.endpoints[0].number), (1, 2));
    assert!(last.next_page_token.is_empty() && !last.endpoints[0].connected);
    let nowhere = soon(client.list_endpoints(under("77777", ""))).await;
    assert_eq!(reason(nowhere), (Code::InvalidArgument, "UNIT_UNKNOWN".into()));
}

fn hash(bytes: &[u8]) -> Hash {
    Hash(array("hash", bytes).expect("32 bytes"))
}

#[tokio::test]
async fn the_ledger_proves_itself_to_somebody_who_trusts_only_its_key() {
    let province = Province::start().await;
    let mut client = LedgerServiceClient::new(province.officer("auditor").await);
    let head = soon(client.get_head(pb::GetHeadRequest {})).await.expect("a head").into_inner();
    let key = NoteKey::new("hoatoc.example/11", NoteAlgorithm::Ed25519, province.ledger_key);
    let note = SignedNote::parse(&head.checkpoint).expect("a note");
    let opened = Checkpoint::open(&note, &key.expect("a key")).expect("signed by the ledger");
    assert_eq!((opened.size, opened.root), (head.size, hash(&head.root)));
    let page = pb::ListEntriesRequest { start_index: 1, page_size: 3 };
    let page = soon(client.list_entries(page)).await.expect("a page").into_inner();
    assert_eq!((page.entries.len(), page.size), (3, head.size));
    let ask = pb::ProveInclusionRequest { index: 2, size: 0 };
    let proof = soon(client.prove_inclusion(ask)).await.expect("a proof").into_inner();
    let path = proof.path.iter().map(|node| hash(node)).collect();
    assert_eq!(hash(&proof.leaf_hash), leaf_hash(&page.entries[1]));
    InclusionProof { index: 2, size: proof.size, path }
        .verify(&hash(&proof.leaf_hash), &opened.root)
        .expect("it is in the tree");
    let ask = pb::ProveConsistencyRequest { old_size: 3, new_size: 0 };
    let proof = soon(client.prove_consistency(ask)).await.expect("a proof").into_inner();
    let path = proof.path.iter().map(|node| hash(node)).collect();
    let mut early = hoatoc::evidence::tree::Tree::new();
    let first = pb::ListEntriesRequest { start_index: 0, page_size: 3 };
    for leaf in soon(client.list_entries(first)).await.expect("a page").into_inner().entries {
        early.push(leaf_hash(&leaf));
    }
    ConsistencyProof { old: 3, new: proof.new_size, path }
        .verify(&early.root(), &opened.root)
        .expect("the one is the beginning of the other");
    let beyond = pb::ProveInclusionRequest { index: head.size, size: 0 };
    let refused = soon(client.prove_inclusion(beyond)).await;
    assert_eq!(reason(refused), (Code::OutOfRange, "INDEX_OUT_OF_RANGE".into()));
    let beyond = pb::ProveConsistencyRequest { old_size: 1, new_size: head.size + 1 };
    let refused = soon(client.prove_consistency(beyond)).await;
    assert_eq!(reason(refused), (Code::OutOfRange, "INDEX_OUT_OF_RANGE".into()));
    let beyond = pb::ListEntriesRequest { start_index: head.size + 1, page_size: 1 };
    let refused = soon(client.list_entries(beyond)).await;
    assert_eq!(reason(refused), (Code::OutOfRange, "INDEX_OUT_OF_RANGE".into()));
}

#[tokio::test]
async fn a_report_counts_those_who_never_answered_in_every_group() {
    let province = Province::start().await;
    let draft = draft_of(&province, "signer", Handling::Test).await;
    let mut orders = province.orders("signer").await;
    let mut reports = ReportServiceClient::new(province.officer("evaluator").await);
    let ask = || pb::GetResponseReportRequest { order_id: draft.id() };
    let unknown = soon(reports.get_response_report(ask())).await;
    assert_eq!(reason(unknown), (Code::NotFound, "ORDER_UNKNOWN".into()));
    soon(orders.draft_order(draft.request("d"))).await.expect("drafted");
    let early = soon(reports.get_response_report(ask())).await;
    assert_eq!(reason(early), (Code::FailedPrecondition, "ORDER_NOT_ISSUED".into()));
    let signature = signature_of(&draft, &province.person("signer").exercise, "s");
    soon(orders.submit_signature(signature)).await.expect("signed");
    let issue = pb::IssueOrderRequest { request_id: "i".into(), order_id: draft.id() };
    soon(orders.issue_order(issue)).await.expect("issued");
    let report = soon(reports.get_response_report(ask())).await.expect("a report").into_inner();
    let counts = |group: &pb::ResponseGroup| {
        let counts = group.counts.expect("counts");
        (group.unit_code.clone(), counts.endpoints, counts.unreached)
    };
    assert_eq!(counts(&report.total.expect("a total")), (String::new(), 4, 4));
    let areas: Vec<_> = report.by_area.iter().map(counts).collect();
    assert_eq!(areas, [("KV1".to_owned(), 4, 4)]);
    let units: Vec<_> = report.by_unit.iter().map(counts).collect();
    let expected = [("03127", 1), ("03160", 2), ("KV1", 1)];
    assert_eq!(units, expected.map(|(code, count)| (code.to_owned(), count, count)));
    let states: Vec<_> = report.by_endpoint.iter().map(|e| e.state.as_str()).collect();
    assert_eq!(states, ["queued"; 4]);
}

#[tokio::test]
async fn a_backup_made_while_serving_comes_back_with_the_same_root() {
    let dir = tempfile::tempdir().expect("a directory");
    let province = Province::on_disk(&dir.path().join("data")).await;
    let mut client = OperationServiceClient::new(province.officer("administrator").await);
    let backup =
        |path: &std::path::Path| pb::CreateBackupRequest { directory: path.display().to_string() };
    let relative = soon(client.create_backup(backup("backup".as_ref()))).await;
    assert_eq!(reason(relative), (Code::InvalidArgument, "REQUEST_INVALID".into()));
    let taken = soon(client.create_backup(backup(dir.path()))).await;
    assert_eq!(reason(taken), (Code::FailedPrecondition, "DIRECTORY_NOT_EMPTY".into()));
    let to = dir.path().join("backup");
    let made = soon(client.create_backup(backup(&to))).await.expect("a backup").into_inner();
    let (size, root) = (province.ledger_size(), province.engine.ledger().root());
    assert_eq!(made.keys, size);
    let restored = dir.path().join("restored");
    restore(&to, &restored).expect("whole");
    let store = SledStore::open(&restored, StoreOptions::terminal()).expect("a store");
    let recovered = recover(&store as &dyn Store).expect("sound");
    assert_eq!((recovered.tree.len(), recovered.tree.root()), (size, root));
    let check = soon(client.check_store(pb::CheckStoreRequest {})).await.expect("a check");
    let check = check.into_inner();
    assert_eq!((check.keys, check.ledger_entries, check.problems.len()), (size, size, 0));
}

#[tokio::test]
async fn the_page_shows_the_age_of_the_newest_backup_from_the_moment_its_copying_began() {
    const AGE: &str = "hoatoc_store_backup_age_seconds ";
    let dir = tempfile::tempdir().expect("a directory");
    let data_dir = dir.path().join("data");
    let province = Province::on_disk(&data_dir).await;
    let age = || {
        let page = province.metrics.page_text().expect("a page");
        page.lines().find_map(|line| line.strip_prefix(AGE).map(str::to_owned))
    };
    let mut client = OperationServiceClient::new(province.officer("administrator").await);
    let backup =
        |path: &std::path::Path| pb::CreateBackupRequest { directory: path.display().to_string() };
    let refused = soon(client.create_backup(backup(&data_dir))).await;
    assert_eq!(reason(refused).1, "DIRECTORY_NOT_EMPTY");
    assert_eq!(age(), None, "a backup that failed is none");
    soon(client.create_backup(backup(&dir.path().join("monday")))).await.expect("a backup");
    assert_eq!(age().as_deref(), Some("0"));
    province.clock.advance(Duration::from_secs(129_601));
    assert_eq!(age().as_deref(), Some("129601"), "the alarm's bound is passed");
    let note = std::fs::read_to_string(data_dir.join("backed-up")).expect("it outlives a restart");
    assert_eq!(note, "hoatoc backup v1 1795000000000\n");
    soon(client.create_backup(backup(&dir.path().join("tuesday")))).await.expect("a backup");
    assert_eq!(age().as_deref(), Some("0"));
}

#[tokio::test]
async fn a_store_in_memory_says_that_it_has_nothing_to_copy() {
    let province = Arc::new(Province::start().await);
    let mut client = OperationServiceClient::new(province.officer("administrator").await);
    let refused = soon(client.check_store(pb::CheckStoreRequest {})).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "UPKEEP_UNSUPPORTED".into()));
}
