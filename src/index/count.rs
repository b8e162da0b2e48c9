//! Counts of what a filter takes, by up to three fields at once.
//!
//! A million rows take some milliseconds, so the counting is done in steps between which writers may
//! come in. Rows are then counted as they are when they are met; each is counted once.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use jiff::civil::Date;
use roaring::RoaringBitmap;

use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::index::filter::{Field, How, Sight, field, fields};
use crate::index::table::{Column, packed};
use crate::index::{Matches, Table};
use crate::wire::registry::{Facet, Value};

/// Most fields counted by at once.
pub const GROUP_FIELDS_MAX: usize = 3;
/// Most groups in one answer: more than anyone reads, and they fit one message.
pub const GROUPS_MAX: usize = 10_000;
/// Rows in one step: some hundred microseconds.
const STEP_LEN: usize = 65_536;

/// Years of age in one group.
const AGE_BAND_YEARS: u32 = 5;
/// A year in a packed date.
const YEAR: u32 = 10_000;

/// Why nothing is counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// Too many fields.
    #[error("names more than {GROUP_FIELDS_MAX} fields: ask in parts")]
    TooManyFields,
    /// There is no such field, or it cannot be counted by.
    #[error("`{field}` is no field to count by: use {fields}")]
    Unknown {
        /// The word found, cut short.
        field: String,
        /// Those that are.
        fields: String,
    },
    /// The field is hidden from the one who asks.
    #[error("`{0}` is for those who may see whole records: ask a registrar")]
    Hidden(&'static str),
    /// Too many groups.
    #[error("gives more than {GROUPS_MAX} groups: name fewer fields, or narrow the filter")]
    TooManyGroups,
}

/// What is counted by.
#[derive(Debug, Clone)]
pub struct Grouping {
    fields: Vec<&'static Field>,
}

impl Grouping {
    /// Reads the names of fields; none counts all in one group.
    ///
    /// # Errors
    /// [`CountError`].
    pub fn parse(names: &[String], kind: RecordKind, sight: Sight) -> Result<Self, CountError> {
        if names.len() > GROUP_FIELDS_MAX {
            return Err(CountError::TooManyFields);
        }
        let countable = || fields(kind).iter().filter(|field| field.is_countable());
        let parse = |name: &String| match field(kind, name) {
            Some(field) if field.is_hidden && sight == Sight::Masked => {
                Err(CountError::Hidden(field.name))
            }
            Some(field) if field.is_countable() => Ok(field),
            _unknown => {
                let names: Vec<&str> = countable().map(|field| field.name).collect();
                let field = name.chars().take(40).collect();
                Err(CountError::Unknown { field, fields: names.join(", ") })
            }
        };
        Ok(Self { fields: names.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Whether it depends on the day that ages are counted on.
    pub fn uses_age(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.how, How::Age))
    }

    /// Whether it tells who is assigned, which the index knows as of now only.
    pub fn uses_assigned(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.how, How::Assigned))
    }
}

/// How many have these values, in the order of the fields; blank for those without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// One for each field, as filters take it.
    pub values: Vec<String>,
    /// How many records.
    pub count: u64,
}

/// What each field says: the place of a value, and what is told of the row itself, one more than it
/// is; 0 for nothing.
type Cell = [u32; GROUP_FIELDS_MAX];

/// A count on its way.
#[derive(Debug)]
pub struct Counting {
    fields: Vec<&'static Field>,
    left: RoaringBitmap,
    total: u64,
    cells: HashMap<Cell, u64>,
    /// The day that ages are counted on, packed.
    today: u32,
}

/// What a field says of a row, told from its column or from the row.
enum Told<'a> {
    Column(&'a Column, bool),
    /// Five years of age each.
    AgeBand(u32),
    Assigned(&'a RoaringBitmap),
    Capacity,
    /// There is no such field.
    Nothing,
}

impl Told<'_> {
    /// Gives a row's places, or the one thing that is told of it.
    fn each(&self, table: &Table, row: u32, mut with: impl FnMut(u32)) {
        match self {
            Self::Column(column, is_many) => match column.places(row, *is_many) {
                [] => with(0),
                places => places.iter().for_each(|place| with(u32::from(*place) + 1)),
            },
            Self::AgeBand(today) => {
                let birth = table.birth(row);
                let age = today.saturating_sub(birth) / YEAR;
                with(if birth == 0 { 0 } else { age / AGE_BAND_YEARS + 1 });
            }
            Self::Assigned(rows) => with(if rows.contains(row) { 2 } else { 1 }),
            Self::Capacity => with(table.capacity(row)),
            Self::Nothing => with(0),
        }
    }
}

