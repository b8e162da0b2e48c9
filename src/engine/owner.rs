//! The one owner: decides, commits a group with one sync, publishes, answers, wakes.
//!
//! It lives on a thread of its own, because committing blocks. While one group syncs, the next one
//! gathers in the lanes: the slower the disk, the larger the groups. A group holds requests of the
//! first lane, or one batch of records: what fails of one lane costs the other nothing. Two kinds of
//! failure: this group failed and nothing was written (the owner takes the published state back and
//! goes on), or the outcome is unknown (it stops, everything stops, and the next start finds the
//! truth).
//!
//! Nothing that rests on a group is said before it is durable, refusals neither: an answer that is
//! refused because another one came before it would be lost with that one.
//!
//! Told to stop, it closes both lanes and carries out what is in them: whoever got a request in gets
//! an answer, everybody else is told to come back.

mod durable;
mod keys;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{Span, error, info_span, warn};

use self::durable::Failed;
use crate::clock::{Clock, SoundClock};
use crate::domain::instant::Instant;
use crate::domain::world::{Decision, Entry, Event, Refusal, Request, World};
use crate::engine::handle::{Committed, EngineError, View};
use crate::engine::records::keys::RecordTask;
use crate::engine::records::{RecordJob, RecordPlan};
use crate::limits;
use crate::store::{Op, Pair, Store, StoreError, VALUE_LEN_MAX};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::entry;

type Reply = oneshot::Sender<Result<Committed, EngineError>>;

/// A request on its way to the owner.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    // Written in the same batch as the request's entries.
    pub(super) beside: Vec<Pair>,
    pub(super) reply: Reply,
    pub(super) span: Span,
}

/// What one sync makes durable, and what is said once it is.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    leaves: Vec<Vec<u8>>,
    beside: Vec<Pair>,
    len: usize,
    replies: Vec<(Reply, Result<Committed, EngineError>)>,
    // The spans of those who wait, in the same order.
    callers: Vec<Span>,
}

impl Group {
    /// What is written beside the entries; asked for again when the first attempt found no room.
    fn writes(&self) -> Vec<Op> {
        let put = |(key, value): &Pair| Op::Put { key: key.clone(), value: value.clone() };
        self.beside.iter().map(put).collect()
    }
}

pub(super) struct Owner {
    view: Arc<View>,
    store: Arc<dyn Store>,
    clock: Arc<SoundClock>,
    metrics: Metrics,
    stopping: CancellationToken,
    // The fold that decisions are made on: ahead of the view by the group in hand.
    world: World,
}

impl Owner {
    pub(super) fn new(
        view: Arc<View>,
        store: Arc<dyn Store>,
        clock: Arc<SoundClock>,
        metrics: Metrics,
        stopping: CancellationToken,
    ) -> Self {
        let world = view.world.read().clone();
        Self { view, store, clock, metrics, stopping, world }
    }

    /// Starts the thread. When it ends, the token it holds tells everything else to stop.
    pub(super) fn spawn(
        self,
        orders: mpsc::Receiver<Job>,
        records: mpsc::Receiver<RecordTask>,
        tasks: &Tasks,
    ) {
        let view = Arc::clone(&self.view);
        let (ended, owner_ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("hoatoc-owner".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let outcome = match runtime {
                Ok(runtime) => runtime.block_on(self.run(orders, records)),
                Err(fault) => Err(StoreError::Fatal { reason: fault.to_string() }),
            };
            let _told = ended.send(outcome);
        });
        tasks.spawn_vital("engine.owner", async move {
            match (thread, owner_ended.await) {
                (Err(fault), _) => error!(%fault, "the engine's thread could not start"),
                (Ok(_), Ok(Ok(()))) => {}
                (Ok(_), Ok(Err(fault))) => error!(%fault, "the engine stopped: start again"),
                (Ok(_), Err(_)) => error!("the engine's thread panicked: start again"),
            }
            view.ended.cancel();
        });
    }

