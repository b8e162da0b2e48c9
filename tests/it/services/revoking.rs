//! Whoever is revoked is out at once, and what they had open ends within 5 s.

use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use hoatoc::domain::authority::Role;
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::world::Command;
use hoatoc::wire::pb;
use tonic::{Code, Streaming};

use crate::support::{Draft, NOW, Province, draft_of, reason, soon};

/// Within which a revoked officer's streams have ended.
const OUT_WITHIN: Duration = Duration::from_secs(5);

async fn watched(province: &Province, who: &str) -> Streaming<pb::WatchOrderResponse> {
    let draft: Draft = draft_of(province, "drafter", Handling::Exercise).await;
    let mut author = province.orders("drafter").await;
    soon(author.draft_order(draft.request("d"))).await.expect("drafted");
    let mut client = province.orders(who).await;
    let ask = pb::WatchOrderRequest { order_id: draft.id(), interval_ms: 100 };
    let mut stream = soon(client.watch_order(ask)).await.expect("a stream").into_inner();
    soon(stream.message()).await.expect("no error").expect("what is so now");
    stream
}

/// Waits until a stream has ended with an error; how long that took.
async fn ended(mut stream: Streaming<pb::WatchOrderResponse>) -> Duration {
    let began = Stopwatch::now();
    while soon(stream.message()).await.is_ok_and(|told| told.is_some()) {}
    began.elapsed()
}

async fn refused(province: &Province, who: &str) -> (Code, String) {
    let mut client = province.orders(who).await;
    reason(soon(client.list_orders(pb::ListOrdersRequest::default())).await)
}

#[tokio::test]
async fn an_officer_whom_the_next_bundle_leaves_out_loses_what_is_open() {
    let province = Province::start().await;
    let stream = watched(&province, "approver").await;
    let others = watched_by_another(&province).await;
    province.by_server(Command::PublishTrust(Arc::new(province.bundle(2, &["approver"])))).await;
    assert!(ended(stream).await < OUT_WITHIN);
    assert_eq!(refused(&province, "approver").await.1, "OFFICER_UNKNOWN");
    drop(others);
}

/// Somebody whom nothing happens to: their connection still answers afterwards.
async fn watched_by_another(province: &Province) -> tonic::transport::Channel {
    province.officer("signer").await
}

#[tokio::test]
async fn an_officer_who_gets_other_roles_or_another_unit_loses_what_was_opened_before() {
    for change in ["roles", "unit"] {
        let mut province = Province::start().await;
        let stream = watched(&province, "approver").await;
        let own = province.people.get_mut("approver").expect("one of ours");
        match change {
            "roles" => own.roles = vec![Role::Auditor],
            _unit => own.unit = "KV1".parse().expect("a code"),
        }
        province.by_server(Command::PublishTrust(Arc::new(province.bundle(2, &[])))).await;
        assert!(ended(stream).await < OUT_WITHIN, "{change}");
        // Who they are now may call anew.
        let mut client = province.orders("approver").await;
        soon(client.list_orders(pb::ListOrdersRequest::default())).await.expect("an officer");
    }
}

#[tokio::test]
async fn a_retirement_that_was_dated_ahead_takes_effect_on_its_moment() {
    let mut province = Province::start().await;
    let own = province.people.get_mut("approver").expect("one of ours");
    own.retired_at = Some(NOW.offset_by(60_000));
    province.by_server(Command::PublishTrust(Arc::new(province.bundle(2, &[])))).await;
    let stream = watched(&province, "approver").await;
    province.clock.advance(Duration::from_secs(60));
    assert!(ended(stream).await < OUT_WITHIN);
    assert_eq!(
        refused(&province, "approver").await,
        (Code::PermissionDenied, "OFFICER_RETIRED".into())
    );
}
