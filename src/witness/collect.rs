//! The server's side: asks the witnesses for their cosignatures, and keeps the newest head that as many
//! have cosigned as the trust bundle asks for.
//!
//! A task of its own that shares no fate with dispatch: it reads the ledger, never writes to it, is
//! bounded in time and memory, and a witness that is away is asked less and less often. What it keeps
//! lies in `<data dir>/cosigned`; a ledger that does not continue that head is not the one that the
//! witnesses have seen, and is not served.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::request::{AddCheckpoint, PROOF_LEN_MAX};
use crate::config::whole::{Present, write_whole};
use crate::config::{WitnessSection, WitnessUrl};
use crate::engine::Engine;
use crate::engine::recovery::RecoveryError;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::checkpoint::witness::{Witnessed, Witnesses};
use crate::evidence::note::SignedNote;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::WitnessCounts;

/// Between two looks whether the ledger has grown.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long one witness may take for one answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
/// Longest answer read, in bytes: some signature lines, or a size.
const ANSWER_LEN_MAX: usize = 8 * 1024;
/// The wait after a first failure; it doubles.
const AGAIN_MIN: Duration = Duration::from_secs(10);
/// The longest wait before a witness is asked again.
const AGAIN_MAX: Duration = Duration::from_secs(600);
/// The file with the newest cosigned head, in the data directory.
const FILE: &str = "cosigned";

/// Why a server with witnesses does not start.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The file with the newest cosigned head cannot be read.
    #[error("failed to read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The ledger is not the one that the witnesses have seen.
    #[error("the ledger does not continue what its witnesses have cosigned: {0}")]
    NotContinued(#[source] RecoveryError),
}

/// Why a witness gave no cosignature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// No answer in time, or none that can be read.
    #[error("it gave no answer: {0}")]
    Away(String),
    /// It has seen another history than this one: the gravest fault there is.
    #[error("it has seen another history than this ledger's: {0}")]
    OtherHistory(String),
    /// It does not cosign for this ledger.
    #[error("it refused: {0}")]
    Refused(String),
}

struct Peer {
    section: WitnessSection,
    // What it cosigned last, as far as is known.
    size: u64,
    failures: u32,
    ask_at: Option<Instant>,
}

struct Collector {
    engine: Engine,
    file: PathBuf,
    peers: Vec<Peer>,
    counts: Arc<Mutex<WitnessCounts>>,
}

