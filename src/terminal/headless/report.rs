//! What happens, a line each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::str::FromStr;

use serde_json::{Value, json};

use crate::domain::ids::OrderId;
use crate::terminal::inbox::{
    CalledRow, HeadStatus, Inbox, OrderSummary, RefusedOrder, RefusedSheet, SheetState,
};
use crate::terminal::link::{LinkState, LinkStatus};
use crate::wire::pb;

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
    refused_sheets: Option<RefusedSheet>,
    link: Option<LinkState>,
    head: (Option<String>, bool),
}

impl<O: Write> Report<O> {
    pub(super) const fn new(output: O, format: Format) -> Self {
        Self {
            output,
            format,
            said: BTreeMap::new(),
            refused: 0,
            refused_sheets: None,
            link: None,
            head: (None, false),
        }
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
        let (pages, called) = match order.sheets {
            SheetState::None | SheetState::Over => (Value::Null, Value::Null),
            SheetState::Waiting { pages, of } => (json!([pages, of]), Value::Null),
            SheetState::Complete { people, equipment } => {
                (Value::Null, json!({ "people": people, "equipment": equipment }))
            }
        };
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
            "sheets": order.sheets.as_str(),
            "sheet_pages": pages,
            "called": called,
        }))
    }

    /// The rows of an order's call-up sheets, and after them how many there were.
    pub(super) fn sheet(&mut self, order: OrderId, rows: &[CalledRow]) -> io::Result<()> {
        for row in rows {
            let mut value = match row {
                CalledRow::Person(own) => json!({
                    "number": own.number,
                    "full_name": own.full_name,
                    "birth_year": own.birth_year,
                    "hamlet": own.hamlet,
                    "phone": own.phone,
                    "contact_via": own.contact_via,
                    "specialty_code": own.specialty_code,
                    "line_code": own.line_code,
                    "post": own.post,
                    "station": own.station,
                    "reason": reason(own.reason()),
                }),
                CalledRow::Equipment(own) => json!({
                    "number": own.number,
                    "type_code": own.type_code,
                    "line_code": own.line_code,
                    "make_model": own.make_model,
                    "plate": own.plate,
                    "owner_name": own.owner_name,
                    "owner_phone": own.owner_phone,
                    "hamlet": own.hamlet,
                    "post": own.post,
                    "station": own.station,
                    "reason": reason(own.reason()),
                }),
            };
            value["event"] = json!("called");
            value["order"] = json!(order.to_string());
            self.line(&value)?;
        }
        self.line(&json!({ "event": "sheet", "order": order.to_string(), "rows": rows.len() }))
    }

    /// Pages of call-up sheets that were not taken, since it was last said.
    pub(super) fn refused_sheets(&mut self, refused: &[RefusedSheet]) -> io::Result<()> {
        let said = self.refused_sheets.as_ref();
        let from = said.and_then(|said| refused.iter().rposition(|own| own == said));
        for sheet in refused.iter().skip(from.map_or(0, |at| at + 1)) {
            self.line(&json!({
                "event": "invalid_sheet",
                "order": sheet.order.map(|order| order.to_string()),
                "reason": sheet.reason,
                "text": sheet.text,
            }))?;
        }
        self.refused_sheets = refused.last().cloned();
        Ok(())
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

    /// What is wrong with the ledger that the server shows, when that has changed.
    pub(super) fn head(&mut self, status: &HeadStatus) -> io::Result<()> {
        let now = (status.alarm.clone(), status.is_unwitnessed() && status.size > 0);
        if self.head == now {
            return Ok(());
        }
        self.head.clone_from(&now);
        self.line(&json!({
            "event": "ledger",
            "size": status.size,
            "witnessed_size": status.witnessed_size,
            "witnesses_needed": status.witnesses_needed,
            "alarm": status.alarm.clone().unwrap_or_default(),
        }))
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

/// Why somebody was chosen, as a stable word.
fn reason(own: pb::CallUpReason) -> String {
    let name = own.as_str_name();
    name.strip_prefix("CALL_UP_REASON_").unwrap_or(name).to_lowercase()
}
