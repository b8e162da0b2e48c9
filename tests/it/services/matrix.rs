//! Every call, every role, and whose unit it is about: exactly the listed may, and each refusal is an
//! entry of the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use hoatoc::domain::authority::Role;
use hoatoc::domain::endpoint::{Address, Line};
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::unit::UnitKind;
use hoatoc::domain::world::{Actor, Command, Event};
use hoatoc::limits;
use hoatoc::rpc::auth::OUT_OF_REACH;
use hoatoc::rpc::gate::methods::{Callers, METHODS, Method, Reach};
use hoatoc::wire::pb;
use pb::report_service_client::ReportServiceClient;
use tonic::{Code, Status};

use crate::support::{Draft, Province, draft_of, raw, reason, signature_of, soon, told, unit};

const DENIALS: [&str; 5] =
    ["ROLE_MISSING", "NOT_AN_OFFICER", "NOT_A_TERMINAL", "CERTIFICATE_REQUIRED", OUT_OF_REACH];
/// The province itself, an area of it, a commune of that, and a commune of another area.
const PLACES: [&str; 4] = ["11", "KV1", "03160", "03226"];

fn may(method: &Method, role: Role, place: &str) -> bool {
    let by_role = match method.callers {
        Callers::Anybody | Callers::Holders | Callers::Renewing | Callers::AnyOfficer => true,
        Callers::Officers(roles) => roles.contains(&role),
        Callers::Terminals => false,
    };
    by_role && (method.reach != Reach::Province || place == "11")
}

/// A second area with a commune, and officers named `role@place`; `all@place` has every role.
async fn peopled(places: &[&str], roles: &[Role]) -> Province {
    let mut province = Province::start().await;
    province
        .by_server(Command::PutUnits(vec![
            unit("KV2", "Khu vực 2", UnitKind::DefensiveAreaCommand, Some("11")),
            unit("03226", "Xã Sín Chải", UnitKind::Commune, Some("KV2")),
        ]))
        .await;
    let at = |unit: &str| Address { unit: unit.parse().expect("a code"), line: Line::Military };
    province.by_server(Command::AddEndpoints(vec![at("03226"), at("KV2")])).await;
    for place in places {
        for role in roles {
            province.add_person(&format!("{role}.{place}"), vec![*role], place);
        }
        province.add_person(&format!("all.{place}"), Role::ALL.to_vec(), place);
    }
    province.by_server(Command::PublishTrust(Arc::new(province.bundle(2, &[])))).await;
    province
}

#[tokio::test]
async fn every_call_is_open_to_the_listed_roles_and_units_and_to_no_other() {
    let province = peopled(&PLACES[..3], &Role::ALL).await;
    let size = province.ledger_size();
    for (role, place) in Role::ALL.into_iter().flat_map(|r| PLACES[..3].iter().map(move |p| (r, p)))
    {
        let channel = province.officer(&format!("{role}.{place}")).await;
        for method in METHODS {
            let may = may(method, role, place);
            if may && method.name.ends_with("Health/Watch") {
                continue; // It never ends; the other tests of health make this call.
            }
            // No message at all: whoever may call is told so, whoever may not is not.
            let status = raw(&channel, method.name, Vec::new()).await;
            let denied =
                status.code() != Code::Ok && DENIALS.contains(&told(&status).reason.as_str());
            assert_eq!(denied, !may, "{role} at {place}, {}: {status:?}", method.name);
            assert!(may || status.code() == Code::PermissionDenied, "{role} {}", method.name);
        }
    }
    assert_eq!(province.ledger_size(), size, "nothing but refusals");
    let refused = province.entries().into_iter().filter_map(|entry| match entry.event {
        Event::CallRefused { call, reason, passed_over } => {
            Some((entry.actor, call, reason, passed_over))
        }
        _other => None,
    });
    let refused: Vec<_> = refused.collect();
    let drafter: Actor = "officer/drafter.11".parse().expect("an actor");
    let own: Vec<_> = refused.iter().filter(|(actor, ..)| *actor == drafter).collect();
    assert_eq!(own.len(), limits::REFUSALS_PER_CALLER_MAX as usize, "bounded for each caller");
    assert!(own.iter().all(|(_actor, call, why, _over)| {
        METHODS.iter().any(|method| method.name == call) && DENIALS.contains(&why.as_str())
    }));
    assert_eq!(refused.len(), limits::REFUSALS_MAX as usize, "and for all");
}

