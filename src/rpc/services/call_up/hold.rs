//! Selections between choosing and drafting: in memory, for as long as an author needs to read them.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::world::Actor;
use crate::fanout::sheets::Lists;

/// Selections held at once; the oldest goes first. Each takes a few megabytes at most.
const HELD_MAX: usize = 16;
/// How long an author has, in ms.
const HELD_MS: i64 = 15 * 60_000;

/// A selection that was made.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) order: OrderId,
    pub(super) by: Actor,
    pub(super) lists: Arc<Lists>,
}

/// Those that may still be drafted.
#[derive(Debug, Default)]
pub(super) struct Hold(Mutex<VecDeque<(String, Instant, Held)>>);

impl Hold {
    /// Keeps one, and names it.
    pub(super) fn put(&self, held: Held, now: Instant) -> String {
        let id = uuid::Uuid::now_v7().to_string();
        let mut all = self.0.lock();
        all.retain(|(_id, at, _held)| now.millis_since(*at) <= HELD_MS);
        while all.len() >= HELD_MAX {
            all.pop_front();
        }
        all.push_back((id.clone(), now, held));
        id
    }

    /// The one of this name, if this author made it and it is not too old.
    pub(super) fn get(&self, id: &str, by: &Actor, now: Instant) -> Option<Held> {
        let all = self.0.lock();
        let found = all.iter().find(|(own, _at, held)| own == id && held.by == *by);
        let fresh = found.filter(|(_id, at, _held)| now.millis_since(*at) <= HELD_MS);
        fresh.map(|(_id, _at, held)| held.clone())
    }
}
