//! Phones: which rows have a number. Several may, for families and companies share one.
//!
//! Each row's numbers are a chain of entries, so that they can be taken away again.

use hashbrown::HashTable;

use crate::index::BlindKey;
use crate::index::table::columns::index;

/// The end of a chain.
const END: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: BlindKey,
    row: u32,
    next: u32,
}

/// The phones of all rows.
#[derive(Debug, Clone, Default)]
pub(in crate::index) struct Phones {
    entries: Vec<Entry>,
    free: Vec<u32>,
    by_key: HashTable<u32>,
    /// The first entry of each row.
    first: Vec<u32>,
    /// Whether rows are found by them only after [`Phones::settle`].
    is_loading: bool,
}

/// Keys are keyed digests: any part of one is as good as a hash.
pub(super) fn hash(key: &BlindKey) -> u64 {
    u64::from_le_bytes(*key.first_chunk().expect("ten bytes hold eight"))
}

impl Phones {
    /// For many rows, none taken away before [`Phones::settle`].
    pub(super) fn loading() -> Self {
        Self { is_loading: true, ..Self::default() }
    }

    /// Makes the rows found by all their numbers at once.
    pub(super) fn settle(&mut self) {
        self.is_loading = false;
        let entries = &self.entries;
        let hash_of = |place: &u32| hash(&entries[index(*place)].key);
        self.by_key.reserve(entries.len(), hash_of);
        for (place, entry) in (0_u32..).zip(entries) {
            self.by_key.insert_unique(hash(&entry.key), place, hash_of);
        }
    }

    /// Gives a row that has none its numbers.
    pub(in crate::index) fn put(&mut self, row: u32, keys: &[BlindKey]) {
        if self.first.len() <= index(row) && !keys.is_empty() {
            self.first.resize(index(row) + 1, END);
        }
        for key in keys {
            let entry = Entry { key: *key, row, next: self.first[index(row)] };
            let place = match self.free.pop() {
                Some(place) => {
                    self.entries[index(place)] = entry;
                    place
                }
                None => {
                    self.entries.push(entry);
                    u32::try_from(self.entries.len() - 1).expect("memory ends before 32 bits")
                }
            };
            self.first[index(row)] = place;
            if !self.is_loading {
                let hash_of = |one: &u32| hash(&self.entries[index(*one)].key);
                self.by_key.insert_unique(hash(key), place, hash_of);
            }
        }
    }

    /// Takes a row's numbers away.
    pub(in crate::index) fn clear(&mut self, row: u32) {
        let Some(first) = self.first.get_mut(index(row)) else { return };
        let mut place = std::mem::replace(first, END);
        while place != END {
            let Entry { key, next, .. } = self.entries[index(place)];
            if let Ok(found) = self.by_key.find_entry(hash(&key), |one| *one == place) {
                found.remove();
            }
            self.free.push(place);
            place = next;
        }
    }

    /// The rows that have a number.
    pub(in crate::index) fn find(&self, key: &BlindKey) -> impl Iterator<Item = u32> {
        let entries = self.by_key.iter_hash(hash(key)).map(|place| &self.entries[index(*place)]);
        entries.filter(move |entry| entry.key == *key).map(|entry| entry.row)
    }
}
