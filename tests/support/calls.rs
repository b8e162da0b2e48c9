//! Calls below the generated clients, and what an error says.

use std::future::Future;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Request};
use hyper::body::Body as _;
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Service as _, ServiceExt as _};

/// Awaits an event that must come; the time only ends a broken test.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), event).await.expect("it happens soon")
}

/// What a call said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) code: Code,
    pub(crate) reason: String,
    pub(crate) field: Option<String>,
}

/// What an error says; an error without a reason of ours fails the test.
pub(crate) fn told(status: &Status) -> Told {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "hoatoc", "{status:?}");
    assert!(status.message().chars().count() <= 600, "{status:?}");
    let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
    let field = violation.map(|violation| violation.field.clone());
    Told { code: status.code(), reason: info.reason.clone(), field }
}

/// Code and reason of a refusal.
pub(crate) fn reason<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, String) {
    let told = told(&outcome.expect_err("refused"));
    (told.code, told.reason)
}

/// Sends these very bytes as the body of a call; the status at the end, OK included.
pub(crate) async fn raw(channel: &Channel, method: &str, body: Vec<u8>) -> Status {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(axum::body::Body::from(body)))
        .expect("a request");
    let mut channel = channel.clone();
    let ready = channel.ready().await.expect("a connection");
    let response = soon(ready.call(request)).await.expect("an answer");
    let (parts, mut body) = response.into_parts();
    if let Some(status) = Status::from_header_map(&parts.headers) {
        return status;
    }
    let mut trailers = HeaderMap::new();
    while let Some(frame) =
        soon(std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx))).await
    {
        if let Ok(last) = frame.expect("no error on the way").into_trailers() {
            trailers.extend(last);
        }
    }
    Status::from_header_map(&trailers).expect("an end")
}
