//! An order's whole life over the wire, and every way in which it is stopped.

use hoatoc::domain::endpoint::{Address, Line};
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::order::{Reference, ReferenceKind, Requirement, RequirementKind};
use hoatoc::domain::world::Command;
use hoatoc::wire::pb;
use tonic::{Code, Status};

use crate::support::{Draft, Province, draft_of, reason, signature_of, soon, told};

async fn laid_down(province: &Province, author: &str, handling: Handling) -> Draft {
    let draft = draft_of(province, author, handling).await;
    let mut client = province.orders(author).await;
    soon(client.draft_order(draft.request(&format!("draft-{}", draft.id()))))
        .await
        .expect("drafted");
    draft
}

async fn signed_by(province: &Province, draft: &Draft, who: &str) -> pb::Order {
    let person = province.person(who);
    let key = match draft.order.handling {
        Handling::Actual => &person.actual,
        Handling::Exercise | Handling::Test => &person.exercise,
    };
    let request = signature_of(draft, key, &format!("sign-{who}-{}", draft.id()));
    let mut client = province.orders(who).await;
    let answer = soon(client.submit_signature(request)).await.expect("signed").into_inner();
    answer.order.expect("the order")
}

fn issue(draft: &Draft, request_id: &str) -> pb::IssueOrderRequest {
    pb::IssueOrderRequest { request_id: request_id.into(), order_id: draft.id() }
}

#[tokio::test]
async fn an_actual_order_needs_two_persons_and_then_goes_out_once() {
    let province = Province::start().await;
    let draft = laid_down(&province, "drafter", Handling::Actual).await;
    let mut duty = province.orders("duty-officer").await;
    let early = soon(duty.issue_order(issue(&draft, "i0"))).await;
    assert_eq!(reason(early), (Code::FailedPrecondition, "SIGNATURES_MISSING".into()));
    let one = signed_by(&province, &draft, "signer").await;
    assert_eq!((one.state(), one.signed_by.len()), (pb::OrderState::Drafted, 1));
    assert!(!one.missing.is_empty());
    let early = soon(duty.issue_order(issue(&draft, "i1"))).await;
    assert_eq!(reason(early), (Code::FailedPrecondition, "SIGNATURES_MISSING".into()));
    let two = signed_by(&province, &draft, "approver").await;
    assert_eq!((two.state(), two.missing.as_str()), (pb::OrderState::Signed, ""));
    let first = soon(duty.issue_order(issue(&draft, "i2"))).await.expect("issued").into_inner();
    let order = first.order.clone().expect("the order");
    assert_eq!((order.state(), order.sequence), (pb::OrderState::Issued, 1));
    assert_eq!(order.counts.expect("counts").endpoints, 4);
    assert_eq!(order.counts.expect("counts").unreached, 4);
    let size = province.ledger_size();
    let again = soon(duty.issue_order(issue(&draft, "i2"))).await.expect("a repeat").into_inner();
    assert_eq!((again.ledger_index, again.order), (first.ledger_index, first.order));
    let other = soon(duty.issue_order(issue(&draft, "i3"))).await;
    assert_eq!(reason(other), (Code::FailedPrecondition, "ORDER_STATE".into()));
    assert_eq!(province.ledger_size(), size);
}

#[tokio::test]
async fn an_exercise_goes_out_with_one_signature_by_its_director() {
    let province = Province::start().await;
    let draft = laid_down(&province, "exercise-director", Handling::Exercise).await;
    let signed = signed_by(&province, &draft, "exercise-director").await;
    assert_eq!(signed.state(), pb::OrderState::Signed);
    assert!(signed.number_text.starts_with("DT-1/"), "{}", signed.number_text);
    let mut director = province.orders("exercise-director").await;
    soon(director.issue_order(issue(&draft, "i"))).await.expect("issued");
}

