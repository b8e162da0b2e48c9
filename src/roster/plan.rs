//! Plans of reserve units: one row for each post, equipment line or quota.
//!
//! Called by the command line, which makes reserve units of the rows; the server checks them. The
//! code and what else is about the reserve unit as a whole may stand in its first row only, as in
//! forms with merged cells.

mod written;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::file::{Cell, Parts, Reading, open};
use super::kind::Column;
use super::table::labels::{find_in, numbers_columns};
use super::{HEADER_ROWS_MAX, RosterError, Source};
use crate::domain::plan::parse_day;
use crate::domain::text::fold;
use crate::wire::pb;
use crate::wire::registry::civil;

pub use written::sheet_of;

/// Most rows of a plan: twenty reserve units with all the posts they may have.
pub const PLAN_ROWS_MAX: usize = 20_000;

/// Fewest known columns that make a header.
const COLUMNS_MIN: usize = 3;

/// A row as text.
#[derive(Debug, Clone, Default)]
struct PlanRow {
    code: String,
    name: String,
    receiving_unit: String,
    assembly_station: String,
    reception_station: String,
    source_units: String,
    no: String,
    title: String,
    specialty: String,
    near: String,
    rank_min: String,
    rank_max: String,
    duty: String,
    count: String,
    sex: String,
    health_max: String,
    kind: String,
    capacity: String,
    capacity_unit: String,
    needs_driver: String,
    quota_unit: String,
    quota_people: String,
    quota_equipment: String,
    receiving_code: String,
    valid_from: String,
    valid_to: String,
}

macro_rules! columns {
    ($($field:ident [$($header:literal),+],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |row: &mut PlanRow| &mut row.$field,
            reading: Reading::Plain,
            headers: &[$($header),+],
        }),+]
    };
}

const COLUMNS: &[Column<PlanRow>] = columns![
    code ["ma don vi", "ma don vi du bi", "don vi", "unit code", "reserve unit", "unit"],
    name ["ten don vi", "ten don vi du bi", "unit name", "name"],
    receiving_unit ["don vi nhan nguon", "don vi tiep nhan", "receiving unit"],
    assembly_station ["tram tap trung", "diem tap trung", "assembly station"],
    reception_station ["tram tiep nhan", "reception station"],
    source_units ["don vi giao nguon", "dia ban giao nguon", "nguon", "source units", "sources"],
    no ["so chuc danh", "ma chuc danh", "post no", "post"],
    title ["chuc danh", "chuc danh bien che", "ten chuc danh", "title"],
    specialty ["cnqs", "chuyen nghiep quan su", "chuyen nghiep", "specialty"],
    near ["chuyen nghiep gan dung", "cnqs gan dung", "gan dung", "near", "near specialties"],
    rank_min ["cap bac tu", "cap bac thap nhat", "rank from", "rank min"],
    rank_max ["cap bac den", "cap bac cao nhat", "rank to", "rank max"],
    duty ["nhiem vu", "loai don vi", "tinh chat", "duty"],
    count ["so luong", "bien che", "count", "quantity"],
    sex ["gioi tinh", "sex"],
    health_max ["suc khoe", "loai suc khoe", "suc khoe den loai", "health"],
    kind ["loai phuong tien", "phuong tien", "equipment type", "equipment"],
    capacity ["trong tai", "trong tai toi thieu", "cong suat", "capacity"],
    capacity_unit ["don vi tinh", "dvt", "capacity unit"],
    needs_driver ["co nguoi dieu khien", "kem lai xe", "with driver"],
    quota_unit ["xa phuong", "xa giao chi tieu", "quota commune", "commune"],
    quota_people ["chi tieu nguoi", "chi tieu quan nhan", "quota people"],
    quota_equipment ["chi tieu phuong tien", "quota equipment"],
    receiving_code ["ma don vi nhan nguon", "ma don vi tiep nhan", "receiving unit code"],
    valid_from ["hieu luc tu", "hieu luc tu ngay", "ap dung tu", "ap dung tu ngay", "valid from"],
    valid_to ["hieu luc den", "hieu luc den ngay", "ap dung den", "ap dung den ngay", "valid to"],
];

