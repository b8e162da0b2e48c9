//! Equipment as people write it: everyday names of types, capacities with their unit in one cell.

use super::goods::{is_nothing, with_both_marks, without_thousands};
use super::{date, phones};
use jiff::civil::Date;

use crate::domain::registry::{
    Birth, BirthPrecision, CapacityUnit, EquipmentInput, Lists, Warning,
};
use crate::domain::text::fold;

/// Everyday names of types, folded, and the name that the shipped list has for them, with the unit in
/// which its capacity is counted and the most that is believed of it.
const TYPES: [(&str, &str, u32, &[&str]); 14] = [
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
    ("Xe ô tô con", "chỗ", 9, &["oto con", "xe oto con", "car"]),
    ("Xe ô tô tải tự đổ", "tấn", 60, &["xe oto tai tu do", "dump truck"]),
    ("Xe ô tô đầu kéo", "tấn", 80, &["xe oto dau keo", "dau keo"]),
    ("Rơ moóc", "tấn", 80, &["ro moc", "trailer"]),
    ("Sơ mi rơ moóc", "tấn", 80, &["so mi ro moc", "semi-trailer"]),
    ("Ca nô", "chỗ", 100, &["ca no may"]),
    ("Cần cẩu", "tấn", 500, &["may cau", "crane"]),
    ("Xe nâng hàng", "tấn", 50, &["may nang hang", "forklift"]),
];
/// Units, folded, longest first where one begins another.
const UNITS: [&str; 11] =
    ["cho ngoi", "tan", "cho", "kva", "kw", "m3", "m³", "lit", "kg", "t", "l"];

/// Repairs of a row of equipment.
pub(in crate::roster::kind) fn equipment(
    input: &mut EquipmentInput,
    capacities: &[(String, &'static str)],
    lists: &Lists<'_>,
    repairs: &mut Vec<Warning>,
) {
    let (none, given): (Vec<_>, Vec<_>) = capacities
        .iter()
        .filter(|(value, _)| !value.trim().is_empty())
        .partition(|(value, _)| is_nothing(value));
    repairs.extend(none.iter().map(|_nothing| Warning::CapacityZeroDropped));
    if let [(value, _)] = given[..] {
        value.clone_into(&mut input.capacity_value);
    }
    year(&mut input.year, repairs);
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
            let is_free = given.is_empty() && input.capacity_value.trim().is_empty();
            if let Some((_, (value, unit))) = amount.filter(|_| is_free) {
                (input.capacity_value, input.capacity_unit) = (value, unit);
            }
        }
    }
    let head = match given[..] {
        [] => "",
        [(_, unit)] => unit,
        _ => chosen(input, &given, lists, repairs),
    };
    capacity(input, head, lists, repairs);
}

/// The capacity in the unit that the type is counted in, of several that a row gives, and that unit. Of a
/// type that is counted in none of them all stay, for the check to refuse.
fn chosen(
    input: &mut EquipmentInput,
    given: &[&(String, &'static str)],
    lists: &Lists<'_>,
    repairs: &mut Vec<Warning>,
) -> &'static str {
    let kind = lists.equipment_types.find(input.kind.trim());
    let row = TYPES.iter().find(|(name, ..)| kind.is_some_and(|kind| kind.name == *name));
    let counted = row.map(|(_, unit, ..)| fold(unit));
    let own = given.iter().find(|(_, unit)| counted.as_deref() == Some(*unit));
    match own {
        Some((value, unit)) => {
            value.clone_into(&mut input.capacity_value);
            repairs.push(Warning::CapacityUnitRead);
            unit
        }
        None => {
            let all: Vec<&str> = given.iter().map(|(value, _)| value.as_str()).collect();
            input.capacity_value = all.join(" + ");
            ""
        }
    }
}

/// `5 tấn` in one cell; kilograms; a number alone, whose unit the type tells.
fn capacity(input: &mut EquipmentInput, head: &str, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    if let Some((value, unit)) = parted(&input.capacity_value) {
        let said = fold(&input.capacity_unit);
        // Two units that differ are for the check to refuse.
        if said.is_empty() || said == fold(&unit) {
            (input.capacity_value, input.capacity_unit) = (value, unit);
        }
    }
    if let Some(plain) = with_both_marks(&input.capacity_value) {
        input.capacity_value = plain;
        repairs.push(Warning::ThousandsRead);
    }
    let value = input.capacity_value.trim().to_owned();
    if value.is_empty() {
        return;
    }
    let kind = lists.equipment_types.find(input.kind.trim());
    let row = TYPES.iter().find(|(name, ..)| kind.is_some_and(|kind| kind.name == *name));
    if input.capacity_unit.trim().is_empty() && !head.is_empty() {
        head.clone_into(&mut input.capacity_unit);
        let is_same = |unit: &str| fold(unit) == head || head == "kg" && fold(unit) == "tan";
        if row.is_some_and(|(_, unit, ..)| !is_same(unit)) {
            repairs.push(Warning::CapacityUnitUnusual);
        }
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
    if row.is_some_and(|(_, unit, most, _)| is_over(input, unit, *most)) {
        repairs.push(Warning::CapacityUnusual);
    }
}

/// Whether a capacity, in the unit that its type is counted in, is more than is believed of it.
fn is_over(input: &EquipmentInput, unit: &str, most: u32) -> bool {
    let is_counted_so = CapacityUnit::parse(&input.capacity_unit) == CapacityUnit::parse(unit);
    let value = input.capacity_value.trim();
    let whole = value.split([',', '.']).next().and_then(|whole| whole.parse::<u32>().ok());
    is_counted_so && whole.is_some_and(|whole| whole > most)
}

/// The unit that a header names: `Tải trọng (tấn)`, `Số chỗ`; folded. Where it names several things, none.
pub(in crate::roster::kind) fn unit_of_header(header: &str) -> Option<&'static str> {
    const HEADS: [&str; 10] = [
        "dung tich gau",
        "dung tich",
        "luong tai",
        "tai trong",
        "trong tai",
        "suc cho",
        "suc chua",
        "cong suat",
        "capacity",
        "so",
    ];
    let folded = fold(header);
    let unit = |text: &str| UNITS.iter().copied().find(|unit| *unit == text.trim());
    let in_brackets = folded.strip_suffix(')').and_then(|head| head.rsplit_once('('));
    let found = match in_brackets {
        Some((head, inside)) => unit(inside).filter(|_| !head.contains('/')),
        None => HEADS.iter().find_map(|head| unit(folded.strip_prefix(head)?)),
    };
    found.map(|unit| match unit {
        "cho ngoi" => "cho",
        "m³" => "m3",
        "t" => "tan",
        "l" => "lit",
        other => other,
    })
}

/// The year of a cell that holds a day: of that day, or, where somebody gave a bare year the form of a
/// date, the year that the spreadsheet counts days by.
fn year(text: &mut String, repairs: &mut Vec<Warning>) {
    let Some(day) = Birth::parse(text).filter(|day| day.precision() == BirthPrecision::Day) else {
        return;
    };
    let counted = (day.date() - Date::constant(1899, 12, 30)).get_days();
    let year = if day.year() < 1950 { counted } else { day.year().into() };
    *text = year.to_string();
    repairs.push(Warning::YearFromDate);
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
