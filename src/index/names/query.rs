//! What is asked of a name: beginnings of its words, or how it begins.
//!
//! Made by filters, answered by [`Names`](super::Names). It does not know how names are kept.

use std::fmt;

/// What is asked of a name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameQuery {
    /// Each begins a word of its own, in any order. Folded.
    pub(in crate::index) words: Vec<String>,
    /// Each is how the name begins: whole words, but for the last. Folded.
    pub(in crate::index) phrases: Vec<Vec<String>>,
    /// The name has no words but those of the phrase.
    pub(in crate::index) is_whole: bool,
}

impl fmt::Debug for NameQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameQuery({} words, {} phrases)", self.words.len(), self.phrases.len())
    }
}

impl NameQuery {
    /// Whether a name of these words, family first, is meant.
    pub(super) fn takes(&self, name: &[String]) -> bool {
        self.phrases.iter().all(|phrase| begins(name, phrase, self.is_whole))
            && each_begins_its_own(&self.words, name, &mut Vec::new())
    }

    /// Whether one asked word may stand for another's: only then two of them can begin one word.
    pub(super) fn overlaps(&self) -> bool {
        let one_begins = |(at, one): (usize, &String)| {
            let mut others = self.words.iter().enumerate().filter(|(other, _word)| *other != at);
            others.any(|(_at, other)| other.starts_with(one.as_str()))
        };
        self.words.iter().enumerate().any(one_begins)
    }
}

fn begins(name: &[String], phrase: &[String], is_whole: bool) -> bool {
    let Some((last, before)) = phrase.split_last() else { return true };
    let last_fits = name
        .get(before.len())
        .is_some_and(|word| if is_whole { word == last } else { word.starts_with(last.as_str()) });
    name.starts_with(before) && last_fits && (!is_whole || name.len() == phrase.len())
}

fn each_begins_its_own(asked: &[String], name: &[String], used: &mut Vec<usize>) -> bool {
    let Some((first, rest)) = asked.split_first() else { return true };
    name.iter().enumerate().any(|(at, word)| {
        if used.contains(&at) || !word.starts_with(first.as_str()) {
            return false;
        }
        used.push(at);
        let fits = each_begins_its_own(rest, name, used);
        used.pop();
        fits
    })
}
