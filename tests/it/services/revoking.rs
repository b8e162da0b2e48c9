//! Whoever is revoked is out at once, and what they had open ends.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::authority::Role;
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::world::Command;
use hoatoc::wire::pb;
use tokio::time::timeout;
use tonic::{Code, Streaming};

use crate::support::{Draft, NOW, Province, draft_of, reason, signature_of, soon};

/// They end at once, long within the five seconds promised; the time only ends a broken test.
const OUT_WITHIN: Duration = Duration::from_secs(30);

/// A draft, watched by somebody.
async fn watched(province: &Province, who: &str) -> Streaming<pb::WatchOrderResponse> {
    watch(province, who, &drafted(province).await).await
}

async fn drafted(province: &Province) -> Draft {
    let draft = draft_of(province, "drafter", Handling::Exercise).await;
    let mut author = province.orders("drafter").await;
    soon(author.draft_order(draft.request("d"))).await.expect("drafted");
    draft
}

async fn watch(province: &Province, who: &str, draft: &Draft) -> Streaming<pb::WatchOrderResponse> {
    let mut client = province.orders(who).await;
    let ask = pb::WatchOrderRequest { order_id: draft.id(), interval_ms: 100 };
    let mut stream = soon(client.watch_order(ask)).await.expect("a stream").into_inner();
    soon(stream.message()).await.expect("no error").expect("what is so now");
    stream
}

/// Waits until a stream has ended, which it must.
async fn ends_soon(mut stream: Streaming<pb::WatchOrderResponse>, why: &str) {
    let ends = async { while stream.message().await.is_ok_and(|told| told.is_some()) {} };
    assert!(timeout(OUT_WITHIN, ends).await.is_ok(), "{why}: it is still open");
}

async fn refused(province: &Province, who: &str) -> (Code, String) {
    let mut client = province.orders(who).await;
    reason(soon(client.list_orders(pb::ListOrdersRequest::default())).await)
}

#[tokio::test]
async fn an_officer_whom_the_next_bundle_leaves_out_loses_what_is_open() {
    let province = Province::start().await;
    let draft = drafted(&province).await;
    let stream = watch(&province, "approver", &draft).await;
    let mut other = watch(&province, "signer", &draft).await;
    province.by_server(Command::PublishTrust(Arc::new(province.bundle(2, &["approver"])))).await;
    ends_soon(stream, "revoked").await;
    assert_eq!(refused(&province, "approver").await.1, "OFFICER_UNKNOWN");
    // Whom nothing happened to is told what happens next.
    let key = &province.person("exercise-director").exercise;
    let mut director = province.orders("exercise-director").await;
    soon(director.submit_signature(signature_of(&draft, key, "s"))).await.expect("signed");
    soon(other.message()).await.expect("not cut").expect("that it was signed");
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
        ends_soon(stream, change).await;
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
    ends_soon(stream, "revoked").await;
    assert_eq!(
        refused(&province, "approver").await,
        (Code::PermissionDenied, "OFFICER_RETIRED".into())
    );
}
