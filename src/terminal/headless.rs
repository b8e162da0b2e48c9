//! A terminal without a screen: answers by rule, or by commands on standard input, one a line.
//!
//! Run by `hoatoc terminal run --headless`. Everything that happens is written to the writer given,
//! one line each, as text or JSON. Personal data in it (who answered) is what was typed in here.
//!
//! A rule answers on its own only what is in force and believed; a person's part is played by a
//! name given beforehand. Meant for drills of the system itself and for machines that pass orders
//! on; the facts it signs are as binding as any.

mod command;
mod report;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, Lines};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::command::says_called;
pub use self::command::{Command, CommandError, parse_strength, reason_by_name, reason_name};
pub use self::report::Format;
use self::report::Report;
use super::Terminal;
use super::inbox::{InboxError, OrderSummary, SheetState, Standing};
use crate::domain::ids::OrderId;
use crate::domain::order::delivery::{DeclineReason, DeliveryState, Strength};

/// Longest command line, in bytes: a decline with its longest note.
const LINE_LEN_MAX: usize = 4 * 1024;

/// How an order is answered by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerRule {
    /// Not at all: receipts are given, and commands decide the rest.
    #[default]
    None,
    /// Opened and acknowledged.
    Acknowledge,
    /// Acknowledged, then accepted.
    Accept,
    /// Acknowledged, then declined.
    Decline(DeclineReason),
}

impl FromStr for AnswerRule {
    type Err = CommandError;

    /// `none`, `ack`, `accept`, `decline=REASON`.
    fn from_str(text: &str) -> Result<Self, CommandError> {
        match text.split_once('=') {
            None if text == "none" => Ok(Self::None),
            None if text == "ack" => Ok(Self::Acknowledge),
            None if text == "accept" => Ok(Self::Accept),
            Some(("decline", reason)) => reason_by_name(reason).map(Self::Decline),
            _other => Err(CommandError::Rule { text: text.chars().take(80).collect() }),
        }
    }
}

/// What a headless terminal does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How orders are answered.
    pub answer: AnswerRule,
    /// Who answers.
    pub by: String,
    /// How long after the order came, as a person would need.
    pub delay: Duration,
    /// Reported once after accepting.
    pub strength: Option<Strength>,
    /// How lines are written.
    pub format: Format,
}

/// Why the headless terminal ended.
#[derive(Debug, thiserror::Error)]
pub enum HeadlessError {
    /// The inbox failed in a way that only a restart mends.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The commands cannot be read.
    #[error("failed to read commands: {0}")]
    Read(#[source] io::Error),
    /// The lines cannot be written.
    #[error("failed to write what happens: {0}")]
    Write(#[source] io::Error),
}

/// Answers until told to stop, by `quit` or by `stop`. Commands come from `input`; its end ends
/// nothing. The link runs beside this, in a task of its own.
///
/// # Errors
/// Any [`HeadlessError`]. A command that cannot be carried out is an `error` line, no error.
pub async fn run<I, O>(
    terminal: &Arc<Terminal>,
    policy: &Policy,
    input: Option<I>,
    output: O,
    stop: &CancellationToken,
) -> Result<(), HeadlessError>
where
    I: AsyncBufRead + Unpin,
    O: Write,
{
    let mut revision = terminal.inbox().revision();
    let mut link = terminal.link();
    let mut lines = input.map(AsyncBufReadExt::lines);
    let report = Report::new(output, policy.format);
    let mut desk = Desk { terminal, policy, report, due: BTreeMap::new() };
    desk.look().await?;
    desk.report.head(&link.borrow().head.clone()).map_err(HeadlessError::Write)?;
    loop {
        let next_due = desk.due.values().min().copied();
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = revision.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                desk.look().await?;
            }
            changed = link.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let status = link.borrow_and_update().clone();
                desk.report.link(&status).map_err(HeadlessError::Write)?;
                desk.report.head(&status.head).map_err(HeadlessError::Write)?;
            }
            () = sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => {
                desk.answer_due().await?;
            }
            line = next_line(&mut lines), if lines.is_some() => match line? {
                None => lines = None,
                Some(line) => if desk.command(&line).await? {
                    return Ok(());
                },
            }
        }
    }
}

async fn next_line<I: AsyncBufRead + Unpin>(
    lines: &mut Option<Lines<I>>,
) -> Result<Option<String>, HeadlessError> {
    match lines {
        Some(lines) => lines.next_line().await.map_err(HeadlessError::Read),
        None => Ok(None),
    }
}

struct Desk<'a, O> {
    terminal: &'a Arc<Terminal>,
    policy: &'a Policy,
    report: Report<O>,
    // When each order is to be answered by rule.
    due: BTreeMap<OrderId, Instant>,
}

