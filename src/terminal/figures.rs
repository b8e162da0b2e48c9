//! The terminal's own figures, for the operator who looks after hundreds of them.
//!
//! Started by the roof beside the link; watches what the link and the inbox show to everybody, so
//! that neither knows of figures.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Terminal;
use super::link::{LinkState, LinkStatus};
use crate::telemetry::Metrics;

/// Shows how the link fares and what waits to be recorded, until told to stop.
pub async fn keep(terminal: Arc<Terminal>, metrics: Metrics, stop: CancellationToken) {
    let (mut link, mut inbox) = (terminal.link(), terminal.inbox().revision());
    let mut before = LinkStatus::default();
    loop {
        let now = link.borrow_and_update().clone();
        inbox.mark_unchanged();
        show(&metrics, &before, &now);
        before = now;
        metrics.spool_holds(u64::try_from(terminal.inbox().pending_len()).unwrap_or(u64::MAX));
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = link.changed() => {}
            Ok(()) = inbox.changed() => {}
            else => return,
        }
    }
}

fn show(metrics: &Metrics, before: &LinkStatus, now: &LinkStatus) {
    let is_new = before.state != now.state;
    match now.state {
        LinkState::Connected if is_new => metrics.terminal_connected(),
        LinkState::Waiting { .. } if is_new => {
            metrics
                .terminal_disconnected(now.last_error.as_ref().map_or("unknown", |(why, _)| why));
        }
        LinkState::Off if is_new => metrics.terminal_disconnected("stopped"),
        _nothing_new => {}
    }
    let is_connected = now.state == LinkState::Connected;
    if before.offset_ms != now.offset_ms || (is_connected && is_new) {
        // The link knows the server's clock minus ours; the figure is the other way round.
        let ahead = i32::try_from(now.offset_ms.saturating_neg()).unwrap_or(i32::MAX);
        metrics.clock_offset_estimated(f64::from(ahead) / 1e3);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc as Shared;

    use super::*;

    #[test]
    fn a_cut_and_a_clock_show_and_what_stays_is_counted_once() {
        let metrics = Metrics::with_page("hoatoc-terminal").expect("it starts");
        let off = LinkStatus::default();
        let on =
            LinkStatus { state: LinkState::Connected, offset_ms: -250, ..LinkStatus::default() };
        let cut = LinkStatus {
            offset_ms: -250,
            state: LinkState::Waiting { for_ms: 9 },
            last_error: Some(("ended", Shared::from("the server ended the stream"))),
            ..LinkStatus::default()
        };
        show(&metrics, &off, &on);
        let page = metrics.page_text().expect("a page");
        assert!(page.contains("\nhoatoc_terminal_connected 1\n"), "{page}");
        assert!(page.contains("\nhoatoc_clock_offset_seconds 0.25\n"), "{page}");
        show(&metrics, &on, &cut);
        show(&metrics, &cut, &cut);
        let page = metrics.page_text().expect("a page");
        assert!(page.contains("\nhoatoc_terminal_connected 0\n"), "{page}");
        let once = "\nhoatoc_terminal_disconnects_total{reason=\"ended\"} 1\n";
        assert!(page.contains(once), "{page}");
    }
}