/// Reads the head that was kept, holds the ledger to it, and starts to ask the witnesses. With none
/// configured nothing is asked, and what was kept before still holds.
///
/// # Errors
/// [`CollectError`].
pub fn start(
    engine: &Engine,
    witnesses: &[WitnessSection],
    data_dir: &std::path::Path,
    metrics: &Metrics,
    tasks: &Tasks,
) -> Result<(), CollectError> {
    let file = data_dir.join(FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => match engine.check_published(&text) {
            Ok(()) => engine.keep_cosigned(size_of(&text), text),
            // Its key was changed since: then the next one is kept.
            Err(fault @ RecoveryError::Head(_)) => {
                tracing::warn!(%fault, "the cosigned head that was kept is of no use");
            }
            Err(fault) => return Err(CollectError::NotContinued(fault)),
        },
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(CollectError::Read { path: file, source }),
    }
    if witnesses.is_empty() {
        return Ok(());
    }
    let counts = Arc::new(Mutex::new(WitnessCounts::default()));
    let (shown, seen) = (Arc::clone(&counts), engine.clone());
    metrics.register_witnesses(move || {
        let ledger = seen.ledger();
        let behind = ledger.size().saturating_sub(ledger.cosigned_size());
        drop(ledger);
        WitnessCounts { behind, ..shown.lock().clone() }
    });
    let peer = |section: &WitnessSection| Peer {
        section: section.clone(),
        size: 0,
        failures: 0,
        ask_at: None,
    };
    let peers = witnesses.iter().map(peer).collect();
    let mut collector = Collector { engine: engine.clone(), file, peers, counts };
    let stopping = tasks.stopping().clone();
    tasks.spawn("witness.collect", async move {
        let work = async {
            loop {
                collector.round().await;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = work => {}
        }
    });
    Ok(())
}

impl Collector {
    /// Has the newest head cosigned by whoever has not, and keeps it once enough have.
    async fn round(&mut self) {
        let engine = self.engine.clone();
        let signed = tokio::task::spawn_blocking(move || engine.checkpoint()).await;
        let text = match signed {
            Ok(Ok(text)) => text,
            Ok(Err(fault)) => return tracing::error!(%fault, "there is no head to be cosigned"),
            Err(_stopping) => return,
        };
        let Ok(mut note) = SignedNote::parse(&text) else { return };
        let size = size_of(&text);
        let kept = self.engine.ledger().cosigned();
        if let Some((_size, kept)) = kept.filter(|(kept_size, _text)| *kept_size == size)
            && let Ok(kept) = SignedNote::parse(&kept)
        {
            note = kept;
        }
        let now = Instant::now();
        let witnesses = self.witnesses();
        // Whoever has cosigned this very head has nothing to add.
        let have = witnesses.witnessed(&note).by;
        let due = |peer: &&mut Peer| {
            peer.size < size
                && peer.ask_at.is_none_or(|at| at <= now)
                && have.iter().all(|own| own.name != peer.section.name)
        };
        let due: Vec<&mut Peer> = self.peers.iter_mut().filter(due).collect();
        if due.is_empty() || size == 0 {
            return;
        }
        let (engine, asked) = (&self.engine, &note);
        let answers = due.into_iter().map(|peer| async move {
            let answer = ask(engine, peer, asked, size).await;
            (peer, answer)
        });
        let mut lines = Vec::new();
        for (peer, answer) in futures_util::future::join_all(answers).await {
            match answer {
                Ok(line) => {
                    (peer.size, peer.failures, peer.ask_at) = (size, 0, None);
                    lines.push((peer.section.name.clone(), line));
                }
                Err(fault) => tell(peer, &fault, now, &self.counts),
            }
        }
        for (name, line) in lines {
            add_if_it_holds(&mut note, &name, &line, &witnesses, &self.counts);
        }
        self.keep(size, &note, &witnesses.witnessed(&note)).await;
    }

    fn witnesses(&self) -> Witnesses {
        let world = self.engine.world();
        world.trust().map(|trust| trust.bundle.witnesses.clone()).unwrap_or_default()
    }

    /// Keeps a head that enough have cosigned, if it is newer or more have.
    async fn keep(&self, size: u64, note: &SignedNote, witnessed: &Witnessed) {
        if witnessed.by.is_empty() || !witnessed.is_enough() {
            return;
        }
        let text = note.to_string();
        if self.engine.ledger().cosigned().is_some_and(|(_size, kept)| kept == text) {
            return;
        }
        let (file, bytes) = (self.file.clone(), text.clone().into_bytes());
        let written = tokio::task::spawn_blocking(move || {
            write_whole(&file, &bytes, 0o644, Present::IsReplaced)
        });
        match written.await {
            Ok(Ok(())) => self.engine.keep_cosigned(size, text),
            Ok(Err(fault)) => tracing::error!(%fault, "the cosigned head cannot be kept"),
            Err(_stopping) => {}
        }
    }
}

/// Takes a witness's own line in, if it verifies under its key in the trust bundle. Whatever else it
/// answers with is left out: a false line in another's name would spoil the other's.
fn add_if_it_holds(
    note: &mut SignedNote,
    name: &str,
    lines: &str,
    witnesses: &Witnesses,
    counts: &Mutex<WitnessCounts>,
) {
    let held = || {
        let key = witnesses.keys.iter().find(|key| key.name() == name)?;
        let mut answered = SignedNote::new(note.text()).ok()?;
        answered.add_lines(lines).ok()?;
        answered.verify(key).ok()?;
        Some(answered.lines_of(key))
    };
    match held().map(|line| note.add_lines(&line)) {
        Some(Ok(())) => counts.lock().cosigned += 1,
        Some(Err(_)) | None => {
            counts.lock().failed += 1;
            tracing::warn!(witness = name, "its cosignature is of no key in the trust bundle");
        }
    }
}

/// Says what is wrong with a witness: once loudly, then quietly; another history always loudly.
fn tell(peer: &mut Peer, fault: &AskError, now: Instant, counts: &Mutex<WitnessCounts>) {
    let witness = peer.section.name.as_str();
    counts.lock().failed += 1;
    if let AskError::OtherHistory(_) = fault {
        counts.lock().forks += 1;
        tracing::error!(witness, %fault, "a witness has seen another history: find out why now");
    } else if peer.failures == 0 {
        tracing::warn!(witness, %fault, "a witness does not cosign");
    } else {
        tracing::debug!(witness, %fault, failures = peer.failures, "a witness does not cosign");
    }
    let wait = (AGAIN_MIN * 2_u32.saturating_pow(peer.failures.min(10))).min(AGAIN_MAX);
    peer.failures = peer.failures.saturating_add(1);
    peer.ask_at = Some(now + wait);
}

/// Asks one witness to cosign the head of `size` entries; its line.
async fn ask(
    engine: &Engine,
    peer: &mut Peer,
    note: &SignedNote,
    size: u64,
) -> Result<String, AskError> {
    let mut old = peer.size;
    // Once with what we think that it has, once with what it says.
    for attempt in 0..2 {
        let proof = engine.ledger().prove_consistency(old, size);
        let proof = proof.map_err(|fault| AskError::OtherHistory(fault.to_string()))?.path;
        if proof.len() > PROOF_LEN_MAX {
            return Err(AskError::Refused("the proof is too long".to_owned()));
        }
        let text = AddCheckpoint { old, proof, note: note.clone() }.text();
        let answer = timeout(ANSWER_WAIT_MAX, post(&peer.section.url, text)).await;
        let late = |_elapsed| AskError::Away("it took too long".to_owned());
        let (status, body) = answer.map_err(late)?.map_err(AskError::Away)?;
        let said = || format!("{status}: {}", body.trim().chars().take(200).collect::<String>());
        match status {
            StatusCode::OK => return Ok(body),
            StatusCode::CONFLICT => match body.trim().parse::<u64>() {
                Ok(has) if has > size => {
                    let said = format!("it has cosigned {has} entries, here are {size}");
                    return Err(AskError::OtherHistory(said));
                }
                Ok(has) if has == old => {
                    return Err(AskError::OtherHistory(format!("another head of {has} entries")));
                }
                Ok(has) if attempt == 0 => old = has,
                _again_or_unreadable => return Err(AskError::Refused(said())),
            },
            StatusCode::UNPROCESSABLE_ENTITY => return Err(AskError::OtherHistory(said())),
            _refused => return Err(AskError::Refused(said())),
        }
    }
    Err(AskError::Refused("it says another size each time".to_owned()))
}

/// One request to a witness, on a connection of its own.
async fn post(url: &WitnessUrl, text: String) -> Result<(StatusCode, String), String> {
    let stream = TcpStream::connect(url.authority()).await.map_err(|fault| fault.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|fault| fault.to_string())?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/add-checkpoint", url.path()))
        .header(header::HOST, url.authority())
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(Body::from(text))
        .map_err(|fault| fault.to_string())?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|fault| fault.to_string())?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), ANSWER_LEN_MAX).await;
        let body = body.map_err(|fault| fault.to_string())?;
        let body = String::from_utf8(body.to_vec()).map_err(|_utf8| "it is no text".to_owned())?;
        Ok((status, body))
    };
    // The connection is driven for as long as the answer takes; its end alone is no answer.
    let driven = async {
        let ended = connection.await;
        tracing::trace!(?ended, "a connection to a witness ended");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        answer = answer => answer,
        () = driven => Err("the connection ended".to_owned()),
    }
}

/// The size that a head of our own says.
fn size_of(text: &str) -> u64 {
    let note = SignedNote::parse(text).ok();
    let head = note.and_then(|note| Checkpoint::parse_text(note.text()).ok());
    head.map_or(0, |head| head.size)
}
