//! Which traces are sent.
//!
//! Used by [`super::Telemetry`] alone, and only where a collector is configured.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};

/// A span made with this field set to `true` is on the way of an order: however few traces are sent,
/// those are, or the one that is asked for would be the one that is not there.
const DISPATCH: &str = "dispatch";

/// Continues every trace that its caller sends and each one of dispatch, and begins the configured share of the others. The
/// share is decided by the trace's number, so all nodes with one ratio decide alike. A caller that
/// sends nothing does not silence us: a terminal without a collector would otherwise hide the
/// server's part of every order it asks for.
#[derive(Debug, Clone)]
pub(super) struct FollowOrSample(Sampler);

impl FollowOrSample {
    pub(super) const fn new(ratio: f64) -> Self {
        Self(Sampler::TraceIdRatioBased(ratio))
    }
}

impl ShouldSample for FollowOrSample {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let followed = parent.is_some_and(|parent| parent.span().span_context().is_sampled());
        let is_set = |field: &KeyValue| field.value == Value::Bool(true);
        let dispatch =
            attributes.iter().any(|field| field.key.as_str() == DISPATCH && is_set(field));
        let sampler = if followed || dispatch { &Sampler::AlwaysOn } else { &self.0 };
        sampler.should_sample(parent, trace_id, name, kind, attributes, links)
    }
}
