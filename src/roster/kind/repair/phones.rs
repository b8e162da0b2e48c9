//! Phones as people write them: several in a cell, words beside them, numbers of before 2018.
//!
//! Invariant: what is no number is left out of a list with a warning, and never makes a row lose the
//! rest; where one record is changed by hand it stays, for the check to refuse.

use crate::domain::registry::{Phone, Warning};
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

/// Several numbers in one cell, as they are parted by hand; words beside a number; and the prefixes of
/// before 2018.
pub(in crate::roster::kind) fn phones(text: &mut String, repairs: &mut Vec<Warning>) {
    const NONE: [&str; 9] =
        ["-", "--", "khong", "khong co", "ko", "ko co", "chua co", "khong co sdt", "0"];
    if text.is_empty() {
        return;
    }
    if NONE.contains(&fold(text).as_str()) {
        text.clear();
        return;
    }
    let parted = text.replace(['\n', '\r', '|', '\\'], ";").replace(" - ", ";");
    let parted = parted.replace(" hoặc ", ";").replace(" và ", ";").replace('\'', "");
    let (mut renewed, mut dropped) = (false, false);
    let parts = parted.split([',', ';', '/']).map(|part| {
        let plain = without_remark(part);
        dropped |= plain.is_some();
        let part = plain.as_deref().unwrap_or(part);
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
    if dropped {
        repairs.push(Warning::PhoneRemarkDropped);
    }
    *text = joined;
}

/// A number without the words in brackets that say whose it is.
fn without_remark(part: &str) -> Option<String> {
    let (before, rest) = part.split_once('(')?;
    let (remark, after) = rest.split_once(')').unwrap_or((rest, ""));
    let is_remark = remark.chars().any(char::is_alphabetic);
    let has_number = before.bytes().chain(after.bytes()).filter(u8::is_ascii_digit).count() >= 9;
    (is_remark && has_number).then(|| format!("{before}{after}"))
}

/// Leaves out of a cell what is no number, with a warning; answers whether nothing else was in it.
pub(in crate::roster) fn without_strays(text: &mut String, repairs: &mut Vec<Warning>) -> bool {
    phones(text, repairs);
    let parts = text.split([',', ';', '/']).map(str::trim).filter(|part| !part.is_empty());
    let (numbers, strays): (Vec<&str>, Vec<&str>) =
        parts.partition(|part| Phone::parse(part).is_some());
    for stray in &strays {
        let is_number = stray.bytes().any(|byte| byte.is_ascii_digit());
        repairs.push(if is_number { Warning::PhoneInvalid } else { Warning::PhoneRemarkDropped });
    }
    let is_empty = numbers.is_empty() && !strays.is_empty();
    if !strays.is_empty() {
        *text = numbers.join(";");
    }
    is_empty
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(
            read("0912345678 (vợ)"),
            ("0912345678".into(), vec![Warning::PhoneRemarkDropped])
        );
        assert_eq!(read("(0912) 345-678"), ("(0912) 345-678".into(), vec![]));
        for none in ["-", "không có", "Không", "chưa có"] {
            assert_eq!(read(none), (String::new(), vec![]), "{none}");
        }
        assert_eq!(read("abc").0, "abc", "what is no number is for the check to refuse");
    }

    #[test]
    fn what_is_no_phone_is_left_out_with_a_warning_and_the_numbers_stay() {
        let read = |text: &str| {
            let (mut text, mut repairs) = (text.to_owned(), Vec::new());
            let is_empty = without_strays(&mut text, &mut repairs);
            (text, repairs, is_empty)
        };
        let (invalid, dropped) = (Warning::PhoneInvalid, Warning::PhoneRemarkDropped);
        assert_eq!(read("abc"), (String::new(), vec![dropped], true));
        assert_eq!(read("091234567"), (String::new(), vec![invalid], true));
        let kept = "0912345678;0987654321".to_owned();
        assert_eq!(
            read("0912345678, hỏi vợ, 0987654321; 12"),
            (kept, vec![dropped, invalid], false)
        );
        assert_eq!(read("0912345678"), ("0912345678".into(), vec![], false));
        assert_eq!(read("không có"), (String::new(), vec![], false), "there is none: that is said");
    }
}
