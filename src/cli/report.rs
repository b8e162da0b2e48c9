//! `hoatoc report`: how an order was answered; and its rendering, which the demonstration shares.
//!
//! Whoever did not answer stays in every denominator. [`ResponseReport`] is the JSON as it stands;
//! [`render`] is the same for a person.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde::Serialize;

use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{millis, table, text_of};
use crate::domain::ids::OrderId;
use crate::wire::{WireError, order, pb};

#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Who answered an order and how fast, by area and unit.
    #[command(
        after_help = "Example:\n  hoatoc report response --order 01936f5e-0000-7000-8000-000000000000 --as ~/duty"
    )]
    Response {
        /// The order's id.
        #[arg(long = "order", value_name = "ID")]
        order: OrderId,
    },
}

impl Report {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let Self::Response { order } = self;
        let ask = pb::GetResponseReportRequest { order_id: order.to_string() };
        let mut reports = cx.connect().await?.reports();
        let reply = reports.get_response_report(request(ask)).await.map_err(refused)?.into_inner();
        let report =
            ResponseReport::from_message(&reply).context("the server's report cannot be read")?;
        cx.screen.show(&report, || format!("order {}\n\n{}", reply.number_text, render(&report)))
    }
}

/// A distribution of times in milliseconds; `count` says how many came at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// The median, nearest rank.
    pub p50: u64,
    /// The 90th percentile, nearest rank.
    pub p90: u64,
    /// The longest.
    pub max: u64,
    /// How many times are in it.
    pub count: u32,
}

/// How a group of endpoints answered. `endpoints` is the denominator of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Addressed.
    pub endpoints: u32,
    /// The device has it.
    pub delivered: u32,
    /// A person saw it.
    pub opened: u32,
    /// A person answers for it.
    pub acknowledged: u32,
    /// Accepted.
    pub accepted: u32,
    /// Declined with a reason.
    pub declined: u32,
    /// Delivered, but nobody acknowledged.
    pub silent: u32,
    /// Never reached.
    pub unreached: u32,
    /// From issue to the device.
    pub time_to_deliver_ms: Times,
    /// From issue to a person's eye.
    pub time_to_open_ms: Times,
    /// From issue to a person's word.
    pub time_to_acknowledge_ms: Times,
}

/// An area or unit and how it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// How it answered.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How an order was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseReport {
    /// UUID text.
    pub order_id: String,
    /// `actual`, `exercise` or `test`.
    pub handling: &'static str,
    /// The whole audience.
    #[serde(flatten)]
    pub total: Counts,
    /// By area, in order of code.
    pub by_area: Vec<Group>,
    /// By unit, in order of code.
    pub by_unit: Vec<Group>,
}

impl ResponseReport {
    /// From the server's answer.
    ///
    /// # Errors
    /// When the handling is not known or the total is missing.
    pub fn from_message(message: &pb::GetResponseReportResponse) -> Result<Self, WireError> {
        let total = message.total.as_ref().ok_or_else(|| WireError::missing("total"))?;
        let groups = |groups: &[pb::ResponseGroup]| groups.iter().map(group).collect();
        Ok(Self {
            order_id: message.order_id.clone(),
            handling: order::handling(message.handling)?.as_str(),
            total: counts(total),
            by_area: groups(&message.by_area),
            by_unit: groups(&message.by_unit),
        })
    }
}

fn group(message: &pb::ResponseGroup) -> Group {
    Group {
        unit_code: message.unit_code.clone(),
        unit_name: message.unit_name.clone(),
        counts: counts(message),
    }
}

fn counts(message: &pb::ResponseGroup) -> Counts {
    let said = message.counts.unwrap_or_default();
    let times = |times: Option<&pb::LatencySummary>| {
        times.map_or_else(Times::default, |times| Times {
            p50: times.p50_ms,
            p90: times.p90_ms,
            max: times.max_ms,
            count: times.count,
        })
    };
    Counts {
        endpoints: said.endpoints,
        delivered: said.delivered,
        opened: said.opened,
        acknowledged: said.acknowledged,
        accepted: said.accepted,
        declined: said.declined,
        silent: said.silent,
        unreached: said.unreached,
        time_to_deliver_ms: times(message.time_to_deliver.as_ref()),
        time_to_open_ms: times(message.time_to_open.as_ref()),
        time_to_acknowledge_ms: times(message.time_to_acknowledge.as_ref()),
    }
}

