//! Sending batches and taking their answers, over as many connections as it takes.
//!
//! What was sent and not answered is kept; when the connection is cut or the server restarts, it is
//! sent again under the same request ids, so that nothing is done twice. Invariants: at most
//! [`limits::IMPORT_BATCHES_SENT_MAX`] batches are unanswered; without an answer for as long as the
//! feed's patience lasts, it ends with the error.

use std::collections::VecDeque;
use std::time::Duration;

use rand::Rng as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::{Code, Status, Streaming};

use super::batch::{Answer, Facts, FedKind};
use super::total::Total;
use super::{FeedError, Progress};
use crate::limits;

/// The first wait before trying again; each is twice the last.
const BACKOFF_MIN: Duration = Duration::from_millis(200);
/// The longest wait before trying again.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// A feed's side of the conversation.
pub(super) struct Session<K> {
    /// Batches from the reader.
    batches: mpsc::Receiver<(K, Facts)>,
    /// Sent and not answered, in order.
    unanswered: VecDeque<(K, Facts)>,
    /// Whether the reader has no more.
    drained: bool,
    total: Total,
    rows: u64,
    silence: Silence,
}

/// Since when nothing was heard of a server that was asked, and when that is told next.
struct Silence {
    told_every: Duration,
    since: Instant,
    next: Instant,
    is_told: bool,
}

impl Silence {
    fn new(told_every: Duration) -> Self {
        let since = Instant::now();
        Self { told_every, since, next: since + told_every, is_told: false }
    }

    /// Something is asked now, after nothing was.
    fn begin(&mut self) {
        if !self.is_told {
            *self = Self::new(self.told_every);
        }
    }

    fn heard(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) {
        if self.is_told {
            progress(Progress::Back);
        }
        *self = Self::new(self.told_every);
    }

    fn tell(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) {
        self.is_told = true;
        self.next = Instant::now() + self.told_every;
        progress(Progress::Silent(self.since.elapsed()));
    }

    /// Waits for something, and tells meanwhile that nothing is heard.
    async fn over<F: Future>(
        &mut self,
        waiting: F,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> F::Output {
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                done = &mut waiting => return done,
                () = sleep_until(self.next) => self.tell(progress),
            }
        }
    }
}

/// Why a conversation ended.
enum Ended {
    /// All is answered.
    Done,
    /// It can be taken up again.
    Cut(Status),
    /// It cannot.
    Failed(FeedError),
}

impl<K: FedKind> Session<K> {
    pub(super) fn new(batches: mpsc::Receiver<(K, Facts)>, told_every: Duration) -> Self {
        let (unanswered, total) = (VecDeque::new(), Total::default());
        let silence = Silence::new(told_every);
        Self { batches, unanswered, drained: false, total, rows: 0, silence }
    }

    /// Sends everything and sums up the answers.
    pub(super) async fn run<T>(
        mut self,
        client: &mut K::Client<T>,
        patience: Duration,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Total, FeedError>
    where
        T: tonic::client::GrpcService<tonic::body::Body> + Send,
        T::Future: Send,
        T::Error: Into<StdError>,
        T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
        <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
    {
        let (mut waited, mut wait) = (Duration::ZERO, BACKOFF_MIN);
        loop {
            let answered = self.total.answered;
            let status = match self.converse(client, progress).await {
                Ended::Done => return Ok(self.total),
                Ended::Failed(failure) => return Err(failure),
                Ended::Cut(status) => status,
            };
            if self.total.answered > answered {
                (waited, wait) = (Duration::ZERO, BACKOFF_MIN);
            }
            if waited >= patience {
                let answered = self.total.answered;
                return Err(FeedError::Server { answered, source: Box::new(status) });
            }
            // Many may have been cut off at once: they do not come back at once.
            let jittered = wait.mul_f64(rand::rng().random_range(0.5..1.0));
            self.silence.over(tokio::time::sleep(jittered), progress).await;
            waited += jittered;
            wait = (wait * 2).min(BACKOFF_MAX);
        }
    }

    /// One connection, from its beginning to its end.
    async fn converse<T>(
        &mut self,
        client: &mut K::Client<T>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Ended
    where
        T: tonic::client::GrpcService<tonic::body::Body> + Send,
        T::Future: Send,
        T::Error: Into<StdError>,
        T::ResponseBody: HttpBody<Data = Bytes> + Send + 'static,
        <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
    {
        let (out, sent) = mpsc::channel(limits::IMPORT_BATCHES_SENT_MAX);
        for (batch, _facts) in &self.unanswered {
            // There is room for all of them.
            let _room = out.try_send(batch.clone());
        }
        let called = K::call(client, ReceiverStream::new(sent));
        let mut answers = match self.silence.over(called, progress).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return ended(status, self.total.answered),
        };
        let mut out = Some(out);
        loop {
            if self.drained {
                out = None;
            }
            let may_send = !self.drained && self.unanswered.len() < limits::IMPORT_BATCHES_SENT_MAX;
            tokio::select! {
                answer = next(&mut answers) => match answer {
                    Ok(Some(answer)) => {
                        if let Err(failure) = self.take(answer) {
                            return Ended::Failed(failure);
                        }
                        self.silence.heard(progress);
                        progress(Progress::Rows(self.rows));
                    }
                    Ok(None) if self.drained && self.unanswered.is_empty() => return Ended::Done,
                    // The stream ended well, so every batch was answered, unless some were left out.
                    Ok(None) if self.drained => return Ended::Failed(FeedError::Answer),
                    Ok(None) => return Ended::Cut(Status::unavailable("the server ended the import")),
                    Err(status) => return ended(status, self.total.answered),
                },
                batch = self.batches.recv(), if may_send => match batch {
                    Some((batch, facts)) => {
                        if self.unanswered.is_empty() {
                            self.silence.begin();
                        }
                        self.unanswered.push_back((batch.clone(), facts));
                        if let Some(out) = &out {
                            // A closed channel shows as the end of the answers.
                            let _room = out.try_send(batch);
                        }
                    }
                    None => self.drained = true,
                },
                () = sleep_until(self.silence.next), if !self.unanswered.is_empty() => {
                    self.silence.tell(progress);
                }
            }
        }
    }

    fn take(&mut self, answer: Answer) -> Result<(), FeedError> {
        let next = self.unanswered.pop_front();
        let sent = next.map(|(_batch, facts)| facts);
        let sent = sent.filter(|sent| sent.request_id == answer.request_id);
        self.rows += self.total.add(answer, sent.ok_or(FeedError::Answer)?)?;
        Ok(())
    }
}

async fn next<A: Into<Answer>>(answers: &mut Streaming<A>) -> Result<Option<Answer>, Status> {
    Ok(answers.message().await?.map(Into::into))
}

/// Whether it makes sense to try again: the server was not reached, is stopping, or the connection
/// broke under way.
fn ended(status: Status, answered: u64) -> Ended {
    let passing = match status.code() {
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded => true,
        // A broken stream; our server's own faults carry details.
        Code::Internal => status.details().is_empty(),
        _refused => false,
    };
    if passing {
        Ended::Cut(status)
    } else {
        Ended::Failed(FeedError::Server { answered, source: Box::new(status) })
    }
}
