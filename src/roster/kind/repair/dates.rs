//! Dates as people write them, in the form that the checks know.

use crate::domain::text::fold;

/// `ngày 15 tháng 6 năm 1990`, `15 / 6 / 1990`, `00/00/1990`, `1990-06-15 00:00:00` in the form that
/// the checks know; none where nothing needs to be done.
pub(super) fn plain_date(text: &str) -> Option<String> {
    let guarded = text.trim();
    let text = guarded.trim_start_matches('\'');
    let folded = fold(text);
    if let Some(plain) = in_words(&folded) {
        return Some(plain);
    }
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
        _ => (guarded.len() > text.len()).then(|| text.to_owned()),
    }
}

/// A date with the month in letters: `15 Jun 1990`, `June 15, 1990`, `15-Jun-1990`, `15/VI/1990`.
fn in_words(folded: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const ROMAN: [&str; 12] =
        ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    let is_break = |c: char| c.is_whitespace() || matches!(c, '/' | '-' | '.' | ',');
    let parts: Vec<&str> = folded.split(is_break).filter(|part| !part.is_empty()).collect();
    let is_whole = |part: &str, short: &str| {
        part.starts_with(short) && part.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let english = |part: &str| MONTHS.iter().position(|short| is_whole(part, short));
    let roman = |part: &str| ROMAN.iter().position(|numeral| *numeral == part);
    let is_year = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
    let is_day = |part: &str| matches!(part.parse::<u8>(), Ok(1..=31));
    let [one, two, year] = parts[..] else {
        let [month, year] = parts[..] else { return None };
        let month = english(month).filter(|_| is_year(year))?;
        return Some(format!("{}/{year}", month + 1));
    };
    if !is_year(year) {
        return None;
    }
    let (day, month) = match (english(two).or_else(|| roman(two)), english(one)) {
        (Some(month), None) if is_day(one) => (one, month),
        (None, Some(month)) if is_day(two) => (two, month),
        _ => return None,
    };
    Some(format!("{day}/{}/{year}", month + 1))
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
            ("15 Jun 1990", "15/6/1990"),
            ("15-Jun-1990", "15/6/1990"),
            ("June 15, 1990", "15/6/1990"),
            ("Jun 1990", "6/1990"),
            ("15/VI/1990", "15/6/1990"),
            ("'15/06/1990", "15/06/1990"),
        ] {
            assert_eq!(plain_date(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["15/06/1990", "1990", "06/15/1990", "31/02/1990", "15/06/90", "", "abc"] {
            assert_eq!(plain_date(text), None, "{text}");
        }
    }
}
