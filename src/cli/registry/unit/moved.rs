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
        let units = self.units.iter().map(super::unit_value).collect::<Result<Vec<_>>>()?;
        cx.screen.show(&self.value(units), || self.text())
    }

    fn value(&self, units: Vec<Value>) -> Value {
        let records = |impact: &pb::UnitImpact| -> Map<String, Value> {
            impact.records.iter().map(|own| (own.kind.clone(), json!(own.count))).collect()
        };
        json!({
            "ledger_index": (self.entry > 0).then_some(self.entry),
            "units": units,
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
