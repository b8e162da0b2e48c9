//! One row of a plan: what it says of the reserve unit, of a post, an equipment line or a quota.
//!
//! Invariant: a row that is at fault is taken as far as it goes, so that all that is wrong with a file
//! is told at once; whoever imports it looks at the faults first.

use super::{PlanRow, Planned};
use crate::domain::plan::parse_day;
use crate::domain::text::fold;
use crate::roster::RowKey;
use crate::wire::pb;
use crate::wire::registry::civil;

/// The worst health class of a post that says none: class 3 is the worst that is called to serve. `0`
/// says that a post takes everybody.
pub const HEALTH_UNSAID: u32 = 3;

/// Takes a row into its reserve unit; `fault` is told of all that is wrong with it.
pub(super) fn take(
    planned: &mut Planned,
    key: &RowKey,
    row: &PlanRow,
    fault: &mut dyn FnMut(&str),
) {
    about_the_unit(&mut planned.unit, row, fault);
    let (unit, places) = (&mut planned.unit, &mut planned.places);
    let mut is_planned = false;
    if !row.specialty.trim().is_empty() {
        add_post(unit, row, fault);
        stands_apart(&places.posts, key, "posts", fault);
        places.posts.push(key.clone());
        is_planned = true;
    }
    if !row.kind.trim().is_empty() {
        add_line(unit, row, fault);
        stands_apart(&places.lines, key, "equipment lines", fault);
        places.lines.push(key.clone());
        is_planned = true;
    }
    if !row.quota_unit.trim().is_empty() {
        add_quota(unit, row, fault);
        stands_apart(&places.quotas, key, "quotas", fault);
        places.quotas.push(key.clone());
        is_planned = true;
    }
    if !is_planned {
        fault("names neither a specialty, an equipment type nor a quota's commune");
    }
}

/// Two sheets with the same part of a unit are two plans as likely as one: nobody's posts are doubled.
fn stands_apart(before: &[RowKey], key: &RowKey, what: &str, fault: &mut dyn FnMut(&str)) {
    if let Some(other) = before.last().filter(|other| other.sheet_at != key.sheet_at) {
        fault(&format!(
            "{what} of this reserve unit stand in row {other} too: put them on one sheet, or name the \
             sheet to read (--sheet)"
        ));
    }
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// The first row that says something of the unit says it for all.
fn about_the_unit(unit: &mut pb::ReserveUnit, row: &PlanRow, fault: &mut dyn FnMut(&str)) {
    for (slot, text, none) in [
        (&mut unit.valid_from, &row.valid_from, "the first day is none: write it as 31/01/2026"),
        (&mut unit.valid_to, &row.valid_to, "the last day is none: write it as 31/01/2026"),
    ] {
        if slot.is_none() && !text.trim().is_empty() {
            *slot = parse_day(text.trim()).map(civil);
            if slot.is_none() {
                fault(none);
            }
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

/// As [`number`]; what is none is told of, and taken as nothing said.
fn told(text: &str, none: &'static str, fault: &mut dyn FnMut(&str)) -> Option<u32> {
    number(text, none).unwrap_or_else(|none| {
        fault(none);
        None
    })
}

/// How many, which must be said; one where it is not, for the rest of the row to be looked at.
fn count(row: &PlanRow, fault: &mut dyn FnMut(&str)) -> u32 {
    match number(&row.count, "the count is no number") {
        Ok(Some(count)) => count,
        Ok(None) => {
            fault("the count is missing");
            1
        }
        Err(none) => {
            fault(none);
            1
        }
    }
}

fn add_post(unit: &mut pb::ReserveUnit, row: &PlanRow, fault: &mut dyn FnMut(&str)) {
    let duty = match fold(&row.duty).as_str() {
        "support" | "bao dam" | "bao dam chien dau" | "phuc vu" => pb::PostDuty::Support,
        "" | "combat" | "chien dau" | "cd" => pb::PostDuty::Combat,
        _ => {
            fault("the duty is neither combat (chiến đấu) nor support (bảo đảm)");
            pb::PostDuty::Combat
        }
    };
    let sex = match fold(&row.sex).as_str() {
        "" => pb::Sex::Unspecified,
        "nam" | "male" => pb::Sex::Male,
        "nu" | "female" => pb::Sex::Female,
        _ => {
            fault("the sex is neither Nam nor Nữ");
            pb::Sex::Unspecified
        }
    };
    let health = told(&row.health_max, "the health class is no number: give 1 to 6", fault);
    let only_exact = matches!(fold(&row.near).as_str(), "khong" | "none" | "no" | "-");
    unit.posts.push(pb::PlanPost {
        no: told(&row.no, "the post's number is none", fault).unwrap_or(0),
        title: row.title.trim().to_owned(),
        specialty_code: row.specialty.trim().to_owned(),
        near: if only_exact { Vec::new() } else { list(&row.near) },
        only_exact,
        rank_min: row.rank_min.trim().to_owned(),
        rank_max: row.rank_max.trim().to_owned(),
        duty: duty.into(),
        count: count(row, fault),
        sex: sex.into(),
        health_max: health.unwrap_or(HEALTH_UNSAID),
    });
}

fn add_line(unit: &mut pb::ReserveUnit, row: &PlanRow, fault: &mut dyn FnMut(&str)) {
    let needs_driver = fold(&row.needs_driver);
    let thousandths = thousandths(&row.capacity).unwrap_or_else(|none| {
        fault(none);
        0
    });
    unit.equipment_lines.push(pb::PlanLine {
        no: told(&row.no, "the line's number is none", fault).unwrap_or(0),
        type_code: row.kind.trim().to_owned(),
        near: list(&row.near),
        capacity_thousandths: thousandths,
        capacity_unit: row.capacity_unit.trim().to_owned(),
        count: count(row, fault),
        needs_driver: matches!(needs_driver.as_str(), "x" | "co" | "yes" | "true" | "1"),
    });
}

fn add_quota(unit: &mut pb::ReserveUnit, row: &PlanRow, fault: &mut dyn FnMut(&str)) {
    let people = told(&row.quota_people, "the quota of people is no number", fault);
    let equipment = told(&row.quota_equipment, "the quota of equipment is no number", fault);
    unit.quotas.push(pb::PlanQuota {
        unit_code: row.quota_unit.trim().to_owned(),
        people: people.unwrap_or(0),
        equipment: equipment.unwrap_or(0),
    });
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
}
