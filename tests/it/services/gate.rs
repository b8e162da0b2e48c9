//! Who may call what, what is done with bytes that are no request, and how the server leaves.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response};
use hoatoc::domain::authority::Role;
use hoatoc::domain::world::Command;
use hoatoc::limits;
use hoatoc::rpc::gate::Gate;
use hoatoc::rpc::gate::methods::{Callers, METHODS, Work};
use hoatoc::telemetry::metrics::Metrics;
use hoatoc::wire::pb;
use pb::organization_service_client::OrganizationServiceClient;
use prost::Message as _;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::support::{Province, raw, reason, soon, told};

const DENIALS: [&str; 4] =
    ["ROLE_MISSING", "NOT_AN_OFFICER", "NOT_A_TERMINAL", "CERTIFICATE_REQUIRED"];

/// A message in its frame.
fn framed(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).expect("short enough");
    [&[0], &len.to_be_bytes()[..], message].concat()
}

#[tokio::test]
async fn every_call_is_open_to_the_roles_of_the_table_and_to_no_other() {
    let province = Province::start().await;
    let size = province.ledger_size();
    for role in Role::ALL {
        let channel = province.officer(role.as_str()).await;
        for method in METHODS {
            let may = match method.callers {
                Callers::Anybody | Callers::Holders | Callers::Renewing | Callers::AnyOfficer => {
                    true
                }
                Callers::Officers(roles) => roles.contains(&role),
                Callers::Terminals => false,
            };
            if may && method.name.ends_with("Health/Watch") {
                continue; // It never ends; the other tests of health make this call.
            }
            // No message at all: whoever may call is told so, whoever may not is not.
            let status = raw(&channel, method.name, Vec::new()).await;
            let denied =
                status.code() != Code::Ok && DENIALS.contains(&told(&status).reason.as_str());
            assert_eq!(denied, !may, "{role} {}: {status:?}", method.name);
        }
    }
    assert_eq!(province.ledger_size(), size);
}

#[tokio::test]
async fn without_a_certificate_there_is_only_enrolment() {
    let province = Province::start().await;
    let channel = province.nobody().await;
    for method in METHODS {
        let told = told(&raw(&channel, method.name, Vec::new()).await);
        if method.callers == Callers::Anybody {
            assert_eq!(told.reason, "REQUEST_MALFORMED");
        } else {
            assert_eq!(told.code, Code::Unauthenticated, "{}", method.name);
            assert_eq!(told.reason, "CERTIFICATE_REQUIRED", "{}", method.name);
        }
    }
    let status = raw(&channel, "hoatoc.v1.OrderService/Explode", Vec::new()).await;
    assert_eq!(
        (status.code(), told(&status).reason.as_str()),
        (Code::Unimplemented, "METHOD_UNKNOWN")
    );
}

#[tokio::test]
async fn bytes_that_are_no_request_are_refused_and_leave_no_trace() {
    let province = Province::start().await;
    let channel = province.officer("everything").await;
    let size = province.ledger_size();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    // The registry's door has a house and tests of its own.
    let elsewhere = ["Registry", "Force", "Figure", "Plan", "Key"];
    let is_here = |name: &str| !elsewhere.iter().any(|own| name.contains(&format!("{own}Service")));
    let served =
        METHODS.iter().filter(|method| method.work != Work::Streams && is_here(method.name));
    for method in served.filter(|method| method.name.starts_with("hoatoc.")) {
        let half_a_frame = raw(&channel, method.name, vec![0, 0, 0, 0, 9, 1]).await;
        assert_eq!(told(&half_a_frame).reason, "REQUEST_MALFORMED", "{}", method.name);
        let torn = raw(&channel, method.name, framed(&[0x0a, 0x7f, b'x'])).await;
        let empty = Message0::is_empty(method.name);
        if !empty {
            assert_eq!(told(&torn).code, Code::InvalidArgument, "{}", method.name);
        }
        let oversized = framed(&vec![0; limits::OFFICER_REQUEST_LEN_MAX + 1]);
        let oversized = raw(&channel, method.name, oversized).await;
        assert_eq!(told(&oversized).reason, "MESSAGE_TOO_LARGE", "{}", method.name);
        for len in [1, 7, 64, 1_000] {
            let mut bytes = vec![0; len];
            random.fill_bytes(&mut bytes);
            let status = raw(&channel, method.name, framed(&bytes)).await;
            assert!(status.code() == Code::Ok || !told(&status).reason.is_empty());
            assert_ne!(status.code(), Code::Internal, "{}", method.name);
        }
    }
    assert_eq!(province.ledger_size(), size);
}

