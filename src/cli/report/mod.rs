//! `hoatoc report`: how an order was answered, and its rendering, which the demonstration shares; what
//! the registry and the plan add up to.
//!
//! Whoever did not answer stays in every denominator. [`ResponseReport`] is the JSON as it stands;
//! [`render`] is the same for a person.

mod figures;
mod fill;
mod rows;
mod sums;
mod units;
mod vietnamese;
mod words;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use jiff::civil::Date;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::domain::ids::OrderId;
use crate::wire::pb;
use pb::FigureTopic;

pub use figures::{Counts, Endpoint, Group, ResponseReport, Strength, Times};
pub use words::{By, declined, render, strength_lines, unanswered};

#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Who answered an order, how fast and with what strength; who did not; who declined and why.
    #[command(
        after_help = "Example:\n  hoatoc report response --order 01936f5e-0000-7000-8000-000000000000 --by endpoint --as ~/duty"
    )]
    Response {
        /// The order's id.
        #[arg(long = "order", value_name = "ID")]
        order: OrderId,
        /// What to make tables by; repeat it for several. JSON has all of them always.
        #[arg(long, value_enum, default_values_t = [By::Area, By::Unit])]
        by: Vec<By>,
        #[command(flatten)]
        export: Export,
    },
    /// Which units began and ended in a period, by kind, and what they followed.
    #[command(
        after_help = "Example:\n  hoatoc report units --from 2025-07-01 --to 2025-12-31 --as ~/admin"
    )]
    Units {
        /// The first day of the period.
        #[arg(long, value_name = "DATE", value_parser = day, default_value = "2025-07-01")]
        from: Date,
        /// Its last day; today if not given.
        #[arg(long, value_name = "DATE", value_parser = day)]
        to: Option<Date>,
        #[command(flatten)]
        export: Export,
    },
    /// Militia and self-defense: bases, strength, Party members, types of force.
    #[command(after_help = "Example:\n  hoatoc report force --by area --as ~/admin")]
    Force(sums::Ask),
    /// Enterprises for industrial mobilization: stages of survey, capacity against quota.
    #[command(
        after_help = "Example:\n  hoatoc report industry --export industry.xlsx --as ~/admin"
    )]
    Industry(sums::Ask),
    /// Training classes held: who was trained, with what results.
    #[command(
        after_help = "Example:\n  hoatoc report training --from-year 2025 --to-year 2025 --as ~/admin"
    )]
    Training(sums::Held),
    /// Exercises held, by kind, year and rating.
    #[command(
        after_help = "Example:\n  hoatoc report exercises --from-year 2021 --by unit --as ~/admin"
    )]
    Exercises(sums::Held),
    /// Work at disasters: turns of persons and of vehicles, by year.
    #[command(
        after_help = "Example:\n  hoatoc report disasters --from-year 2020 --to-year 2025 --as ~/admin"
    )]
    Disasters(sums::Held),
    /// Reservists: by status and class, Party members, rechecked within a year, late by law, overdue.
    #[command(after_help = "Examples:\n  hoatoc report reserve --by area --as ~/admin\n  \
        hoatoc report reserve --by unit --map old --export reserve.xlsx --as ~/admin")]
    Reserve(sums::Ask),
    /// Reserve technical means: by status, type, class and grade, rechecked within a year.
    #[command(after_help = "Example:\n  hoatoc report equipment --unit KV1 --as ~/admin")]
    Equipment(sums::Ask),
    /// How far reservists and technical means are arranged for the plan: exact and near apart.
    #[command(
        after_help = "Example:\n  hoatoc report fill --on 2026-01-31 --by commune --as ~/admin"
    )]
    Fill(fill::Ask),
}

impl Report {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let (order, by, export) = match self {
            Self::Response { order, by, export } => (order, by, export),
            Self::Units { from, to, export } => return units::run(cx, (from, to), &export).await,
            Self::Force(ask) => return sums::run(cx, FigureTopic::Force, ask).await,
            Self::Industry(ask) => return sums::run(cx, FigureTopic::Industry, ask).await,
            Self::Training(ask) => return sums::held(cx, FigureTopic::Training, ask).await,
            Self::Exercises(ask) => return sums::held(cx, FigureTopic::Exercises, ask).await,
            Self::Disasters(ask) => return sums::held(cx, FigureTopic::Disasters, ask).await,
            Self::Reserve(ask) => return sums::run(cx, FigureTopic::Reserve, ask).await,
            Self::Equipment(ask) => return sums::run(cx, FigureTopic::Equipment, ask).await,
            Self::Fill(ask) => return fill::run(cx, ask).await,
        };
        let report = response(&cx.connect().await?, &order).await?;
        export.save(&cx.screen, || report.sheet())?;
        cx.screen.show(&report, || format!("order {}\n\n{}", report.number, render(&report, &by)))
    }
}

