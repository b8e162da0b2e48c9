//! `POST /add-checkpoint`: the witness as others ask it, in plain HTTP/1.1.
//!
//! | Answer | When |
//! |---|---|
//! | 200 | cosigned; the body is the cosignature's line |
//! | 400 | the request cannot be read, or its old size is beyond its checkpoint's |
//! | 403 | no key of the log signed the checkpoint |
//! | 404 | the log is not watched here, or another path |
//! | 409 | another size was cosigned last, or another root at this size; the body is that size, `text/x.tlog.size` |
//! | 422 | the proof does not hold |
//! | 500 | what was seen could not be kept |
//! | 503 | the disk takes too long |
//!
//! A slow or hostile peer meets bounds on connections, bytes and time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::home::{Refusal, Witness};
use super::request::{AddCheckpoint, REQUEST_LEN_MAX};
use crate::clock::Clock;

/// Connections at once: a province's server, a few of other provinces, and a person.
const CONNECTIONS_MAX: usize = 32;
/// Bytes of a request's head, hyper's least.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Header lines of a request.
const HEADERS_MAX: usize = 32;
/// How long a request's head may take; also how long a connection may idle.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long one request may take, its body and the disk's work included.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long a connection may live.
const CONNECTION_LIFE_MAX: Duration = Duration::from_secs(300);
/// How long open connections may take to finish once we stop.
const DRAIN_WAIT_MAX: Duration = Duration::from_secs(1);
/// The pause after a failed accept (out of descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone)]
struct Desk {
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
}

/// Serves the witness on `listener` until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(REQUEST_LEN_MAX))
        .with_state(Desk { witness, clock });
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let full = connections.len() >= CONNECTIONS_MAX;
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if !full => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, router.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "the witness failed to accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_WAIT_MAX, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        connections.abort_all();
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let service = hyper::service::service_fn(move |request: hyper::Request<_>| {
        let answer = router.clone().oneshot(request.map(Body::new));
        async move {
            Ok::<_, Infallible>(match tokio::time::timeout(ANSWER_WAIT_MAX, answer).await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(CONNECTION_LIFE_MAX, connection).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "somebody who asked the witness went away"),
    }
}

async fn add_checkpoint(State(desk): State<Desk>, text: String) -> Response {
    let request = match AddCheckpoint::parse(&text) {
        Ok(request) => request,
        Err(fault) => return refused(&Refusal::Malformed(fault)),
    };
    let judged = tokio::task::spawn_blocking(move || {
        let now = desk.clock.now();
        desk.witness.add(&request, now)
    });
    match judged.await {
        Ok(Ok(lines)) => lines.into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(_panicked) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::UnknownLog { .. } => StatusCode::NOT_FOUND,
        Refusal::NotSigned => StatusCode::FORBIDDEN,
        Refusal::Conflict { size, forked } => {
            if *forked {
                tracing::error!(size, "a log shows two heads of one size: it has two histories");
            }
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
        Refusal::NotProved => {
            tracing::error!("a log shows a head that does not continue the one cosigned last");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::NotKept(fault) => {
            tracing::error!(%fault, "what was seen cannot be kept, and is not cosigned");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    (status, format!("{refusal}\n")).into_response()
}
