//! What a reorganization moved, or would: units, what belongs to them, open orders, endpoints.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::Cx;
use crate::cli::output::{table, text_of};
use crate::wire::pb;

/// What a reorganization or its undoing came to, as the server says.
pub(super) struct Moved {
    /// Its ledger entry; 0 for a preview.
    pub(super) entry: u64,
    pub(super) units: Vec<pb::Unit>,
    /// The same units as they were, but for those that are new.
    pub(super) before: Vec<pb::Unit>,
    pub(super) impacts: Vec<pb::UnitImpact>,
    pub(super) orders: Vec<pb::TouchedOrder>,
    pub(super) new_endpoints: Vec<String>,
    pub(super) retired_endpoints: Vec<String>,
    pub(super) stranded_records: u64,
    /// Endpoints of units that end with nothing in their place.
    pub(super) stranded_endpoints: usize,
}

impl Moved {
    pub(super) fn tell(&self, cx: &Cx) -> Result<()> {
        let values =
            |units: &[pb::Unit]| units.iter().map(super::unit_value).collect::<Result<Vec<_>>>();
        let (units, before) = (values(&self.units)?, values(&self.before)?);
        cx.screen.show(&self.value(&units, &before), || self.text())
    }

    fn value(&self, units: &[Value], before: &[Value]) -> Value {
        let records = |impact: &pb::UnitImpact| -> Map<String, Value> {
            impact.records.iter().map(|own| (own.kind.clone(), json!(own.count))).collect()
        };
        json!({
            "ledger_index": (self.entry > 0).then_some(self.entry),
            "units": units,
            "units_before": before,
            "impacts": self.impacts.iter().map(|impact| json!({
                "unit_code": impact.unit_code,
                "then_code": impact.then_code,
                "records": records(impact),
                "endpoints": impact.endpoints,
                "officer_ids": impact.officer_ids,
            })).collect::<Vec<_>>(),
            "orders": self.orders.iter().map(|order| json!({
                "order_id": order.order_id,
                "number": order.number_text,
                "state": order.state,
                "endpoints": order.endpoints,
            })).collect::<Vec<_>>(),
            "new_endpoints": self.new_endpoints,
            "retired_endpoints": self.retired_endpoints,
            "stranded_records": self.stranded_records,
            "stranded_endpoints": self.stranded_endpoints,
        })
    }

    fn text(&self) -> String {
        let mut text = match self.entry {
            0 => "nothing was changed: this is a preview\n".to_owned(),
            entry => format!("recorded as ledger entry {entry}\n"),
        };
        text += &self.units_text();
        text += "\nWho and what belonged to them until then:\n";
        text += &self.impacts_text();
        if self.stranded_records > 0 || self.stranded_endpoints > 0 {
            let _written = writeln!(
                text,
                "\nNothing takes the unit's place: no order reaches its {} records and {} endpoints any more.",
                self.stranded_records, self.stranded_endpoints
            );
        }
        if self.entry == 0 && (self.stranded_records > 0 || self.stranded_endpoints > 0) {
            text += "It is closed with a --successor, or with --force.\n";
        }
        if !self.new_endpoints.is_empty() {
            text += "\nNew endpoints; no order reaches one until a terminal has enrolled there:\n";
            for address in &self.new_endpoints {
                let _written = writeln!(text, "  hoatoc endpoint code {address}");
            }
        }
        if !self.retired_endpoints.is_empty() {
            let _written = writeln!(
                text,
                "\nOut of use, with their terminals: {}",
                self.retired_endpoints.join(", ")
            );
        }
        if !self.orders.is_empty() {
            text += "\nIssued orders keep their recipients until they end. Of the others, those whose audience\nchanges are neither signed nor issued any more: draft them anew.\n";
            text += &self.orders_text();
        }
        text
    }

    /// What is otherwise than it was of each unit.
    fn units_text(&self) -> String {
        let mut rows = table(&["UNIT", "BEFORE", "THEN"]);
        for unit in &self.units {
            let before = self.before.iter().find(|own| own.code == unit.code);
            let before = before.map_or_else(|| "-".to_owned(), in_words);
            rows.add_row([unit.code.clone(), before, in_words(unit)]);
        }
        text_of(&rows)
    }

    fn impacts_text(&self) -> String {
        let mut rows = table(&["UNIT", "NAME", "THEN", "RECORDS", "ENDPOINTS", "OFFICERS"]);
        for impact in &self.impacts {
            let counts = impact.records.iter().map(|own| format!("{} {}", own.count, own.kind));
            rows.add_row([
                impact.unit_code.clone(),
                impact.unit_name.clone(),
                impact.then_code.clone(),
                counts.collect::<Vec<_>>().join(", "),
                impact.endpoints.len().to_string(),
                impact.officer_ids.join(", "),
            ]);
        }
        text_of(&rows)
    }

    fn orders_text(&self) -> String {
        let mut rows = table(&["OPEN ORDER", "NUMBER", "STATE", "ENDPOINTS"]);
        for order in &self.orders {
            rows.add_row([
                order.order_id.clone(),
                order.number_text.clone(),
                order.state.clone(),
                order.endpoints.to_string(),
            ]);
        }
        text_of(&rows)
    }
}

/// What a reorganization can change of a unit.
fn in_words(unit: &pb::Unit) -> String {
    let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_lowercase();
    let kind = word(unit.kind().as_str_name(), "UNIT_KIND_");
    let mut text = format!("{} ({kind})", unit.name);
    if !unit.parent_code.is_empty() {
        let basis = word(unit.parent_basis().as_str_name(), "PARENT_BASIS_");
        let _written = write!(text, ", under {} ({basis})", unit.parent_code);
    }
    if !unit.valid_to.is_empty() {
        let _written = write!(text, ", until {}", unit.valid_to);
    }
    if !unit.successor_codes.is_empty() {
        let _written = write!(text, ", then {}", unit.successor_codes.join(", "));
    }
    text
}
