//! The index against looking at every record, one by one.

mod cases;
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::domain::registry::Birth;
use crate::domain::text::{fold, sort_key};
use crate::domain::unit::Units;
use crate::evidence::seal::Sealer;
use crate::sim::province;
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord, encode};

const TODAY: Date = date(2026, 1, 31);

/// Made once: every question looks at it for every record.
static UNITS: LazyLock<Units> =
    LazyLock::new(|| Units::from_list(province::units()).expect("one tree"));

fn sealer() -> Sealer {
    Sealer::new(&[7; 32])
}

fn people(count: u32) -> Vec<pb::Reservist> {
    province::reservists(3, count).map(|person| pb::Reservist::from(&person)).collect()
}

fn id(number: usize) -> [u8; 16] {
    // Not in the order of their numbers.
    let number = u128::try_from(number + 1).expect("few");
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes()
}

fn row<R: RegistryRecord>(record: &R, version: u64) -> Row {
    let content = encode(record.clone());
    Row::of(record, version, &content, &sealer()).expect("good codes")
}

fn asking<'a>(units: &'a Units, sealer: &'a Sealer) -> Asking<'a> {
    Asking { units, within: None, as_of: TODAY, sealer }
}

fn filter(text: &str, kind: RecordKind) -> Filter {
    Filter::parse(text, kind, Sight::Whole).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

/// Every page of a list, one after the other.
fn walk(table: &Table, matches: &Matches<'_>, sorting: Sorting, len: usize) -> Vec<[u8; 16]> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let ids = table.page(matches, sorting, after.as_ref(), len);
        let Some(last) = ids.last() else { return all };
        after = table.position(last);
        all.extend(ids);
    }
}