/// Requests without fields: there, what is unknown is passed over.
struct Message0;

impl Message0 {
    fn is_empty(method: &str) -> bool {
        ["GetTrustBundle", "GetHead", "CheckStore"].iter().any(|name| method.ends_with(name))
    }
}

#[tokio::test]
async fn an_officer_whom_the_next_bundle_leaves_out_is_out_at_once() {
    let province = Province::start().await;
    let mut client = OrganizationServiceClient::new(province.officer("drafter").await);
    let page = pb::ListUnitsRequest::default();
    soon(client.list_units(page.clone())).await.expect("still an officer");
    let next = province.bundle(2, &["drafter"]);
    province.by_server(Command::PublishTrust(Arc::new(next))).await;
    let mut client = OrganizationServiceClient::new(province.officer("drafter").await);
    let refused = soon(client.list_units(page.clone())).await;
    assert_eq!(reason(refused), (Code::PermissionDenied, "OFFICER_UNKNOWN".into()));
    let mut client = OrganizationServiceClient::new(province.officer("signer").await);
    soon(client.list_units(page)).await.expect("the others stay");
}

/// What reflection of one version lists.
macro_rules! reflected {
    ($version:ident, $province:expr) => {{
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;
        let mut client = ServerReflectionClient::new($province.officer("auditor").await);
        let ask = tonic_reflection::pb::$version::ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let stream = client.server_reflection_info(tokio_stream::once(ask));
        let mut answers = soon(stream).await.expect("a stream").into_inner();
        let answer = soon(answers.message()).await.expect("no error").expect("an answer");
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("another answer: {answer:?}");
        };
        list.service.into_iter().map(|service| service.name).collect::<BTreeSet<String>>()
    }};
}

#[tokio::test]
async fn both_versions_of_reflection_list_every_service() {
    let province = Province::start().await;
    let (new, old) = (reflected!(v1, province), reflected!(v1alpha, province));
    for method in METHODS {
        let (service, _name) = method.name.split_once('/').expect("service and name");
        let listed = match service {
            "grpc.reflection.v1.ServerReflection" => new.contains(service),
            "grpc.reflection.v1alpha.ServerReflection" => old.contains(service),
            _any => new.contains(service) && old.contains(service),
        };
        assert!(listed, "{service}");
    }
}

#[tokio::test]
async fn health_tells_that_the_server_leaves() {
    let province = Province::start().await;
    let mut health = HealthClient::new(province.officer("auditor").await);
    let watched = soon(health.watch(HealthCheckRequest::default())).await.expect("a stream");
    let mut watched = watched.into_inner();
    let now = soon(watched.message()).await.expect("no error").expect("a status");
    assert_eq!(now.status(), ServingStatus::Serving);
    let address = province.server.local_address();
    let draining = province.server.drain(Duration::from_millis(200));
    let (left, told) = tokio::join!(draining, soon(watched.message()));
    assert_eq!(told.expect("no error").expect("a status").status(), ServingStatus::NotServing);
    assert!(!left, "a watcher of health stays until it is closed");
    let refused = soon(tokio::net::TcpStream::connect(address)).await;
    assert!(refused.is_err(), "nobody is let in any more");
    assert!(!province.tasks.stopping().is_cancelled(), "the engine is still there to finish");
}

#[tokio::test]
async fn one_call_too_many_is_refused_at_once_and_reading_never_takes_the_place_of_changing() {
    let province = Province::start().await;
    let answer =
        |_request: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) };
    let call = |reading: usize, changing: usize| {
        let gate = Gate::with_room(province.engine.clone(), Metrics::noop(), reading, changing);
        let uri = "/hoatoc.v1.IdentityService/Enrol";
        let request = Request::builder().uri(uri).body(Body::empty()).expect("a request");
        gate.layer(service_fn(answer)).oneshot(request)
    };
    let full = soon(call(9, 0)).await.expect("an answer");
    let status = Status::from_header_map(full.headers()).expect("a refusal");
    assert_eq!(
        (status.code(), told(&status).reason.as_str()),
        (Code::ResourceExhausted, "SERVER_BUSY")
    );
    let room = soon(call(0, 1)).await.expect("an answer");
    assert!(Status::from_header_map(room.headers()).is_none());
}

#[test]
fn a_frame_is_a_flag_a_length_and_the_message() {
    let message = pb::GetHeadRequest::default().encode_to_vec();
    assert_eq!(framed(&message), [0, 0, 0, 0, 0]);
}
