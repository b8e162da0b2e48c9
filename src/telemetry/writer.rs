//! Log lines leave through a bounded queue and a thread of their own.
//!
//! Used by [`super::Telemetry`] alone. Standard error is often a pipe, and whoever reads it may
//! stall: a write there would then stop the thread that logs. Here a full queue drops the line and
//! counts it. An ERROR is the exception, since the process may be about to end: its writer waits a
//! moment until the line is out, unless the reader is already known to be stalled.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::TelemetryError;
use super::export::Losses;

/// Lines waiting. A storm of 10,000 answers logs a handful of lines; this is seconds of debug logs.
const LINES_MAX: usize = 4096;
/// Bytes waiting: what we are willing to hold for a stalled reader.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long an ERROR waits to be out: unnoticed beside a failure, enough for a healthy reader.
const ERROR_WAIT_MAX: Duration = Duration::from_millis(100);
/// How long the last lines may take at the end of the process.
pub(super) const FLUSH_WAIT_MAX: Duration = Duration::from_millis(500);

/// The queue's near end; clones share it.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waiting_bytes: AtomicUsize,
    stalled: AtomicBool,
    losses: Arc<Losses>,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl LogWriter {
    /// Starts the thread, which ends when the last clone is gone.
    pub(super) fn start(
        sink: impl Write + Send + 'static,
        losses: Arc<Losses>,
    ) -> Result<Self, TelemetryError> {
        let (queue, lines) = sync_channel(LINES_MAX);
        let shared = Arc::new(Shared {
            waiting_bytes: AtomicUsize::new(0),
            stalled: AtomicBool::new(false),
            losses,
        });
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("hoatoc-log".to_owned())
            .spawn(move || write_out(&lines, sink, &theirs))
            .map_err(|error| TelemetryError::Start {
                what: "the log's thread",
                reason: error.to_string(),
            })?;
        Ok(Self { queue, shared })
    }

    /// Waits until everything queued so far is written, at most `within`.
    pub(super) fn flush(&self, within: Duration) {
        let (done, written) = sync_channel(1);
        let queued = self.queue.try_send(Message::Flush(done)).is_ok();
        let flushed = queued && written.recv_timeout(within).is_ok();
        self.shared.stalled.store(!flushed, Ordering::Relaxed);
    }

    fn push(&self, line: Vec<u8>) {
        let len = line.len();
        let waiting = self.shared.waiting_bytes.fetch_add(len, Ordering::Relaxed);
        let fits = waiting + len <= BYTES_MAX;
        if !fits || self.queue.try_send(Message::Line(line)).is_err() {
            self.shared.waiting_bytes.fetch_sub(len, Ordering::Relaxed);
            self.shared.losses.log_line_dropped();
        }
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { log: self, bytes: Vec::new(), urgent: false }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        Line { log: self, bytes: Vec::new(), urgent: *meta.level() == Level::ERROR }
    }
}

/// One event being formatted; queued when dropped.
#[derive(Debug)]
pub(super) struct Line<'a> {
    log: &'a LogWriter,
    bytes: Vec<u8>,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.log.push(std::mem::take(&mut self.bytes));
        if self.urgent && !self.log.shared.stalled.load(Ordering::Relaxed) {
            self.log.flush(ERROR_WAIT_MAX);
        }
    }
}

/// A sink that fails (a closed pipe) loses its lines, and they are counted; there is nobody to tell.
fn write_out(lines: &Receiver<Message>, mut sink: impl Write, shared: &Shared) {
    while let Ok(message) = lines.recv() {
        match message {
            Message::Line(line) => {
                if sink.write_all(&line).is_err() {
                    shared.losses.log_line_dropped();
                }
                shared.waiting_bytes.fetch_sub(line.len(), Ordering::Relaxed);
                shared.stalled.store(false, Ordering::Relaxed);
            }
            Message::Flush(done) => {
                let flushed = sink.flush().is_ok();
                // Whoever asked may have given up waiting, or had no way to.
                if flushed && done.try_send(()).is_err() {
                    shared.stalled.store(false, Ordering::Relaxed);
                }
            }
        }
    }
}
