//! Days as people give them on the command line: as Vietnam writes them, or as machines do.
//!
//! Every option that takes a day goes by [`day`]; `tests/architecture.rs` holds it to that.

use jiff::civil::Date;

/// A day of an option: `2026-01-31` or `31/01/2026`.
pub(in crate::cli) fn day(text: &str) -> Result<Date, String> {
    let remedy = || format!("`{text}` is no day: give one as 31/01/2026 or 2026-01-31");
    let text = text.trim();
    if !text.contains('/') {
        // Of what jiff reads, no time and no zone: those are not asked for.
        let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        return is_plain.then(|| text.parse().ok()).flatten().ok_or_else(remedy);
    }
    let parts: Vec<&str> = text.split('/').collect();
    let [day, month, year] = parts[..] else { return Err(remedy()) };
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = (year.parse().ok().filter(|_year| is_year), month.parse().ok(), day.parse().ok());
    let (Some(year), Some(month), Some(day)) = parsed else { return Err(remedy()) };
    Date::new(year, month, day).map_err(|_no_such_day| remedy())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_taken_as_vietnam_writes_it_and_as_machines_do() {
        for text in ["30/06/2019", "2019-06-30", " 30/6/2019 "] {
            assert_eq!(day(text), Ok(date(2019, 6, 30)), "{text}");
        }
        for text in
            ["06/30/2019", "30/06/19", "30-06-2019", "2019", "31/02/2026", "2026-02-31", "", "nay"]
        {
            let told = day(text).expect_err(text);
            assert!(told.contains("31/01/2026 or 2026-01-31"), "{told}");
        }
    }
}
