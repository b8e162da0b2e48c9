//! Which units began and ended in a period, by kind, and what each that began followed.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::listing::Export;
use crate::cli::output::{table, text_of};
use crate::domain::unit::{UNIT_KINDS, Unit, UnitKind, Units};
use crate::roster::sheet::{CellValue, Sheet, words};

/// What came and went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turnover {
    /// By kind: how many there were before the period, began in it, ended in it, were there after.
    kinds: BTreeMap<UnitKind, Row>,
    /// Each unit that began in the period, with what it followed as first successor.
    opened: Vec<(Unit, Vec<Unit>)>,
    /// Each unit that ended in it.
    closed: Vec<Unit>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    before: usize,
    opened: usize,
    closed: usize,
}

impl Row {
    const fn after(self) -> usize {
        self.before + self.opened - self.closed
    }
}

/// Counts over a period, both ends included. A unit that was last there on the day before its first
/// day without it ended on that day; one without a known first day was always there, unless it
/// followed others.
pub(super) fn turnover(units: &Units, from: Date, to: Date) -> Turnover {
    let day_before = from.yesterday().unwrap_or(from);
    let mut found = Turnover { kinds: BTreeMap::new(), opened: Vec::new(), closed: Vec::new() };
    for unit in units.iter() {
        let row = found.kinds.entry(unit.kind).or_default();
        let was = units.state_on(&unit.code, day_before).is_some();
        let opened = !was && units.began(unit).is_some_and(|day| (from..=to).contains(&day));
        let gone = unit.valid_to.and_then(|day| day.tomorrow().ok());
        let closed = gone.is_some_and(|day| (from..=to).contains(&day));
        row.before += usize::from(was);
        row.opened += usize::from(opened);
        row.closed += usize::from(closed && (was || opened));
        if opened {
            let follows = |before: &&Unit| before.former.successors.first() == Some(&unit.code);
            let before = units.predecessors(&unit.code).filter(follows).cloned().collect();
            found.opened.push((unit.clone(), before));
        }
        if closed {
            found.closed.push(unit.clone());
        }
    }
    found
}

pub(super) async fn run(cx: &Cx, (from, to): (Date, Option<Date>), export: &Export) -> Result<()> {
    let units = cx.connect().await?.units().await?;
    let units: Vec<Unit> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let units = Units::from_list(units)?;
    let to = to.unwrap_or_else(|| cx.clock.now().date_in_vietnam());
    ensure!(from <= to, "the period ends before it begins: exchange --from and --to");
    let found = turnover(&units, from, to);
    export.save(&cx.screen, || sheet(&found, from, to))?;
    cx.screen.show(&value(&found, from, to), || text(&found, from, to))
}

fn value(found: &Turnover, from: Date, to: Date) -> Value {
    let unit = |unit: &Unit| json!({ "code": unit.code.as_str(), "name": unit.name });
    json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "by_kind": found.kinds.iter().map(|(kind, row)| json!({
            "kind": kind.as_str(),
            "before": row.before,
            "opened": row.opened,
            "closed": row.closed,
            "after": row.after(),
        })).collect::<Vec<_>>(),
        "opened": found.opened.iter().map(|(own, before)| json!({
            "code": own.code.as_str(),
            "name": own.name,
            "kind": own.kind.as_str(),
            "parent_code": own.parent.as_ref().map(ToString::to_string),
            "parent_basis": own.parent_basis.as_str(),
            "followed": before.iter().map(unit).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "closed": found.closed.iter().map(unit).collect::<Vec<_>>(),
    })
}

fn kind_cell(kind: UnitKind) -> CellValue {
    CellValue::term(words::UNIT_KINDS, kind.as_str())
}

/// A row for each kind, then one for each unit that came or went.
fn sheet(found: &Turnover, from: Date, to: Date) -> Sheet {
    let columns = [
        "KIND", "CODE", "NAME", "UNDER", "BASIS", "FOLLOWED", "BEFORE", "OPENED", "CLOSED", "AFTER",
    ];
    let heading = format!(
        "Báo cáo đơn vị thành lập, kết thúc từ {} đến {}",
        from.strftime("%d/%m/%Y"),
        to.strftime("%d/%m/%Y")
    );
    let mut sheet = Sheet::new("", &columns).called(heading, "Báo cáo biến động đơn vị");
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX).into();
    let blank = || "".into();
    for (kind, row) in &found.kinds {
        let counts = [row.before, row.opened, row.closed, row.after()].map(count);
        let all = CellValue::word("all", "Toàn bộ");
        let head = [kind_cell(*kind), all, blank(), blank(), blank(), blank()];
        sheet.rows.push(head.into_iter().chain(counts).collect());
    }
    for (unit, before) in &found.opened {
        let names: Vec<&str> = before.iter().map(|unit| unit.name.as_str()).collect();
        sheet.push([
            kind_cell(unit.kind),
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            unit.parent.as_ref().map(ToString::to_string).unwrap_or_default().into(),
            CellValue::term(words::BASES, unit.parent_basis.as_str()),
            names.join(", ").into(),
            blank(),
            count(1),
        ]);
    }
    for unit in &found.closed {
        sheet.push([
            kind_cell(unit.kind),
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            blank(),
            blank(),
            blank(),
            blank(),
            blank(),
            count(1),
        ]);
    }
    sheet
}