#[tokio::test]
async fn an_exercise_director_cannot_send_the_real_thing() {
    let province = Province::start().await;
    let draft = laid_down(&province, "drafter", Handling::Actual).await;
    signed_by(&province, &draft, "signer").await;
    signed_by(&province, &draft, "approver").await;
    let size = province.ledger_size();
    let mut director = province.orders("exercise-director").await;
    let refused = soon(director.issue_order(issue(&draft, "i"))).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "ROLE_MISSING".into()));
    assert_eq!(province.ledger_size(), size);
}

#[tokio::test]
async fn a_draft_that_is_not_right_is_refused_with_its_reason_and_leaves_no_trace() {
    let province = Province::start().await;
    let good = draft_of(&province, "drafter", Handling::Actual).await;
    let size = province.ledger_size();
    let mut drafter = province.orders("drafter").await;
    let cases: Vec<(&str, Draft, Code, &str)> = vec![
        (
            "other author",
            good.clone().with(|o| o.drafted_by = "signer".parse().expect("id")),
            Code::FailedPrecondition,
            "PAYLOAD_MISMATCH",
        ),
        (
            "a number ahead",
            good.clone().with(|o| o.number += 1),
            Code::FailedPrecondition,
            "NUMBER_TAKEN",
        ),
        (
            "another province",
            good.clone().with(|o| o.province = "12".parse().expect("code")),
            Code::FailedPrecondition,
            "PAYLOAD_MISMATCH",
        ),
        (
            "no title",
            good.clone().with(|o| o.title = String::new()),
            Code::InvalidArgument,
            "PAYLOAD_INVALID",
        ),
        (
            "other recipients",
            good.clone().with(|o| o.audience.digest = [7; 32]),
            Code::FailedPrecondition,
            "AUDIENCE_CHANGED",
        ),
        (
            "nobody",
            good.clone().with(|o| o.audience.endpoints.clear()),
            Code::InvalidArgument,
            "PAYLOAD_INVALID",
        ),
    ];
    for (name, draft, code, expected) in cases {
        let refused = soon(drafter.draft_order(draft.request(&name.replace(' ', "-")))).await;
        assert_eq!(reason(refused), (code, expected.to_owned()), "{name}");
    }
    let unnamed = soon(drafter.draft_order(good.request(""))).await.expect_err("no request id");
    assert_eq!(told(&unnamed).field.as_deref(), Some("request_id"));
    let mut cut = good.request("cut");
    cut.payload.truncate(cut.payload.len() / 2);
    let refused = soon(drafter.draft_order(cut)).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "PAYLOAD_INVALID".into()));
    let late = good.clone().with(|o| {
        o.answer_by = o.drafted_at.offset_by(60_000);
        o.not_after = o.answer_by;
    });
    province.clock.set(late.order.not_after.offset_by(1));
    let late = soon(drafter.draft_order(late.request("late"))).await;
    assert_eq!(reason(late), (Code::FailedPrecondition, "ORDER_EXPIRED".into()));
    assert_eq!(province.ledger_size(), size);
}

#[tokio::test]
async fn a_signature_counts_only_from_its_own_officer_once() {
    let province = Province::start().await;
    let draft = laid_down(&province, "drafter", Handling::Actual).await;
    signed_by(&province, &draft, "signer").await;
    let size = province.ledger_size();
    let signer = province.person("signer");
    let mut corrupted = signature_of(&draft, &province.person("approver").actual, "corrupted");
    if let Some(signature) = &mut corrupted.signature {
        signature.signature = vec![7; 64].into();
    }
    let cases = [
        ("signer", signature_of(&draft, &signer.actual, "twice"), "SAME_PERSON_TWICE"),
        ("approver", signature_of(&draft, &signer.actual, "carried"), "SAME_PERSON_TWICE"),
        (
            "drafter",
            signature_of(&draft, &province.person("drafter").actual, "author"),
            "SIGNATURE_INVALID",
        ),
        (
            "approver",
            signature_of(&draft, &province.person("approver").exercise, "drill"),
            "SIGNATURE_INVALID",
        ),
        ("approver", signature_of(&draft, &province.root, "unknown"), "SIGNATURE_INVALID"),
        ("approver", corrupted, "SIGNATURE_INVALID"),
    ];
    for (who, request, expected) in cases {
        let id = request.request_id.clone();
        let mut client = province.orders(who).await;
        let (_code, found) = reason(soon(client.submit_signature(request)).await);
        assert_eq!(found, expected, "{id}");
    }
    assert_eq!(province.ledger_size(), size);
}