/// The report for a person: totals, then areas, then units.
pub fn render(report: &ResponseReport) -> String {
    let total = &report.total;
    let mut text = format!("{} ({} addressed)\n", report.handling, total.endpoints);
    for (what, count) in [
        ("delivered", total.delivered),
        ("opened", total.opened),
        ("acknowledged", total.acknowledged),
        ("accepted", total.accepted),
        ("declined", total.declined),
        ("silent", total.silent),
        ("unreached", total.unreached),
    ] {
        text.push_str(&format!("  {what:<13} {}\n", share(count, total.endpoints)));
    }
    text.push('\n');
    let mut times = table(&["TIME TO", "P50", "P90", "MAX", "OF"]);
    for (what, time) in [
        ("deliver", total.time_to_deliver_ms),
        ("open", total.time_to_open_ms),
        ("acknowledge", total.time_to_acknowledge_ms),
    ] {
        times.add_row([
            what.to_owned(),
            span(time.p50, time.count),
            span(time.p90, time.count),
            span(time.max, time.count),
            format!("{}/{}", time.count, total.endpoints),
        ]);
    }
    text.push_str(&text_of(&times));
    for (title, groups) in [("AREA", &report.by_area), ("UNIT", &report.by_unit)] {
        if !groups.is_empty() {
            text.push('\n');
            text.push_str(&groups_table(title, groups));
        }
    }
    text
}

fn groups_table(title: &str, groups: &[Group]) -> String {
    let mut rows = table(&[
        title,
        "NAME",
        "DELIVERED",
        "ACKNOWLEDGED",
        "ACCEPTED",
        "DECLINED",
        "SILENT",
        "UNREACHED",
        "ACK P50",
        "ACK P90",
        "ACK MAX",
    ]);
    for group in groups {
        let (counts, ack) = (&group.counts, group.counts.time_to_acknowledge_ms);
        let of = |count: u32| format!("{count}/{}", counts.endpoints);
        rows.add_row([
            group.unit_code.clone(),
            group.unit_name.clone(),
            of(counts.delivered),
            of(counts.acknowledged),
            of(counts.accepted),
            of(counts.declined),
            of(counts.silent),
            of(counts.unreached),
            span(ack.p50, ack.count),
            span(ack.p90, ack.count),
            span(ack.max, ack.count),
        ]);
    }
    text_of(&rows)
}

/// `12/45 (26 %)`; rounded down, so that 100 % means all of them.
fn share(count: u32, of: u32) -> String {
    let percent = u64::from(count) * 100 / u64::from(of.max(1));
    format!("{count}/{of} ({percent} %)")
}

/// Where nobody came there is no time to show.
fn span(ms: u64, count: u32) -> String {
    if count == 0 { "-".to_owned() } else { millis(ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> pb::GetResponseReportResponse {
        let group = |code: &str, endpoints, acknowledged| pb::ResponseGroup {
            unit_code: code.into(),
            unit_name: format!("Tên {code}"),
            counts: Some(pb::DeliveryCounts {
                endpoints,
                delivered: acknowledged,
                acknowledged,
                unreached: endpoints - acknowledged,
                ..pb::DeliveryCounts::default()
            }),
            time_to_acknowledge: Some(pb::LatencySummary {
                p50_ms: 4_200,
                p90_ms: 65_000,
                max_ms: 66_000,
                count: acknowledged,
            }),
            ..pb::ResponseGroup::default()
        };
        pb::GetResponseReportResponse {
            order_id: "an id".into(),
            handling: pb::Handling::Exercise.into(),
            total: Some(group("", 3, 2)),
            by_area: vec![group("KV1", 3, 2)],
            by_unit: vec![group("03160", 2, 2), group("03163", 1, 0)],
            ..pb::GetResponseReportResponse::default()
        }
    }

    #[test]
    fn the_json_has_exactly_the_agreed_keys() {
        let report = ResponseReport::from_message(&message()).expect("a report");
        let value = serde_json::to_value(&report).expect("JSON");
        let keys = |value: &serde_json::Value| {
            let object = value.as_object().expect("an object");
            let mut keys: Vec<String> = object.keys().cloned().collect();
            keys.sort();
            keys
        };
        let counts = [
            "accepted",
            "acknowledged",
            "declined",
            "delivered",
            "endpoints",
            "opened",
            "silent",
            "time_to_acknowledge_ms",
            "time_to_deliver_ms",
            "time_to_open_ms",
            "unreached",
        ];
        let with = |more: &[&str]| {
            let mut all: Vec<String> = counts.iter().chain(more).map(|key| (*key).into()).collect();
            all.sort();
            all
        };
        assert_eq!(keys(&value), with(&["by_area", "by_unit", "handling", "order_id"]));
        assert_eq!(keys(&value["by_area"][0]), with(&["unit_code", "unit_name"]));
        assert_eq!(keys(&value["time_to_open_ms"]), ["count", "max", "p50", "p90"]);
        assert_eq!(value["time_to_acknowledge_ms"]["p90"], 65_000);
    }

    #[test]
    fn whoever_did_not_answer_stays_in_the_denominator() {
        let report = ResponseReport::from_message(&message()).expect("a report");
        let text = render(&report);
        assert!(text.contains("acknowledged  2/3 (66 %)"), "{text}");
        assert!(text.contains("unreached     1/3 (33 %)"), "{text}");
        let silent_unit = text.lines().find(|line| line.starts_with("03163")).expect("its line");
        assert!(silent_unit.contains("0/1") && silent_unit.ends_with('-'), "{silent_unit}");
    }

    #[test]
    fn all_but_one_is_never_all() {
        assert_eq!(share(999, 1_000), "999/1000 (99 %)");
        assert_eq!(share(0, 0), "0/0 (0 %)");
    }
}
