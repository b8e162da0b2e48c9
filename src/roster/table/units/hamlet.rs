//! Hamlets that stand in headings and in the names of sheets: "I | BẢN NÀ PEN".
//!
//! Called by the table reader and by whoever writes refused rows. Invariant: words count with their
//! marks, for `Ban CHQS` is a command and `Bản Nà Pen` a hamlet.

use crate::domain::text::clean;
use crate::roster::file::Cell;

/// Words that a hamlet's name begins with.
const WORDS: [&str; 7] = ["bản ", "thôn ", "xóm ", "tổ dân phố ", "tdp ", "khu phố ", "khối "];
/// Words that begin one where a number follows.
const NUMBERED: [&str; 4] = ["tổ ", "khu ", "đội ", "phố "];
/// Papers, and no hamlets: "Bản kê khai".
const PAPERS: [&str; 9] = [
    "bản kê",
    "bản danh",
    "bản tổng",
    "bản cam",
    "bản sao",
    "bản khai",
    "bản ghi",
    "bản tin",
    "bản tự",
];
/// Most words of a heading that is a hamlet's name, those for its kind with them.
const WORDS_MAX: usize = 7;
/// Longest running number of a heading: `XVIII.`
const NUMBER_LEN_MAX: usize = 6;

/// Whether the part of an address is that of the hamlet.
pub(super) fn is_hamlet(part: &str) -> bool {
    let text = clean(part).to_lowercase();
    WORDS.iter().chain(&NUMBERED).any(|word| text.starts_with(word)) && !is_paper(&text)
}

fn is_paper(text: &str) -> bool {
    PAPERS.iter().any(|paper| text.starts_with(paper))
}

/// The hamlet that a sheet, or the text of a heading, is named for; perhaps with a number before and a
/// count behind it.
pub(in crate::roster::table) fn of_hamlet(text: &str) -> Option<String> {
    let text = clean(text.split(['(', ':', '[']).next()?);
    let bare = match text.split_once([' ', '.', '-', ')']) {
        Some((number, rest)) if is_number(number) => {
            rest.trim_start_matches(|c: char| !c.is_alphanumeric())
        }
        _ => &text,
    };
    let lower = bare.to_lowercase();
    let begins = |word: &str| lower.strip_prefix(word).is_some_and(|rest| !rest.is_empty());
    let numbers = |word: &str| {
        let rest = lower.strip_prefix(word);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_one = WORDS.iter().any(|word| begins(word)) || NUMBERED.iter().any(|word| numbers(word));
    let fits = is_one && !is_paper(&lower) && bare.split(' ').count() <= WORDS_MAX;
    fits.then(|| spelled(bare))
}

/// The hamlet that a row with one text is the heading of.
pub(in crate::roster) fn of_section(cells: &[Cell]) -> Option<String> {
    let texts = cells.iter().filter_map(Cell::as_text).map(str::trim);
    let mut names = texts.filter(|text| !text.is_empty() && !is_number(text.trim_end_matches('.')));
    let name = names.next()?;
    if names.next().is_some() { None } else { of_hamlet(name) }
}

/// `I`, `12`, `A`: what a heading is numbered by.
fn is_number(text: &str) -> bool {
    let is_mark = |b: u8| b.is_ascii_digit() || b"IVXABCDE".contains(&b);
    !text.is_empty() && text.len() <= NUMBER_LEN_MAX && text.bytes().all(is_mark)
}

/// A name in capitals as names are written.
fn spelled(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        return name.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        let first: String = letters.next().into_iter().collect();
        first + &letters.as_str().to_lowercase()
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hamlet_is_told_from_a_command_and_from_a_paper() {
        let of = |text: &str| of_hamlet(text);
        assert_eq!(of("BẢN NÀ PEN (15 người)").as_deref(), Some("Bản Nà Pen"));
        assert_eq!(of("II. Tổ dân phố 5").as_deref(), Some("Tổ dân phố 5"));
        assert_eq!(of("Tổ 12").as_deref(), Some("Tổ 12"));
        for none in
            ["BAN CHQS XÃ NA SON", "Bản kê khai", "Bản", "Tổ trưởng", "Khu vực 4", "Nà Pen", "V"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
