//! What a thief of the wire or of a log may try with what was really said: everything again, from the
//! same place, from another, and under another request id.

use std::collections::BTreeMap;

use hoatoc::domain::order::handling::Handling;
use hoatoc::wire::pb;
use prost::Message;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::{Draft, Province, draft_of, raw, signature_of, told};

const REPLAYS: usize = 10_000;

/// A call as it went over the wire.
struct Captured {
    who: &'static str,
    method: &'static str,
    body: Vec<u8>,
    /// The same under a request id that was never used.
    fresh: Box<dyn Fn(String) -> Vec<u8>>,
}

/// A message in the frame of gRPC.
fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let len = u32::try_from(bytes.len()).expect("short");
    [&[0][..], &len.to_be_bytes(), &bytes].concat()
}

fn captured<M: Message + Clone + 'static>(
    who: &'static str,
    method: &'static str,
    message: M,
    put_id: fn(&mut M, String),
) -> Captured {
    let body = framed(&message);
    let fresh = move |id: String| {
        let mut other = message.clone();
        put_id(&mut other, id);
        framed(&other)
    };
    Captured { who, method, body, fresh: Box::new(fresh) }
}

fn drafted(who: &'static str, draft: &Draft, id: &str) -> Captured {
    let method = "hoatoc.v1.OrderService/DraftOrder";
    captured(who, method, draft.request(id), |request, id| request.request_id = id)
}

fn signed(province: &Province, who: &'static str, draft: &Draft, id: &str) -> Captured {
    let person = province.person(who);
    let drill = draft.order.handling == Handling::Exercise;
    let key = if drill { &person.exercise } else { &person.actual };
    let method = "hoatoc.v1.OrderService/SubmitSignature";
    let request = signature_of(draft, key, id);
    captured(who, method, request, |request, id| request.request_id = id)
}

fn issued(who: &'static str, draft: &Draft, id: &str) -> Captured {
    let request = pb::IssueOrderRequest { request_id: id.into(), order_id: draft.id() };
    let method = "hoatoc.v1.OrderService/IssueOrder";
    captured(who, method, request, |request, id| request.request_id = id)
}

/// An exercise that is issued, a real order that is issued, one that waits for its second signature
/// and a trust bundle: each call once, as it was made.
async fn happened(province: &Province) -> Vec<Captured> {
    let mut calls = Vec::new();
    let drill = draft_of(province, "exercise-director", Handling::Exercise).await;
    calls.extend([
        drafted("exercise-director", &drill, "d1"),
        signed(province, "exercise-director", &drill, "s1"),
        issued("exercise-director", &drill, "i1"),
    ]);
    let real = draft_of(province, "drafter", Handling::Actual).await;
    calls.extend([
        drafted("drafter", &real, "d2"),
        signed(province, "signer", &real, "s2"),
        signed(province, "approver", &real, "s3"),
        issued("duty-officer", &real, "i2"),
    ]);
    let next = real.clone().with(|order| {
        order.id = hoatoc::domain::ids::OrderId::from_bytes([9; 16]);
        order.number += 1;
    });
    calls.extend([drafted("drafter", &next, "d3"), signed(province, "signer", &next, "s4")]);
    let bundle = pb::PublishTrustBundleRequest {
        request_id: "b1".into(),
        envelope: Some((&province.bundle(2, &[]).envelope).into()),
    };
    let method = "hoatoc.v1.IdentityService/PublishTrustBundle";
    calls.push(captured("administrator", method, bundle, |request, id| request.request_id = id));
    for call in &calls {
        let status = raw(&province.officer(call.who).await, call.method, call.body.clone()).await;
        assert_eq!(status.code(), Code::Ok, "{}: {status:?}", call.method);
    }
    calls
}

#[tokio::test]
async fn ten_thousand_captured_requests_change_nothing_when_they_are_said_again() {
    let province = Province::start().await;
    let calls = happened(&province).await;
    let mut channels: BTreeMap<&str, Channel> = BTreeMap::new();
    for who in calls.iter().map(|call| call.who).chain(["everything"]) {
        channels.insert(who, province.officer(who).await);
    }
    let (size, states) = (province.ledger_size(), states(&province));
    let mut said: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for turn in 0..REPLAYS {
        let call = &calls[turn % calls.len()];
        let (way, who, body) = match turn / calls.len() % 3 {
            0 => ("again", call.who, call.body.clone()),
            1 => ("by another", "everything", call.body.clone()),
            _fresh => ("under a new id", call.who, (call.fresh)(format!("new-{turn}"))),
        };
        let status = raw(&channels[who], call.method, body).await;
        let outcome = match status.code() {
            Code::Ok => "OK".to_owned(),
            _refused => told(&status).reason,
        };
        *said.entry((way, call.method, outcome)).or_default() += 1;
    }
    assert_eq!(province.ledger_size(), size, "{said:#?}");
    assert_eq!(states, self::states(&province), "{said:#?}");
    assert_eq!(said.values().sum::<usize>(), REPLAYS);
    for ((way, method, outcome), count) in &said {
        // What is said again by the same officer is answered as the first time; the rest is refused.
        assert_eq!(*way == "again", outcome == "OK", "{way} {method}: {outcome} {count} times");
    }
}

/// Every order with its state, its signatures and its place in the stream.
fn states(province: &Province) -> Vec<String> {
    let world = province.engine.world();
    let state = |file: &hoatoc::domain::world::OrderFile| {
        let (id, signatures) = (file.order.id, file.envelope.signatures().len());
        format!("{id} {:?} {signatures} {:?}", file.state(province.engine.now()), file.issue)
    };
    let mut all: Vec<String> = world.orders().map(state).collect();
    all.push(format!("bundle {}", world.trust().map_or(0, |trust| trust.bundle.version)));
    all
}
