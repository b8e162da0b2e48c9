//! What is asked of a name: beginnings of its words, or how it begins.
//!
//! Made by filters, answered by [`Names`](super::Names). A word without marks means all that are
//! spelled so; one that is typed with marks means those letters, whichever of them the tone stands on.
//! It does not know how names are kept.

use std::fmt;

use super::spoken::{Word, folded_of, words_in};

/// A word that is asked for. Personal: never printed.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::index) struct Asked {
    /// Without marks.
    pub(super) folded: String,
    /// As typed, if it was typed with any mark.
    marked: Option<Word>,
}

impl Asked {
    /// The words of a text.
    pub(in crate::index) fn all(text: &str) -> Vec<Self> {
        let asked = |word: Word| {
            let folded = word.folded();
            Self { folded, marked: Some(word).filter(Word::is_marked) }
        };
        words_in(text).into_iter().map(asked).collect()
    }

    /// Whether an indexed word begins so.
    pub(super) fn begins(&self, indexed: &str) -> bool {
        folded_of(indexed).starts_with(&self.folded)
            && self.marked.as_ref().is_none_or(|word| word.begins(indexed))
    }

    fn is(&self, indexed: &str) -> bool {
        folded_of(indexed) == self.folded
            && self.marked.as_ref().is_none_or(|word| word.is(indexed))
    }
}

/// What is asked of a name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameQuery {
    /// Each begins a word of its own, in any order.
    pub(in crate::index) words: Vec<Asked>,
    /// Each is how the name begins: whole words, but for the last.
    pub(in crate::index) phrases: Vec<Vec<Asked>>,
    /// The name has no words but those of the phrase.
    pub(in crate::index) is_whole: bool,
}

impl fmt::Debug for NameQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameQuery({} words, {} phrases)", self.words.len(), self.phrases.len())
    }
}

impl NameQuery {
    /// Whether a name is meant: its indexed words, of which the first `count` are spoken, family first.
    pub(super) fn takes(&self, (name, count): &(Vec<String>, usize)) -> bool {
        self.phrases.iter().all(|phrase| begins(&name[..*count], phrase, self.is_whole))
            && each_begins_its_own(&self.words, name, &mut Vec::new())
    }

    /// Whether the sets of names that have its parts are not yet the answer: one asked word may stand
    /// for another's, so that two of them begin one word; or a phrase was typed with marks, without
    /// which beginnings are found.
    pub(super) fn is_to_be_looked_at(&self) -> bool {
        let one_begins = |(at, one): (usize, &Asked)| {
            let mut others = self.words.iter().enumerate().filter(|(other, _word)| *other != at);
            others.any(|(_at, other)| other.folded.starts_with(&one.folded))
        };
        self.words.iter().enumerate().any(one_begins)
            || self.phrases.iter().flatten().any(|word| word.marked.is_some())
    }
}

fn begins(name: &[String], phrase: &[Asked], is_whole: bool) -> bool {
    let Some((last, before)) = phrase.split_last() else { return true };
    let last_fits = name
        .get(before.len())
        .is_some_and(|word| if is_whole { last.is(word) } else { last.begins(word) });
    let are = before.iter().zip(name).all(|(asked, word)| asked.is(word));
    are && last_fits && (!is_whole || name.len() == phrase.len())
}

fn each_begins_its_own(asked: &[Asked], name: &[String], used: &mut Vec<usize>) -> bool {
    let Some((first, rest)) = asked.split_first() else { return true };
    name.iter().enumerate().any(|(at, word)| {
        if used.contains(&at) || !first.begins(word) {
            return false;
        }
        used.push(at);
        let fits = each_begins_its_own(rest, name, used);
        used.pop();
        fits
    })
}
