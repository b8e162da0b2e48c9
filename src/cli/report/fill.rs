//! How full the plan is, as a report: people and equipment apart, exact and near apart.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::sums::share;
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::domain::ids::UnitCode;
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;
use crate::wire::registry::plan::{civil_date, date};

/// Lines besides the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Reserve unit.
    ReserveUnit,
    /// Commune that gives.
    #[value(alias = "unit")]
    Commune,
}

/// What to look at.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Ask {
    /// The day, past or to come; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
    /// Only what this commune or area gives.
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// Lines for each of these too, besides the total.
    #[arg(long, value_enum)]
    by: Option<By>,
    #[command(flatten)]
    export: Export,
}

pub(super) async fn run(cx: &Cx, ask: Ask) -> Result<()> {
    let asked = pb::GetFillRequest {
        as_of: ask.on.map(civil_date),
        reserve_unit_codes: Vec::new(),
        unit_code: ask.unit.map(|unit| unit.to_string()).unwrap_or_default(),
    };
    let reply = cx.connect().await?.plan().get_fill(request(asked)).await.map_err(refused)?;
    let said = reply.into_inner();
    let on = date("as_of", said.as_of.as_ref())?;
    let (total, parts) = match ask.by {
        None => (said.total, Vec::new()),
        Some(By::ReserveUnit) => (said.total, said.by_reserve_unit),
        Some(By::Commune) => (said.total_by_quota, said.by_commune),
    };
    let columns = ["FIGURE", "UNIT", "GROUP", "NUMBER", "OF", "SHARE"];
    let mut sheet = Sheet::new("Registered, managed and arranged for the plan", &columns);
    sheet.remarks.extend(on.map(CellValue::Day));
    let mut values = Vec::new();
    for line in total.iter().chain(&parts).flat_map(lines) {
        let unit = if line.unit.is_empty() { "all" } else { line.unit };
        sheet.push([
            CellValue::word(line.words(), line.in_vietnamese()),
            if line.unit.is_empty() { CellValue::word(unit, "toàn bộ") } else { unit.into() },
            CellValue::word(line.what, if line.what == "people" { "người" } else { "phương tiện" }),
            line.of.into(),
            line.total.map_or(CellValue::Empty, CellValue::from),
            line.total.map_or(CellValue::Empty, |total| CellValue::share(line.of, total)),
        ]);
        values.push(line.value());
    }
    let value = json!({ "as_of": on.map(|day| day.to_string()), "figures": values });
    ask.export.show(&cx.screen, &value, &sheet, "")
}

/// One figure.
struct Line<'a> {
    name: &'static str,
    unit: &'a str,
    what: &'static str,
    of_quota: bool,
    of: u64,
    /// What it is a part of; none where nothing measures it.
    total: Option<u64>,
}

/// A row's figures, people first.
fn lines(row: &pb::FillRow) -> Vec<Line<'_>> {
    let sides = [("people", row.people), ("equipment", row.equipment)];
    let sides = sides.into_iter().filter_map(|(what, count)| Some((what, count?)));
    let figures = sides.flat_map(|(what, count)| {
        let filled = count.exact + count.near;
        let is_measured = !row.of_quota || count.needed > 0;
        let needed = is_measured.then_some(count.needed);
        let arranged = filled + count.invalid + count.surplus + count.unmeasured;
        let named = [
            ("filled", filled, needed, is_measured || filled > 0),
            ("exact", count.exact, needed, is_measured),
            ("near", count.near, needed, is_measured),
            // Holders who fill no place are no part of the places.
            ("invalid", count.invalid, Some(arranged), true),
            ("surplus", count.surplus, Some(arranged), count.surplus > 0),
            ("without_quota", count.unmeasured, None, count.unmeasured > 0),
        ];
        let told = named.into_iter().filter(|(.., is_told)| *is_told);
        told.map(move |(name, of, total, _is_told)| Line {
            name,
            unit: &row.code,
            what,
            of_quota: row.of_quota,
            of,
            total,
        })
    });
    figures.collect()
}

impl Line<'_> {
    fn words(&self) -> &'static str {
        match (self.name, self.of_quota) {
            ("exact", true) => "arranged by an exact match, of the quota",
            ("exact", false) => "arranged by an exact match, of the places",
            ("near", true) => "arranged by a near match, of the quota",
            ("near", false) => "arranged by a near match, of the places",
            ("invalid", _) => "arranged, but not fit on the day, of all arranged",
            ("surplus", true) => "arranged beyond the quota, of all arranged",
            ("surplus", false) => "arranged beyond the places, of all arranged",
            ("without_quota", _) => "arranged where no quota is set",
            (_filled, true) => "arranged, of the quota",
            (_filled, false) => "arranged, of the places",
        }
    }

    fn in_vietnamese(&self) -> &'static str {
        match (self.name, self.of_quota) {
            ("exact", true) => "sắp xếp đúng chuyên nghiệp, trên chỉ tiêu",
            ("exact", false) => "sắp xếp đúng chuyên nghiệp, trên biên chế",
            ("near", true) => "sắp xếp gần đúng chuyên nghiệp, trên chỉ tiêu",
            ("near", false) => "sắp xếp gần đúng chuyên nghiệp, trên biên chế",
            ("invalid", _) => "đã sắp xếp nhưng không còn đủ điều kiện, trên số đã sắp xếp",
            ("surplus", true) => "sắp xếp vượt chỉ tiêu, trên số đã sắp xếp",
            ("surplus", false) => "sắp xếp vượt biên chế, trên số đã sắp xếp",
            ("without_quota", _) => "đã sắp xếp ở nơi chưa giao chỉ tiêu",
            (_filled, true) => "đã sắp xếp, trên chỉ tiêu",
            (_filled, false) => "đã sắp xếp, trên biên chế",
        }
    }

    fn value(&self) -> Value {
        json!({
            "name": self.name,
            "text": self.words(),
            "unit_code": self.unit,
            "group": [self.what],
            "numerator": self.of,
            "denominator": self.total,
            "share": share(self.of, self.total),
        })
    }
}
