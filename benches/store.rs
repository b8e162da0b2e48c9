//! Group commit against what the disk alone can do.
//!
//! Per group size: a plain write and `fdatasync` of the same bytes, then a commit of the journal
//! over a map and of the journal over sled. A last line per size gives the ratio of each to the
//! plain write of the same run (goal R1), for machines differ more than stores do.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hoatoc::store::codec::encode_batch;
use hoatoc::store::journaled::{Index, JournalStore, Journaled, SledStore, StoreOptions};
use hoatoc::store::{Batch, Store};

const RECORD_LEN: usize = 200;
const GROUPS: [u64; 3] = [1, 64, 512];
/// Group commits per timed ratio.
const ROUNDS: u32 = 200;

fn batch(head: u64, group: u64) -> Batch {
    let mut batch = Batch::on(head);
    for n in 0..group {
        batch.put((head * group + n).to_be_bytes(), vec![0xAB; RECORD_LEN - 8]);
    }
    batch
}

fn open<I: Index>(dir: &Path) -> Journaled<I> {
    Journaled::open(dir, StoreOptions::server()).expect("opens")
}

fn plain(file: &mut File, bytes: &[u8]) {
    file.write_all(bytes).expect("written");
    file.sync_data().expect("synced");
}

fn commit(store: &dyn Store, group: u64) {
    let head = store.head();
    black_box(store.commit(batch(head, group)).expect("committed"));
}

fn group_commit(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut group = criterion.benchmark_group("group_commit");
    group.measurement_time(Duration::from_secs(3)).sample_size(20);
    for len in GROUPS {
        let at = |name: &str| dir.path().join(format!("{name}-{len}"));
        let bytes = encode_batch(&batch(0, len).ops);
        let mut file = File::create(at("plain")).expect("created");
        let over_map: JournalStore = open(&at("map"));
        let over_sled: SledStore = open(&at("sled"));
        group.throughput(Throughput::Elements(len));
        group.bench_function(BenchmarkId::new("fdatasync", len), |b| {
            b.iter(|| plain(&mut file, &bytes));
        });
        group.bench_function(BenchmarkId::new("journal", len), |b| {
            b.iter(|| commit(&over_map, len));
        });
        group.bench_function(BenchmarkId::new("sled", len), |b| b.iter(|| commit(&over_sled, len)));
        let alone = timed(|| plain(&mut file, &bytes));
        let ratio = |each: Duration| alone.as_secs_f64() / each.as_secs_f64();
        let (map, sled) = (timed(|| commit(&over_map, len)), timed(|| commit(&over_sled, len)));
        eprintln!(
            "groups of {len}: {:.0} plain/s; journal {:.2} x, sled {:.2} x of it",
            f64::from(ROUNDS) / alone.as_secs_f64(),
            ratio(map),
            ratio(sled)
        );
    }
    group.finish();
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn timed(mut work: impl FnMut()) -> Duration {
    let start = std::time::Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    start.elapsed()
}

criterion_group!(benches, group_commit);
criterion_main!(benches);