/// How an issued order was answered until now.
pub(super) async fn response(connection: &Connection, order: &OrderId) -> Result<ResponseReport> {
    let ask = pb::GetResponseReportRequest { order_id: order.to_string() };
    let reply = connection.reports().get_response_report(request(ask)).await.map_err(refused)?;
    let reply = reply.into_inner();
    ResponseReport::from_message(&reply).context("the server's report cannot be read")
}

#[cfg(test)]
mod tests {
    use super::words::share;
    use super::*;
    use crate::domain::instant::Instant;
    use crate::wire::timestamp;

    fn message() -> pb::GetResponseReportResponse {
        let group = |code: &str, endpoints, acknowledged| pb::ResponseGroup {
            unit_code: code.into(),
            unit_name: format!("Tên {code}"),
            counts: Some(pb::DeliveryCounts {
                endpoints,
                delivered: acknowledged,
                acknowledged,
                accepted: acknowledged.min(1),
                declined: u32::from(acknowledged > 1),
                unreached: endpoints - acknowledged,
                ..pb::DeliveryCounts::default()
            }),
            time_to_acknowledge: Some(pb::LatencySummary {
                p50_ms: 4_200,
                p90_ms: 65_000,
                max_ms: 66_000,
                count: acknowledged,
            }),
            acknowledged_in_time: acknowledged.min(1),
            strength: Some(pb::Strength {
                called: 10 * acknowledged,
                arrived: 8 * acknowledged,
                equipment_called: acknowledged,
                ..pb::Strength::default()
            }),
            ..pb::ResponseGroup::default()
        };
        let at = |ms: i64| Some(timestamp(Instant::from_millis(1_780_272_000_000 + ms)));
        let endpoint = |number, address: &str, state: &str| pb::EndpointResponse {
            endpoint_number: number,
            address: address.into(),
            state: state.into(),
            ..pb::EndpointResponse::default()
        };
        let accepted = pb::EndpointResponse {
            delivered_time: at(1_000),
            opened_time: at(2_000),
            acknowledged_time: at(4_200),
            decided_time: at(5_000),
            answered_by: "Lò Văn Trực".into(),
            strength: Some(pb::Strength { called: 20, arrived: 16, ..pb::Strength::default() }),
            ..endpoint(1, "03160/military", "accepted")
        };
        let declined = pb::EndpointResponse {
            delivered_time: at(1_000),
            acknowledged_time: at(66_000),
            decided_time: at(67_000),
            late: true,
            decline_reason: pb::DeclineReason::RoadCut.into(),
            answered_by: "Vàng A Súa".into(),
            ..endpoint(2, "03160/civil", "declined")
        };
        let silent = pb::EndpointResponse {
            delivered_time: at(1_500),
            ..endpoint(4, "03163/civil", "delivered")
        };
        pb::GetResponseReportResponse {
            order_id: "an id".into(),
            number_text: "DT-1/2026/LĐ-BCHQS".into(),
            issued_time: at(0),
            as_of_time: at(100_000),
            by_endpoint: vec![accepted, declined, endpoint(3, "03163/military", "queued"), silent],
            handling: pb::Handling::Exercise.into(),
            total: Some(group("", 3, 2)),
            by_area: vec![group("KV1", 3, 2)],
            by_unit: vec![group("03160", 2, 2), group("03163", 1, 0)],
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
            "acknowledged_in_time",
            "completed",
            "declined",
            "delivered",
            "endpoints",
            "opened",
            "silent",
            "strength",
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
        let own = [
            "as_of_time",
            "by_area",
            "by_endpoint",
            "by_unit",
            "handling",
            "issued_time",
            "number",
            "order_id",
            "silent_endpoints",
            "unreached_endpoints",
        ];
        assert_eq!(keys(&value), with(&own));
        assert_eq!(value["strength"]["called"], 20);
        assert_eq!(value["acknowledged_in_time"], 1);
        let declined = &value["by_endpoint"][1];
        assert_eq!(declined["decline_reason"], "road-cut");
        assert_eq!(declined["answered_by"], "Vàng A Súa");
        assert_eq!(declined["time_to_acknowledge_ms"], 66_000);
        assert_eq!(value["unreached_endpoints"], serde_json::json!(["03163/military"]));
        assert_eq!(value["silent_endpoints"], serde_json::json!(["03163/civil"]));
        assert_eq!(keys(&value["by_area"][0]), with(&["unit_code", "unit_name"]));
        assert_eq!(keys(&value["time_to_open_ms"]), ["count", "max", "p50", "p90"]);
        assert_eq!(value["time_to_acknowledge_ms"]["p90"], 65_000);
    }

    #[test]
    fn the_file_of_a_report_has_vietnamese_words_and_the_time_of_vietnam() {
        let report = ResponseReport::from_message(&message()).expect("a report");
        let dir = tempfile::tempdir().expect("a directory");
        let (csv, xlsx) = (dir.path().join("report.csv"), dir.path().join("report.xlsx"));
        report.sheet().save(&csv).expect("a text");
        let text = std::fs::read_to_string(&csv).expect("it is there");
        let line = |address: &str| {
            let found = text.lines().find(|line| line.starts_with(address));
            found.map(|line| line.split(',').collect::<Vec<_>>()).expect("its line")
        };
        let declined = line("03160/civil");
        assert_eq!(declined[2], "Không chấp hành được", "{text}");
        assert_eq!((declined[3], declined[5]), ("01/06/2026 07:00", "01/06/2026 07:01"));
        assert_eq!(declined[7..12], ["66", "", "Có", "Đường bị chia cắt", "Vàng A Súa"]);
        assert_eq!(line("03163/military")[2..4], ["Chưa đến", ""]);
        report.sheet().save(&xlsx).expect("a workbook");
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&xlsx).expect("it opens");
        let range = calamine::Reader::worksheet_range(&mut book, "Báo cáo thực hiện lệnh");
        let range = range.expect("a sheet that says what it is");
        let cell = |at| range.get_value(at).map(ToString::to_string).unwrap_or_default();
        let title = "Báo cáo kết quả thực hiện lệnh DT-1/2026/LĐ-BCHQS (Diễn tập)";
        assert_eq!(
            (cell((0, 0)).as_str(), cell((1, 0)).as_str()),
            (title, "Ban hành lúc 01/06/2026 07:00")
        );
        let seen = range.get_value((5, 3));
        assert!(matches!(seen, Some(calamine::Data::DateTime(_))), "{seen:?}");
    }

