//! How the engine and the store are doing.
//!
//! The engine's owner counts commits and commands; the store and the queues are read through
//! closures, which must not wait for anyone.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use super::{Label, Metrics, counter, seconds};

/// 50 us (a disk that lies) to 5 s (one that dies), in seconds.
const COMMIT_BUCKETS: [f64; 15] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 5.0,
];
/// Commands in one commit.
const GROUP_BUCKETS: [f64; 11] =
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// The engine's queues at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineCounts {
    /// Commands waiting in each lane.
    pub waiting: Vec<(Label, u64)>,
}

/// The store at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Bytes in all journal segments.
    pub journal_bytes: u64,
    /// Journal segments on disk.
    pub journal_segments: u64,
    /// Bytes free on the store's disk.
    pub disk_free_bytes: u64,
    /// Leaves in the ledger.
    pub ledger_leaves: u64,
    /// Since the newest backup that was verified; `None` if there is none.
    pub backup_age: Option<Duration>,
}

/// How the ledger's witnesses fare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WitnessCounts {
    /// Entries after the newest head that enough witnesses have cosigned.
    pub behind: u64,
    /// Cosignatures that were taken.
    pub cosigned: u64,
    /// Times that a witness was asked and gave none.
    pub failed: u64,
    /// Times that a witness had seen another history.
    pub forks: u64,
}

#[derive(Debug)]
pub(super) struct Work {
    commit_duration: Histogram<f64>,
    commit_group: Histogram<u64>,
    commands: Counter<u64>,
    index_rebuilds: Counter<u64>,
}

impl Work {
    pub(super) fn new(meter: &Meter) -> Self {
        let work = Self {
            commit_duration: seconds(
                meter,
                "hoatoc_engine_commit_duration_seconds",
                "One commit, from handing it to the store until it is durable",
                &COMMIT_BUCKETS,
            ),
            commit_group: meter
                .u64_histogram("hoatoc_engine_commit_group_commands")
                .with_description("Commands that shared one commit")
                .with_boundaries(GROUP_BUCKETS.to_vec())
                .build(),
            commands: counter(
                meter,
                "hoatoc_engine_commands",
                "Commands decided, by command and outcome",
            ),
            index_rebuilds: counter(
                meter,
                "hoatoc_store_index_rebuilds",
                "Times the index was set aside and rebuilt from snapshot and journal",
            ),
        };
        work.index_rebuilds.add(0, &[]);
        work
    }
}

impl Metrics {
    /// A group of `commands` became durable in `took`.
    pub fn committed(&self, commands: u64, took: Duration) {
        self.instruments.work.commit_duration.record(took.as_secs_f64(), &[]);
        self.instruments.work.commit_group.record(commands, &[]);
    }

    /// A command was decided: `outcome` is `done` or the stable code of the refusal.
    pub fn command_decided(&self, command: Label, outcome: Label) {
        let labels = [KeyValue::new("command", command), KeyValue::new("outcome", outcome)];
        self.instruments.work.commands.add(1, &labels);
    }

    /// The index was found damaged, missing or behind and was rebuilt.
    pub fn index_rebuilt(&self) {
        self.instruments.work.index_rebuilds.add(1, &[]);
    }

    /// Shows the engine's queues from now on; once in a process.
    pub fn register_engine(&self, read: impl Fn() -> EngineCounts + Send + Sync + 'static) {
        self.meter()
            .u64_observable_gauge("hoatoc_engine_queue_commands")
            .with_description("Commands waiting, by lane")
            .with_callback(move |o| {
                for (lane, waiting) in read().waiting {
                    o.observe(waiting, &[KeyValue::new("lane", lane)]);
                }
            })
            .build();
    }

    /// Shows how the ledger's witnesses fare from now on; once in a process.
    pub fn register_witnesses(&self, read: impl Fn() -> WitnessCounts + Send + Sync + 'static) {
        let read = Arc::new(read);
        let counted = Arc::clone(&read);
        self.meter()
            .u64_observable_gauge("hoatoc_ledger_unwitnessed_leaves")
            .with_description("Leaves after the newest head that enough witnesses have cosigned")
            .with_callback(move |o| o.observe(read().behind, &[]))
            .build();
        self.meter()
            .u64_observable_counter("hoatoc_ledger_witness_answers")
            .with_description("Times that a witness was asked, by what came of it")
            .with_callback(move |o| {
                let counts = counted();
                let all = [
                    ("cosigned", counts.cosigned),
                    ("failed", counts.failed),
                    ("other_history", counts.forks),
                ];
                for (outcome, count) in all {
                    o.observe(count, &[KeyValue::new("outcome", outcome)]);
                }
            })
            .build();
    }

    /// Shows the store and the ledger from now on; once in a process. Asking the disk may take a
    /// while, so the closure reads what a background task last found.
    pub fn register_store(&self, read: impl Fn() -> StoreCounts + Send + Sync + 'static) {
        let read = Arc::new(read);
        let gauge = |name, description, pick: fn(&StoreCounts) -> u64| {
            let read = Arc::clone(&read);
            self.meter()
                .u64_observable_gauge(name)
                .with_description(description)
                .with_callback(move |o| o.observe(pick(&read()), &[]))
                .build();
        };
        gauge("hoatoc_store_journal_bytes", "Bytes in all journal segments", |s| s.journal_bytes);
        gauge("hoatoc_store_journal_segments", "Journal segments on disk", |s| s.journal_segments);
        gauge("hoatoc_store_disk_free_bytes", "Bytes free on the store's disk", |s| {
            s.disk_free_bytes
        });
        gauge("hoatoc_ledger_size_leaves", "Leaves in the ledger", |s| s.ledger_leaves);
        self.meter()
            .f64_observable_gauge("hoatoc_store_backup_age_seconds")
            .with_description("Since the newest verified backup; absent if there is none")
            .with_unit("s")
            .with_callback(move |o| {
                if let Some(age) = read().backup_age {
                    o.observe(age.as_secs_f64(), &[]);
                }
            })
            .build();
    }
}
