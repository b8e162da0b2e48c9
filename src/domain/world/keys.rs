//! Erasing records, and the generations of keys that records are sealed under: what the ledger must
//! know of them, so that a start after a crash, or with an old copy of the keys, can put things right.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::text::clean;
use crate::domain::world::{Event, NewDraft, OrderState, RecordKind, Refusal, World};

/// Longest reason for an erasure, in characters.
pub const ERASE_REASON_CHARS_MAX: usize = 300;

impl World {
    /// The erased records, each with the newest generation whose key of it is gone.
    pub const fn erased(&self) -> &BTreeMap<[u8; 16], u32> {
        &self.erased
    }

    /// The newest generation of keys that was begun; 0 while the first one serves.
    pub const fn key_generation(&self) -> u32 {
        self.key_generation
    }

    pub(super) fn erase_record(
        &self,
        kind: RecordKind,
        id: [u8; 16],
        (reason, generation): (&str, u32),
        cleared: &BTreeSet<OrderId>,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let reason = clean(reason);
        if !(1..=ERASE_REASON_CHARS_MAX).contains(&reason.chars().count()) {
            let reason = "give a reason of 1 to 300 characters, without anybody's name";
            return Err(Refusal::Invalid { reason });
        }
        if self.erased.contains_key(&id) {
            return Err(Refusal::Invalid { reason: "the record was erased before" });
        }
        // Whom lists name is sealed: whoever asks has read them, and must have read them all.
        if self.open_lists(now).keys().any(|lists| !cleared.contains(lists)) {
            return Err(Refusal::CalledSince);
        }
        Ok(vec![Event::RecordErased { kind, id, reason, generation }])
    }

    /// The frozen call-up lists that orders stand on which are not over, each with their numbers.
    pub fn open_lists(&self, now: Instant) -> BTreeMap<OrderId, Vec<String>> {
        let mut open: BTreeMap<OrderId, Vec<String>> = BTreeMap::new();
        for file in self.orders.values() {
            let is_open = matches!(
                file.state(now),
                OrderState::Drafted | OrderState::Signed | OrderState::Issued
            );
            if let Some(own) = file.order.call_up.as_ref().filter(|_own| is_open) {
                open.entry(own.frozen_by).or_default().push(file.order.number_text());
            }
        }
        open
    }

    /// Whether nobody was erased since the records on an order's lists were looked up.
    pub(super) fn check_none_erased(&self, draft: &NewDraft) -> Result<(), Refusal> {
        if draft.order.call_up.is_some() && draft.erased_then != Some(self.erased.len()) {
            return Err(Refusal::ErasedSince);
        }
        Ok(())
    }

    pub(super) fn begin_keys(&self, generation: u32) -> Result<Vec<Event>, Refusal> {
        if generation <= self.key_generation {
            return Err(Refusal::Invalid { reason: "this generation of keys was begun before" });
        }
        Ok(vec![Event::KeysBegun { generation }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::world::{Actor, Entry};

    fn take(world: &mut World, event: Event) {
        let at = Instant::from_millis(1);
        world.apply(&Entry { at, actor: Actor::Server, request: None, event });
    }

    #[test]
    fn a_record_is_erased_once_and_for_a_reason() {
        let mut world = World::default();
        let erase = |world: &World, reason: &str| {
            let (none, now) = (BTreeSet::new(), Instant::from_millis(1));
            world.erase_record(RecordKind::Reservist, [7; 16], (reason, 2), &none, now)
        };
        for bad in ["", "  ", "x".repeat(301).as_str()] {
            assert!(erase(&world, bad).is_err(), "{bad}");
        }
        let event = erase(&world, " asked  for ").expect("may be").remove(0);
        let reason = "asked for".to_owned();
        let (kind, id) = (RecordKind::Reservist, [7; 16]);
        assert_eq!(event, Event::RecordErased { kind, id, reason, generation: 2 });
        take(&mut world, event);
        assert_eq!(world.erased().get(&id), Some(&2));
        assert!(erase(&world, "again").is_err());
    }

    #[test]
    fn generations_only_rise() {
        let mut world = World::default();
        assert_eq!(world.key_generation(), 0);
        let event = world.begin_keys(2).expect("may be").remove(0);
        take(&mut world, event);
        assert_eq!(world.key_generation(), 2);
        assert!(world.begin_keys(2).is_err() && world.begin_keys(3).is_ok());
    }
}
