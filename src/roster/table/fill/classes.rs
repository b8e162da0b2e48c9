//! The class of reservists that a title, a heading inside a table or the name of a sheet tells.
//!
//! Called where no column is for it. Invariants: a title that names both classes names none; a medal's
//! class ("Huân chương hạng Nhất") is no reservist's.

use crate::domain::registry::ReserveClass;
use crate::domain::text::fold;
use crate::roster::file::Cell;

/// Words that say whose class follows in a title, folded.
const RESERVE: [&str; 5] = ["du bi", "qndb", "dbdv", "sqdb", "reserv"];
/// Most words of a heading that names a class and nothing else: "II. Quân nhân dự bị hạng hai".
const HEADING_WORDS_MAX: usize = 7;

/// The class of a table whose sheet and title say one.
pub(in crate::roster::table) fn of_over(sheet: &str, title: &[String]) -> Option<ReserveClass> {
    let of_reserve = |text: &&String| {
        let folded = fold(text);
        RESERVE.iter().any(|word| folded.contains(word))
    };
    let mut found: Vec<ReserveClass> =
        title.iter().filter(of_reserve).flat_map(|t| named(t)).collect();
    found.extend(of_heading(sheet));
    found.sort_unstable();
    found.dedup();
    if let [one] = found[..] { Some(one) } else { None }
}

/// The class that a row with one text is the heading of.
pub(in crate::roster::table) fn of_section(cells: &[Cell]) -> Option<ReserveClass> {
    let mut texts = cells.iter().filter_map(Cell::as_text).filter(|text| is_word(text));
    let text = texts.next()?;
    if texts.next().is_some() { None } else { of_heading(text) }
}

/// More than a running number.
fn is_word(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > 2
}

fn of_heading(text: &str) -> Option<ReserveClass> {
    let text = text.split(['(', ':', '[']).next()?;
    let is_short = text.split_whitespace().count() <= HEADING_WORDS_MAX;
    if let [one] = named(text)[..] { Some(one).filter(|_| is_short) } else { None }
}

/// Each class that a text names behind the word for it, once.
fn named(text: &str) -> Vec<ReserveClass> {
    let folded = fold(text);
    let parted: String =
        folded.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = parted.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| matches!(pair[0], "hang" | "class"));
    let mut found: Vec<ReserveClass> =
        pairs.filter_map(|pair| ReserveClass::parse(&format!("hang {}", pair[1]))).collect();
    found.sort_unstable();
    found.dedup();
    // "Hạng 1, 2" and "hạng 1 và hạng 2" are both.
    let is_both = words.windows(3).any(|three| {
        three[0] == "hang"
            && ReserveClass::parse(three[1]).is_some()
            && ReserveClass::parse(three[2]).is_some()
    });
    let has_and = words
        .windows(4)
        .any(|four| four[0] == "hang" && four[2] == "va" && ReserveClass::parse(four[3]).is_some());
    if is_both || has_and { Vec::new() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_told_by_what_stands_over_the_rows_if_it_is_one() {
        let over = |sheet: &str, title: &str| of_over(sheet, &[title.to_owned()]);
        let (one, two) = (Some(ReserveClass::One), Some(ReserveClass::Two));
        for (sheet, title, class) in [
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1", one),
            ("Sheet1", "Danh sách QNDB (hạng hai) xã Na Son", two),
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG I NĂM 2026", one),
            ("Hạng 2", "DANH SÁCH QUÂN NHÂN DỰ BỊ", two),
            ("Hạng 2", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1", None),
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1, HẠNG 2", None),
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1, 2", None),
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1 VÀ 2", None),
            ("Sheet1", "NGƯỜI ĐƯỢC TẶNG HUÂN CHƯƠNG HẠNG NHẤT", None),
            ("Sheet1", "DANH SÁCH QUÂN NHÂN DỰ BỊ", None),
        ] {
            assert_eq!(over(sheet, title), class, "{sheet}: {title}");
        }
        let row = |texts: [&str; 2]| texts.map(|text| Cell::Text(text.to_owned()));
        assert_eq!(of_section(&row(["II", "Dự bị hạng hai (12 người)"])), two);
        assert_eq!(of_section(&row(["Hạng 1", "Hạng 2"])), None);
    }
}