impl Counting {
    /// Begins to count, with ages as they are on a day.
    pub fn new(table: &Table, matches: &Matches<'_>, grouping: Grouping, as_of: Date) -> Self {
        let total = matches.len();
        let is_total = grouping.fields.is_empty();
        let left = if is_total { RoaringBitmap::new() } else { matches.rows(table).into_owned() };
        let today = packed(as_of);
        Self { fields: grouping.fields, left, total, cells: HashMap::new(), today }
    }

    /// How many records there are in all.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Counts on; false when it is over. A record with several languages counts for each.
    pub fn step(&mut self, table: &Table) -> bool {
        let told: Vec<Told<'_>> = self
            .fields
            .iter()
            .map(|field| match (field.how, field.facet()) {
                (_, Some(facet)) => Told::Column(table.column(facet), facet.is_many()),
                (How::Age, None) => Told::AgeBand(self.today),
                (How::Assigned, None) => Told::Assigned(table.assigned()),
                (How::Capacity, None) => Told::Capacity,
                (_uncountable, None) => Told::Nothing,
            })
            .collect();
        let mut last = None;
        // Rows come in runs of one cell: only its change is looked up.
        let (mut cell, mut run): (Cell, u64) = ([0; GROUP_FIELDS_MAX], 0);
        for row in self.left.iter().take(STEP_LEN) {
            last = Some(row);
            let of = |at: usize| told.get(at).unwrap_or(&Told::Nothing);
            of(0).each(table, row, |first| {
                of(1).each(table, row, |second| {
                    of(2).each(table, row, |third| {
                        if [first, second, third] == cell {
                            run += 1;
                        } else {
                            *self.cells.entry(cell).or_default() += run;
                            (cell, run) = ([first, second, third], 1);
                        }
                    });
                });
            });
        }
        *self.cells.entry(cell).or_default() += run;
        let Some(last) = last else { return false };
        self.left.remove_range(..=last);
        !self.left.is_empty()
    }

    /// The groups, by their values.
    ///
    /// # Errors
    /// [`CountError::TooManyGroups`].
    pub fn finish(self, table: &Table, units: &Units) -> Result<Vec<Group>, CountError> {
        if self.fields.is_empty() {
            return Ok(vec![Group { values: Vec::new(), count: self.total }]);
        }
        // Values of the same meaning, such as a unit and the one it was merged into, come together.
        let mut groups: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for (cell, count) in self.cells.into_iter().filter(|(_cell, count)| *count > 0) {
            let values = self.fields.iter().zip(cell);
            let values = values.map(|(field, place)| shown(table, units, field, place)).collect();
            *groups.entry(values).or_default() += count;
        }
        if groups.len() > GROUPS_MAX {
            return Err(CountError::TooManyGroups);
        }
        Ok(groups.into_iter().map(|(values, count)| Group { values, count }).collect())
    }
}

fn shown(table: &Table, units: &Units, field: &Field, place: u32) -> String {
    match (field.how, place) {
        (How::Age | How::Assigned | How::Capacity, 0) => return String::new(),
        (How::Age, band) => {
            let from = (band - 1) * AGE_BAND_YEARS;
            return format!("{from}-{}", from + AGE_BAND_YEARS - 1);
        }
        (How::Assigned, is) => return (is == 2).to_string(),
        (How::Capacity, size) => {
            let text = format!("{}.{:03}", size / 1_000, size % 1_000);
            return text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        _in_a_column => {}
    }
    let value = field.facet().and_then(|facet| {
        let at = usize::try_from(place.checked_sub(1)?).ok()?;
        table.column(facet).values().get(at)
    });
    match (value, field.how) {
        (None, _) => String::new(),
        (Some(Value::Number(number)), How::List(_, list) | How::Ordered(_, list)) => {
            (list.term)(*number).unwrap_or_default()
        }
        (Some(Value::Number(number)), _) => number.to_string(),
        (Some(Value::Code(code)), How::Unit(_) | How::Area) => {
            let Ok(code) = code.parse() else { return code.to_string() };
            let now = units.current(&code);
            if matches!(field.how, How::Area) {
                units.area_of(now).map(|area| area.code.to_string()).unwrap_or_default()
            } else {
                now.to_string()
            }
        }
        (Some(Value::Code(code)), _) => code.to_string(),
    }
}

impl Table {
    /// How many rows have a value of a facet, for those who hold a row's own value.
    pub fn count_of(&self, facet: Facet, value: &Value) -> u64 {
        let column = self.column(facet);
        column.place(value).map_or(0, |place| column.rows(place).len())
    }
}
