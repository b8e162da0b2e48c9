//! The report on an order as a spreadsheet: one row for each endpoint, those who did not answer too.

use super::figures::{Endpoint, ResponseReport, Strength};
use crate::roster::sheet::{CellValue, Sheet, words};

const COLUMNS: [&str; 20] = [
    "ENDPOINT",
    "NAME",
    "STATE",
    "DELIVERED",
    "OPENED",
    "ACKNOWLEDGED",
    "DECIDED",
    "SECONDS TO ACKNOWLEDGE",
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
        let handling = words::word_of(words::HANDLINGS, self.handling);
        let heading = format!("Báo cáo kết quả thực hiện lệnh {} ({handling})", self.number);
        let mut sheet = Sheet::new("", &COLUMNS).called(heading, "Báo cáo thực hiện lệnh");
        let remark = |shown: &str, file: &str, time: &Option<String>| {
            let time = CellValue::time_of(time.as_deref().unwrap_or_default());
            CellValue::word(
                format!("{shown} {}", time.shown()),
                format!("{file} {}", time.in_file()),
            )
        };
        sheet.remarks.push(remark("issued", "Ban hành lúc", &self.issued_time));
        sheet.remarks.push(remark("as of", "Số liệu đến", &self.as_of_time));
        sheet.rows = self.by_endpoint.iter().map(row).collect();
        sheet
    }
}

fn row(endpoint: &Endpoint) -> Vec<CellValue> {
    let text = |text: &Option<String>| CellValue::text(text.as_deref().unwrap_or_default());
    let yes = |yes: bool| CellValue::word(if yes { "yes" } else { "" }, "Có");
    let time = |text: &Option<String>| CellValue::time_of(text.as_deref().unwrap_or_default());
    // Half up, as it is told on the screen to the second.
    let seconds = |ms: u64| CellValue::Count(ms.saturating_add(500) / 1_000);
    let mut row = vec![
        endpoint.address.as_str().into(),
        endpoint.unit_name.as_str().into(),
        CellValue::term(words::STATES, endpoint.state.as_str()),
        time(&endpoint.delivered_time),
        time(&endpoint.opened_time),
        time(&endpoint.acknowledged_time),
        time(&endpoint.decided_time),
        endpoint.time_to_acknowledge_ms.map_or(CellValue::Empty, seconds),
        yes(endpoint.claimed),
        yes(endpoint.late),
        CellValue::term(words::DECLINED, endpoint.decline_reason.as_deref().unwrap_or_default()),
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
