//! One unit and its history.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::unit_value;
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::listing::Export;
use crate::cli::output::{table, text_of};
use crate::domain::ids::UnitCode;
use crate::domain::unit::Unit;
use crate::domain::world::{Act, Reorganization};
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::pb;

async fn ask(cx: &Cx, code: &UnitCode) -> Result<pb::GetUnitResponse> {
    let ask = pb::GetUnitRequest { unit_code: code.to_string() };
    let connection = cx.connect().await?;
    let found = connection.organization().get_unit(request(ask)).await.map_err(refused)?;
    Ok(found.into_inner())
}

fn own(found: &pb::GetUnitResponse) -> Result<Unit> {
    let unit = found.unit.as_ref().context("the server's answer has no unit")?;
    Ok(unit.try_into()?)
}

/// Several of them, none above another.
fn names(units: &[pb::Unit]) -> String {
    let names = units.iter().map(|unit| format!("{} {}", unit.code, unit.name));
    names.collect::<Vec<_>>().join(", ")
}

/// Each under the next.
fn line(units: &[pb::Unit]) -> String {
    let names = units.iter().map(|unit| format!("{} {}", unit.code, unit.name));
    names.collect::<Vec<_>>().join(" < ")
}

pub(super) async fn show(cx: &Cx, code: &UnitCode) -> Result<()> {
    let found = ask(cx, code).await?;
    let unit = own(&found)?;
    let mut value = unit_value(found.unit.as_ref().context("no unit")?)?;
    let codes = |units: &[pb::Unit]| units.iter().map(|unit| unit.code.clone()).collect::<Vec<_>>();
    value["current_code"] = json!(found.current_code);
    value["predecessor_codes"] = json!(codes(&found.predecessors));
    value["military_line"] = json!(codes(&found.military_line));
    value["civil_line"] = json!(codes(&found.civil_line));
    cx.screen.show(&value, || {
        let mut text = format!("{} {}\n", unit.code, unit.name);
        let mut say = |what: &str, how: String| {
            if !how.is_empty() {
                let _written = writeln!(text, "  {what:<13} {how}");
            }
        };
        say("kind", unit.kind.as_str().to_owned());
        say("exists", period(unit.valid_from, unit.valid_to));
        if found.current_code != unit.code.as_str() {
            say("now", found.current_code.clone());
        }
        say("military line", line(&found.military_line));
        say("civil line", line(&found.civil_line));
        say("parent", format!("{} ({})", parent(&unit), unit.parent_basis.as_str()));
        say("followed", names(&found.predecessors));
        let successors = unit.former.successors.iter().map(ToString::to_string);
        say("followed by", successors.collect::<Vec<_>>().join(", "));
        text
    })
}

fn parent(unit: &Unit) -> String {
    unit.parent.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn period(from: Option<jiff::civil::Date>, to: Option<jiff::civil::Date>) -> String {
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| day.to_string());
    format!("{}..{}", day(from), day(to))
}

/// What a unit was, oldest first, with the first and last day of each.
fn states(found: &pb::GetUnitResponse, unit: &Unit) -> Result<Vec<State>> {
    let mut states = Vec::new();
    let mut from = None;
    for past in &found.past {
        let was: Unit = past.unit.as_ref().context("a past without its unit")?.try_into()?;
        let until: jiff::civil::Date = past.until_date.parse()?;
        states.push((from.or(was.valid_from), Some(until), was));
        from = until.tomorrow().ok();
    }
    if !unit.is_closed() || from.is_none() {
        states.push((from.or(unit.valid_from), unit.valid_to, unit.clone()));
    }
    Ok(states)
}

type State = (Option<jiff::civil::Date>, Option<jiff::civil::Date>, Unit);

fn or_dash(index: u64) -> String {
    if index == 0 { "-".to_owned() } else { index.to_string() }
}

/// What was done, in words.
fn name(done: &Reorganization) -> String {
    match &done.act {
        Act::Change(change) => change.as_str().to_owned(),
        Act::Undo { entry } => format!("undo of {entry}"),
    }
}

fn name_cell(done: &Reorganization) -> CellValue {
    match &done.act {
        Act::Change(change) => CellValue::term(words::CHANGES, change.as_str()),
        Act::Undo { entry } => CellValue::word(name(done), format!("Hủy bỏ mục {entry}")),
    }
}

