//! Telemetry against collectors that answer, hang, and are not there.

#[path = "../../tests/support/collector.rs"]
mod collector;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver as Gate, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use tokio::time::timeout;
use tonic::metadata::MetadataMap;
use tracing::dispatcher::with_default;

use self::collector::Collector;
use super::propagation::{current_traceparent, extract, inject, set_parent};
use super::*;

/// Far over anything that is not stuck.
const LONG: Duration = Duration::from_secs(20);

fn config(collector: Option<SocketAddr>) -> TelemetryConfig {
    TelemetryConfig {
        log_format: LogFormat::Json,
        log_filter: "info".to_owned(),
        otlp: collector.map(|address| OtlpConfig {
            endpoint: format!("http://{address}"),
            sample_ratio: 1.0,
            timeout: Duration::from_millis(500),
            metrics_every: Duration::from_secs(3600),
        }),
    }
}

/// A sink that a test can read.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics with it").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("nobody panics with it").clone();
        String::from_utf8(bytes).expect("lines are UTF-8")
    }
}

fn start(config: &TelemetryConfig) -> (Telemetry, Dispatch, Lines) {
    let lines = Lines::default();
    let (telemetry, dispatch) =
        Telemetry::build(config, "hoatoc", "test", lines.clone(), false).expect("it starts");
    (telemetry, dispatch, lines)
}