    /// Runs until both lanes are closed, by their senders or because everything stops, and empty.
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Job>,
        mut records: mpsc::Receiver<RecordTask>,
    ) -> Result<(), StoreError> {
        let stopping = self.stopping.clone();
        let mut closing = false;
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !closing => {
                    closing = true;
                    orders.close();
                    records.close();
                }
                Some(job) = orders.recv() => {
                    let group = self.gather(job, &mut orders);
                    self.carry_out(group)?;
                }
                Some(task) = records.recv() => match task {
                    RecordTask::Put(job) => self.put_records(job)?,
                    RecordTask::Keys(job) => self.work_on_keys(job)?,
                    RecordTask::Prune(job) => self.prune(job)?,
                },
                else => return Ok(()),
            }
        }
    }

    /// What waits in the first lane, up to the bounds of a group.
    fn gather(&mut self, first: Job, orders: &mut mpsc::Receiver<Job>) -> Group {
        let mut group = Group::default();
        self.take(first, &mut group);
        while group.replies.len() < limits::GROUP_LEN_MAX && group.len < limits::GROUP_BYTES_MAX {
            match orders.try_recv() {
                Ok(job) => self.take(job, &mut group),
                Err(_empty_or_closed) => break,
            }
        }
        group
    }

    /// The time of record: the clock's, but never before the newest record.
    fn now(&self) -> Instant {
        self.clock.now().max(self.world.latest_at())
    }

    fn take(&mut self, job: Job, group: &mut Group) {
        let Job { request, beside, reply, span } = job;
        let _in_the_callers_trace = span.clone().entered();
        let name = request.command.name();
        let at = self.now();
        let outcome = match self.decide(&request) {
            Ok(Decision::Repeated { ledger_index }) => {
                Ok(Committed { ledger_index, at, repeated: true })
            }
            Ok(Decision::Happens(_)) if self.is_sealed_before_the_newest_keys(&beside) => {
                Err(EngineError::Unavailable { doing: "changing its keys" })
            }
            Ok(Decision::Happens(events)) => {
                self.record(&request, events, beside, at, group).map(|()| {
                    let ledger_index = self.world.ledger_size().saturating_sub(1);
                    Committed { ledger_index, at, repeated: false }
                })
            }
            Err(refused) => Err(refused),
        };
        match &outcome {
            Ok(Committed { repeated: true, .. }) => self.metrics.command_decided(name, "repeated"),
            Ok(_done) => self.metrics.command_decided(name, "done"),
            Err(refused) => {
                self.metrics.command_decided(name, "refused");
                let (actor, reason) = (&request.actor, refused.reason());
                warn!(%actor, command = name, reason, %refused, "refused");
                if name.ends_with("order") || name == "add_signature" {
                    self.metrics.order_refused(reason);
                }
            }
        }
        group.replies.push((reply, outcome));
        group.callers.push(span);
    }

    fn decide(&self, request: &Request) -> Result<Decision, EngineError> {
        let _span = info_span!("engine.decide", command = request.command.name()).entered();
        if request.command.needs_a_sound_clock() {
            self.clock.check(self.world.latest_at())?;
        }
        // Whoever vouches for the clock wants orders dated by it, whatever the record says.
        let now = if self.clock.is_vouched_for() { self.clock.now() } else { self.now() };
        let decision = self.world.decide(request, now)?;
        if matches!(decision, Decision::Happens(_)) {
            super::units::check_records(&self.world, &self.view.registry.read(), &request.command)?;
        }
        Ok(decision)
    }

    /// Makes entries of a request's events and takes them into the world that decides; all or none.
    fn record(
        &mut self,
        request: &Request,
        events: Vec<Event>,
        beside: Vec<Pair>,
        at: Instant,
        group: &mut Group,
    ) -> Result<(), EngineError> {
        let (entries_before, len_before) = (group.entries.len(), group.len);
        let pair_len = |(key, value): &Pair| key.len() + value.len() + limits::ENTRY_OVERHEAD_LEN;
        group.len += beside.iter().map(pair_len).sum::<usize>();
        for event in events {
            let (actor, request) = (request.actor.clone(), request.id.clone());
            let entry = Entry { at, actor, request, event };
            let leaf = entry::encode(&entry);
            group.len += leaf.len() + limits::ENTRY_OVERHEAD_LEN;
            let request_len = group.len - len_before;
            if leaf.len() > VALUE_LEN_MAX || request_len > limits::REQUEST_BYTES_MAX {
                // It must not sink the group it travels in, now and at each further attempt.
                group.entries.truncate(entries_before);
                group.leaves.truncate(entries_before);
                group.len = len_before;
                let reason = "it is too large for the ledger: ask for less at once";
                return Err(Refusal::Invalid { reason }.into());
            }
            group.leaves.push(leaf);
            group.entries.push(entry);
        }
        group.entries[entries_before..].iter().for_each(|entry| self.world.apply(entry));
        group.beside.extend(beside);
        Ok(())
    }

    /// Makes a group durable, shows it, and answers.
    fn carry_out(&mut self, mut group: Group) -> Result<(), StoreError> {
        let leaves = std::mem::take(&mut group.leaves);
        let callers = std::mem::take(&mut group.callers);
        let outcome = if group.entries.is_empty() {
            Ok(())
        } else {
            match self.commit(leaves, group.writes(), &callers)? {
                Ok(hashes) => {
                    self.publish(&group.entries, hashes, None);
                    Ok(())
                }
                Err(Failed::Full) if self.make_room() => {
                    let leaves = group.entries.iter().map(entry::encode).collect();
                    self.commit(leaves, group.writes(), &callers)?
                        .map(|hashes| self.publish(&group.entries, hashes, None))
                }
                Err(failed) => Err(failed),
            }
        };
        if outcome.is_err() {
            self.world = self.view.world.read().clone();
        }
        drop(callers);
        for (reply, said) in group.replies {
            // A caller that left finds out by asking again: the request id makes that harmless.
            let _caller_left = reply.send(outcome.map_err(Failed::into).and(said));
        }
        if outcome.is_ok() {
            self.wake(&group.entries);
        }
        Ok(())
    }

    /// Orders, cancels and answers may have the space that was held back; records may not.
    fn make_room(&self) -> bool {
        self.store.release_reserve().unwrap_or_else(|fault| {
            error!(%fault, "the reserve for a full disk could not be given up");
            false
        })
    }

    fn put_records(&mut self, job: RecordJob) -> Result<(), StoreError> {
        let request = job.request();
        let name = request.command.name();
        let mut group = Group::default();
        let at = self.now();
        let recorded = self.plan_records(&job, &request).and_then(|(plan, repeated_at)| {
            self.record(&request, plan.events(), Vec::new(), at, &mut group)
                .map(|()| (plan, repeated_at))
        });
        let (mut plan, repeated_at) = match recorded {
            Ok(planned) => planned,
            Err(refused) => {
                self.metrics.command_decided(name, "refused");
                job.answer(Err(refused));
                return Ok(());
            }
        };
        let outcome = match (group.entries.is_empty(), repeated_at) {
            (false, _) => "done",
            (true, Some(_)) => "repeated",
            (true, None) => "unchanged",
        };
        self.metrics.command_decided(name, outcome);
        let recorded_at = if group.entries.is_empty() {
            repeated_at
        } else {
            let leaves = std::mem::take(&mut group.leaves);
            match self.commit(leaves, plan.take_ops(), &[Span::none()])? {
                Ok(hashes) => self.publish(&group.entries, hashes, Some(&plan)),
                Err(failed) => {
                    self.world = self.view.world.read().clone();
                    job.answer(Err(failed.into()));
                    return Ok(());
                }
            }
            self.world.ledger_size().checked_sub(1)
        };
        job.answer(Ok(plan.outcome(recorded_at)));
        Ok(())
    }

    /// What a batch writes, and where it is recorded if it was carried out before.
    fn plan_records(
        &self,
        job: &RecordJob,
        request: &Request,
    ) -> Result<(RecordPlan, Option<u64>), EngineError> {
        if job.rows.len() > limits::RECORDS_PER_BATCH_MAX {
            return Err(Refusal::Invalid { reason: "a batch has at most 100 records" }.into());
        }
        let repeated_at = self.world.recall(request)?;
        let registry = self.view.registry.read();
        let on = (self.world.units(), self.now().date_in_vietnam());
        let plan = job.plan(&registry, on, repeated_at.is_some())?;
        Ok((plan, repeated_at))
    }
}
