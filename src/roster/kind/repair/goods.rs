//! Numbers of enterprises: tax codes that lost a zero, and whole numbers with their thousands marked.

use crate::domain::registry::{TaxCode, Warning};
use crate::domain::text::fold;

/// Measures that are counted in whole pieces: behind them three digits are thousands, not decimals.
const PIECES: [&str; 20] = [
    "bo", "cai", "chiec", "vien", "suat", "doi", "hop", "thung", "bao", "con", "qua", "goi", "xe",
    "cay", "tam", "chai", "luot", "ca", "giuong", "san pham",
];

/// Ten digits of which a spreadsheet ate the first, if the check digit bears it out.
pub(in crate::roster::kind) fn tax_code(text: &mut String, repairs: &mut Vec<Warning>) {
    let bare: String = text.chars().filter(char::is_ascii_digit).collect();
    if bare.len() != 9 || bare.len() != text.trim().len() {
        return;
    }
    let restored = format!("0{bare}");
    if TaxCode::parse(&restored).is_some_and(|code| code.is_consistent()) {
        *text = restored;
        repairs.push(Warning::TaxCodeZeroRestored);
    }
}

/// `10.000 bộ` in one cell, where no other has the measure.
pub(in crate::roster::kind) fn measure(text: &mut String, measure: &mut String) {
    if !measure.trim().is_empty() {
        return;
    }
    let whole = text.trim().to_owned();
    let Some(end) = whole.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')) else {
        return;
    };
    let (amount, unit) = (&whole[..end], whole[end..].trim());
    if !amount.is_empty() && unit.chars().all(|c| c.is_alphanumeric() || c == ' ') {
        (*text, *measure) = (amount.to_owned(), unit.to_owned());
    }
}

/// `1.000,5`, `2.500,00` and `1.500` as they are written here: points part thousands, the comma
/// decimals. `1,500` could be either, and is thousands only of what is counted in pieces.
pub(in crate::roster::kind) fn amount(
    text: &mut String,
    measure: &str,
    repairs: &mut Vec<Warning>,
) {
    let is_in_pieces = PIECES.contains(&fold(measure).as_str());
    let is_clear = text.contains('.') || text.matches(',').count() > 1 || is_in_pieces;
    let plain = with_both_marks(text).or_else(|| without_thousands(text).filter(|_| is_clear));
    if let Some(plain) = plain {
        *text = plain;
        repairs.push(Warning::ThousandsRead);
    }
}

/// Whether an amount is none: `0`, `0,0`.
pub(super) fn is_nothing(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('0') && text.bytes().all(|byte| matches!(byte, b'0' | b'.' | b','))
}

/// An amount of nothing says that there is none.
pub(in crate::roster::kind) fn nothing(text: &mut String, repairs: &mut Vec<Warning>) {
    if is_nothing(text) {
        text.clear();
        repairs.push(Warning::CapacityZeroDropped);
    }
}

/// `1.000,5` or `1,000.5`: two marks, of which the last stands once and parts the decimals.
pub(super) fn with_both_marks(text: &str) -> Option<String> {
    let text = text.trim();
    let last = text.rfind(['.', ','])?;
    let (whole, decimals) = (&text[..last], &text[last + 1..]);
    let mark = &text[last..=last];
    let is_number = !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_number && !whole.contains(mark);
    let whole = without_thousands(whole).filter(|_| fits)?;
    Some(format!("{whole},{decimals}"))
}

/// `1.500` or `12,000,000` without its marks; none for any other number.
pub(super) fn without_thousands(text: &str) -> Option<String> {
    let text = text.trim();
    let mark = text.chars().find(|c| matches!(c, '.' | ','))?;
    let mut groups = text.split(mark);
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let head = groups.next().filter(|head| matches!(head.len(), 1..=3) && digits(head))?;
    let fits = !head.starts_with('0') && groups.all(|group| group.len() == 3 && digits(group));
    fits.then(|| text.replace(mark, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_read_as_they_are_written_here_and_never_guessed() {
        let read = |text: &str, measure: &str| {
            let (mut text, mut repairs) = (text.to_owned(), Vec::new());
            amount(&mut text, measure, &mut repairs);
            (text, repairs.len())
        };
        assert_eq!(read("10.000", "bộ"), ("10000".into(), 1));
        assert_eq!(read("1,500", "Viên"), ("1500".into(), 1));
        assert_eq!(read("10.000", "tấn"), ("10000".into(), 1));
        assert_eq!(read("1.000,5", "tấn"), ("1000,5".into(), 1));
        assert_eq!(read("2.500,00", "tấn"), ("2500,00".into(), 1));
        assert_eq!(read("1,000.5", "tấn"), ("1000,5".into(), 1));
        assert_eq!(read("1,500", "tấn"), ("1,500".into(), 0), "could be one and a half");
        assert_eq!(read("0.500", "tấn"), ("0.500".into(), 0));
        assert_eq!(read("12,50", "tấn"), ("12,50".into(), 0));
        assert_eq!(read("10.5", "bộ"), ("10.5".into(), 0));
        assert_eq!(read("1.50.000", "bộ"), ("1.50.000".into(), 0));
    }

    #[test]
    fn a_zero_is_put_back_only_where_the_check_digit_says_so() {
        let read = |text: &str| {
            let (mut text, mut repairs) = (text.to_owned(), Vec::new());
            tax_code(&mut text, &mut repairs);
            (text, repairs.len())
        };
        assert_eq!(read("100109106"), ("0100109106".into(), 1));
        assert_eq!(read("100109107"), ("100109107".into(), 0));
        assert_eq!(read("5600123456"), ("5600123456".into(), 0));
    }
}