/// What a unit was, then what was done to it, each with its days.
fn sheet(
    unit: &Unit,
    states: &[State],
    changes: &[(&pb::UnitHistoryEntry, Reorganization)],
) -> Sheet {
    let columns = [
        "WHAT",
        "FROM",
        "TO",
        "NAME",
        "KIND",
        "UNDER",
        "BASIS",
        "ENTRY",
        "DOCUMENT",
        "TAKEN BACK BY",
    ];
    let heading = format!("Lịch sử đơn vị {} {}", unit.code, unit.name);
    let mut sheet = Sheet::new("", &columns).called(heading, "Lịch sử đơn vị");
    let day = |day: Option<jiff::civil::Date>| day.map_or(CellValue::Empty, CellValue::Day);
    for (from, to, was) in states {
        sheet.push([
            CellValue::word("state", "Trạng thái"),
            day(*from),
            day(*to),
            was.name.as_str().into(),
            CellValue::term(words::UNIT_KINDS, was.kind.as_str()),
            was.parent.as_ref().map_or(CellValue::Empty, |parent| parent.as_str().into()),
            CellValue::term(words::BASES, was.parent_basis.as_str()),
        ]);
    }
    for (change, done) in changes {
        let index = |index| if index == 0 { CellValue::Empty } else { CellValue::Count(index) };
        let blank = || CellValue::Empty;
        sheet.push([
            name_cell(done),
            CellValue::Day(done.effective),
            blank(),
            blank(),
            blank(),
            blank(),
            blank(),
            index(change.ledger_index),
            done.document.as_str().into(),
            index(change.undone_by_index),
        ]);
    }
    sheet
}

pub(super) async fn history(cx: &Cx, code: &UnitCode, export: &Export) -> Result<()> {
    export.target()?;
    let found = ask(cx, code).await?;
    let unit = own(&found)?;
    let states = states(&found, &unit)?;
    let changes = found.changes.iter().map(|change| {
        let done = change.reorganization.as_ref().context("a change without its contents")?;
        anyhow::Ok((change, Reorganization::try_from(done)?))
    });
    let changes = changes.collect::<Result<Vec<_>>>()?;
    let value = json!({
        "states": states.iter().map(|(from, to, was)| json!({
            "from": from.map(|day| day.to_string()),
            "to": to.map(|day| day.to_string()),
            "name": was.name,
            "kind": was.kind.as_str(),
            "parent_code": was.parent.as_ref().map(ToString::to_string),
            "parent_basis": was.parent_basis.as_str(),
        })).collect::<Vec<_>>(),
        "predecessor_codes": found.predecessors.iter().map(|own| &own.code).collect::<Vec<_>>(),
        "successor_codes":
            unit.former.successors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changes": changes.iter().map(|(change, done)| json!({
            "ledger_index": change.ledger_index,
            "change": name(done),
            "effective": done.effective.to_string(),
            "document": done.document,
            "undone_by_index": (change.undone_by_index > 0).then_some(change.undone_by_index),
        })).collect::<Vec<_>>(),
    });
    export.save(&cx.screen, || sheet(&unit, &states, &changes))?;
    cx.screen.show(&value, || {
        let mut rows = table(&["FROM", "TO", "NAME", "KIND", "UNDER", "BASIS"]);
        let day = |day: &Option<jiff::civil::Date>| {
            day.map_or_else(|| "-".to_owned(), |day| day.to_string())
        };
        for (from, to, was) in &states {
            rows.add_row([
                day(from),
                day(to),
                was.name.clone(),
                was.kind.as_str().to_owned(),
                parent(was),
                was.parent_basis.as_str().to_owned(),
            ]);
        }
        let mut text = text_of(&rows);
        if !found.predecessors.is_empty() {
            let _written = writeln!(text, "\nfollowed {}", names(&found.predecessors));
        }
        if !changes.is_empty() {
            let mut rows = table(&["ENTRY", "CHANGE", "FROM", "DOCUMENT", "TAKEN BACK BY"]);
            for (change, done) in &changes {
                rows.add_row([
                    change.ledger_index.to_string(),
                    name(done),
                    done.effective.to_string(),
                    done.document.clone(),
                    or_dash(change.undone_by_index),
                ]);
            }
            text += "\n";
            text += &text_of(&rows);
        }
        text
    })
}
