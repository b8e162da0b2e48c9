//! One facet of all rows: the value of each row, and the rows of each value.
//!
//! Invariants: the two agree, but while it loads; a place in the list of values never changes its meaning while the
//! program runs, so that what was looked up stays right between two looks at the table.

use hashbrown::HashMap;
use roaring::RoaringBitmap;

use crate::wire::registry::Value;

/// The place of no value.
const NONE: u16 = u16::MAX;
/// Rows of one value that wait to be appended: to look for the end of a bitmap takes as long as that.
const SETTLED_AT_ONCE: usize = 1_024;

/// A facet's values by row and rows by value.
#[derive(Debug, Clone, Default)]
pub(in crate::index) struct Column {
    values: Vec<Value>,
    rows: Vec<RoaringBitmap>,
    /// By the number itself: the numbers are small.
    numbers: Vec<u16>,
    codes: HashMap<Box<str>, u16>,
    /// For facets of several values: the places of a set, by the place of the set.
    sets: Vec<Box<[u16]>>,
    set_places: HashMap<Box<[u16]>, u16>,
    /// By row: the place of its value, or of its set. Rows past the end have none.
    of_row: Vec<u16>,
    /// Whether the rows of each value are still to be told by [`Column::settle`].
    is_loading: bool,
}

impl Column {
    /// For many rows, each put once and none taken away before [`Column::settle`].
    pub(super) fn loading() -> Self {
        Self { is_loading: true, ..Self::default() }
    }

    /// The place of a value, if a row ever had it.
    pub(in crate::index) fn place(&self, value: &Value) -> Option<u16> {
        match value {
            Value::Number(number) => {
                self.numbers.get(usize::from(*number)).copied().filter(|place| *place != NONE)
            }
            Value::Code(code) => self.codes.get(code).copied(),
        }
    }

    /// A place for a value. None past 65,534 values, which no list has: such a row counts as one
    /// without a value.
    fn intern(&mut self, value: &Value) -> Option<u16> {
        if let Some(place) = self.place(value) {
            return Some(place);
        }
        let place = u16::try_from(self.values.len()).ok().filter(|place| *place != NONE)?;
        match value {
            Value::Number(number) => {
                let at = usize::from(*number);
                if self.numbers.len() <= at {
                    self.numbers.resize(at + 1, NONE);
                }
                self.numbers[at] = place;
            }
            Value::Code(code) => {
                self.codes.insert(code.clone(), place);
            }
        }
        self.values.push(value.clone());
        self.rows.push(RoaringBitmap::new());
        Some(place)
    }

    fn intern_set(&mut self, mut places: Vec<u16>) -> Option<u16> {
        places.sort_unstable();
        places.dedup();
        if let Some(place) = self.set_places.get(places.as_slice()) {
            return Some(*place);
        }
        let place = u16::try_from(self.sets.len()).ok().filter(|place| *place != NONE)?;
        let set: Box<[u16]> = places.into();
        self.sets.push(set.clone());
        self.set_places.insert(set, place);
        Some(place)
    }

    fn set_of_row(&mut self, row: u32, place: u16) {
        let at = index(row);
        if self.of_row.len() <= at {
            self.of_row.resize(at + 1, NONE);
        }
        self.of_row[at] = place;
    }

    /// Gives a row that has none its one value.
    pub(in crate::index) fn put(&mut self, row: u32, value: &Value) {
        let Some(place) = self.intern(value) else { return };
        if !self.is_loading {
            self.rows[usize::from(place)].insert(row);
        }
        self.set_of_row(row, place);
    }

    /// Gives a row that has none its several values.
    pub(in crate::index) fn put_many<'a>(
        &mut self,
        row: u32,
        values: impl Iterator<Item = &'a Value>,
    ) {
        let places: Vec<u16> = values.filter_map(|value| self.intern(value)).collect();
        let Some(set) = self.intern_set(places.clone()) else { return };
        if !self.is_loading {
            for place in places {
                self.rows[usize::from(place)].insert(row);
            }
        }
        self.set_of_row(row, set);
    }

    /// The rows of each value, out of the values of all rows.
    pub(super) fn settle(&mut self, is_many: bool) {
        self.is_loading = false;
        let mut found: Vec<Vec<u32>> = vec![Vec::new(); self.values.len()];
        for (row, place) in (0_u32..).zip(&self.of_row).filter(|(_row, place)| **place != NONE) {
            let places = match is_many {
                true => &self.sets[usize::from(*place)][..],
                false => std::slice::from_ref(place),
            };
            for place in places {
                let rows = &mut found[usize::from(*place)];
                rows.push(row);
                if rows.len() == SETTLED_AT_ONCE {
                    append(&mut self.rows[usize::from(*place)], rows);
                }
            }
        }
        for (rows, found) in self.rows.iter_mut().zip(&mut found) {
            append(rows, found);
        }
    }

    /// Takes a row's values away.
    pub(in crate::index) fn clear(&mut self, row: u32, is_many: bool) {
        let Some(of_row) = self.of_row.get_mut(index(row)) else { return };
        let place = std::mem::replace(of_row, NONE);
        if place == NONE {
            return;
        }
        if is_many {
            for place in &self.sets[usize::from(place)] {
                self.rows[usize::from(*place)].remove(row);
            }
        } else {
            self.rows[usize::from(place)].remove(row);
        }
    }

    /// The places of a row's values.
    pub(in crate::index) fn places(&self, row: u32, is_many: bool) -> &[u16] {
        match self.of_row.get(index(row)) {
            None | Some(&NONE) => &[],
            Some(set) if is_many => &self.sets[usize::from(*set)],
            Some(place) => std::slice::from_ref(place),
        }
    }

    /// The place of the value of a row that has one, for facets of one value.
    #[inline]
    pub(in crate::index) fn only(&self, row: u32) -> Option<u16> {
        self.of_row.get(index(row)).copied().filter(|place| *place != NONE)
    }

    /// All values that a row ever had, by place.
    pub(in crate::index) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The rows of a value.
    pub(in crate::index) fn rows(&self, place: u16) -> &RoaringBitmap {
        &self.rows[usize::from(place)]
    }
}

/// Adds rows that come after all others, in their order.
fn append(rows: &mut RoaringBitmap, found: &mut Vec<u32>) {
    rows.append(found.drain(..)).expect("rows are gone through in their order");
}

/// A row's number as a place in memory.
#[inline]
pub(in crate::index) fn index(row: u32) -> usize {
    usize::try_from(row).expect("an address has 32 bits and more")
}
