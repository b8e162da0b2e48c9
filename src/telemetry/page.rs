//! The page an operator's Prometheus reads: `/metrics`, `/healthz`, `/readyz`.
//!
//! The command line starts it as a task of its own on its own listener, plain HTTP and on loopback
//! unless configured otherwise. It shares nothing with dispatch but the numbers themselves: a slow
//! or hostile reader meets a bound on connections, header bytes, and time, and a gather that hangs
//! in a registered closure holds up later gathers only.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, body::Body};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::Metrics;

/// Connections at once: two Prometheus servers, a probe, and a person or two.
const CONNECTIONS_MAX: usize = 16;
/// Bytes of a request's head, hyper's least.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Header lines of a request: Prometheus sends six.
const HEADERS_MAX: usize = 32;
/// How long a request's head may take; also how long a connection may idle.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(60);
/// How long an answer may take: under Prometheus' own default of 10 s.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a connection may live, however lively: a slow reader of an answer ends here.
const CONNECTION_LIFE_MAX: Duration = Duration::from_secs(600);
/// How long open connections may take to finish once we stop.
const DRAIN_WAIT_MAX: Duration = Duration::from_secs(1);
/// The pause after a failed accept (out of descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whether the process does its work, or in a few words why not yet.
pub type Readiness = Result<(), &'static str>;

#[derive(Clone)]
struct PageState {
    metrics: Metrics,
    ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    gathering: Arc<Semaphore>,
    answer_wait: Duration,
}

/// Serves the page on `listener` until `shutdown`. `ready` must answer at once.
pub async fn serve(
    listener: TcpListener,
    metrics: Metrics,
    ready: impl Fn() -> Readiness + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send,
) {
    let gathering = Arc::new(Semaphore::new(1));
    let ready = Arc::new(ready);
    let state = PageState { metrics, ready, gathering, answer_wait: ANSWER_WAIT_MAX };
    accept(listener, state, shutdown).await;
}

async fn accept(
    listener: TcpListener,
    state: PageState,
    shutdown: impl Future<Output = ()> + Send,
) {
    let answer_wait = state.answer_wait;
    let router = router(state);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let full = connections.len() >= CONNECTIONS_MAX;
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if !full => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone(), answer_wait));
                }
                Err(error) => {
                    tracing::warn!(%error, "the metrics page failed to accept a connection");
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

fn router(state: PageState) -> Router {
    Router::new()
        .route("/metrics", get(metrics_page))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .with_state(state)
}

async fn serve_connection(stream: TcpStream, router: Router, answer_wait: Duration) {
    let service = hyper::service::service_fn(move |request: hyper::Request<_>| {
        let answer = router.clone().oneshot(request.map(Body::new));
        async move {
            Ok::<_, Infallible>(match tokio::time::timeout(answer_wait, answer).await {
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
        Ok(Err(error)) => tracing::debug!(%error, "a reader of the metrics page went away"),
    }
}

async fn readiness(State(state): State<PageState>) -> Response {
    match (state.ready)() {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics_page(State(state): State<PageState>) -> Response {
    // The permit travels into the blocking thread: a gather that hangs keeps it, so that no second
    // thread follows it in.
    let Ok(permit) = state.gathering.acquire_owned().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let gathered = tokio::task::spawn_blocking(move || {
        let text = state.metrics.page_text();
        drop(permit);
        text
    });
    match gathered.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "the metrics page is broken");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_util::sync::CancellationToken;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        let read = tokio::time::timeout(LONG, stream.read_to_string(&mut answer)).await;
        read.expect("in time").expect("an answer");
        answer
    }

    fn get(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
    }

    #[tokio::test]
    async fn the_page_answers_is_bounded_and_stops() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let metrics = Metrics::with_page("hoatoc").expect("it starts");
        metrics.order_issued("actual", "issue");
        let ready = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (stop, asked) = (CancellationToken::new(), Arc::clone(&ready));
        let readiness = move || match asked.load(std::sync::atomic::Ordering::Relaxed) {
            true => Ok(()),
            false => Err("the journal is being read"),
        };
        let stopping = stop.clone().cancelled_owned();
        let mut page = JoinSet::new();
        page.spawn(serve(listener, metrics, readiness, stopping));

        let text = ask(address, &get("/metrics")).await;
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(text.contains("content-type: text/plain; version=0.0.4"), "{text}");
        let line = r#"hoatoc_order_issued_total{handling="actual",kind="issue"} 1"#;
        assert!(text.contains(line), "{text}");
        assert!(!text.contains("otel_scope") && !text.contains("target_info"), "{text}");
        assert!(ask(address, &get("/healthz")).await.starts_with("HTTP/1.1 200"));
        let text = ask(address, &get("/readyz")).await;
        assert!(text.starts_with("HTTP/1.1 503"), "{text}");
        assert!(text.ends_with("the journal is being read\n"), "{text}");
        ready.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(ask(address, &get("/readyz")).await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, &get("/")).await.starts_with("HTTP/1.1 404"));
        let head = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
        assert!(ask(address, &head).await.starts_with("HTTP/1.1 431"));

        let idle = TcpStream::connect(address).await.expect("it listens");
        stop.cancel();
        tokio::time::timeout(LONG, page.join_next()).await.expect("in time");
        drop(idle);
        assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
    }

    #[tokio::test]
    async fn a_gather_that_hangs_holds_one_thread_and_the_probes_still_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let metrics = Metrics::with_page("hoatoc").expect("it starts");
        let (entered, enters) = std::sync::mpsc::sync_channel::<()>(64);
        let (open, gate) = std::sync::mpsc::sync_channel::<()>(0);
        let gate = std::sync::Mutex::new(gate);
        metrics.register_certificates(move || {
            entered.try_send(()).expect("there is room");
            // An error is the test's end.
            gate.lock().expect("no panic").recv().map_or_else(|_| Vec::new(), |()| Vec::new())
        });
        let mut page = JoinSet::new();
        let gathering = Arc::new(Semaphore::new(1));
        let state = PageState {
            metrics,
            ready: Arc::new(|| Ok(())),
            gathering: Arc::clone(&gathering),
            answer_wait: Duration::from_millis(200),
        };
        page.spawn(accept(listener, state, std::future::pending()));
        let mut readers = JoinSet::new();
        for _ in 0..4 {
            readers.spawn(async move { ask(address, &get("/metrics")).await });
        }
        assert!(ask(address, &get("/healthz")).await.starts_with("HTTP/1.1 200"));
        while let Some(answer) = readers.join_next().await {
            assert!(answer.expect("no panic").starts_with("HTTP/1.1 503"));
        }
        assert_eq!(enters.try_iter().count(), 1);
        assert_eq!(gathering.available_permits(), 0, "the one that hangs keeps the others out");
        drop(open);
    }
}
