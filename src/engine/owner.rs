//! The one owner: decides, commits a group with one sync, publishes, answers, wakes.
//!
//! It lives on a thread of its own, because committing blocks. While one group syncs, the next one
//! gathers in the lanes: the slower the disk, the larger the groups. Two kinds of failure: this
//! group failed and nothing was written (the owner takes the published state back and goes on), or
//! the outcome is unknown (it stops, everything stops, and the next start finds the truth).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::{Span, error, info_span, warn};

use crate::clock::Clock;
use crate::domain::delivery::{Answer, Fact, Moment};
use crate::domain::instant::Instant;
use crate::domain::world::{Decision, Entry, Event, Refusal, Request, World};
use crate::engine::handle::{Committed, EngineError, View};
use crate::engine::records::{RecordJob, RecordPlan};
use crate::evidence::tree::{Hash, leaf_hash};
use crate::limits;
use crate::store::{Batch, Store, StoreError, keys};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::entry;

/// A request on its way to the owner.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Result<Committed, EngineError>>,
    pub(super) span: Span,
}

/// A reply that is held back until the group is durable.
type Held = (oneshot::Sender<Result<Committed, EngineError>>, Committed);

/// What one sync makes durable.
#[derive(Default)]
struct Group {
    entries: Vec<Entry>,
    leaves: Vec<Vec<u8>>,
    len: usize,
    replies: Vec<Held>,
    // With the index of its entry: orders may follow it in the group.
    records: Option<(RecordJob, RecordPlan, u64)>,
}

pub(super) struct Owner {
    view: Arc<View>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    // The fold that decisions are made on: ahead of the view by the group in hand.
    world: World,
}

impl Owner {
    pub(super) fn new(
        view: Arc<View>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        let world = view.world.read().clone();
        Self { view, store, clock, metrics, world }
    }