/// Why a row of a plan cannot be read, or the file as a whole.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// As for every roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// No table with the columns of a plan.
    #[error(
        "no row of the file is the header of a plan: give columns for the unit's code, the post's specialty or the equipment type, and the count"
    )]
    NoHeader,
    /// A row says nothing that can be planned.
    #[error("row {row}: {fault}")]
    Row {
        /// Its number.
        row: u32,
        /// What is wrong, and what to do.
        fault: &'static str,
    },
    /// There are too many.
    #[error("the plan has over {PLAN_ROWS_MAX} rows: split it by reserve units")]
    TooMany,
}

/// The reserve units of a file, by code.
///
/// # Errors
/// [`PlanFileError`]; a plan is taken whole or not at all.
pub fn read_plan(
    source: Source<'_>,
    sheet: Option<&str>,
) -> Result<Vec<pb::ReserveUnit>, PlanFileError> {
    let mut parts = open(source)?;
    let names = parts.names();
    let mut best: Option<Vec<(u32, PlanRow)>> = None;
    for (part, name) in names.iter().enumerate() {
        if sheet.is_some_and(|sheet| sheet != name && !parts.are_readings()) {
            continue;
        }
        let rows = rows(parts.as_mut(), part)?;
        if rows.len() > best.as_ref().map_or(0, Vec::len) {
            best = Some(rows);
        }
    }
    let mut units: BTreeMap<String, pb::ReserveUnit> = BTreeMap::new();
    let mut code = String::new();
    for (number, row) in best.ok_or(PlanFileError::NoHeader)? {
        let fault = |fault| PlanFileError::Row { row: number, fault };
        if !row.code.trim().is_empty() {
            row.code.trim().clone_into(&mut code);
        }
        if code.is_empty() {
            return Err(fault("no reserve unit is named: give its code"));
        }
        let unit = units.entry(code.clone()).or_insert_with(|| pb::ReserveUnit {
            code: code.clone(),
            ..pb::ReserveUnit::default()
        });
        about_the_unit(unit, &row).map_err(fault)?;
        let is_planned = add_post(unit, &row).map_err(fault)?
            | add_line(unit, &row).map_err(fault)?
            | add_quota(unit, &row).map_err(fault)?;
        if !is_planned {
            return Err(fault(
                "names neither a specialty, an equipment type nor a quota's commune",
            ));
        }
    }
    Ok(units.into_values().collect())
}

