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

mod query;
mod spoken;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Bound::{Included, Unbounded};

use hashbrown::{DefaultHashBuilder, HashTable};
use roaring::RoaringBitmap;

use crate::index::table::{Order, index};

pub(in crate::index) use query::Asked;
pub use query::NameQuery;
pub(in crate::index) use spoken::spoken;
pub(super) use spoken::words_of;

/// Room between two labels when all are made anew.
const GAP: u64 = 1 << 32;

/// A name's key and the rows that bear it.
type Borne = (Box<str>, Vec<u32>);

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

    /// Orders all names, and numbers them anew as they are spoken: those that begin alike are then
    /// one run of numbers. Returns the rows with their new names.
    pub(super) fn settle(&mut self) -> impl Iterator<Item = (u32, u32)> {
        self.is_loading = false;
        self.by_key.clear();
        self.free.clear();
        let bare = std::mem::take(&mut self.keys).into_iter().zip(std::mem::take(&mut self.rows));
        let mut all: Vec<(String, Borne)> = bare
            .filter(|(_key, rows)| !rows.is_empty())
            .map(|(key, rows)| (spoken(&key).collect(), (key, rows)))
            .collect();
        all.sort_unstable();
        (self.keys, self.rows) = all.into_iter().map(|(_spoken, own)| own).unzip();
        self.labels = vec![0; self.keys.len()];
        let numbers = (0_u32..).zip(&self.keys);
        for (name, key) in numbers.clone() {
            let (keys, hasher) = (&self.keys, &self.hasher);
            let hash_of = |name: &u32| hasher.hash_one(&*keys[index(*name)]);
            self.by_key.insert_unique(hash_of(&name), name, hash_of);
            for word in words_of(key).0 {
                self.words.entry(word.into()).or_default().insert(name);
            }
        }
        let mut all: Vec<u32> = numbers.map(|(name, _key)| name).collect();
        self.spoken = Order::from_sorted(&all);
        all.sort_unstable_by_key(|name| &*self.keys[index(*name)]);
        self.order = Order::from_sorted(&all);
        self.relabel();
        (0_u32..).zip(&self.rows).flat_map(|(name, rows)| rows.iter().map(move |row| (*row, name)))
    }

    /// Whether a name stands before another as they are spoken.
    fn is_spoken_before(&self, one: u32, name: u32) -> bool {
        let [one_key, key] = [one, name].map(|name| &*self.keys[index(name)]);
        spoken(one_key).cmp(spoken(key)).then(one.cmp(&name)).is_lt()
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
        if !self.is_loading {
            for word in words_of(key).0 {
                self.words.entry(word.into()).or_default().insert(name);
            }
            let neighbours = self.order.insert(name, |one| *self.keys[index(one)] < *key);
            self.label(name, neighbours);
            let mut spoken = std::mem::take(&mut self.spoken);
            spoken.insert(name, |one| self.is_spoken_before(one, name));
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
            let mut spoken = std::mem::take(&mut self.spoken);
            spoken.remove(name, |one| self.is_spoken_before(one, name));
            self.spoken = spoken;
        }
        let key = std::mem::take(&mut self.keys[index(name)]);
        self.rows[index(name)] = Vec::new();
        for word in words_of(&key).0 {
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
            narrow(self.having(word));
        }
        for phrase in &query.phrases {
            narrow(self.beginning(phrase, query.is_whole));
        }
        let found = found.unwrap_or_else(|| self.by_key.iter().copied().collect());
        if !query.is_to_be_looked_at() {
            return found;
        }
        let takes = |name: &u32| query.takes(&words_of(&self.keys[index(*name)]));
        found.into_iter().filter(takes).collect()
    }

    /// The names that begin with a phrase, or have no words but its own.
    fn beginning(&self, phrase: &[Asked], is_whole: bool) -> RoaringBitmap {
        let letters = |word: &'_ Asked| word.folded.chars().collect::<Vec<_>>();
        let text: Vec<char> =
            phrase.iter().flat_map(|word| std::iter::once(' ').chain(letters(word))).collect();
        let text = || text.iter().copied();
        let len = text().count();
        let own = |name| spoken(&self.keys[index(name)]);
        let is_before = |one| own(one).lt(text());
        let is_within = |one| {
            let longest = if is_whole { usize::MAX } else { len };
            own(one).take(longest).le(text())
        };
        in_runs(self.spoken.between(is_before, is_within))
    }

    /// The names that have a word which begins so. Words are indexed without marks first, so those that
    /// differ in marks alone stand together; there are some thousands of them in all.
    fn having(&self, asked: &Asked) -> RoaringBitmap {
        let from = (Included(asked.folded.as_str()), Unbounded);
        let words = self.words.range::<str, _>(from);
        let near = words.take_while(|(word, _names)| word.starts_with(&asked.folded));
        let mut all = RoaringBitmap::new();
        near.filter(|(word, _names)| asked.begins(word)).for_each(|(_word, names)| all |= names);
        all
    }

    /// How many rows bear one of some names.
    pub(super) fn bearers(&self, names: &RoaringBitmap) -> u64 {
        let lens = names.iter().map(|name| self.rows[index(name)].len());
        u64::try_from(lens.sum::<usize>()).unwrap_or(u64::MAX)
    }

    /// How many different names there are.
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
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

    /// The keys of all names, by number.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &**key)
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

/// A set of numbers most of which follow one another.
fn in_runs(numbers: impl Iterator<Item = u32>) -> RoaringBitmap {
    let mut set = RoaringBitmap::new();
    let mut run: Option<(u32, u32)> = None;
    for number in numbers {
        run = match run {
            Some((first, last)) if last.checked_add(1) == Some(number) => Some((first, number)),
            Some((first, last)) => {
                set.insert_range(first..=last);
                Some((number, number))
            }
            None => Some((number, number)),
        };
    }
    if let Some((first, last)) = run {
        set.insert_range(first..=last);
    }
    set
}

#[cfg(test)]
mod tests;
