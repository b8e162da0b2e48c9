//! Names: found by the beginnings of their words, and listed as Vietnamese lists are.
//!
//! In two levels: each different name is kept once, as its key of [`crate::domain::text::sort_key`],
//! with the rows that bear it; each different word of names leads to the names that have it. A name
//! carries a label, an integer in the order of names, so that sorting people costs no text. A new name
//! gets the label halfway between its neighbours'; where there is no room left, all are labelled anew.
//!
//! Invariants: labels are in the order of the keys; a name without rows is forgotten; while it loads
//! ([`Names::loading`]) there are no labels, [`Names::settle`] makes them all at once. Names are
//! personal: nothing here is ever printed.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Bound::{Included, Unbounded};

use hashbrown::{DefaultHashBuilder, HashTable};
use roaring::RoaringBitmap;
use unicode_normalization::char::is_combining_mark;

use crate::index::table::{Order, index};

/// Room between two labels when all are made anew.
const GAP: u64 = 1 << 32;

/// What is asked of a name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameQuery {
    /// Each begins a word of its own, in any order. Folded.
    pub(super) words: Vec<String>,
    /// Each is how the name begins: whole words, but for the last. Folded.
    pub(super) phrases: Vec<Vec<String>>,
    /// The name has no words but those of the phrase.
    pub(super) is_whole: bool,
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
    fn overlaps(&self) -> bool {
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

/// The folded words of a name, family first, out of its key.
pub(super) fn words_of(key: &str) -> Vec<String> {
    let letters = key.split('\u{0}').next().unwrap_or_default();
    let is_weight = |c: &char| ('\u{f0001}'..='\u{f0003}').contains(c);
    let plain = |word: &str| {
        word.chars().filter(|c| !is_weight(c) && !is_combining_mark(*c)).collect::<String>()
    };
    let mut words: Vec<String> = letters.split_terminator('\u{1}').map(plain).collect();
    if !words.is_empty() {
        words.rotate_left(1);
    }
    words
}

/// All different names of one table.
#[derive(Clone, Default)]
pub(super) struct Names {
    keys: Vec<Box<str>>,
    labels: Vec<u64>,
    rows: Vec<Vec<u32>>,
    free: Vec<u32>,
    by_key: HashTable<u32>,
    hasher: DefaultHashBuilder,
    words: BTreeMap<Box<str>, RoaringBitmap>,
    order: Order,
    /// The names by their folded words, family first: where beginnings are found.
    spoken: Order,
    is_loading: bool,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names({})", self.by_key.len())
    }
}

impl Names {
    /// Without order until it is settled: for many names at once.
    pub(super) fn loading() -> Self {
        Self { is_loading: true, ..Self::default() }
    }

    /// Orders all names.
    pub(super) fn settle(&mut self) {
        self.is_loading = false;
        let mut all: Vec<u32> = self.by_key.iter().copied().collect();
        all.sort_unstable_by(|one, other| self.keys[index(*one)].cmp(&self.keys[index(*other)]));
        self.order = Order::from_sorted(&all);
        self.relabel();
        let mut spoken: Vec<(String, u32)> =
            all.into_iter().map(|name| (self.spoken_as(name), name)).collect();
        spoken.sort_unstable();
        let spoken: Vec<u32> = spoken.into_iter().map(|(_words, name)| name).collect();
        self.spoken = Order::from_sorted(&spoken);
    }

    /// A name's folded words in one text, family first.
    fn spoken_as(&self, name: u32) -> String {
        words_of(&self.keys[index(name)]).join(" ")
    }

    fn find(&self, key: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.by_key.find(hash, |name| &*self.keys[index(*name)] == key).copied()
    }

    /// Gives a name to a row that has none; returns the name's number.
    pub(super) fn put(&mut self, key: &str, row: u32) -> u32 {
        let name = self.find(key).unwrap_or_else(|| self.add(key));
        self.rows[index(name)].push(row);
        name
    }

    fn add(&mut self, key: &str) -> u32 {
        let name = self.free.pop().unwrap_or_else(|| {
            self.keys.push(Box::default());
            self.labels.push(0);
            self.rows.push(Vec::new());
            u32::try_from(self.keys.len() - 1).expect("memory ends before 32 bits of names")
        });
        self.keys[index(name)] = key.into();
        let (keys, hasher) = (&self.keys, &self.hasher);
        let hash_of = |name: &u32| hasher.hash_one(&*keys[index(*name)]);
        self.by_key.insert_unique(hash_of(&name), name, hash_of);
        for word in words_of(key) {
            self.words.entry(word.into()).or_default().insert(name);
        }
        if !self.is_loading {
            let neighbours = self.order.insert(name, |one| *self.keys[index(one)] < *key);
            self.label(name, neighbours);
            let (own, mut spoken) = (self.spoken_as(name), std::mem::take(&mut self.spoken));
            spoken.insert(name, |one| (self.spoken_as(one), one) < (own.clone(), name));
            self.spoken = spoken;
        }
        name
    }

