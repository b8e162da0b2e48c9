//! The list of certificates that count no more, kept fresh while the server serves.
//!
//! Started by the roof. What is revoked is read off the world (terminals replaced, renewed or out of
//! use, officers who left), signed by the enrolment authority, and asked by every handshake from then
//! on; connections under a certificate that came onto the list are ended. The gate refuses such
//! callers call by call besides: this keeps them out of the handshake, and gives others, who do not
//! know the world, a list to go by (`revocations.pem` in the server's home).
//!
//! A list past its date lets nobody in, so the next one is made long before: each lasts
//! [`limits::REVOCATIONS_VALIDITY`], and a day old it is made anew.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use crate::clock::Clock;
use crate::config::whole::{Present, write_whole};
use crate::domain::certificate::Serial;
use crate::domain::instant::Instant;
use crate::engine::Engine;
use crate::limits;
use crate::pki::authority::{Authority, AuthorityError, Revoked};
use crate::pki::config::{ServerTls, TlsError};
use crate::rpc::listener::Connections;
use crate::tasks::Tasks;

/// Why there is no newer list; the one before is still asked.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It was not signed.
    #[error("the revocation list is not signed: {0}")]
    Sign(#[from] AuthorityError),
    /// It was, and the handshake cannot use it.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It counts here, and is not written for others.
    #[error("write {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The machine's word.
        source: std::io::Error,
    },
}

/// The list that handshakes ask now.
#[derive(Debug, Default)]
struct Held {
    revoked: Vec<(Serial, Instant)>,
    number: u64,
    made_at: Option<Instant>,
}

/// Keeps a serving server's revocation list fresh.
#[derive(Debug)]
pub struct Revocations {
    engine: Engine,
    authority: Arc<Authority>,
    tls: Arc<ServerTls>,
    // That of the handshakes, which ask whether the list is past its date; the time of record may
    // differ from it.
    clock: Arc<dyn Clock>,
    file: PathBuf,
    held: Held,
    unwritten: Option<String>,
}

impl Revocations {
    /// Makes the first list, before anybody is let in. `file` is where others find it.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn begin(
        engine: Engine,
        authority: Arc<Authority>,
        tls: Arc<ServerTls>,
        clock: Arc<dyn Clock>,
        file: PathBuf,
    ) -> Result<Self, ListError> {
        let (held, unwritten) = (Held::default(), None);
        let mut made = Self { engine, authority, tls, clock, file, held, unwritten };
        made.look()?;
        // A full disk keeps nobody out; it is tried again.
        if let Err(fault) = made.write() {
            error!(%fault, "the revocation list is not written");
        }
        Ok(made)
    }

    /// Makes a list if another is due. Returns the serials that are new on it.
    fn look(&mut self) -> Result<Vec<Serial>, ListError> {
        let now = self.clock.now();
        let revoked = self.engine.world().revoked(self.engine.now());
        let fresh = self.held.made_at.is_some_and(|made_at| {
            (0..limits::REVOCATIONS_RENEWED_AFTER_MS).contains(&now.millis_since(made_at))
        });
        if fresh && revoked == self.held.revoked {
            return Ok(Vec::new());
        }
        // Grows with every list, across restarts too, unless the clock went back: then by one.
        let number = u64::try_from(now.millis()).unwrap_or(0).max(self.held.number + 1);
        let named: Vec<Revoked> = revoked
            .iter()
            .map(|(serial, at)| Revoked { serial: serial.to_string(), at: *at })
            .collect();
        let until = now + limits::REVOCATIONS_VALIDITY;
        let list = self.authority.sign_revocations(&named, number, now, until)?;
        self.tls.replace_revocations(list.clone())?;
        let before = std::mem::take(&mut self.held).revoked;
        let added = revoked.iter().map(|(serial, _since)| *serial);
        let added = added.filter(|own| before.iter().all(|(known, _since)| known != own)).collect();
        self.held = Held { revoked, number, made_at: Some(now) };
        self.unwritten = Some(list);
        Ok(added)
    }

    /// Writes the newest list for others, if it is not written yet.
    fn write(&mut self) -> Result<(), ListError> {
        if let Some(list) = &self.unwritten {
            write_whole(&self.file, list.as_bytes(), 0o644, Present::IsReplaced)
                .map_err(|source| ListError::Write { path: self.file.clone(), source })?;
            self.unwritten = None;
        }
        Ok(())
    }

    /// Looks `every` so often from now on, in a task, and ends the connections of whoever came onto
    /// the list.
    pub fn keep(mut self, connections: Connections, every: Duration, tasks: &Tasks) {
        let stopping = tasks.stopping().clone();
        tasks.spawn("server.revocations", async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failed = false;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _tick = ticks.tick() => {}
                }
                let work = move || {
                    let looked = self.look();
                    let written = self.write();
                    (self, looked, written)
                };
                // A panic is logged by the task that it ended.
                let Ok((back, looked, written)) = tokio::task::spawn_blocking(work).await else {
                    return;
                };
                self = back;
                if let Ok(added) = &looked {
                    end(&connections, added);
                }
                match looked.and(written) {
                    Ok(()) => failed = false,
                    // Said once: it is tried again every few seconds.
                    Err(fault) if !failed => {
                        failed = true;
                        error!(%fault, "the revocation list is not renewed");
                    }
                    Err(_again) => {}
                }
            }
        });
    }
}

fn end(connections: &Connections, added: &[Serial]) {
    if added.is_empty() {
        return;
    }
    let named: Vec<String> = added.iter().map(Serial::to_string).collect();
    let ended = connections.close_where(|peer| {
        peer.identity.as_ref().is_some_and(|peer| named.contains(&peer.serial))
    });
    info!(certificates = added.len(), ended, "revoked");
}
