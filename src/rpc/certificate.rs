//! The server's own certificate while it serves: looked at every hour, issued anew when that is due,
//! and shown to every handshake from then on. Connections that are open stay as they are.
//!
//! Started by the roof. A renewal that fails is logged and tried at the next look; the days left are
//! on the metrics page for the alarm.

pub mod revocation;

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use crate::clock::Clock;
use crate::config::home::{Due, HomeError, ServerCertificate};
use crate::domain::instant::Instant;
use crate::pki::authority::{Authority, Credentials};
use crate::pki::config::{ServerTls, TlsError};
use crate::tasks::Tasks;

/// Why a certificate was not renewed; the one before is still shown.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It was not issued, or not written.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It was, and cannot be shown.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Keeps a serving server's certificate good.
#[derive(Debug)]
pub struct Keeper {
    /// What it is to say, and where it lies.
    pub certificate: ServerCertificate,
    /// The one that is shown now.
    pub held: Credentials,
    /// Issues the next one.
    pub authority: Arc<Authority>,
    /// Shows it.
    pub tls: Arc<ServerTls>,
    /// For its dates.
    pub clock: Arc<dyn Clock>,
}

impl Keeper {
    /// Renews the certificate if that is due, and says why it was. Blocks: files are written.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn look(&mut self) -> Result<Option<Due>, KeepError> {
        let now = self.clock.now();
        let due = self.certificate.due(&self.held, now)?;
        if due.is_some() {
            let made = self.certificate.renew(&self.authority, now)?;
            self.tls.replace_credentials(made.clone())?;
            self.held = made;
        }
        Ok(due)
    }

    /// Looks `every` so often from now on, in a task. Returns when the certificate that is shown
    /// ends; changes with each renewal.
    pub fn keep(self, every: Duration, tasks: &Tasks) -> watch::Receiver<Instant> {
        let (ends, shown) = watch::channel(end_of(&self.held));
        let stopping = tasks.stopping().clone();
        tasks.spawn("server.certificate", async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut keeper = self;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _tick = ticks.tick() => {}
                }
                let work = move || {
                    let looked = keeper.look();
                    (keeper, looked)
                };
                // A panic is logged by the task that it ended; the alarm on the days left remains.
                let Ok((back, looked)) = tokio::task::spawn_blocking(work).await else { return };
                keeper = back;
                match looked {
                    Ok(None) => {}
                    Ok(Some(due)) => {
                        info!(%due, "the server's certificate was renewed");
                        ends.send_replace(end_of(&keeper.held));
                    }
                    Err(fault) => error!(%fault, "the server's certificate is not renewed"),
                }
            }
        });
        shown
    }
}

/// When a certificate ends, in PEM or the first of a chain; the beginning of time for one that
/// cannot be read, which raises the alarm.
pub fn end_of_pem(certificate_pem: &str) -> Instant {
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).ok();
    let parsed = der.as_deref().and_then(|der| x509_parser::parse_x509_certificate(der).ok());
    parsed.map_or(Instant::EPOCH, |(_rest, parsed)| {
        let seconds = parsed.validity().not_after.timestamp();
        Instant::from_millis(seconds.saturating_mul(1_000))
    })
}

fn end_of(held: &Credentials) -> Instant {
    end_of_pem(&held.certificate_pem)
}
