//! One row of a plan: what it says of the reserve unit, of a post, an equipment line or a quota.
//!
//! Invariant: a row that is at fault is taken as far as it goes, so that all that is wrong with a file
//! is told at once; whoever imports it looks at the faults first.

use std::collections::BTreeSet;

use super::faults::{Places, Wrong, column_of};
use super::{PlanRow, Planned};
use crate::domain::plan::parse_day;
use crate::domain::text::{clean, fold};
use crate::roster::RowKey;
use crate::wire::pb;
use crate::wire::registry::civil;

/// The worst health class of a post that says none: class 3 is the worst that is called to serve. `0`
/// says that a post takes everybody.
pub const HEALTH_UNSAID: u32 = 3;

/// Is told of what is wrong with a row.
type Tell<'a> = dyn FnMut(Wrong) + 'a;

/// Takes a row into its reserve unit; `tell` is told of all that is wrong with it.
pub(super) fn take(planned: &mut Planned, key: &RowKey, row: &PlanRow, tell: &mut Tell<'_>) {
    about_the_unit(planned, key, row, tell);
    let (unit, places) = (&mut planned.unit, &mut planned.places);
    let mut is_planned = false;
    if !row.specialty.trim().is_empty() {
        add_post(unit, row, tell);
        stands_apart(&places.posts, key, ("posts", "specialty"), tell);
        places.posts.push(key.clone());
        is_planned = true;
    }
    if !row.kind.trim().is_empty() {
        add_line(unit, row, tell);
        stands_apart(&places.lines, key, ("equipment lines", "kind"), tell);
        places.lines.push(key.clone());
        is_planned = true;
    }
    if !row.quota_unit.trim().is_empty() {
        add_quota(unit, row, tell);
        stands_apart(&places.quotas, key, ("quotas", "quota_unit"), tell);
        places.quotas.push(key.clone());
        is_planned = true;
    }
    if !is_planned {
        tell(Wrong::new("NOTHING_PLANNED", "row"));
    }
}

