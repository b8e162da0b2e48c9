//! What the registry adds up to, line by line: in plain words, with numerator, denominator and share.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::vietnamese;
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::listing::Export;
use crate::domain::ids::UnitCode;
use crate::domain::registry::EquipmentTypes;
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;
use pb::{FigureGrouping, FigureMap, FigureTopic};

/// By which units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// By defensive area.
    Area,
    /// By commune, ward or base.
    #[value(alias = "commune")]
    Unit,
}

/// Which map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Map {
    /// That of today.
    New,
    /// That of before mergers; what has no place on it stands in a row of its own.
    Old,
}

/// What to add up.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Ask {
    /// Only what lies under this unit.
    #[arg(long, value_name = "CODE")]
    unit: Option<UnitCode>,
    /// A line for each of these too, besides the total.
    #[arg(long, value_enum)]
    by: Option<By>,
    /// By which map units are counted.
    #[arg(long, value_enum, default_value_t = Map::New)]
    map: Map,
    #[command(flatten)]
    export: Export,
}

/// What was held, and when.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Held {
    #[command(flatten)]
    ask: Ask,
    /// The first year.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u32).range(1900..=2100))]
    from_year: Option<u32>,
    /// The last year.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u32).range(1900..=2100))]
    to_year: Option<u32>,
}

/// One topic, plainly.
pub(super) async fn run(cx: &Cx, topic: FigureTopic, ask: Ask) -> Result<()> {
    show(cx, topic, ask, pb::GetFiguresRequest::default()).await
}

/// One topic of what was held.
pub(super) async fn held(cx: &Cx, topic: FigureTopic, held: Held) -> Result<()> {
    let (from_year, to_year) = (held.from_year.unwrap_or(0), held.to_year.unwrap_or(0));
    let rest = pb::GetFiguresRequest { from_year, to_year, ..pb::GetFiguresRequest::default() };
    show(cx, topic, held.ask, rest).await
}

async fn show(cx: &Cx, topic: FigureTopic, ask: Ask, rest: pb::GetFiguresRequest) -> Result<()> {
    let by = match ask.by {
        None => FigureGrouping::Unspecified,
        Some(By::Area) => FigureGrouping::Area,
        Some(By::Unit) => FigureGrouping::Unit,
    };
    let map = match ask.map {
        Map::New => FigureMap::Unspecified,
        Map::Old => FigureMap::Former,
    };
    let asked = pb::GetFiguresRequest {
        topic: topic.into(),
        map: map.into(),
        unit_code: ask.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        by: by.into(),
        ..rest
    };
    let is_former = asked.map() == FigureMap::Former;
    let connection = cx.connect().await?;
    let reply = connection.figures().get_figures(request(asked)).await.map_err(refused)?;
    let figures = reply.into_inner().figures;
    let is_named = topic == FigureTopic::Equipment && ask.export.export.is_some();
    let types = if is_named { connection.equipment_types().await? } else { <_>::default() };
    let mut sheet = Sheet::new(title(topic), &COLUMNS);
    let today = cx.clock.now().date_in_vietnam();
    sheet.remarks.push(on_map(today, is_former));
    let missing = missing(&figures);
    sheet.remarks.extend(missing.clone());
    let missing = missing.map(|missing| missing.shown());
    sheet.rows = figures.iter().map(|figure| row(topic, figure, &types)).collect();
    let values: Vec<Value> = figures.iter().map(|figure| value(topic, figure)).collect();
    ask.export.show(
        &cx.screen,
        &json!({ "as_of": today.to_string(), "figures": values, "missing": missing }),
        &sheet,
        "",
    )
}

/// The day, and by which map units are counted.
fn on_map(today: Date, is_former: bool) -> CellValue {
    let (map, vietnamese) = match is_former {
        true => ("by the map of before mergers", "theo bản đồ trước khi sáp nhập"),
        false => ("by the map of today", "theo bản đồ hiện nay"),
    };
    let day = today.strftime("%d/%m/%Y");
    CellValue::word(format!("{day}, {map}"), format!("Tính đến {day}, {vietnamese}"))
}

/// What a share of the inhabitants lacks, and how it is entered.
fn missing(figures: &[pb::Figure]) -> Option<CellValue> {
    let is_total =
        |figure: &&pb::Figure| figure.unit_code.is_empty() && figure.unit_name.is_empty();
    let mut totals = figures.iter().filter(is_total);
    let lacking = totals.find(|figure| figure.name == "population_unknown")?;
    let (none, all) = (lacking.numerator, lacking.denominator.unwrap_or(0));
    let shown = format!(
        "share of the inhabitants: {none} of {all} communes and wards have no population; enter it in the \
         column `population` of the list of units and bring that in with `hoatoc unit import`, for \
         each of them or for the province as a whole"
    );
    let file = format!(
        "Tỷ lệ trên dân số: {none}/{all} xã, phường chưa có dân số. Điền cột Dân số trong danh sách \
         đơn vị rồi nhập lại"
    );
    Some(CellValue::word(shown, file))
}

