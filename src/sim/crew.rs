//! One simulated person at one real terminal: the terminal verifies, stores and answers as it does
//! in a commune office; only the person in front of it is made up.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::people::{Temperament, Verdict};
use crate::domain::ids::OrderId;
use crate::domain::order::delivery::Fact;
use crate::tasks::Tasks;
use crate::terminal::Terminal;
use crate::terminal::inbox::{InboxError, OrderSummary, Standing};
use crate::terminal::link::Dialer;

/// When the order went out, and how much faster than life people act.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// When the order was issued.
    pub at: tokio::time::Instant,
    /// Which order.
    pub order: OrderId,
}

/// One terminal and the person at it.
#[derive(Debug)]
pub struct Crew {
    /// The terminal.
    pub terminal: Arc<Terminal>,
    /// How it reaches the server.
    pub dialer: Arc<dyn Dialer>,
    /// How the person behaves.
    pub temperament: Temperament,
    /// The name the person answers with.
    pub name: String,
    /// How many times faster than life.
    pub speed: u32,
    /// Orders that the person is done with; none at first.
    pub done: BTreeSet<OrderId>,
}

impl Crew {
    /// Plays one order through: comes on line when it is time, does what the person does, and
    /// returns when everything the person said is recorded by the server, or told to stop. The line
    /// stays up until told to stop.
    ///
    /// # Errors
    /// When the terminal's own store fails.
    pub async fn play(
        &mut self,
        mut start: watch::Receiver<Option<Start>>,
        tasks: &Tasks,
        stop: CancellationToken,
    ) -> Result<(), InboxError> {
        // A line that is up is connected before the order comes.
        let up_before = self.temperament.online_after == Some(Duration::ZERO);
        if up_before {
            self.connect(tasks, &stop);
        }
        let Some(start) = started(&mut start, &stop).await else { return Ok(()) };
        let Some(online_after) = self.temperament.online_after else { return Ok(()) };
        if !up_before {
            tokio::select! {
                () = tokio::time::sleep_until(start.at + online_after / self.speed) => {}
                () = stop.cancelled() => return Ok(()),
            }
            self.connect(tasks, &stop);
        }
        self.done.insert(start.order);
        let played = self.act(start.order);
        tokio::select! {
            played = played => played,
            () = stop.cancelled() => Ok(()),
        }
    }

    /// Stays at the terminal and does the same with every further order, until told to stop.
    ///
    /// # Errors
    /// When the terminal's own store fails; what cannot be said any more (an order that was cancelled
    /// meanwhile) is left unsaid.
    pub async fn attend(mut self, stop: CancellationToken) -> Result<(), InboxError> {
        loop {
            let acted = async {
                self.until(|crew| crew.next().is_some()).await;
                match self.next() {
                    Some(order) => self.act(order).await.map(|()| Some(order)),
                    None => Ok(None),
                }
            };
            let acted = tokio::select! {
                acted = acted => acted,
                () = stop.cancelled() => return Ok(()),
            };
            match acted {
                Ok(None) => return Ok(()),
                Err(fault) if fault.is_fatal() => return Err(fault),
                Ok(Some(_)) | Err(_) => {}
            }
            // One at a time, so the oldest is the one that was dealt with, however that went.
            self.done.extend(self.next());
            let kept: BTreeSet<OrderId> = self.listed().map(|order| order.id).collect();
            self.done.retain(|order| kept.contains(order));
        }
    }

    fn listed(&self) -> impl Iterator<Item = OrderSummary> {
        self.terminal.inbox().list(self.terminal.now()).into_iter()
    }

    /// The oldest order that the person has not dealt with.
    fn next(&self) -> Option<OrderId> {
        let open = self.listed().filter(|order| !self.done.contains(&order.id));
        open.min_by_key(|order| order.sequence).map(|order| order.id)
    }

    fn connect(&self, tasks: &Tasks, stop: &CancellationToken) {
        let (terminal, dialer, stop) = (self.terminal.clone(), self.dialer.clone(), stop.clone());
        tasks.spawn("sim.link", async move {
            if let Err(fault) = terminal.run(dialer, stop).await {
                tracing::error!(%fault, "a simulated terminal's link ended");
            }
        });
    }

    async fn act(&self, order: OrderId) -> Result<(), InboxError> {
        self.until(|crew| crew.terminal.inbox().summary(order, crew.terminal.now()).is_some())
            .await;
        let person = &self.temperament;
        if let Some(open_after) = person.open_after {
            self.pause(open_after).await;
            self.terminal.with_inbox(move |inbox| inbox.open_order(order)).await?;
            if let Some(acknowledge_after) = person.acknowledge_after {
                self.pause(acknowledge_after).await;
                self.say(order, Fact::Acknowledged).await?;
                self.pause(person.decide_after).await;
                if self.is_to_decide(order) {
                    self.decide(order).await?;
                }
            }
        }
        self.until(|crew| crew.terminal.inbox().pending_len() == 0).await;
        Ok(())
    }

    /// Of a cancel, or of what came to nothing, it is enough to know.
    fn is_to_decide(&self, order: OrderId) -> bool {
        let found = self.terminal.inbox().summary(order, self.terminal.now());
        found.is_some_and(|order| !order.is_cancel && order.standing == Standing::Live)
    }

    async fn decide(&self, order: OrderId) -> Result<(), InboxError> {
        match self.temperament.verdict {
            Verdict::Accept(strength) => {
                self.say(order, Fact::Accepted).await?;
                self.pause(self.temperament.report_after).await;
                self.say(order, Fact::Strength(strength)).await
            }
            Verdict::Decline(reason) => self.say(order, Fact::Declined(reason)).await,
            Verdict::Undecided => Ok(()),
        }
    }

    async fn say(&self, order: OrderId, fact: Fact) -> Result<(), InboxError> {
        let name = self.name.clone();
        let said = self.terminal.with_inbox(move |inbox| inbox.answer(order, fact, &name, ""));
        said.await.map(drop)
    }

    async fn pause(&self, life: Duration) {
        tokio::time::sleep(life / self.speed).await;
    }

    /// Waits until something is true of the inbox, looking whenever it changes.
    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let mut revision = self.terminal.inbox().revision();
        while !holds(self) {
            if revision.changed().await.is_err() {
                return;
            }
        }
    }
}

async fn started(
    start: &mut watch::Receiver<Option<Start>>,
    stop: &CancellationToken,
) -> Option<Start> {
    tokio::select! {
        () = stop.cancelled() => None,
        started = start.wait_for(Option::is_some) => started.ok().and_then(|start| *start),
    }
}
