//! Erasing records, and the generations of keys that records are sealed under: what the ledger must
//! know of them, so that a start after a crash, or with an old copy of the keys, can put things right.

use std::collections::BTreeMap;

use crate::domain::text::clean;
use crate::domain::world::{Event, RecordKind, Refusal, World};

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
        reason: &str,
        generation: u32,
    ) -> Result<Vec<Event>, Refusal> {
        // Whoever comes to know which open orders name a person refuses here while one does.
        let reason = clean(reason);
        if !(1..=ERASE_REASON_CHARS_MAX).contains(&reason.chars().count()) {
            let reason = "give a reason of 1 to 300 characters, without anybody's name";
            return Err(Refusal::Invalid { reason });
        }
        if self.erased.contains_key(&id) {
            return Err(Refusal::Invalid { reason: "the record was erased before" });
        }
        Ok(vec![Event::RecordErased { kind, id, reason, generation }])
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
    use crate::domain::instant::Instant;
    use crate::domain::world::{Actor, Entry};

    fn take(world: &mut World, event: Event) {
        let at = Instant::from_millis(1);
        world.apply(&Entry { at, actor: Actor::Server, request: None, event });
    }

    #[test]
    fn a_record_is_erased_once_and_for_a_reason() {
        let mut world = World::default();
        let erase = |world: &World, reason: &str| {
            world.erase_record(RecordKind::Reservist, [7; 16], reason, 2)
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
