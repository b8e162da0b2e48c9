//! One trace follows an order: W3C Trace Context in and out of a process.
//!
//! Called by whoever makes or takes a gRPC call (metadata), and by whoever stores a trace's place
//! with an order and takes it up again later (text). Only `traceparent` travels: `tracestate` is
//! other vendors' luggage, and up to 512 bytes of it would ride on every message.
//!
//! What a caller sends is a hint, never a proof: a missing or malformed value starts a new trace.

use axum::http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The header's name, and its key in gRPC metadata.
pub const TRACEPARENT: &str = "traceparent";
/// Shortest value taken, in bytes: all of version 00.
const TRACEPARENT_LEN_MIN: usize = 55;
/// Longest value taken, in bytes: later versions may append.
pub const TRACEPARENT_LEN_MAX: usize = 128;

/// The place in the trace of the span that is entered now, as W3C text
/// (`00-<32 hex>-<16 hex>-<flags>`); `None` outside any trace.
pub fn current_traceparent() -> Option<String> {
    place(&Span::current())
}

/// The place of any span, as [`current_traceparent`] of the one entered. It has its parent from then
/// on.
pub fn place(span: &Span) -> Option<String> {
    let context = span.context();
    let mut carrier = One::default();
    if context.span().span_context().is_valid() {
        TraceContextPropagator::new().inject_context(&context, &mut carrier);
    }
    carrier.0
}

/// Makes `span` a child of the place that `traceparent` names. True if it is one now; false, and
/// nothing changed, for a malformed value, a span that no layer records, or one already entered:
/// call it before the span is entered or instrumented.
pub fn set_parent(span: &Span, traceparent: &str) -> bool {
    parse(traceparent).is_some_and(|parent| span.set_parent(parent).is_ok())
}

/// Links `span` with the place that `traceparent` names, in whatever trace that is; nothing happens
/// for a malformed value.
pub fn link(span: &Span, traceparent: &str) {
    if let Some(other) = span_context(traceparent) {
        span.add_link(other);
    }
}

/// Whether `traceparent` names a place that its caller sends to a collector, in the trace of the
/// place `of`: whoever follows it loses neither the trace nor the way back to its beginning.
pub fn continues(traceparent: &str, of: &str) -> bool {
    match (span_context(traceparent), span_context(of)) {
        (Some(place), Some(of)) => place.is_sampled() && place.trace_id() == of.trace_id(),
        _no_place => false,
    }
}

/// Writes the current place into a call's metadata; nothing outside any trace.
pub fn inject(metadata: &mut MetadataMap) {
    let value = current_traceparent().map(|text| text.parse::<MetadataValue<Ascii>>());
    if let Some(Ok(value)) = value {
        metadata.insert(TRACEPARENT, value);
    }
}

/// The place a caller wrote into its metadata, if it is well formed; give it to [`set_parent`] or
/// keep it with an order.
pub fn extract(metadata: &MetadataMap) -> Option<String> {
    let text = metadata.get(TRACEPARENT)?.to_str().ok()?;
    parse(text).map(|_| text.to_owned())
}

/// The same from the raw headers of a call, for middleware below tonic.
pub fn extract_headers(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    parse(text).map(|_| text.to_owned())
}

fn span_context(traceparent: &str) -> Option<SpanContext> {
    parse(traceparent).map(|context| context.span().span_context().clone())
}

fn parse(traceparent: &str) -> Option<Context> {
    if !(TRACEPARENT_LEN_MIN..=TRACEPARENT_LEN_MAX).contains(&traceparent.len()) {
        return None;
    }
    let carrier = One(Some(traceparent.to_owned()));
    // An empty context, so that a malformed value cannot pick up the span entered here.
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    let valid = parent.span().span_context().is_valid();
    valid.then_some(parent)
}

/// A carrier of the one header.
#[derive(Debug, Default)]
struct One(Option<String>);

impl Injector for One {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

impl Extractor for One {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_deref().filter(|_| key == TRACEPARENT)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
