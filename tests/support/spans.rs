//! Counts the spans of our own that are made on this thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// Counts until it is dropped. Tasks of a runtime with one thread are counted with the test.
pub(crate) struct SpanCount {
    made: Arc<AtomicUsize>,
    _until: DefaultGuard,
}

struct Counting(Arc<AtomicUsize>);

impl Layer<Registry> for Counting {
    fn on_new_span(&self, span: &Attributes<'_>, _id: &Id, _ctx: Context<'_, Registry>) {
        if span.metadata().target().starts_with("hoatoc") {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl SpanCount {
    pub(crate) fn start() -> Self {
        let made = Arc::new(AtomicUsize::new(0));
        let subscriber = tracing_subscriber::registry().with(Counting(Arc::clone(&made)));
        Self { made, _until: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn so_far(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}