#[tokio::test]
async fn strength_is_asked_for_by_codes_that_the_lists_have() {
    let province = Province::start().await;
    let good = draft_of(&province, "drafter", Handling::Actual).await;
    let size = province.ledger_size();
    let mut drafter = province.orders("drafter").await;
    let needs = |kind, code: &str| {
        let code = code.parse().expect("a code");
        good.clone().with(|order| order.requirements = vec![Requirement { code, kind, count: 5 }])
    };
    for (name, kind, code) in [
        ("no-such-specialty", RequirementKind::Personnel, "XX99"),
        ("a-specialty-as-a-type", RequirementKind::Equipment, "CN02"),
        ("a-type-as-a-specialty", RequirementKind::Personnel, "PT01"),
    ] {
        let refused = soon(drafter.draft_order(needs(kind, code).request(name))).await;
        let refused = refused.expect_err(name);
        assert!(refused.message().contains(&format!("{code}: use one of ")), "{refused:?}");
        let told = told(&refused);
        assert_eq!((told.code, told.reason.as_str()), (Code::InvalidArgument, "CODE_UNKNOWN"));
        assert_eq!(told.field.as_deref(), Some("requirements.code"));
    }
    assert_eq!(province.ledger_size(), size);
    let known = needs(RequirementKind::Equipment, "PT01");
    soon(drafter.draft_order(known.request("known"))).await.expect("a code of the list");
}

/// All the way from draft to issue, while an endpoint is added in between.
async fn sent_while_the_province_grows(province: &Province, draft: &Draft) -> Result<(), Status> {
    let mut signer = province.orders("signer").await;
    soon(signer.draft_order(draft.request("d"))).await?;
    let signature = signature_of(draft, &province.person("signer").exercise, "s");
    soon(signer.submit_signature(signature)).await?;
    let address = Address { unit: "11".parse().expect("a code"), line: Line::Military };
    province.by_server(Command::AddEndpoints(vec![address])).await;
    soon(signer.issue_order(issue(draft, "i"))).await?;
    Ok(())
}

#[tokio::test]
async fn recipients_that_are_not_those_who_were_signed_for_stop_the_order_on_its_way() {
    let province = Province::start().await;
    let draft = draft_of(&province, "signer", Handling::Test).await.with(|order| {
        order.audience.endpoints.insert(5);
    });
    let outcome = sent_while_the_province_grows(&province, &draft).await;
    assert_eq!(reason(outcome), (Code::FailedPrecondition, "AUDIENCE_CHANGED".into()));
    assert_eq!(province.engine.world().latest_sequence(), 0);
}

#[tokio::test]
async fn an_endpoint_that_came_after_the_signing_stops_the_order_and_is_named() {
    let province = Province::start().await;
    let draft = draft_of(&province, "signer", Handling::Test).await;
    let outcome = sent_while_the_province_grows(&province, &draft).await;
    let refused = outcome.expect_err("11/military would not get it");
    let (said, told) = (refused.message().to_owned(), reason::<()>(Err(refused)));
    assert_eq!(told, (Code::FailedPrecondition, "AUDIENCE_CHANGED".into()));
    for word in ["1 endpoints came", "11/military", "draft and sign again"] {
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(province.engine.world().latest_sequence(), 0);
    let mut client = province.orders("auditor").await;
    let order = soon(client.get_order(pb::GetOrderRequest { order_id: draft.id() })).await;
    let order = order.expect("the order").into_inner().order.expect("the order");
    assert_eq!(order.state(), pb::OrderState::Signed);
    let anew = draft_of(&province, "signer", Handling::Test).await;
    assert_eq!(anew.order.audience.count(), draft.order.audience.count() + 1);
}

#[tokio::test]
async fn an_order_past_its_end_is_not_issued() {
    let province = Province::start().await;
    let draft = laid_down(&province, "signer", Handling::Test).await;
    signed_by(&province, &draft, "signer").await;
    province.clock.set(draft.order.not_after.offset_by(1));
    let mut signer = province.orders("signer").await;
    let refused = soon(signer.issue_order(issue(&draft, "i"))).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "ORDER_EXPIRED".into()));
}