    #[test]
    fn whoever_did_not_answer_stays_in_the_denominator() {
        let report = ResponseReport::from_message(&message()).expect("a report");
        let text = render(&report, &[By::Unit]);
        assert!(text.contains("acknowledged  2/3 (67 %)"), "{text}");
        assert!(text.contains("in time       1/3 (33 %)"), "{text}");
        assert!(text.contains("unreached     1/3 (33 %)"), "{text}");
        let silent_unit = text.lines().find(|line| line.starts_with("03163")).expect("its line");
        let cells: Vec<&str> = silent_unit.split_whitespace().collect();
        assert_eq!(cells[3..], ["1", "0", "0", "0", "0", "0", "1", "-"], "{silent_unit}");
    }

    #[test]
    fn strength_reasons_and_who_has_not_answered_are_shown_by_name() {
        let report = ResponseReport::from_message(&message()).expect("a report");
        let text = render(&report, &[By::Area, By::Unit, By::Endpoint]);
        for said in [
            "people        called 20, reached 0, will come 0, arrived 16, excused 0, unexcused 0",
            "means         called 2, arrived 0",
            "not answered: never reached (1)\n  03163/military Tên 03163\n",
            "not answered: reached but silent (1)\n  03163/civil Tên 03163\n",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
        let line = |start: &str, nth| {
            let found = text.lines().filter(|line| line.starts_with(start)).nth(nth);
            found.unwrap_or_else(|| panic!("{start}\n{text}"))
        };
        let declined = line("03160/civil", 0);
        assert!(declined.contains("road-cut") && declined.contains("Vàng A Súa"), "{declined}");
        let late = line("03160/civil", 1);
        assert!(late.contains("1 min 06 s") && late.contains("late"), "{late}");
        assert!(line("03160/military", 0).contains("16/20 arrived"), "{text}");
        let wide = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None);
    }

    #[test]
    fn a_long_list_of_the_unreached_is_cut_and_says_so() {
        let mut message = message();
        let one = message.by_endpoint[2].clone();
        message.by_endpoint.extend(std::iter::repeat_n(one, 100));
        let report = ResponseReport::from_message(&message).expect("a report");
        let text = unanswered(&report);
        assert!(text.contains("never reached (101)") && text.contains("and 41 more"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn all_but_one_is_never_all() {
        assert_eq!(share(999, 1_000), "999/1000 (99 %)");
        assert_eq!(share(0, 0), "0/0 (0 %)");
    }
}