fn lost(page: &str, signal: &str, reason: &str) -> u32 {
    let series = format!(r#"hoatoc_telemetry_lost_total{{reason="{reason}",signal="{signal}"}} "#);
    let count = page.lines().find_map(|line| line.strip_prefix(&series)).expect("it is counted");
    count.parse().expect("a number")
}

#[tokio::test]
async fn one_trace_crosses_a_call_and_reaches_the_collector() {
    let mut collector = Collector::start().await;
    let (telemetry, dispatch, _) = start(&config(Some(collector.address)));
    with_default(&dispatch, || {
        let mut metadata = MetadataMap::new();
        tracing::info_span!("draft").in_scope(|| inject(&mut metadata));
        let parent = extract(&metadata).expect("it was injected");
        let issue = tracing::info_span!("issue");
        assert!(set_parent(&issue, &parent));
        issue.in_scope(|| {
            tracing::info_span!("commit").in_scope(|| {});
            assert!(!set_parent(&issue, &parent), "an entered span keeps its parent");
        });
    });
    telemetry.metrics().order_issued("actual", "issue");
    timeout(LONG, telemetry.shutdown(LONG)).await.expect("in time").expect("all was taken");

    let (sent, metrics) = collector.taken();
    assert!(sent.iter().all(|sent| sent.service == "hoatoc" && sent.text("order").is_none()));
    let spans: Vec<_> = sent.into_iter().map(|sent| sent.span).collect();
    let named = |name: &str| spans.iter().find(|span| span.name == name).expect(name);
    let (draft, issue, commit) = (named("draft"), named("issue"), named("commit"));
    assert_eq!(spans.len(), 3);
    assert!(draft.parent_span_id.is_empty());
    assert_eq!(issue.parent_span_id, draft.span_id);
    assert_eq!(commit.parent_span_id, issue.span_id);
    assert!(spans.iter().all(|span| span.trace_id == draft.trace_id));
    assert!(metrics.iter().any(|name| name == "hoatoc_order_issued"), "{metrics:?}");
}

#[test]
fn a_hostile_traceparent_changes_nothing() {
    let (_telemetry, dispatch, _) = start(&config(None));
    with_default(&dispatch, || {
        assert_eq!(current_traceparent(), None);
        let _entered = tracing::info_span!("outer").entered();
        let here = current_traceparent().expect("traces are numbered without a collector");
        assert_eq!(here.len(), 55);
        let zero = "00-00000000000000000000000000000000-0000000000000000-01";
        let long = format!("{here}-{}", "0".repeat(128));
        for bad in ["", "00", zero, "ff-zz", &here[..54], long.as_str()] {
            let span = tracing::info_span!(parent: None, "inner");
            assert!(!set_parent(&span, bad), "{bad:?} is no place in a trace");
            let mut metadata = MetadataMap::new();
            metadata.insert("traceparent", bad.parse().expect("it is ASCII"));
            assert_eq!(extract(&metadata), None, "{bad:?}");
            span.in_scope(|| {
                let own = current_traceparent().expect("it is in a trace of its own");
                assert_ne!(own[3..35], here[3..35], "{bad:?} joined the surrounding trace");
            });
        }
        let mut headers = http::HeaderMap::new();
        headers.insert("traceparent", here.parse().expect("it is ASCII"));
        assert_eq!(propagation::extract_headers(&headers), Some(here));
    });
}

/// Emits 10,000 spans against `address` and shuts down; all of it must be quick.
async fn survives_a_dead_collector(address: SocketAddr) {
    let mut patient = config(Some(address));
    // Whoever waited for the collector even twice would be late.
    patient.otlp.as_mut().expect("it is set").timeout = Duration::from_secs(6);
    let (telemetry, dispatch, _) = start(&patient);
    let emitted = tokio::task::spawn_blocking(move || {
        with_default(&dispatch, || {
            for number in 0..10_000_u32 {
                tracing::info_span!("span", number).in_scope(|| {});
            }
        });
    });
    timeout(Duration::from_secs(10), emitted).await.expect("nothing blocked").expect("no panic");
    let page = telemetry.metrics().page_text().expect("the page works");
    // All but those still waiting and the batch in flight were given up, at once or after a try.
    let lost: u32 =
        ["queue_full", "not_taken"].map(|reason| lost(&page, "span", reason)).iter().sum();
    assert!(lost > 5_000, "the queue is bounded, but only {lost} spans were lost");
    let within = Duration::from_millis(1500);
    let ended = timeout(within * 2, telemetry.shutdown(within)).await.expect("in time");
    assert!(matches!(ended, Err(TelemetryError::Unflushed { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_collector_that_never_accepts_slows_nobody() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    survives_a_dead_collector(listener.local_addr().expect("it is bound")).await;
}

#[tokio::test]
async fn a_collector_that_is_not_there_slows_nobody() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    survives_a_dead_collector(address).await;
}

#[tokio::test]
async fn a_json_line_parses_and_names_its_trace() {
    let (telemetry, dispatch, lines) = start(&config(None));
    with_default(&dispatch, || {
        tracing::warn!("outside");
        tracing::info_span!("engine.commit", group = 3).in_scope(|| {
            let here = current_traceparent().expect("inside a trace");
            tracing::info!(place = %here, "a \"quoted\" word");
        });
        tracing::debug!("under the filter");
    });
    telemetry.shutdown(LONG).await.expect("there is nothing to flush");
    let text = lines.text();
    let parsed: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(parsed.len(), 2, "{text}");
    assert_eq!(parsed[0]["message"], "outside");
    assert_eq!(parsed[0].get("trace_id"), None);
    let place = parsed[1]["place"].as_str().expect("a text");
    assert_eq!(parsed[1]["message"], "a \"quoted\" word");
    assert_eq!(parsed[1]["trace_id"], place[3..35]);
    assert_eq!(parsed[1]["span_id"], place[36..52]);
    assert_eq!(parsed[1]["span"]["name"], "engine.commit");
    assert_eq!(parsed[1]["level"], "INFO");
}

/// A sink whose reader has stalled until the gate opens.
struct Stalled(Gate<()>);

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A closed gate is an open one: the test is over.
        self.0.recv().map_or(Ok(bytes.len()), |()| Ok(bytes.len()))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_stalled_reader_of_the_log_slows_nobody() {
    let (open, gate): (SyncSender<()>, _) = sync_channel(0);
    let (telemetry, dispatch) =
        Telemetry::build(&config(None), "hoatoc", "test", Stalled(gate), false).expect("it starts");
    let logged = tokio::task::spawn_blocking(move || {
        with_default(&dispatch, || {
            for number in 0..6_000_u32 {
                tracing::error!(number, "nobody reads this");
            }
        });
    });
    timeout(LONG, logged).await.expect("nothing blocked").expect("no panic");
    let page = telemetry.metrics().page_text().expect("the page works");
    assert!(lost(&page, "log", "queue_full") >= 1_000);
    drop(open);
}

#[test]
fn an_error_is_out_before_its_author_goes_on() {
    let (_telemetry, dispatch, lines) = start(&config(None));
    with_default(&dispatch, || tracing::error!("the disk failed"));
    assert!(lines.text().contains("the disk failed"));
}

#[test]
fn what_cannot_work_is_refused_with_its_value() {
    let bad_filter = TelemetryConfig { log_filter: "hoatoc=loud".to_owned(), ..config(None) };
    let error = Telemetry::build(&bad_filter, "hoatoc", "1", io::sink(), false).expect_err("loud");
    assert!(error.to_string().contains("\"hoatoc=loud\""), "{error}");
    let mut bad_endpoint = config(Some(([127, 0, 0, 1], 1).into()));
    bad_endpoint.otlp.as_mut().expect("it is set").endpoint = "https://c:4317".to_owned();
    let error = Telemetry::build(&bad_endpoint, "hoatoc", "1", io::sink(), false).expect_err("TLS");
    assert!(error.to_string().contains("\"https://c:4317\""), "{error}");
}

#[test]
fn a_second_start_in_one_process_is_refused() {
    let first = Telemetry::start(&config(None), "hoatoc", "1");
    let second = Telemetry::start(&config(None), "hoatoc", "1");
    assert!(first.is_ok());
    assert!(matches!(second, Err(TelemetryError::AlreadyStarted)));
}

#[test]
fn a_share_of_traces_is_sampled_and_a_callers_choice_is_followed() {
    let mut none = config(Some(([127, 0, 0, 1], 1).into()));
    none.otlp.as_mut().expect("it is set").sample_ratio = 0.0;
    let (_telemetry, dispatch, _) = start(&none);
    with_default(&dispatch, || {
        let own = tracing::info_span!("own").in_scope(current_traceparent).expect("numbered");
        assert!(own.ends_with("-00"), "{own}");
        let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let span = tracing::info_span!("follows");
        assert!(set_parent(&span, sent));
        let followed = span.in_scope(current_traceparent).expect("numbered");
        assert_eq!(followed[..35], sent[..35]);
        assert!(followed.ends_with("-01"), "{followed}");
        let step = tracing::info_span!("order.draft", dispatch = true);
        let step = step.in_scope(current_traceparent).expect("numbered");
        assert!(step.ends_with("-01"), "an order's trace is never left out: {step}");
        let other = tracing::info_span!("rpc.call", dispatch = false);
        assert!(other.in_scope(current_traceparent).is_some_and(|place| place.ends_with("-00")));
        assert!(propagation::continues(&followed, sent));
        assert!(!propagation::continues(&step, sent), "another trace");
        assert!(!propagation::continues(&format!("{}00", &sent[..53]), sent), "nobody sends it");
    });
}