#[tokio::test]
async fn a_request_id_stands_for_one_request() {
    let province = Province::start().await;
    let draft = draft_of(&province, "drafter", Handling::Test).await;
    let mut drafter = province.orders("drafter").await;
    let first = soon(drafter.draft_order(draft.request("r"))).await.expect("drafted").into_inner();
    let again = soon(drafter.draft_order(draft.request("r"))).await.expect("repeat").into_inner();
    assert_eq!(first, again);
    let other = draft_of(&province, "drafter", Handling::Test).await;
    let refused = soon(drafter.draft_order(other.request("r"))).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));
}

#[tokio::test]
async fn a_cancel_goes_out_in_one_step_and_ends_the_order_for_its_watchers() {
    let province = Province::start().await;
    let draft = laid_down(&province, "signer", Handling::Exercise).await;
    signed_by(&province, &draft, "signer").await;
    let mut signer = province.orders("signer").await;
    soon(signer.issue_order(issue(&draft, "i"))).await.expect("issued");
    let watch = pb::WatchOrderRequest { order_id: draft.id(), interval_ms: 100 };
    let mut counts = soon(signer.watch_order(watch)).await.expect("a stream").into_inner();
    let first = soon(counts.message()).await.expect("no error").expect("what is so now");
    assert_eq!(first.state(), pb::OrderState::Issued);

    let reference = Reference {
        kind: ReferenceKind::Cancel,
        order: draft.order.id,
        digest: draft.envelope.digest(),
    };
    let mut cancel = draft_of(&province, "signer", Handling::Exercise).await.referring(reference);
    cancel.envelope.sign(&province.person("signer").exercise).expect("room");
    let envelope = Some((&cancel.envelope).into());
    let wrong = pb::UpdateOrderRequest { request_id: "u".into(), envelope };
    let refused = soon(signer.update_order(wrong)).await;
    assert_eq!(reason(refused), (Code::InvalidArgument, "PAYLOAD_INVALID".into()));
    let envelope = Some((&cancel.envelope).into());
    let request = pb::CancelOrderRequest { request_id: "c".into(), envelope };
    let answer = soon(signer.cancel_order(request)).await.expect("cancelled").into_inner();
    assert_eq!(answer.order.expect("the cancel").sequence, 2);
    let second = soon(counts.message()).await.expect("no error").expect("a change");
    assert_eq!(second.state(), pb::OrderState::Cancelled);
    assert!(soon(province.server.drain(std::time::Duration::from_secs(20))).await);
    assert!(soon(counts.message()).await.expect("a clean end").is_none());
}

#[tokio::test]
async fn orders_are_listed_newest_first_in_pages() {
    let province = Province::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(laid_down(&province, "drafter", Handling::Test).await.id());
    }
    ids.sort();
    ids.reverse();
    let mut reader = province.orders("evaluator").await;
    let mut request = pb::ListOrdersRequest { page_size: 2, page_token: String::new() };
    let first = soon(reader.list_orders(request.clone())).await.expect("a page").into_inner();
    request.page_token = first.next_page_token.clone();
    let last = soon(reader.list_orders(request)).await.expect("a page").into_inner();
    let listed: Vec<String> =
        first.orders.iter().chain(&last.orders).map(|order| order.order_id.clone()).collect();
    assert_eq!((listed, last.next_page_token.as_str()), (ids, ""));
    let too_large = pb::ListOrdersRequest { page_size: 201, page_token: String::new() };
    let refused = soon(reader.list_orders(too_large)).await.expect_err("over the bound");
    assert_eq!(told(&refused).field.as_deref(), Some("page_size"));
}
