//! Log lines as JSON that can be joined with traces.
//!
//! Used by [`super::Telemetry`] alone. `tracing_subscriber`'s own JSON knows spans but not the trace
//! they belong to; this adds the two numbers and leaves the rest as it is.

use std::fmt;

use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// One flat JSON object a line: timestamp (UTC, RFC 3339), level, target, message, the event's
/// fields, the current span, and inside a trace `trace_id` (32 hex digits) and `span_id` (16).
#[derive(Debug)]
pub(super) struct TracedJson {
    plain: Format<Json, SystemTime>,
}

impl Default for TracedJson {
    fn default() -> Self {
        let plain = tracing_subscriber::fmt::format().json();
        Self { plain: plain.flatten_event(true).with_current_span(true).with_span_list(false) }
    }
}

impl<S, N> FormatEvent<S, N> for TracedJson
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.plain.format_event(ctx, Writer::new(&mut line), event)?;
        let object = line.trim_end();
        // The layer that makes the trace's spans activates the entered one on this thread.
        let current = opentelemetry::Context::current();
        let span = current.span();
        let ids = span.span_context();
        match object.strip_suffix('}') {
            Some(open) if ids.is_valid() => writeln!(
                writer,
                r#"{open},"trace_id":"{}","span_id":"{}"}}"#,
                ids.trace_id(),
                ids.span_id()
            ),
            _ => writeln!(writer, "{object}"),
        }
    }
}