/// Two sheets with the same part of a unit are two plans as likely as one: nobody's posts are doubled.
fn stands_apart(
    before: &[RowKey],
    key: &RowKey,
    (what, field): (&str, &'static str),
    tell: &mut Tell<'_>,
) {
    if let Some(other) = before.last().filter(|other| other.sheet_at != key.sheet_at) {
        tell(Wrong {
            text: Some(format!(
                "{what} of this reserve unit stand in row {other} too: put them on one sheet, or name \
                 the sheet to read (--sheet)"
            )),
            beside: format!("Xem dòng {other}."),
            ..Wrong::new("TWO_SHEETS", field)
        });
    }
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// What is about the unit as a whole is said once, or alike in several rows.
fn about_the_unit(planned: &mut Planned, key: &RowKey, row: &PlanRow, tell: &mut Tell<'_>) {
    let Planned { unit, places } = planned;
    for (field, slot, text, none) in [
        ("valid_from", &mut unit.valid_from, &row.valid_from, "FIRST_DAY_INVALID"),
        ("valid_to", &mut unit.valid_to, &row.valid_to, "LAST_DAY_INVALID"),
    ] {
        let text = text.trim();
        let day = parse_day(text);
        match (day.map(civil), *slot) {
            _ if text.is_empty() => {}
            (None, _any) => tell(Wrong::new(none, field)),
            (Some(day), None) => {
                *slot = Some(day);
                places.said.insert(field, key.clone());
            }
            (Some(day), Some(held)) if day == held => {}
            (Some(_other), Some(held)) => {
                let held = format!("{:02}/{:02}/{:04}", held.day, held.month, held.year);
                tell(otherwise(field, text, &held, places));
            }
        }
    }
    for (field, slot, text) in [
        ("name", &mut unit.name, &row.name),
        ("receiving_unit", &mut unit.receiving_unit, &row.receiving_unit),
        ("receiving_code", &mut unit.receiving_unit_code, &row.receiving_code),
        ("assembly_station", &mut unit.assembly_station, &row.assembly_station),
        ("reception_station", &mut unit.reception_station, &row.reception_station),
    ] {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if slot.is_empty() {
            text.clone_into(slot);
            places.said.insert(field, key.clone());
        } else if clean(slot).to_lowercase() != clean(text).to_lowercase() {
            tell(otherwise(field, text, slot, places));
        }
    }
    let mut sources = list(&row.source_units);
    let mut once = BTreeSet::new();
    sources.retain(|source| once.insert(source.clone()));
    if unit.source_unit_codes.is_empty() && !sources.is_empty() {
        unit.source_unit_codes = sources;
        places.said.insert("source_units", key.clone());
    } else if !sources.is_empty() && once != unit.source_unit_codes.iter().cloned().collect() {
        let held = unit.source_unit_codes.join(", ");
        tell(otherwise("source_units", &sources.join(", "), &held, places));
    }
}

/// Two rows say different things of one unit, and none is taken for the other.
fn otherwise(field: &'static str, text: &str, held: &str, places: &Places) -> Wrong {
    let (row, name) = (places.of_unit(field), column_of(field));
    Wrong {
        text: Some(format!(
            "{name}: is \u{201c}{text}\u{201d} here and \u{201c}{held}\u{201d} in row {row}: a reserve unit has \
             one, correct the row that is wrong"
        )),
        beside: format!(
            "Dòng này ghi \u{201c}{text}\u{201d}, dòng {row} ghi \u{201c}{held}\u{201d}."
        ),
        ..Wrong::new("SAID_OTHERWISE", field)
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
fn told(
    text: &str,
    (none, field): (&'static str, &'static str),
    tell: &mut Tell<'_>,
) -> Option<u32> {
    number(text, none).unwrap_or_else(|none| {
        tell(Wrong::of_value(none, field, text));
        None
    })
}

/// How many, which must be said; one where it is not, for the rest of the row to be looked at.
fn count(row: &PlanRow, tell: &mut Tell<'_>) -> u32 {
    tell(match number(&row.count, "COUNT_NO_NUMBER") {
        Ok(Some(count)) => return count,
        Ok(None) => Wrong::new("COUNT_MISSING", "count"),
        Err(none) => Wrong::of_value(none, "count", &row.count),
    });
    1
}

fn add_post(unit: &mut pb::ReserveUnit, row: &PlanRow, tell: &mut Tell<'_>) {
    let duty = match fold(&row.duty).as_str() {
        "support" | "bao dam" | "bao dam chien dau" | "phuc vu" => pb::PostDuty::Support,
        "" | "combat" | "chien dau" | "cd" => pb::PostDuty::Combat,
        _ => {
            tell(Wrong::new("DUTY_INVALID", "duty"));
            pb::PostDuty::Combat
        }
    };
    let sex = match fold(&row.sex).as_str() {
        "" => pb::Sex::Unspecified,
        "nam" | "male" => pb::Sex::Male,
        "nu" | "female" => pb::Sex::Female,
        _ => {
            tell(Wrong::new("SEX_INVALID", "sex"));
            pb::Sex::Unspecified
        }
    };
    let health = told(&row.health_max, ("HEALTH_CLASS_INVALID", "health_max"), tell);
    let only_exact = matches!(fold(&row.near).as_str(), "khong" | "none" | "no" | "-");
    unit.posts.push(pb::PlanPost {
        no: told(&row.no, ("NUMBER_INVALID", "no"), tell).unwrap_or(0),
        title: row.title.trim().to_owned(),
        specialty_code: row.specialty.trim().to_owned(),
        near: if only_exact { Vec::new() } else { list(&row.near) },
        only_exact,
        rank_min: row.rank_min.trim().to_owned(),
        rank_max: row.rank_max.trim().to_owned(),
        duty: duty.into(),
        count: count(row, tell),
        sex: sex.into(),
        health_max: health.unwrap_or(HEALTH_UNSAID),
    });
}

fn add_line(unit: &mut pb::ReserveUnit, row: &PlanRow, tell: &mut Tell<'_>) {
    let needs_driver = fold(&row.needs_driver);
    let thousandths = thousandths(&row.capacity).unwrap_or_else(|| {
        tell(Wrong::new("CAPACITY_INVALID", "capacity"));
        0
    });
    unit.equipment_lines.push(pb::PlanLine {
        no: told(&row.no, ("NUMBER_INVALID", "no"), tell).unwrap_or(0),
        type_code: row.kind.trim().to_owned(),
        near: list(&row.near),
        capacity_thousandths: thousandths,
        capacity_unit: row.capacity_unit.trim().to_owned(),
        count: count(row, tell),
        needs_driver: matches!(needs_driver.as_str(), "x" | "co" | "yes" | "true" | "1"),
    });
}

fn add_quota(unit: &mut pb::ReserveUnit, row: &PlanRow, tell: &mut Tell<'_>) {
    let people = told(&row.quota_people, ("QUOTA_NO_NUMBER", "quota_people"), tell);
    let equipment = told(&row.quota_equipment, ("QUOTA_NO_NUMBER", "quota_equipment"), tell);
    unit.quotas.push(pb::PlanQuota {
        unit_code: row.quota_unit.trim().to_owned(),
        people: people.unwrap_or(0),
        equipment: equipment.unwrap_or(0),
    });
}

/// A capacity with at most three decimals, comma or point.
fn thousandths(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if decimals.len() > 3 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
    whole.checked_mul(1_000).and_then(|whole| whole.checked_add(decimals))
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
