//! What somebody may have meant: of known codes and names, those that are spelled most alike.
//!
//! Called where a code or name that was asked for is none, to say in the refusal what there is. Pure, for
//! lists of some thousands.

use super::text::fold;

/// Most that are named.
const NAMED_MAX: usize = 3;
/// Letters that may differ: beyond it a code is another one, not a slip.
const SLIPS_MAX: usize = 2;

/// The known texts that are most alike, the nearest first and at most three: marks and case aside, those
/// that begin so or differ in one or two letters.
pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let asked: Vec<char> = fold(text).chars().take(100).collect();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for one in known {
        let own: Vec<char> = fold(one).chars().take(100).collect();
        let begins = asked.len() > 1 && own.starts_with(&asked);
        let slips = if begins { 1 } else { distance(&asked, &own) };
        // Of a word of two letters, two that differ are all of it.
        if slips <= SLIPS_MAX.min(asked.len().div_ceil(2)) {
            found.push((slips, one));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(NAMED_MAX).map(|(_slips, one)| one).collect()
}

/// The end of a refusal that names what is most alike; where nothing is, where to look.
pub fn meant<'a>(text: &str, known: impl Iterator<Item = &'a str>, look: &str) -> String {
    match nearest(text, known)[..] {
        [] => look.to_owned(),
        [one] => format!("did you mean {one}? {look}"),
        [ref others @ .., last] => format!("did you mean {} or {last}? {look}", others.join(", ")),
    }
}

/// How many letters are put in, left out or changed from one to the other.
fn distance(one: &[char], other: &[char]) -> usize {
    if one.len().abs_diff(other.len()) > SLIPS_MAX {
        return SLIPS_MAX + 1;
    }
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut row = vec![at + 1];
        for (place, own) in other.iter().enumerate() {
            let changed = before[place] + usize::from(letter != own);
            row.push(changed.min(before[place + 1] + 1).min(row[place] + 1));
        }
        before = row;
    }
    before[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_most_alike_is_named_and_nothing_else() {
        let known = ["CN01", "CN02", "CN10", "DB-C1", "Bộ binh", "Pháo binh"];
        let near = |text| nearest(text, known.into_iter());
        assert_eq!(near("CN1"), ["CN01", "CN10", "CN02"]);
        assert_eq!(near("bo bihn"), ["Bộ binh"]);
        assert_eq!(near("DB"), ["DB-C1"]);
        assert_eq!(near("pháo"), ["Pháo binh"]);
        assert!(near("XX").is_empty() && near("").is_empty() && near("ZZ99").is_empty());
        assert_eq!(
            meant("DB-C2", known.into_iter(), "see the list"),
            "did you mean DB-C1? see the list"
        );
        assert_eq!(meant("XX", known.into_iter(), "see the list"), "see the list");
    }
}