    fn label(&mut self, name: u32, (before, after): (Option<u32>, Option<u32>)) {
        let label_of = |name: u32| self.labels[index(name)];
        let low = before.map_or(0, label_of);
        let high = after.map_or_else(|| low.saturating_add(2 * GAP), label_of);
        let label = low + (high - low) / 2;
        if label == low || label == high {
            self.relabel();
        } else {
            self.labels[index(name)] = label;
        }
    }

    fn relabel(&mut self) {
        let labels = (1..).map(|place: u64| place * GAP);
        for (name, label) in self.order.iter().zip(labels) {
            self.labels[index(name)] = label;
        }
    }

    /// Takes a row's name away.
    pub(super) fn clear(&mut self, name: u32, row: u32) {
        let rows = &mut self.rows[index(name)];
        if let Some(at) = rows.iter().position(|one| *one == row) {
            rows.swap_remove(at);
        }
        if rows.is_empty() {
            self.forget(name);
        }
    }

    fn forget(&mut self, name: u32) {
        if !self.is_loading {
            let (own, mut spoken) = (self.spoken_as(name), std::mem::take(&mut self.spoken));
            spoken.remove(name, |one| (self.spoken_as(one), one) < (own.clone(), name));
            self.spoken = spoken;
        }
        let key = std::mem::take(&mut self.keys[index(name)]);
        self.rows[index(name)] = Vec::new();
        for word in words_of(&key) {
            if let Some(names) = self.words.get_mut(word.as_str()) {
                names.remove(name);
                if names.is_empty() {
                    self.words.remove(word.as_str());
                }
            }
        }
        let hash = self.hasher.hash_one(&*key);
        if let Ok(found) = self.by_key.find_entry(hash, |one| *one == name) {
            found.remove();
        }
        if !self.is_loading {
            // The name's own key is gone already, so it is found by its label.
            let label = self.labels[index(name)];
            self.order.remove(name, |one| self.labels[index(one)] < label);
        }
        self.free.push(name);
    }

    /// The names that are meant.
    pub(super) fn matching(&self, query: &NameQuery) -> RoaringBitmap {
        let mut found: Option<RoaringBitmap> = None;
        let mut narrow = |names: RoaringBitmap| match &mut found {
            Some(found) => *found &= names,
            None => found = Some(names),
        };
        for word in &query.words {
            narrow(self.with_prefix(word));
        }
        for phrase in &query.phrases {
            narrow(self.beginning(phrase, query.is_whole));
        }
        let found = found.unwrap_or_else(|| self.by_key.iter().copied().collect());
        if !query.overlaps() {
            return found;
        }
        let takes = |name: &u32| query.takes(&words_of(&self.keys[index(*name)]));
        found.into_iter().filter(takes).collect()
    }

    /// The names that begin with a phrase, or have no words but its own.
    fn beginning(&self, phrase: &[String], is_whole: bool) -> RoaringBitmap {
        let text = phrase.join(" ");
        let is_before = |one| self.spoken_as(one) < text;
        let is_within = |one| {
            let own = self.spoken_as(one);
            own <= text || (!is_whole && own.starts_with(&text))
        };
        self.spoken.between(is_before, is_within).collect()
    }

    fn with_prefix(&self, prefix: &str) -> RoaringBitmap {
        let from = (Included(prefix), Unbounded);
        let words = self.words.range::<str, _>(from);
        let names = words.take_while(|(word, _names)| word.starts_with(prefix));
        let mut all = RoaringBitmap::new();
        names.for_each(|(_word, names)| all |= names);
        all
    }

    /// The rows that bear a name.
    pub(super) fn rows(&self, name: u32) -> &[u32] {
        &self.rows[index(name)]
    }

    /// A name's place in lists.
    pub(super) fn label_of(&self, name: u32) -> u64 {
        self.labels[index(name)]
    }

    /// A name's key.
    pub(super) fn key(&self, name: u32) -> &str {
        &self.keys[index(name)]
    }

    /// The label of a key, and whether a name has it; the label of the next name where none has, and
    /// none past the last.
    pub(super) fn label_of_key(&self, key: &str) -> Option<(u64, bool)> {
        let next = self.order.first(|one| *self.keys[index(one)] < *key)?;
        Some((self.label_of(next), *self.keys[index(next)] == *key))
    }

    /// The names from a label on.
    pub(super) fn onward(&self, label: u64) -> impl Iterator<Item = u32> {
        self.order.onward(move |one| self.labels[index(one)] < label)
    }

    /// The names up to a label, last first.
    pub(super) fn backward(&self, label: u64) -> impl Iterator<Item = u32> {
        self.order.backward(move |one| self.labels[index(one)] <= label)
    }
}

#[cfg(test)]
mod tests;
