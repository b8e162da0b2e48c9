//! Repairs that need more than one cell, or words that only lists use.
//!
//! Invariants: what could be wrong is either borne out by another field or not made; each repair that
//! changes what a text says is warned of.

use crate::domain::registry::{
    Birth, CitizenId, EquipmentInput, Lists, ReservistInput, Sex, Warning,
};
use crate::domain::text::fold;

/// Phones whose prefix was renewed in 2018: the eleven digits' beginning, and what it became.
const RENEWED: [(&str, &str); 20] = [
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0126", "076"),
    ("0128", "078"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0127", "081"),
    ("0129", "082"),
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0186", "056"),
    ("0188", "058"),
];

/// Repairs of a person's row.
pub(super) fn person(input: &mut ReservistInput, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    citizen_number(input, repairs);
    birth(input, lists, repairs);
    phones(&mut input.phones, repairs);
    capital_initials(&mut input.full_name, repairs);
}

/// Repairs of a row of equipment.
pub(super) fn equipment(input: &mut EquipmentInput, repairs: &mut Vec<Warning>) {
    phones(&mut input.owner_phones, repairs);
    for day in [
        &mut input.status_from,
        &mut input.status_to,
        &mut input.registered_on,
        &mut input.last_recheck_on,
    ] {
        date(day);
    }
}

fn fits(id: &str, input: &ReservistInput) -> bool {
    CitizenId::parse(id)
        .zip(Sex::parse(&input.sex).zip(Birth::parse(&input.birth)))
        .is_some_and(|(id, (sex, birth))| id.fits(sex, birth.year()))
}

/// A text file that once went through a spreadsheet lacks the zeros too, and no cell type tells; and a
/// letter O looks like the digit. They are put back only where the sex and the year of birth bear the
/// result out.
fn citizen_number(input: &mut ReservistInput, repairs: &mut Vec<Warning>) {
    let is_filler = |c: char| c.is_whitespace() || matches!(c, '.' | '-' | '\'' | '’' | '`');
    let text: String = input.citizen_id.chars().filter(|c| !is_filler(*c)).collect();
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    if is_number && matches!(text.len(), 10 | 11) {
        let restored = format!("{text:0>12}");
        if fits(&restored, input) {
            input.citizen_id = restored;
            repairs.push(Warning::CitizenIdZeroRestored);
        }
        return;
    }
    if is_number && text.len() == 12 {
        input.citizen_id = text;
        return;
    }
    let read: String = text
        .chars()
        .map(|c| match c {
            'O' | 'o' | 'Ο' | 'О' => '0',
            'l' | 'I' | '|' => '1',
            other => other,
        })
        .collect();
    if read != text && fits(&read, input) {
        input.citizen_id = read;
        repairs.push(Warning::CitizenIdLetterRead);
    }
}

/// Dates as people write them; a year of two digits is completed only where the citizen number says
/// the century.
fn birth(input: &mut ReservistInput, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    if let Some(plain) = plain_date(&input.birth) {
        input.birth = plain;
    }
    if Birth::parse(&input.birth).is_some() {
        return;
    }
    let Some((before, short)) = input.birth.rsplit_once(['/', '-', '.']) else { return };
    let Some(year) = short.parse::<u8>().ok().filter(|_| short.len() == 2) else { return };
    let is_day_first = before.split(['/', '-', '.']).all(|part| matches!(part.len(), 1 | 2));
    if !is_day_first {
        return;
    }
    let (before, citizen_id) = (before.to_owned(), input.citizen_id.clone());
    for century in [1900_u16, 2000] {
        let full = format!("{before}/{}", century + u16::from(year)).replace(['-', '.'], "/");
        let tried = ReservistInput { birth: full, ..input.clone() };
        let day = Birth::parse(&tried.birth).filter(|birth| birth.date() <= lists.as_of);
        if day.is_some() && fits(&citizen_id, &tried) {
            input.birth = tried.birth;
            repairs.push(Warning::BirthCenturyCompleted);
            return;
        }
    }
}

/// A day in the form that the checks know.
pub(super) fn date(text: &mut String) {
    if let Some(plain) = plain_date(text) {
        *text = plain;
    }
}

/// `ngày 15 tháng 6 năm 1990`, `15 / 6 / 1990`, `00/00/1990`, `1990-06-15 00:00:00` in the form that
/// the checks know; none where nothing needs to be done.
fn plain_date(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\'');
    let folded = fold(text);
    let mut parts: Vec<&str> = Vec::new();
    let mut words = false;
    if let Some((day, time)) = folded.split_once([' ', 't'])
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.contains(':')
    {
        return Some(day.to_owned());
    }
    for part in
        folded.split(|c: char| c.is_whitespace() || matches!(c, '/' | '-' | '.' | ',' | '\\'))
    {
        match part {
            "" => {}
            "ngay" | "thang" | "nam" | "sinh" => words = true,
            other => parts.push(other),
        }
    }
    let unknown = |part: &str| part.chars().all(|c| matches!(c, '0' | '?' | 'x' | '_' | '…'));
    let is_year = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
    match parts[..] {
        [day, month, year] if is_year(year) && unknown(day) && unknown(month) => {
            Some(year.to_owned())
        }
        [day, month, year] if is_year(year) && unknown(day) => Some(format!("{month}/{year}")),
        [day, year] if is_year(year) && unknown(day) => Some(year.to_owned()),
        [year] if is_year(year) && text != year => Some(year.to_owned()),
        [day, month, year] if is_year(year) && (words || text.contains([' ', '\\'])) => {
            Some(format!("{day}/{month}/{year}"))
        }
        [month, year] if is_year(year) && (words || text.contains(' ')) => {
            Some(format!("{month}/{year}"))
        }
        _ => None,
    }
}