fn text(found: &Turnover, from: Date, to: Date) -> String {
    let mut kinds = table(&["KIND", "BEFORE", "OPENED", "CLOSED", "AFTER"]);
    for (kind, row) in UNIT_KINDS.iter().filter_map(|kind| Some((kind, found.kinds.get(kind)?))) {
        let counts = [row.before, row.opened, row.closed, row.after()].map(|n| n.to_string());
        kinds.add_row(std::iter::once(kind.as_str().to_owned()).chain(counts));
    }
    let mut opened = table(&["OPENED", "NAME", "UNDER", "BASIS", "FOLLOWED"]);
    for (unit, before) in &found.opened {
        let names: Vec<&str> = before.iter().map(|unit| unit.name.as_str()).collect();
        opened.add_row([
            unit.code.to_string(),
            unit.name.clone(),
            unit.parent.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            unit.parent_basis.as_str().to_owned(),
            names.join(", "),
        ]);
    }
    format!("units from {from} to {to}\n\n{}\n\n{}", text_of(&kinds), text_of(&opened))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::ids::UnitCode;
    use crate::roster::lists::shipped_former_units;
    use crate::sim::province;

    fn units() -> Units {
        let all = province::units().into_iter().chain(shipped_former_units());
        Units::from_list(all).expect("they hang together")
    }

    #[test]
    fn ten_district_commands_went_and_four_areas_came_the_fourth_from_three() {
        let found = turnover(&units(), date(2025, 7, 1), date(2025, 12, 31));
        let row = |kind| found.kinds.get(&kind).copied().unwrap_or_default();
        let counts =
            |kind| (row(kind).before, row(kind).opened, row(kind).closed, row(kind).after());
        assert_eq!(counts(UnitKind::DistrictCommand), (10, 0, 10, 0));
        assert_eq!(counts(UnitKind::DefensiveAreaCommand), (0, 4, 0, 4));
        assert_eq!(counts(UnitKind::Township), (5, 0, 5, 0));
        let (communes, wards) = (row(UnitKind::Commune), row(UnitKind::Ward));
        assert_eq!((communes.after(), wards.after()), (42, 3));
        assert_eq!(communes.closed + wards.closed + row(UnitKind::Township).closed, 129);
        let area = found.opened.iter().find(|(unit, _before)| unit.code.as_str() == "KV4");
        let before = area.map(|(_unit, before)| before.iter().map(|unit| unit.name.as_str()));
        let before: Vec<&str> = before.expect("area 4 began").collect();
        assert_eq!(before, ["Thành phố Điện Biên Phủ", "Huyện Mường Ảng", "Huyện Tuần Giáo"]);
    }

    #[test]
    fn the_file_names_kinds_and_grounds_in_vietnamese() {
        let (from, to) = (date(2025, 7, 1), date(2025, 12, 31));
        let sheet = sheet(&turnover(&units(), from, to), from, to);
        let cells: Vec<String> = sheet.rows.iter().flatten().map(CellValue::in_file).collect();
        let has = |word: &str| cells.iter().any(|cell| cell == word);
        assert!(has("Ban Chỉ huy phòng thủ khu vực") && has("Suy ra") && has("Toàn bộ"));
        for kind in UNIT_KINDS {
            assert!(!has(kind.as_str()), "{kind:?}");
        }
        assert!(!has("assumed") && !has("all"));
        assert_eq!(
            sheet.heading,
            "Báo cáo đơn vị thành lập, kết thúc từ 01/07/2025 đến 31/12/2025"
        );
    }

    #[test]
    fn nothing_came_or_went_in_the_years_before_and_thanh_yen_is_under_area_3() {
        let found = turnover(&units(), date(2020, 1, 1), date(2025, 6, 30));
        assert_eq!((found.opened.len(), found.closed.len()), (0, 0));
        let units = units();
        let commune = units.find("Xã Thanh Yên").expect("a commune");
        assert_eq!(commune.parent.as_ref().map(UnitCode::as_str), Some("KV3"));
    }
}