const COLUMNS: [&str; 7] = ["FIGURE", "UNIT", "NAME", "GROUP", "NUMBER", "OF", "SHARE"];

const fn title(topic: FigureTopic) -> &'static str {
    match topic {
        FigureTopic::Force => "Militia and self-defense force",
        FigureTopic::Industry => "Enterprises for industrial mobilization",
        FigureTopic::Training => "Training classes held",
        FigureTopic::Exercises => "Exercises, inspections and rechecks held",
        FigureTopic::Disasters => "Work at disasters",
        FigureTopic::Reserve => "Reservists",
        FigureTopic::Equipment => "Reserve technical means",
        FigureTopic::Unspecified => "Figures",
    }
}

/// A figure in plain words; its own name where this program does not know it yet.
fn words(topic: FigureTopic, name: &str) -> &str {
    match (topic, name) {
        (FigureTopic::Force, "bases") => "bases, of all bases",
        (FigureTopic::Force, "present") => "strength, of the authorised strength",
        (FigureTopic::Force, "population") => "strength, of the inhabitants",
        (FigureTopic::Force, "population_unknown") => {
            "communes and wards without a population, of all"
        }
        (FigureTopic::Force, "party") => "Party members, of the strength",
        (FigureTopic::Force, "type") => "strength by type of force, of the strength",
        (FigureTopic::Industry, "enterprises") => "enterprises by stage of survey, of all",
        (FigureTopic::Industry, "capacity") => "capacity a month, of the quota",
        (FigureTopic::Training, "classes") => "classes, by whom they train",
        (FigureTopic::Training, "classes_total") => "classes, by whom they train, all years",
        (FigureTopic::Training, "participants") => "people trained, by who they are",
        (FigureTopic::Training, "participants_total") => {
            "people trained, by who they are, all years"
        }
        (FigureTopic::Training, "students") => "students taught, by their own count",
        (FigureTopic::Training, "students_total") => {
            "students taught, by their own count, all years"
        }
        (FigureTopic::Training | FigureTopic::Exercises, "meets_total") => {
            "meet the requirement, of all rated, all years"
        }
        (FigureTopic::Training | FigureTopic::Exercises, "good_total") => {
            "good or excellent, of all rated, all years"
        }
        (FigureTopic::Training | FigureTopic::Exercises, "meets") => {
            "meet the requirement, of all rated"
        }
        (FigureTopic::Training | FigureTopic::Exercises, "good") => {
            "good or excellent, of all rated"
        }
        (FigureTopic::Exercises, "held") => "held",
        (FigureTopic::Exercises, "held_total") => "held, all years",
        (FigureTopic::Exercises, "rated") => "rated so, of those held",
        (FigureTopic::Disasters, "operations") => "operations",
        (FigureTopic::Disasters, "operations_total") => "operations, all years",
        (FigureTopic::Disasters, "persons") => "turns of persons",
        (FigureTopic::Disasters, "persons_total") => "turns of persons, all years",
        (FigureTopic::Disasters, "vehicles") => "turns of vehicles",
        (FigureTopic::Disasters, "vehicles_total") => "turns of vehicles, all years",
        (FigureTopic::Reserve, "reservists") => "records by status, of all records",
        (FigureTopic::Reserve, "registered") => "on the register, of all records",
        (FigureTopic::Reserve, "class") => "reserve class, of those on the register",
        (FigureTopic::Reserve, "party") => "Party members, of those on the register",
        (FigureTopic::Reserve, "party_unknown") => {
            "Party membership not known, of those on the register"
        }
        (FigureTopic::Reserve | FigureTopic::Equipment, "recheck") => {
            "rechecked within 12 months, of those on the register"
        }
        (FigureTopic::Reserve, "militia") => "also in the militia, of those on the register",
        (FigureTopic::Reserve, "deferral") => "training put off, of those on the register",
        (FigureTopic::Reserve, "exemption") => "exempt for a post, of those on the register",
        (FigureTopic::Reserve, "late") => "late by law, of those on the register",
        (FigureTopic::Reserve, "overdue") => "overdue by our own rule, of those on the register",
        (FigureTopic::Equipment, "equipment") => "records by status, of all records",
        (FigureTopic::Equipment, "registered") => "on the register, of all records",
        (FigureTopic::Equipment, "type") => "type, of those on the register",
        (FigureTopic::Equipment, "class") => "class of means, of those on the register",
        (FigureTopic::Equipment, "grade") => "technical grade, of those on the register",
        (FigureTopic::Equipment, "driver") => "with a driver, of those on the register",
        (_topic, name) => name,
    }
}