#[tokio::test]
async fn a_refusal_is_in_the_ledger_before_it_is_told_with_caller_call_and_reason() {
    let province = Province::start().await;
    let mut auditor = province.orders("auditor").await;
    let issue = pb::IssueOrderRequest { request_id: "i".into(), order_id: String::new() };
    let refused = soon(auditor.issue_order(issue)).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "ROLE_MISSING".into()));
    let last = province.entries().pop().expect("an entry");
    assert_eq!(last.actor.to_string(), "officer/auditor");
    let Event::CallRefused { call, reason, passed_over } = last.event else {
        panic!("{:?} is no refusal", last.event);
    };
    let told = (call.as_str(), reason.as_str(), passed_over);
    assert_eq!(told, ("hoatoc.v1.OrderService/IssueOrder", "ROLE_MISSING", 0));
    let nobody = province.nobody().await;
    raw(&nobody, "hoatoc.v1.OrderService/ListOrders", Vec::new()).await;
    let last = province.entries().pop().expect("an entry");
    assert_eq!(last.actor, Actor::Server, "nobody has no name");
    assert!(
        matches!(last.event, Event::CallRefused { reason, .. } if reason == "CERTIFICATE_REQUIRED")
    );
}

#[tokio::test]
async fn who_issues_alone_is_in_the_ledger_as_well() {
    let province = Province::start().await;
    let draft = draft_of(&province, "drafter", Handling::Actual).await;
    let mut author = province.orders("drafter").await;
    soon(author.draft_order(draft.request("d"))).await.expect("drafted");
    let mut signer = province.orders("signer").await;
    let key = &province.person("signer").actual;
    soon(signer.submit_signature(signature_of(&draft, key, "s"))).await.expect("signed");
    let issue = pb::IssueOrderRequest { request_id: "i".into(), order_id: draft.id() };
    let refused = soon(province.orders("duty-officer").await.issue_order(issue)).await;
    assert_eq!(reason(refused), (Code::FailedPrecondition, "SIGNATURES_MISSING".into()));
    let last = province.entries().pop().expect("an entry");
    assert_eq!(last.actor.to_string(), "officer/duty-officer");
    assert!(
        matches!(last.event, Event::CallRefused { reason, .. } if reason == "SIGNATURES_MISSING")
    );
}

/// An exercise of `all.11`, addressed to a unit and what lies under it.
async fn order_to(province: &Province, unit: &str) -> Draft {
    let author = "all.11";
    let mut client = province.orders(author).await;
    let selector = pb::AudienceSelector { unit_codes: vec![unit.into()], ..Default::default() };
    let ask = pb::ResolveAudienceRequest {
        selector: Some(selector),
        handling: pb::Handling::Exercise.into(),
    };
    let resolved = soon(client.resolve_audience(ask)).await.expect("resolved").into_inner();
    let audience = resolved.audience.expect("an audience");
    let audience = hoatoc::wire::order::audience_from_message(&audience).expect("an audience");
    let draft = draft_of(province, author, Handling::Exercise).await;
    draft.with(|order| order.audience = audience)
}

async fn laid_down(province: &Province, unit: &str, request_id: &str) -> Draft {
    let draft = order_to(province, unit).await;
    let mut client = province.orders("all.11").await;
    soon(client.draft_order(draft.request(request_id))).await.expect("drafted");
    draft
}

/// Makes one call of the order or report service about an order, as an officer.
async fn call(province: &Province, who: &str, name: &str, draft: &Draft) -> Result<(), Status> {
    let mut client = province.orders(who).await;
    let (order_id, request_id) = (draft.id(), format!("{name}-{who}-{}", draft.id()));
    let signed = || {
        let mut envelope = draft.envelope.clone();
        envelope.sign(&province.person(who).exercise).expect("room");
        Some((&envelope).into())
    };
    match name {
        "SelectCallUp" => {
            let selector = hoatoc::wire::order::selector_to_message(&draft.order.audience.selector);
            let needs =
                vec![pb::CallUpNeed { code: "CN02".into(), count: 1, ..Default::default() }];
            let ask = pb::SelectCallUpRequest {
                order_id,
                selector: Some(selector),
                handling: pb::Handling::Exercise.into(),
                needs,
                preview: true,
                ..Default::default()
            };
            soon(client.select_call_up(ask)).await.map(drop)
        }
        "GetCallUp" => soon(client.get_call_up(pb::GetCallUpRequest { order_id })).await.map(drop),
        "DraftOrder" => soon(client.draft_order(draft.request(&request_id))).await.map(drop),
        "SubmitSignature" => {
            let ask = signature_of(draft, &province.person(who).exercise, &request_id);
            soon(client.submit_signature(ask)).await.map(drop)
        }
        "IssueOrder" => {
            let ask = pb::IssueOrderRequest { request_id, order_id };
            soon(client.issue_order(ask)).await.map(drop)
        }
        "UpdateOrder" => {
            let ask = pb::UpdateOrderRequest { request_id, envelope: signed() };
            soon(client.update_order(ask)).await.map(drop)
        }
        "CancelOrder" => {
            let ask = pb::CancelOrderRequest { request_id, envelope: signed() };
            soon(client.cancel_order(ask)).await.map(drop)
        }
        "GetOrder" => soon(client.get_order(pb::GetOrderRequest { order_id })).await.map(drop),
        "ListOrders" => {
            let listed = soon(client.list_orders(pb::ListOrdersRequest::default())).await?;
            let is_there = listed.into_inner().orders.iter().any(|own| own.order_id == order_id);
            // What a list leaves out is not refused, and not shown.
            is_there.then_some(()).ok_or_else(|| Status::permission_denied("not on the list"))
        }
        "WatchOrder" => {
            let ask = pb::WatchOrderRequest { order_id, interval_ms: 0 };
            soon(client.watch_order(ask)).await.map(drop)
        }
        "GetResponseReport" => {
            let mut client = ReportServiceClient::new(province.officer(who).await);
            let ask = pb::GetResponseReportRequest { order_id };
            soon(client.get_response_report(ask)).await.map(drop)
        }
        other => panic!("{other} is not among these"),
    }
}