impl<O: Write> Desk<'_, O> {
    /// Writes what is new, and notes what is to be answered.
    async fn look(&mut self) -> Result<(), HeadlessError> {
        let inbox = self.terminal.inbox();
        let list = inbox.list(self.terminal.now());
        self.report.orders(inbox, &list).map_err(HeadlessError::Write)?;
        self.report.refused(&inbox.refused_orders()).map_err(HeadlessError::Write)?;
        self.report.refused_sheets(&inbox.refused_sheets()).map_err(HeadlessError::Write)?;
        let due = Instant::now() + self.policy.delay;
        for order in &list {
            if self.is_to_answer(order) {
                self.due.entry(order.id).or_insert(due);
            }
        }
        self.answer_due().await
    }

    fn is_to_answer(&self, order: &OrderSummary) -> bool {
        let until = match self.policy.answer {
            AnswerRule::None => return false,
            AnswerRule::Acknowledge => DeliveryState::Acknowledged,
            AnswerRule::Accept | AnswerRule::Decline(_) => DeliveryState::Accepted,
        };
        // What came to nothing is acknowledged all the same: that it is known matters.
        let until = match order.standing {
            Standing::Live => until,
            Standing::Cancelled(_) | Standing::Superseded(_) => DeliveryState::Acknowledged,
            Standing::Expired => return false,
        };
        order.state < until
    }

    async fn answer_due(&mut self) -> Result<(), HeadlessError> {
        let now = Instant::now();
        let due: Vec<OrderId> =
            self.due.iter().filter(|(_, at)| **at <= now).map(|(order, _)| *order).collect();
        for order in due {
            self.due.remove(&order);
            self.answer(order).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, id: OrderId) -> Result<(), HeadlessError> {
        let Some(order) = self.terminal.inbox().summary(id, self.terminal.now()) else {
            return Ok(());
        };
        let live = order.standing == Standing::Live;
        let Policy { answer, by, strength, .. } = self.policy.clone();
        let strength = strength.filter(|_numbers| !order.is_cancel).map(|given| {
            let says = [given.called > 0, given.equipment_called > 0];
            self.called_by_default(id, given, says)
        });
        let state = order.state;
        let done = self
            .terminal
            .with_inbox(move |inbox| {
                inbox.open_order(id)?;
                if state < DeliveryState::Acknowledged {
                    inbox.acknowledge(id, &by)?;
                }
                match answer {
                    AnswerRule::Accept if live => {
                        inbox.accept(id, &by)?;
                        strength.map_or(Ok(0), |strength| inbox.report_strength(id, &by, strength))
                    }
                    AnswerRule::Decline(reason) if live => inbox.decline(id, &by, reason, ""),
                    _acknowledged => Ok(0),
                }
            })
            .await;
        self.outcome("answer", done.map(drop))
    }

    /// Carries out a command; true for `quit`.
    async fn command(&mut self, line: &str) -> Result<bool, HeadlessError> {
        if line.len() > LINE_LEN_MAX {
            self.error("command", &CommandError::TooLong)?;
            return Ok(false);
        }
        let command = match line.parse::<Command>() {
            Ok(command) => command,
            Err(CommandError::Empty) => return Ok(false),
            Err(error) => {
                self.error("command", &error)?;
                return Ok(false);
            }
        };
        match command {
            Command::Quit => return Ok(true),
            Command::List => {
                let inbox = self.terminal.inbox();
                let list = inbox.list(self.terminal.now());
                self.report.list(inbox, &list).map_err(HeadlessError::Write)?;
            }
            Command::Sheet(id) => {
                let read = self.terminal.with_inbox(move |inbox| inbox.called(id)).await;
                match read {
                    Ok(rows) => self.report.sheet(id, &rows).map_err(HeadlessError::Write)?,
                    Err(error) if error.is_fatal() => return Err(error.into()),
                    Err(error) => self.error("sheet", &error)?,
                }
            }
            Command::Strength(id, by, strength) => {
                let strength = self.called_by_default(id, strength, says_called(line));
                let report = Command::Strength(id, by, strength);
                let done = self.terminal.with_inbox(move |inbox| report.carry_out(inbox)).await;
                self.outcome("strength", done)?;
            }
            other => {
                let name = other.name();
                let done = self.terminal.with_inbox(move |inbox| other.carry_out(inbox)).await;
                self.outcome(name, done)?;
            }
        }
        Ok(false)
    }

    /// How many were called is what the sheets say, where a report does not.
    fn called_by_default(&self, id: OrderId, given: Strength, says: [bool; 2]) -> Strength {
        let summary = self.terminal.inbox().summary(id, self.terminal.now());
        let Some(SheetState::Complete { people, equipment }) = summary.map(|own| own.sheets) else {
            return given;
        };
        let called = if says[0] { given.called } else { people };
        let equipment_called = if says[1] { given.equipment_called } else { equipment };
        Strength { called, equipment_called, ..given }
    }

    fn outcome(
        &mut self,
        what: &'static str,
        done: Result<(), InboxError>,
    ) -> Result<(), HeadlessError> {
        match done {
            Ok(()) => self.report.done(what).map_err(HeadlessError::Write),
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => self.error(what, &error),
        }
    }

    fn error(
        &mut self,
        what: &'static str,
        error: &dyn std::error::Error,
    ) -> Result<(), HeadlessError> {
        self.report.error(what, &error.to_string()).map_err(HeadlessError::Write)
    }
}

#[cfg(test)]
mod tests;
