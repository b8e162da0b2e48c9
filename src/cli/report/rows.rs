//! The report on an order as a spreadsheet: one row for each endpoint, those who did not answer too.

use super::figures::{Endpoint, ResponseReport, Strength};
use crate::roster::sheet::{CellValue, Sheet};

const COLUMNS: [&str; 20] = [
    "ENDPOINT",
    "NAME",
    "STATE",
    "DELIVERED",
    "OPENED",
    "ACKNOWLEDGED",
    "DECIDED",
    "MS TO ACKNOWLEDGE",
    "BY ITS OWN CLOCK",
    "LATE",
    "REASON",
    "ANSWERED BY",
    "CALLED",
    "REACHED",
    "WILL COME",
    "ARRIVED",
    "EXCUSED",
    "UNEXCUSED",
    "MEANS CALLED",
    "MEANS ARRIVED",
];

impl ResponseReport {
    /// Every endpoint of the audience.
    pub(super) fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::new(format!("{} ({})", self.number, self.handling), &COLUMNS);
        let time = |text: &Option<String>| text.clone().unwrap_or_default();
        sheet.remarks.push(format!("issued {}", time(&self.issued_time)));
        sheet.remarks.push(format!("as of {}", time(&self.as_of_time)));
        sheet.rows = self.by_endpoint.iter().map(row).collect();
        sheet
    }
}

fn row(endpoint: &Endpoint) -> Vec<CellValue> {
    let text = |text: &Option<String>| CellValue::text(text.as_deref().unwrap_or_default());
    let yes = |yes: bool| CellValue::text(if yes { "yes" } else { "" });
    let mut row = vec![
        endpoint.address.as_str().into(),
        endpoint.unit_name.as_str().into(),
        endpoint.state.as_str().into(),
        text(&endpoint.delivered_time),
        text(&endpoint.opened_time),
        text(&endpoint.acknowledged_time),
        text(&endpoint.decided_time),
        endpoint.time_to_acknowledge_ms.map_or(CellValue::Empty, CellValue::Count),
        yes(endpoint.claimed),
        yes(endpoint.late),
        text(&endpoint.decline_reason),
        text(&endpoint.answered_by),
    ];
    // Nothing reported is not the same as none.
    row.extend(endpoint.strength.iter().flat_map(numbers));
    row
}

fn numbers(strength: &Strength) -> [CellValue; 8] {
    [
        strength.called,
        strength.reached,
        strength.will_come,
        strength.arrived,
        strength.excused,
        strength.unexcused,
        strength.equipment_called,
        strength.equipment_arrived,
    ]
    .map(CellValue::from)
}
