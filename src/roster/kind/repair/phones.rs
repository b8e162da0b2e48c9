//! Phones as people write them: several in a cell, words beside them, numbers of before 2018.
//!
//! Invariant: what is no number is left out of a list with a warning, and never makes a row lose the
//! rest; words beside a number are handed back, for a list to keep them in the note; where one record is
//! changed by hand what is no number stays, for the check to refuse.

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
    let mut remarks = Vec::new();
    parted(text, repairs, &mut remarks);
    if !remarks.is_empty() {
        repairs.push(Warning::PhoneRemarkDropped);
    }
}

fn parted(text: &mut String, repairs: &mut Vec<Warning>, remarks: &mut Vec<String>) {
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
    let mut renewed = false;
    let parts = parted.split([',', ';', '/']).map(|part| {
        let plain = without_remark(part);
        remarks.extend(plain.as_ref().map(|(number, remark)| format!("{number}: {remark}")));
        let part = plain.as_ref().map_or(part, |(number, _remark)| number.as_str());
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

/// A number and the words that say whose it is: in brackets, or written before or behind it.
fn without_remark(part: &str) -> Option<(String, String)> {
    let Some((before, rest)) = part.split_once('(') else { return beside(part) };
    let (remark, after) = rest.split_once(')').unwrap_or((rest, ""));
    let is_remark = remark.chars().any(char::is_alphabetic);
    let has_number = before.bytes().chain(after.bytes()).filter(u8::is_ascii_digit).count() >= 9;
    let number = format!("{before}{after}").trim().to_owned();
    (is_remark && has_number).then(|| (number, remark.trim().to_owned()))
}

/// `0912345678 vợ`, `nhà 0912345678`: one number, and words that touch none of its digits.
fn beside(part: &str) -> Option<(String, String)> {
    let part = part.trim();
    let is_digit = |c: char| c.is_ascii_digit() || c == '+';
    let (first, last) = (part.find(is_digit)?, part.rfind(is_digit)? + 1);
    let (before, number, after) = (&part[..first], &part[first..last], &part[last..]);
    let is_apart = |words: &str, edge: Option<char>| {
        words.is_empty() || edge.is_some_and(|c| c.is_whitespace() || matches!(c, ':' | '-' | '.'))
    };
    let stands_apart =
        is_apart(before, before.chars().last()) && is_apart(after, after.chars().next());
    let remark = [before, after].map(|words| {
        words.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '.'))
    });
    let remark = remark.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
    let is_remark = remark.chars().filter(|c| c.is_alphabetic()).count() > 1;
    let is_found = stands_apart && is_remark && Phone::parse(number).is_some();
    is_found.then(|| (number.to_owned(), remark))
}

/// Leaves out of a cell what is no number, with a warning for what had digits; answers whether nothing
/// else was in it. Words are handed back, each with the number that they stood beside.
pub(in crate::roster) fn without_strays(
    text: &mut String,
    repairs: &mut Vec<Warning>,
    remarks: &mut Vec<String>,
) -> bool {
    parted(text, repairs, remarks);
    let parts = text.split([',', ';', '/']).map(str::trim).filter(|part| !part.is_empty());
    let (numbers, strays): (Vec<&str>, Vec<&str>) =
        parts.partition(|part| Phone::parse(part).is_some());
    for stray in &strays {
        if stray.bytes().any(|byte| byte.is_ascii_digit()) {
            repairs.push(Warning::PhoneInvalid);
        } else {
            remarks.push((*stray).to_owned());
        }
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
            let mut remarks = Vec::new();
            let is_empty = without_strays(&mut text, &mut repairs, &mut remarks);
            (text, repairs, is_empty, remarks.join("; "))
        };
        let invalid = || vec![Warning::PhoneInvalid];
        let none = String::new;
        assert_eq!(read("abc"), (none(), vec![], true, "abc".to_owned()));
        assert_eq!(read("091234567"), (none(), invalid(), true, none()));
        let kept = "0912345678;0987654321".to_owned();
        assert_eq!(
            read("0912345678, hỏi vợ, 0987654321; 12"),
            (kept, invalid(), false, "hỏi vợ".to_owned())
        );
        assert_eq!(read("0912345678"), ("0912345678".into(), vec![], false, none()));
        assert_eq!(
            read("không có"),
            (none(), vec![], false, none()),
            "there is none: that is said"
        );
    }

    #[test]
    fn words_beside_a_number_are_handed_back_with_it() {
        for (cell, number, remark) in [
            ("0912345678 (vợ)", "0912345678", "0912345678: vợ"),
            ("0912.345.678 vợ", "0912.345.678", "0912.345.678: vợ"),
            ("Nhà: 0912345678", "0912345678", "0912345678: Nhà"),
            ("0912 345 678 - anh trai", "0912 345 678", "anh trai"),
            ("O912345678", "", ""),
            ("0912345678x", "", ""),
        ] {
            let (mut text, mut repairs, mut remarks) = (cell.to_owned(), Vec::new(), Vec::new());
            without_strays(&mut text, &mut repairs, &mut remarks);
            assert_eq!((text.as_str(), remarks.join("; ").as_str()), (number, remark), "{cell}");
        }
    }
}
