//! Our own index, loaded from a store of sealed records.

use std::sync::Arc;

use hoatoc::domain::unit::Units;
use hoatoc::domain::world::RecordKind;
use hoatoc::evidence::seal::Sealer;
use hoatoc::index::{Asking, By, Counting, Filter, Grouping, Registry, Sight, Sorting, seal_value};
use hoatoc::sim::province;
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::store::{Batch, Store, keys};
use hoatoc::wire::pb;
use hoatoc::wire::registry::encode;
use jiff::civil::Date;
use ring::rand::SystemRandom;
use tokio::time::Instant;

use crate::{Answers, PAGE, Round, memory_mib};

const KIND: RecordKind = RecordKind::Reservist;
const TODAY: Date = jiff::civil::date(2026, 1, 31);

/// The library.
pub(crate) struct Library {
    registry: Registry,
    units: Units,
    sealer: Sealer,
}

impl Library {
    /// Seals all records into a store, then loads the index from it.
    pub(crate) fn load(rows: u32) -> Self {
        let sealer = Sealer::new(&[7; 32]);
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = SledStore::open(dir.path(), StoreOptions::server()).expect("opens");
        let store: Arc<dyn Store> = Arc::new(store);
        let started = Instant::now();
        let rng = SystemRandom::new();
        let mut batch = Batch::on(store.head());
        for (person, number) in province::reservists(1, rows).zip(1_u128..) {
            let id = number.to_be_bytes();
            let content = encode(pb::Reservist::from(&person));
            let value = seal_value(&sealer, KIND, &id, 1, &content, &rng).expect("short");
            batch.put(keys::record(KIND, &id), value.bytes);
            if number % 1_000 == 0 {
                store.commit(batch).expect("committed");
                batch = Batch::on(store.head());
            }
        }
        store.commit(batch).expect("committed");
        println!("library: sealed and stored in {:.2?}", started.elapsed());
        let before = memory_mib("self");
        let started = Instant::now();
        let registry = Registry::load(store.as_ref(), &sealer).expect("its own records");
        let took = started.elapsed();
        let index = memory_mib("self").saturating_sub(before);
        println!("library: index from the store in {took:.2?}, {index} MiB more with it");
        assert_eq!(registry.table(KIND).len(), usize::try_from(rows).unwrap_or(0));
        let units = Units::from_list(province::units()).expect("one tree");
        Self { registry, units, sealer }
    }

    fn page(&self, text: &str, by: By) -> (usize, u64) {
        let table = self.registry.table(KIND);
        let asking =
            Asking { units: &self.units, within: None, as_of: TODAY, sealer: &self.sealer };
        let filter = Filter::parse(text, KIND, Sight::Whole).expect("a filter");
        let matches = table.select(&filter, &asking).expect("known units");
        let sorting = Sorting { by, is_descending: false };
        let len = usize::try_from(PAGE).expect("fifty");
        (table.page(&matches, sorting, None, len).len(), matches.len())
    }
}

impl Answers for Library {
    fn compound(&mut self, round: &Round) -> (usize, u64) {
        let Round { class, specialty, unit, .. } = round;
        let text = format!("reserve_class = {class} AND specialty = {specialty} AND unit = {unit}");
        self.page(&text, By::Id)
    }

    fn prefix(&mut self, round: &Round) -> usize {
        self.page(&format!("name = \"{}*\"", round.prefix), By::Name).0
    }

    fn count(&mut self) -> (usize, u64) {
        let table = self.registry.table(KIND);
        let asking =
            Asking { units: &self.units, within: None, as_of: TODAY, sealer: &self.sealer };
        let matches = table.select(&Filter::all(KIND), &asking).expect("no unit to know");
        let fields = ["unit", "reserve_class"].map(str::to_owned);
        let grouping = Grouping::parse(&fields, KIND, Sight::Whole).expect("two fields");
        let mut counting = Counting::new(table, &matches, grouping, TODAY);
        while counting.step(table) {}
        let groups = counting.finish(table, &self.units).expect("few groups");
        (groups.len(), groups.iter().map(|group| group.count).sum())
    }
}
