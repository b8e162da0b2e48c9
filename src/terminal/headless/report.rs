//! What happens, a line each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::str::FromStr;

use serde_json::{Value, json};

use crate::domain::ids::OrderId;
use crate::terminal::inbox::{Inbox, OrderSummary, RefusedOrder};
use crate::terminal::link::{LinkState, LinkStatus};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people: a word and then `name=value`.
    #[default]
    Text,
    /// For machines: one JSON object a line, with `event` first among equals.
    Json,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _other => Err("use text or json".to_owned()),
        }
    }
}

/// Writes lines, and remembers what was said so that nothing is said twice.
pub(super) struct Report<O> {
    output: O,
    format: Format,
    said: BTreeMap<OrderId, OrderSummary>,
    refused: usize,
    link: Option<LinkState>,
}

impl<O: Write> Report<O> {
    pub(super) const fn new(output: O, format: Format) -> Self {
        Self { output, format, said: BTreeMap::new(), refused: 0, link: None }
    }

    /// Orders that are new or have changed since they were last said, the oldest first.
    pub(super) fn orders(&mut self, inbox: &Inbox, list: &[OrderSummary]) -> io::Result<()> {
        for order in list.iter().rev() {
            if self.said.get(&order.id) == Some(order) {
                continue;
            }
            let event = if self.said.contains_key(&order.id) { "changed" } else { "order" };
            self.said.insert(order.id, order.clone());
            self.order(event, inbox, order)?;
        }
        Ok(())
    }

    /// Every order.
    pub(super) fn list(&mut self, inbox: &Inbox, list: &[OrderSummary]) -> io::Result<()> {
        list.iter().rev().try_for_each(|order| self.order("listed", inbox, order))
    }

    fn order(&mut self, event: &str, inbox: &Inbox, order: &OrderSummary) -> io::Result<()> {
        let detail = inbox.detail(order.id, order.received_at).ok();
        let (number, title) =
            detail.map(|d| (d.order.number_text(), d.order.title)).unwrap_or_default();
        self.line(&json!({
            "event": event,
            "order": order.id.to_string(),
            "handling": order.handling.as_str(),
            "cancel": order.is_cancel,
            "standing": order.standing.as_str(),
            "state": order.state.as_str(),
            "sequence": order.sequence,
            "pending": order.pending,
            "number": number,
            "title": title,
        }))
    }

    /// What came and is not believed, since it was last said.
    pub(super) fn refused(&mut self, refused: &[RefusedOrder]) -> io::Result<()> {
        let fresh = refused.len().saturating_sub(self.refused);
        self.refused = refused.len();
        refused.iter().take(fresh).rev().try_for_each(|order| {
            self.line(&json!({
                "event": "invalid",
                "sequence": order.sequence,
                "reason": order.reason,
                "text": order.text,
            }))
        })
    }

    /// How the link fares, when that has changed.
    pub(super) fn link(&mut self, status: &LinkStatus) -> io::Result<()> {
        if self.link == Some(status.state) {
            return Ok(());
        }
        self.link = Some(status.state);
        let state = match status.state {
            LinkState::Off => "off",
            LinkState::Connecting => "connecting",
            LinkState::Connected => "connected",
            LinkState::Waiting { .. } => "waiting",
        };
        let (reason, text) = match &status.last_error {
            Some((reason, text)) => (*reason, text.to_string()),
            None => ("", String::new()),
        };
        self.line(&json!({ "event": "link", "state": state, "reason": reason, "text": text }))
    }

    pub(super) fn done(&mut self, what: &str) -> io::Result<()> {
        self.line(&json!({ "event": "done", "command": what }))
    }

    pub(super) fn error(&mut self, what: &str, text: &str) -> io::Result<()> {
        self.line(&json!({ "event": "error", "command": what, "text": text }))
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        match (self.format, value) {
            (Format::Text, Value::Object(fields)) => {
                let event = fields.get("event").and_then(Value::as_str).unwrap_or_default();
                write!(self.output, "{event}")?;
                for (name, value) in fields.iter().filter(|(name, _)| *name != "event") {
                    match value {
                        Value::String(text) if text.is_empty() => {}
                        other => write!(self.output, " {name}={other}")?,
                    }
                }
                writeln!(self.output)?;
            }
            (_json, value) => writeln!(self.output, "{value}")?,
        }
        self.output.flush()
    }
}
