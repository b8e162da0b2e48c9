//! Equipment as people write it: everyday names of types, capacities with their unit in one cell.

use super::goods::without_thousands;
use super::{date, phones};
use crate::domain::registry::{EquipmentInput, Lists, Warning};
use crate::domain::text::fold;

/// Everyday names of types, folded, and the name that the shipped list has for them, with the unit in
/// which its capacity is counted and the most that is believed of it.
const TYPES: [(&str, &str, u32, &[&str]); 6] = [
    (
        "Xe ô tô tải",
        "tấn",
        60,
        &["xe tai", "o to tai", "oto tai", "xe oto tai", "xe tai thung", "xe tai ben", "truck"],
    ),
    (
        "Xe ô tô khách",
        "chỗ",
        80,
        &["xe ca", "xe khach", "o to khach", "oto khach", "xe oto khach", "xe o to ca", "bus"],
    ),
    ("Xe cứu thương", "chỗ", 20, &["xe cap cuu", "o to cuu thuong", "xe o to cuu thuong"]),
    (
        "Xuồng máy",
        "chỗ",
        100,
        &["thuyen may", "thuyen gan may", "xuong", "xuong gan may", "ghe may", "motorboat"],
    ),
    ("Máy xúc", "m3", 10, &["may dao", "may xuc dao", "may xuc lat", "excavator"]),
    ("Máy phát điện", "kVA", 5_000, &["may phat", "may no phat dien", "generator"]),
];
/// Units, folded, longest first where one begins another.
const UNITS: [&str; 11] =
    ["cho ngoi", "tan", "cho", "kva", "kw", "m3", "m³", "lit", "kg", "t", "l"];

/// Repairs of a row of equipment.
pub(in crate::roster::kind) fn equipment(
    input: &mut EquipmentInput,
    lists: &Lists<'_>,
    repairs: &mut Vec<Warning>,
) {
    phones(&mut input.owner_phones, repairs);
    for day in [
        &mut input.status_from,
        &mut input.status_to,
        &mut input.registered_on,
        &mut input.last_recheck_on,
    ] {
        date(day);
    }
    let known = |text: &str| lists.equipment_types.find(text.trim()).is_some();
    if !known(&input.kind) {
        // "Xe ca 29 chỗ" says its capacity too.
        let words = input.kind.trim().to_owned();
        let at = words.find(|c: char| c.is_ascii_digit());
        let amount = at.and_then(|at| parted(&words[at..]).map(|amount| (at, amount)));
        let name = amount.as_ref().map_or(words.as_str(), |(at, _)| words[..*at].trim());
        let everyday = TYPES.iter().find(|(.., names)| names.contains(&fold(name).as_str()));
        let name = everyday.map_or(name, |(name, ..)| name);
        if known(name) {
            name.clone_into(&mut input.kind);
            let is_free = input.capacity_value.trim().is_empty();
            if let Some((_, (value, unit))) = amount.filter(|_| is_free) {
                (input.capacity_value, input.capacity_unit) = (value, unit);
            }
        }
    }
    capacity(input, lists, repairs);
}

/// `5 tấn` in one cell; kilograms; a number alone, whose unit the type tells.
fn capacity(input: &mut EquipmentInput, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    if let Some((value, unit)) = parted(&input.capacity_value) {
        let said = fold(&input.capacity_unit);
        // Two units that differ are for the check to refuse.
        if said.is_empty() || said == fold(&unit) {
            (input.capacity_value, input.capacity_unit) = (value, unit);
        }
    }
    let value = input.capacity_value.trim().to_owned();
    if value.is_empty() {
        return;
    }
    match fold(&input.capacity_unit).as_str() {
        "kg" => {
            let plain = without_thousands(&value).unwrap_or(value);
            if let Some(tonnes) = plain.parse().ok().and_then(tonnes) {
                (input.capacity_value, input.capacity_unit) = (tonnes, "tấn".to_owned());
                repairs.push(Warning::CapacityUnitRead);
            }
        }
        "" => {
            let kind = lists.equipment_types.find(input.kind.trim());
            let row = TYPES.iter().find(|(name, ..)| kind.is_some_and(|kind| kind.name == *name));
            let whole = value.split([',', '.']).next().and_then(|whole| whole.parse::<u32>().ok());
            if let Some((_, unit, most, _)) = row
                && whole.is_some_and(|whole| whole <= *most)
            {
                (*unit).clone_into(&mut input.capacity_unit);
                repairs.push(Warning::CapacityUnitRead);
            }
        }
        _ => {}
    }
}

/// A number and the unit behind it, if that is all there is.
fn parted(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | ' '))?;
    let (value, unit) = (text[..end].trim(), text[end..].trim());
    let known = UNITS.contains(&fold(unit).as_str());
    (known && !value.is_empty()).then(|| (value.to_owned(), unit.to_owned()))
}

/// Kilograms as tonnes, to the kilogram.
fn tonnes(kilograms: u32) -> Option<String> {
    let (whole, rest) = (kilograms / 1_000, kilograms % 1_000);
    (kilograms > 0).then(|| format!("{whole}.{rest:03}"))
}
