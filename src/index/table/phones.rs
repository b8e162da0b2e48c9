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
}

/// Keys are keyed digests: any part of one is as good as a hash.
pub(super) fn hash(key: &BlindKey) -> u64 {
    u64::from_le_bytes(*key.first_chunk().expect("ten bytes hold eight"))
}

impl Phones {
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
            let entries = &self.entries;
            self.by_key.insert_unique(hash(key), place, |one| hash(&entries[index(*one)].key));
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