/// The position and meaning of each known column.
type Header = Vec<(usize, &'static Column<PlanRow>)>;

/// The header that a row is, if it is one.
fn header_of(cells: &[Cell]) -> Option<Header> {
    let known = |(at, cell): (usize, &Cell)| Some((at, find_in(COLUMNS, cell.as_text()?)?));
    let found: Header = cells.iter().enumerate().filter_map(known).collect();
    let has = |field: &str| found.iter().any(|(_, column)| column.field == field);
    let is_one = found.len() >= COLUMNS_MIN && (has("count") || has("quota_unit"));
    is_one.then_some(found)
}

fn rows(parts: &mut dyn Parts, part: usize) -> Result<Vec<(u32, PlanRow)>, PlanFileError> {
    let (mut header, mut rows): (Option<Header>, _) = (None, Vec::new());
    parts.rows(part, &mut |number, cells| {
        let Some(header) = &header else {
            header = header_of(cells);
            let late = number > HEADER_ROWS_MAX;
            return Ok(if late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        };
        let mut row = PlanRow::default();
        let mut filled = 0;
        for (at, column) in header {
            let is_day = column.field.starts_with("valid_");
            let reading = if is_day { Reading::Date } else { Reading::Plain };
            let text = cells.get(*at).map(|cell| cell.read(reading).0).unwrap_or_default();
            filled += usize::from(!text.trim().is_empty());
            *(column.slot)(&mut row) = text;
        }
        // A title, a signature or a line of totals below fills one cell at most.
        if filled > 1 && !numbers_columns(cells) {
            rows.push((number, row));
        }
        Ok(if rows.len() > PLAN_ROWS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    if rows.len() > PLAN_ROWS_MAX { Err(PlanFileError::TooMany) } else { Ok(rows) }
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// The first row that says something of the unit says it for all.
fn about_the_unit(unit: &mut pb::ReserveUnit, row: &PlanRow) -> Result<(), &'static str> {
    for (slot, text, fault) in [
        (&mut unit.valid_from, &row.valid_from, "the first day is none: write it as 31/01/2026"),
        (&mut unit.valid_to, &row.valid_to, "the last day is none: write it as 31/01/2026"),
    ] {
        if slot.is_none() && !text.trim().is_empty() {
            *slot = Some(civil(parse_day(text.trim()).ok_or(fault)?));
        }
    }
    for (slot, text) in [
        (&mut unit.name, &row.name),
        (&mut unit.receiving_unit, &row.receiving_unit),
        (&mut unit.receiving_unit_code, &row.receiving_code),
        (&mut unit.assembly_station, &row.assembly_station),
        (&mut unit.reception_station, &row.reception_station),
    ] {
        if slot.is_empty() {
            text.trim().clone_into(slot);
        }
    }
    for source in list(&row.source_units) {
        if !unit.source_unit_codes.contains(&source) {
            unit.source_unit_codes.push(source);
        }
    }
    Ok(())
}

/// A whole number, or none where nothing is said: `1.500` is fifteen hundred, `3.0` a three that a
/// program wrote, and what has a part behind it is no count.
fn number(text: &str, fault: &'static str) -> Result<Option<u32>, &'static str> {
    let bare: String = text.split_whitespace().collect();
    let mut parts = bare.split(['.', ',']);
    let whole = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let digits = match rest[..] {
        [] if whole.is_empty() => return Ok(None),
        [zeros] if zeros.len() < 3 && zeros.bytes().all(|byte| byte == b'0') => whole.to_owned(),
        _ if rest.iter().all(|group| group.len() == 3) => format!("{whole}{}", rest.concat()),
        _ => return Err(fault),
    };
    digits.parse().map(Some).or(Err(fault))
}

/// The worst health class of a post that says none: class 3 is the worst that is called to serve. `0`
/// says that a post takes everybody.
pub const HEALTH_UNSAID: u32 = 3;

fn add_post(unit: &mut pb::ReserveUnit, row: &PlanRow) -> Result<bool, &'static str> {
    if row.specialty.trim().is_empty() {
        return Ok(false);
    }
    let duty = match fold(&row.duty).as_str() {
        "" | "combat" | "chien dau" | "cd" => pb::PostDuty::Combat,
        "support" | "bao dam" | "bao dam chien dau" | "phuc vu" => pb::PostDuty::Support,
        _ => return Err("the duty is neither combat (chiến đấu) nor support (bảo đảm)"),
    };
    let sex = match fold(&row.sex).as_str() {
        "" => pb::Sex::Unspecified,
        "nam" | "male" => pb::Sex::Male,
        "nu" | "female" => pb::Sex::Female,
        _ => return Err("the sex is neither Nam nor Nữ"),
    };
    let health = number(&row.health_max, "the health class is no number: give 1 to 6")?;
    let only_exact = matches!(fold(&row.near).as_str(), "khong" | "none" | "no" | "-");
    unit.posts.push(pb::PlanPost {
        no: number(&row.no, "the post's number is none")?.unwrap_or(0),
        title: row.title.trim().to_owned(),
        specialty_code: row.specialty.trim().to_owned(),
        near: if only_exact { Vec::new() } else { list(&row.near) },
        only_exact,
        rank_min: row.rank_min.trim().to_owned(),
        rank_max: row.rank_max.trim().to_owned(),
        duty: duty.into(),
        count: number(&row.count, "the count is no number")?.ok_or("the count is missing")?,
        sex: sex.into(),
        health_max: health.unwrap_or(HEALTH_UNSAID),
    });
    Ok(true)
}

fn add_line(unit: &mut pb::ReserveUnit, row: &PlanRow) -> Result<bool, &'static str> {
    if row.kind.trim().is_empty() {
        return Ok(false);
    }
    let needs_driver = fold(&row.needs_driver);
    unit.equipment_lines.push(pb::PlanLine {
        no: number(&row.no, "the line's number is none")?.unwrap_or(0),
        type_code: row.kind.trim().to_owned(),
        near: list(&row.near),
        capacity_thousandths: thousandths(&row.capacity)?,
        capacity_unit: row.capacity_unit.trim().to_owned(),
        count: number(&row.count, "the count is no number")?.ok_or("the count is missing")?,
        needs_driver: matches!(needs_driver.as_str(), "x" | "co" | "yes" | "true" | "1"),
    });
    Ok(true)
}

fn add_quota(unit: &mut pb::ReserveUnit, row: &PlanRow) -> Result<bool, &'static str> {
    if row.quota_unit.trim().is_empty() {
        return Ok(false);
    }
    unit.quotas.push(pb::PlanQuota {
        unit_code: row.quota_unit.trim().to_owned(),
        people: number(&row.quota_people, "the quota of people is no number")?.unwrap_or(0),
        equipment: number(&row.quota_equipment, "the quota of equipment is no number")?
            .unwrap_or(0),
    });
    Ok(true)
}

/// A capacity with at most three decimals, comma or point.
fn thousandths(text: &str) -> Result<u32, &'static str> {
    const FAULT: &str = "the capacity is no number with at most three decimals";
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if decimals.len() > 3 {
        return Err(FAULT);
    }
    let whole: u32 = whole.parse().or(Err(FAULT))?;
    let decimals: u32 = format!("{decimals:0<3}").parse().or(Err(FAULT))?;
    whole.checked_mul(1_000).and_then(|whole| whole.checked_add(decimals)).ok_or(FAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "KẾ HOẠCH;;;;;;;;;\n\
        Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Cấp bậc từ;Số lượng;Loại phương tiện;Xã, phường;Chỉ tiêu người\n\
        DB-C1;Đại đội 1;03160, 03163;CN01;CN02;Binh nhì;12;;;\n\
        ;;;CN02;;;3;;;\n\
        ;;;;;;2;PT01;;\n\
        ;;;;;;;;03160;9\n\
        DB-C2;Đại đội 2;KV1;CN03;;;1;;;\n\
        Cộng;;;;;;;;;\n";

    #[test]
    fn a_plan_is_read_with_its_code_in_the_first_row_of_each_unit() {
        let source = Source::Bytes { name: "plan.csv", bytes: PLAN.as_bytes() };
        let units = read_plan(source, None).expect("a plan");
        assert_eq!(units.len(), 2);
        let one = &units[0];
        assert_eq!((one.code.as_str(), one.name.as_str()), ("DB-C1", "Đại đội 1"));
        assert_eq!(one.source_unit_codes, ["03160", "03163"]);
        let posts: Vec<_> = one.posts.iter().map(|post| (post.count, post.near.len())).collect();
        assert_eq!(posts, [(12, 1), (3, 0)]);
        assert_eq!(one.equipment_lines[0].count, 2);
        assert_eq!((one.quotas[0].unit_code.as_str(), one.quotas[0].people), ("03160", 9));
        assert_eq!(units[1].posts[0].specialty_code, "CN03");
    }

    #[test]
    fn a_count_is_whole_however_a_program_wrote_it() {
        for (text, count) in [
            ("12", Some(12)),
            (" 1 500 ", Some(1_500)),
            ("1.500", Some(1_500)),
            ("1,500", Some(1_500)),
            ("3.0", Some(3)),
            ("3,00", Some(3)),
            ("", None),
        ] {
            assert_eq!(number(text, "none"), Ok(count), "{text}");
        }
        for text in ["1.5", "1,5", "15.50", "-3", "3.0.0", "1.5000", "ba", ".5"] {
            assert_eq!(number(text, "none"), Err("none"), "{text}");
        }
    }

    #[test]
    fn a_row_at_fault_is_named() {
        for (row, fault) in [
            (";;;CN01;;;nhiều;;;", "row 3: the count is no number"),
            (";;;CN01;;;;PT01;;", "row 3: the count is missing"),
        ] {
            let head: Vec<&str> = PLAN.lines().take(2).collect();
            let text = format!("{}\n{}\n", head.join("\n"), row.replacen(';', "C1;", 1));
            let source = Source::Bytes { name: "plan.csv", bytes: text.as_bytes() };
            let told = read_plan(source, None).expect_err("a fault").to_string();
            assert!(told.starts_with(fault), "{told}");
        }
        let source = Source::Bytes { name: "plan.csv", bytes: b"a;b\n1;2\n" };
        assert!(matches!(read_plan(source, None), Err(PlanFileError::NoHeader)));
    }
}