/// Whether a call may only be made by who reaches everybody addressed; others may by who reaches some.
const ALL_OF_IT: [&str; 6] =
    ["SelectCallUp", "DraftOrder", "SubmitSignature", "IssueOrder", "UpdateOrder", "CancelOrder"];
const SOME_OF_IT: [&str; 5] =
    ["GetCallUp", "GetOrder", "ListOrders", "WatchOrder", "GetResponseReport"];

#[test]
fn every_call_about_what_lies_under_a_unit_is_tried_here_or_in_the_registrys_own_house() {
    let under = METHODS.iter().filter(|method| method.reach == Reach::Under);
    let named = under.map(|method| method.name.rsplit_once('/').expect("service and name"));
    let elsewhere = ["Registry", "Force", "Plan", "Figure"];
    let here: BTreeSet<&str> = named
        .filter(|(service, _name)| {
            !elsewhere.iter().any(|own| *service == format!("hoatoc.v1.{own}Service"))
        })
        .map(|(_service, name)| name)
        .collect();
    assert_eq!(here, ALL_OF_IT.into_iter().chain(SOME_OF_IT).collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn an_officer_reaches_orders_to_their_own_unit_and_under_it_and_to_no_other() {
    let province = peopled(&PLACES, &[]).await;
    let whole = laid_down(&province, "11", "whole").await;
    let area = laid_down(&province, "KV1", "area").await;
    let commune = laid_down(&province, "03160", "commune").await;
    let other = laid_down(&province, "KV2", "other").await;
    // Whose officer, which order: whether they reach all of it, and whether some.
    let cases = [
        ("11", &whole, true, true),
        ("11", &commune, true, true),
        ("KV1", &area, true, true),
        ("KV1", &commune, true, true),
        ("KV1", &whole, false, true),
        ("KV1", &other, false, false),
        ("03160", &commune, true, true),
        ("03160", &area, false, true),
        ("03160", &other, false, false),
        ("03226", &other, false, true),
        ("03226", &area, false, false),
        ("03226", &commune, false, false),
    ];
    for (place, draft, all, some) in cases {
        let who = format!("all.{place}");
        let asked = ALL_OF_IT.map(|name| (name, all)).into_iter();
        for (name, reached) in asked.chain(SOME_OF_IT.map(|name| (name, some))) {
            let outcome = call(&province, &who, name, draft).await;
            let denied = outcome.as_ref().is_err_and(|status| {
                status.code() == Code::PermissionDenied
                    && (name == "ListOrders" || told(status).reason == OUT_OF_REACH)
            });
            let units = &draft.order.audience.selector.units;
            assert_eq!(denied, !reached, "{who} {name} of {units:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_report_tells_an_area_of_its_own_endpoints_only() {
    let province = peopled(&PLACES, &[]).await;
    let whole = laid_down(&province, "11", "whole").await;
    call(&province, "all.11", "SubmitSignature", &whole).await.expect("signed");
    call(&province, "all.11", "IssueOrder", &whole).await.expect("issued");
    let report = async |who: &str| {
        let mut client = ReportServiceClient::new(province.officer(who).await);
        let ask = pb::GetResponseReportRequest { order_id: whole.id() };
        let report = soon(client.get_response_report(ask)).await.expect("a report").into_inner();
        report.by_endpoint.iter().map(|own| own.address.clone()).collect::<Vec<_>>()
    };
    assert_eq!(report("all.11").await.len(), 6);
    assert_eq!(report("all.03226").await, ["03226/military"]);
    assert_eq!(report("all.KV1").await.len(), 4);
}