/// The parts of a group; stable codes as words.
fn group(figure: &pb::Figure) -> String {
    group_of(figure, |part| {
        let is_code = part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        match part {
            "" => "not given".to_owned(),
            _code if is_code && part.len() > 2 => part.to_ascii_lowercase().replace('_', " "),
            text => text.to_owned(),
        }
    })
}

fn group_of(figure: &pb::Figure, word: impl Fn(&str) -> String) -> String {
    let parts = &figure.group;
    // Who rated stands last, and is not always said.
    let is_unsaid = |part: &&String| parts.len() > 1 && part.is_empty();
    let unsaid = parts.iter().rev().take_while(is_unsaid).count();
    let said = parts[..parts.len() - unsaid].iter().map(|part| word(part));
    said.collect::<Vec<_>>().join(", ")
}

/// A count, or hundredths of a product's measure.
fn number(topic: FigureTopic, figure: &pb::Figure, number: u64) -> CellValue {
    if topic == FigureTopic::Industry && figure.name == "capacity" {
        let (whole, hundredths) = (number / 100, number % 100);
        let (shown, file) =
            (format!("{whole}.{hundredths:02}"), format!("{whole},{hundredths:02}"));
        return CellValue::word(shown, file);
    }
    CellValue::Count(number)
}

fn row(topic: FigureTopic, figure: &pb::Figure, types: &EquipmentTypes) -> Vec<CellValue> {
    let is_total = figure.unit_code.is_empty() && figure.unit_name.is_empty();
    let of = figure.denominator;
    vec![
        CellValue::word(words(topic, &figure.name), vietnamese::figure(topic, &figure.name)),
        if is_total {
            CellValue::word("all", "toàn bộ")
        } else {
            figure.unit_code.as_str().into()
        },
        figure.unit_name.as_str().into(),
        CellValue::word(
            group(figure),
            group_of(figure, |part| vietnamese::part(topic, part, types)),
        ),
        number(topic, figure, figure.numerator),
        of.map_or(CellValue::Empty, |of| number(topic, figure, of)),
        of.map_or(CellValue::Empty, |of| CellValue::share(figure.numerator, of)),
    ]
}

fn value(topic: FigureTopic, figure: &pb::Figure) -> Value {
    json!({
        "name": figure.name,
        "text": words(topic, &figure.name),
        "unit_code": figure.unit_code,
        "unit_name": figure.unit_name,
        "group": figure.group,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "share": share(figure.numerator, figure.denominator),
    })
}

/// As shown to a person.
pub(super) fn share(numerator: u64, denominator: Option<u64>) -> Option<String> {
    let shown = CellValue::share(numerator, denominator?).shown();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(group: &[&str]) -> pb::Figure {
        pb::Figure {
            name: "rated".to_owned(),
            group: group.iter().map(|part| (*part).to_owned()).collect(),
            numerator: 3,
            denominator: Some(3),
            ..pb::Figure::default()
        }
    }

    #[test]
    fn a_line_is_in_plain_words_with_number_denominator_and_share() {
        let rated = figure(&["ZONE_EXERCISE", "2021", "EXCELLENT", "Quân khu 2"]);
        let shown: Vec<String> = row(FigureTopic::Exercises, &rated, &<_>::default())
            .iter()
            .map(CellValue::shown)
            .collect();
        let group = "zone exercise, 2021, excellent, Quân khu 2";
        assert_eq!(shown, ["rated so, of those held", "all", "", group, "3", "3", "100.0 %"]);
        let nobody = figure(&["ZONE_EXERCISE", "2024", "EXCELLENT", ""]);
        assert_eq!(super::group(&nobody), "zone exercise, 2024, excellent");
        assert_eq!(super::group(&figure(&[""])), "not given");
    }

    #[test]
    fn capacities_are_shown_in_their_measure() {
        let made = pb::Figure { name: "capacity".to_owned(), ..figure(&["Gạo", "tấn"]) };
        let made = pb::Figure { numerator: 2_050, denominator: Some(4_100), ..made };
        let shown: Vec<String> = row(FigureTopic::Industry, &made, &<_>::default())
            .iter()
            .map(CellValue::shown)
            .collect();
        assert_eq!(shown[3..], ["Gạo, tấn", "20.50", "41.00", "50.0 %"]);
    }
}