    /// Starts the thread. When it ends, the token it holds tells everything else to stop.
    pub(super) fn spawn(
        self,
        orders: mpsc::Receiver<Job>,
        records: mpsc::Receiver<RecordJob>,
        tasks: &Tasks,
    ) {
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
        });
    }

    /// Runs until both lanes are closed and empty.
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Job>,
        mut records: mpsc::Receiver<RecordJob>,
    ) -> Result<(), StoreError> {
        loop {
            let mut group = Group::default();
            tokio::select! {
                biased;
                Some(job) = orders.recv() => self.take(job, &mut group),
                Some(job) = records.recv() => self.take_records(job, &mut group),
                else => return Ok(()),
            }
            while group.replies.len() < limits::GROUP_LEN_MAX && group.len < limits::GROUP_BYTES_MAX
            {
                match orders.try_recv() {
                    Ok(job) => self.take(job, &mut group),
                    Err(_empty_or_closed) => break,
                }
            }
            if !group.entries.is_empty() {
                self.commit(group)?;
            }
        }
    }

    /// The time of record: the clock's, but never before the newest record.
    fn now(&self) -> Instant {
        self.clock.now().max(self.world.latest_at())
    }

    fn take(&mut self, job: Job, group: &mut Group) {
        let Job { request, reply, span } = job;
        let _in_the_callers_trace = span.enter();
        let decided = self.decide(&request);
        let name = request.command.name();
        match decided {
            Ok(Decision::Repeated { ledger_index }) => {
                self.metrics.command_decided(name, "repeated");
                let at = self.now();
                let committed = Committed { ledger_index, at, repeated: true };
                // It may have happened in this very group, which is not durable yet.
                group.replies.push((reply, committed));
                if group.entries.is_empty() {
                    answer(group.replies.drain(..));
                }
            }
            Ok(Decision::Happens(events)) => {
                self.metrics.command_decided(name, "done");
                let at = self.now();
                self.record(&request, events, at, group);
                let ledger_index = self.world.ledger_size().saturating_sub(1);
                group.replies.push((reply, Committed { ledger_index, at, repeated: false }));
                if group.entries.is_empty() {
                    answer(group.replies.drain(..));
                }
            }
            Err(refused) => {
                self.metrics.command_decided(name, "refused");
                let (actor, reason) = (&request.actor, refused.reason());
                warn!(%actor, command = name, reason, %refused, "refused");
                if name.ends_with("order") || name == "add_signature" {
                    self.metrics.order_refused(reason);
                }
                let _caller_left = reply.send(Err(refused));
            }
        }
    }

    fn decide(&self, request: &Request) -> Result<Decision, EngineError> {
        let _span = info_span!("engine.decide", command = request.command.name()).entered();
        let behind_ms = self.world.latest_at().millis_since(self.clock.now());
        if request.command.needs_a_sound_clock() && behind_ms > limits::CLOCK_BEHIND_MAX_MS {
            return Err(EngineError::ClockBehind { behind_ms });
        }
        Ok(self.world.decide(request, self.now())?)
    }

    /// Makes entries of events and takes them into the world that decides.
    fn record(&mut self, request: &Request, events: Vec<Event>, at: Instant, group: &mut Group) {
        for event in events {
            let (actor, request) = (request.actor.clone(), request.id.clone());
            let entry = Entry { at, actor, request, event };
            let leaf = entry::encode(&entry);
            group.len += leaf.len();
            group.leaves.push(leaf);
            self.world.apply(&entry);
            group.entries.push(entry);
        }
    }

    fn take_records(&mut self, job: RecordJob, group: &mut Group) {
        let request = job.request();
        let name = request.command.name();
        let planned = self.plan_records(&job, &request);
        let (plan, repeated_at) = match planned {
            Ok(planned) => planned,
            Err(refused) => {
                self.metrics.command_decided(name, "refused");
                let (actor, reason) = (&request.actor, refused.reason());
                warn!(%actor, command = name, reason, %refused, "refused");
                return job.answer(Err(refused));
            }
        };
        let at = self.now();
        match plan.event() {
            Some(event) => {
                self.metrics.command_decided(name, "done");
                let index = self.world.ledger_size();
                self.record(&request, vec![event], at, group);
                group.records = Some((job, plan, index));
            }
            None => {
                let repeated = repeated_at.is_some();
                let outcome = if repeated { "repeated" } else { "unchanged" };
                self.metrics.command_decided(name, outcome);
                job.answer(Ok(plan.outcome(repeated_at)));
            }
        }
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
        let repeated_at = match self.decide(request)? {
            Decision::Repeated { ledger_index } => Some(ledger_index),
            Decision::Happens(_events) => None,
        };
        let registry = self.view.registry.read();
        let plan = job.plan(&registry, self.world.units(), repeated_at.is_some())?;
        Ok((plan, repeated_at))
    }

    fn commit(&mut self, mut group: Group) -> Result<(), StoreError> {
        let started = tokio::time::Instant::now();
        let _span = info_span!("engine.commit", entries = group.entries.len()).entered();
        let mut batch = Batch::on(self.store.head());
        let first = self.world.ledger_size() - u64::try_from(group.entries.len()).unwrap_or(0);
        let leaves = std::mem::take(&mut group.leaves);
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (index, leaf) in (first..).zip(leaves) {
            batch.put(keys::ledger(index), leaf);
        }
        if let Some((_job, plan, _index)) = &mut group.records {
            plan.put_into(&mut batch);
        }
        match self.store.commit(batch) {
            Ok(_head) => {
                let commands = group.replies.len() + usize::from(group.records.is_some());
                let commands = u64::try_from(commands).unwrap_or(u64::MAX);
                self.metrics.committed(commands, started.elapsed());
                self.publish(group, &hashes);
                Ok(())
            }
            Err(fault @ (StoreError::Full { .. } | StoreError::TooLarge { .. })) => {
                error!(%fault, "nothing was written");
                self.world = self.view.world.read().clone();
                let failed = || match &fault {
                    StoreError::Full { .. } => EngineError::DiskFull,
                    _too_large => EngineError::Unavailable { doing: "refusing an oversized group" },
                };
                for (reply, _held) in group.replies {
                    let _caller_left = reply.send(Err(failed()));
                }
                if let Some((job, _plan, _index)) = group.records {
                    job.answer(Err(failed()));
                }
                Ok(())
            }
            // Unknown, or a writer that is not ours: nobody is answered.
            Err(fatal) => Err(fatal),
        }
    }

    /// It is durable: show it, answer, wake. In this order, so that whoever is told finds it.
    fn publish(&self, group: Group, hashes: &[Hash]) {
        {
            let mut world = self.view.world.write();
            for entry in &group.entries {
                world.apply(entry);
            }
            let mut ledger = self.view.ledger.write();
            hashes.iter().for_each(|leaf| ledger.push(*leaf));
            if let Some(Event::ProvinceFounded { origin, .. }) =
                group.entries.first().map(|entry| &entry.event)
            {
                ledger.set_origin(origin);
            }
        }
        if let Some((job, plan, index)) = group.records {
            plan.publish(&mut self.view.registry.write());
            job.answer(Ok(plan.outcome(Some(index))));
        }
        answer(group.replies.into_iter());
        self.wake(&group.entries);
    }

    /// One observation for each fact that counts, by the time it counts with.
    fn measure(&self, answer: &Answer) {
        let Some(file) = self.world.order(&answer.order) else { return };
        let (Some(issue), Some(delivery)) = (&file.issue, file.deliveries.get(&answer.endpoint))
        else {
            return;
        };
        let handling = file.order.handling.as_str();
        self.metrics.fact_recorded(handling, answer.fact.as_str());
        let since = |moment: Option<Moment>| {
            let ms = moment.map(|moment| moment.at.millis_since(issue.at));
            ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)
        };
        match answer.fact {
            Fact::Delivered => since(delivery.delivered)
                .into_iter()
                .for_each(|after| self.metrics.delivered_after(handling, after)),
            Fact::Opened => since(delivery.opened)
                .into_iter()
                .for_each(|after| self.metrics.opened_after(handling, after)),
            Fact::Acknowledged => since(delivery.acknowledged)
                .into_iter()
                .for_each(|after| self.metrics.acknowledged_after(handling, after)),
            _decided_later => {}
        }
    }

    fn count(&self, event: &Event) {
        match event {
            Event::OrderIssued { order, .. } => {
                if let Some(file) = self.world.order(order) {
                    let (handling, kind) = (file.order.handling, file.order.kind);
                    self.metrics.order_issued(handling.as_str(), kind.as_str());
                }
            }
            Event::SignatureAdded { order, .. } => {
                if let Some(file) = self.world.order(order) {
                    self.metrics.signature_accepted(file.order.handling.as_str());
                }
            }
            Event::AnswerTaken { answer, .. } => self.measure(answer),
            _uncounted => {}
        }
    }

    fn wake(&self, entries: &[Entry]) {
        let (mut issued, mut answered, mut trusted) = (None, false, None);
        for entry in entries {
            self.count(&entry.event);
            match &entry.event {
                Event::OrderIssued { sequence, .. } => issued = Some(*sequence),
                Event::AnswerTaken { .. } => answered = true,
                Event::TrustPublished(trust) => trusted = Some(trust.bundle.version),
                _nobody_waits => {}
            }
        }
        if let Some(sequence) = issued {
            self.view.issued.send_replace(sequence);
        }
        if answered || issued.is_some() {
            self.view.answered.send_replace(self.world.ledger_size());
        }
        if let Some(version) = trusted {
            self.view.trusted.send_replace(version);
        }
    }
}

fn answer(replies: impl Iterator<Item = Held>) {
    for (reply, committed) in replies {
        // A caller that left finds out by asking again: the request id makes that harmless.
        let _caller_left = reply.send(Ok(committed));
    }
}