/// Several numbers in one cell, as they are parted by hand; and the prefixes of before 2018.
pub(super) fn phones(text: &mut String, repairs: &mut Vec<Warning>) {
    if text.is_empty() {
        return;
    }
    let parted = text.replace(['\n', '\r', '|', '\\'], ";").replace(" - ", ";");
    let parted = parted.replace(" hoặc ", ";").replace(" và ", ";").replace('\'', "");
    let mut renewed = false;
    let parts = parted.split([',', ';', '/']).map(|part| {
        let bare: String = part.chars().filter(char::is_ascii_digit).collect();
        let old = RENEWED.iter().find(|(old, _)| bare.len() == 11 && bare.starts_with(old));
        old.map_or_else(
            || part.trim().to_owned(),
            |(old, new)| {
                renewed = true;
                format!("{new}{}", &bare[old.len()..])
            },
        )
    });
    let joined = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(";");
    if renewed {
        repairs.push(Warning::PhonePrefixRenewed);
    }
    *text = joined;
}

/// Fonts that show small letters as capitals leave names without any: each word gets one.
fn capital_initials(name: &mut String, repairs: &[Warning]) {
    if !repairs.contains(&Warning::LegacyEncoding) || name.chars().any(char::is_uppercase) {
        return;
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        first + letters.as_str()
    };
    *name = name.split_whitespace().map(capital).collect::<Vec<_>>().join(" ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_understood_as_people_write_them_and_never_guessed() {
        for (text, plain) in [
            ("ngày 15 tháng 6 năm 1990", "15/6/1990"),
            ("Tháng 6 năm 1990", "6/1990"),
            ("15 / 06 / 1990", "15/06/1990"),
            ("1990-06-15 00:00:00", "1990-06-15"),
            ("1990-06-15T00:00:00", "1990-06-15"),
            ("00/00/1990", "1990"),
            ("00/6/1990", "6/1990"),
            ("--/--/1990", "1990"),
            ("../../1990", "1990"),
            ("Năm 1990", "1990"),
        ] {
            assert_eq!(plain_date(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["15/06/1990", "1990", "06/15/1990", "31/02/1990", "15/06/90", "", "abc"] {
            assert_eq!(plain_date(text), None, "{text}");
        }
    }

    #[test]
    fn phones_are_parted_and_old_prefixes_renewed_with_a_warning() {
        let read = |text: &str| {
            let (mut text, mut repairs) = (text.to_owned(), Vec::new());
            phones(&mut text, &mut repairs);
            (text, repairs)
        };
        assert_eq!(read("0912 345 678 - 0987654321").0, "0912 345 678;0987654321");
        assert_eq!(read("0912345678\n0987654321").0, "0912345678;0987654321");
        assert_eq!(read("0169.2345678"), ("0392345678".into(), vec![Warning::PhonePrefixRenewed]));
        assert_eq!(read("+84 912 345 678"), ("+84 912 345 678".into(), vec![]));
    }
}
