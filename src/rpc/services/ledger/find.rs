//! Entries that somebody asks for: by kind, by whom, about what, of which time.
//!
//! Read from the newest back, a bounded number at a time: an answer comes soon however long the ledger
//! is, and says where to go on.

use prost::bytes::Bytes;

use crate::domain::code::Code;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::world::{Actor, Entry, Event, World};
use crate::engine::Engine;
use crate::engine::ledger::LedgerError;
use crate::limits;
use crate::rpc::status::Reject;
use crate::store::keys;
use crate::wire::{WireError, array, entry, instant, parse, pb};

/// Entries looked at for one answer: a fraction of a second's work.
const LOOKED_AT_MAX: u64 = 20_000;
/// Entries read at once.
const READ_LEN: u64 = 256;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    kinds: Vec<String>,
    actor: Option<Actor>,
    record: Option<[u8; 16]>,
    order: Option<OrderId>,
    since: Option<Instant>,
    until: Option<Instant>,
}

impl Wanted {
    /// What a request means.
    pub(super) fn of(message: &pb::FindEntriesRequest, world: &World) -> Result<Self, Reject> {
        let invalid = |fault: WireError| Reject::field("REQUEST_INVALID", &fault);
        let unknown = |kind: &&String| !Event::KINDS.contains(&kind.as_str());
        if let Some(kind) = message.kinds.iter().find(unknown) {
            let kind: String = kind.chars().take(40).collect();
            let known = Event::KINDS.join(", ");
            let fault = format!("`{kind}` is no kind of entry: use {known}");
            return Err(invalid(WireError::new("kinds", fault)));
        }
        let actor = match message.actor.as_str() {
            "" => None,
            text => Some(parse::<Actor>("actor", text).map_err(invalid)?),
        };
        let record = match &message.record_id[..] {
            [] => None,
            id => Some(array("record_id", id).map_err(invalid)?),
        };
        let order = match message.order.as_str() {
            "" => None,
            text => Some(order_of(text, world)?),
        };
        let time =
            |field, time: Option<&_>| time.map(|time| instant(field, Some(time))).transpose();
        Ok(Self {
            kinds: message.kinds.clone(),
            actor,
            record,
            order,
            since: time("since_time", message.since_time.as_ref()).map_err(invalid)?,
            until: time("until_time", message.until_time.as_ref()).map_err(invalid)?,
        })
    }

    fn takes(&self, entry: &Entry) -> bool {
        let kind = entry.event.kind();
        (self.kinds.is_empty() || self.kinds.iter().any(|own| own == kind))
            && self.actor.as_ref().is_none_or(|actor| *actor == entry.actor)
            && self.until.is_none_or(|until| entry.at < until)
            && self.order.is_none_or(|order| entry.event.order() == Some(order))
            && self.record.is_none_or(|record| entry.event.records().contains(&record))
    }

    /// Times in the ledger never run backwards: nothing before this entry is wanted either.
    fn is_past(&self, entry: &Entry) -> bool {
        self.since.is_some_and(|since| entry.at < since)
    }
}

fn order_of(text: &str, world: &World) -> Result<OrderId, Reject> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let found = world.orders().find(|file| file.order.number_text() == text);
    found.map(|file| file.order.id).ok_or_else(|| {
        let text: String = text.chars().take(80).collect();
        let text = format!("there is no order `{text}`: give its id or its number as printed");
        Reject::new(Code::NotFound, "ORDER_UNKNOWN", text)
    })
}

/// Looks back from `before`; blocks on reading.
pub(super) fn find(
    engine: &Engine,
    wanted: &Wanted,
    before: u64,
    count: usize,
) -> Result<pb::FindEntriesResponse, LedgerError> {
    let (mut found, mut len, mut end) = (Vec::new(), 0, before);
    let stop = before.saturating_sub(LOOKED_AT_MAX);
    while end > stop {
        let begin = end.saturating_sub(READ_LEN).max(stop);
        let mut leaves = read(engine, begin, end)?;
        while let Some(leaf) = leaves.pop() {
            end -= 1;
            let index = end;
            let Ok(entry) = entry::decode(&leaf) else {
                return Err(LedgerError::Altered { index });
            };
            if wanted.is_past(&entry) {
                return Ok(pb::FindEntriesResponse { entries: found, next_before_index: 0 });
            }
            if wanted.takes(&entry) {
                len += leaf.len();
                found.push(pb::FoundEntry { index, entry: leaf });
            }
            if found.len() == count || len >= limits::PAGE_LEN_MAX {
                return Ok(pb::FindEntriesResponse { entries: found, next_before_index: end });
            }
        }
    }
    Ok(pb::FindEntriesResponse { entries: found, next_before_index: end })
}

/// The leaves from `begin` up to before `end`, all of them.
fn read(engine: &Engine, begin: u64, end: u64) -> Result<Vec<Bytes>, LedgerError> {
    let mut leaves: Vec<Bytes> = Vec::new();
    let mut next = begin;
    while next < end {
        let after = next.checked_sub(1).map(keys::ledger).unwrap_or_default();
        let wanted = usize::try_from(end - next).unwrap_or(usize::MAX);
        let before = next;
        for (key, leaf) in engine.store().scan(keys::LEDGER, &after, wanted)? {
            if keys::ledger_index(&key) != Some(next) {
                return Err(LedgerError::Altered { index: next });
            }
            next += 1;
            leaves.push(leaf.into());
        }
        if next == before {
            return Err(LedgerError::Altered { index: next });
        }
    }
    Ok(leaves)
}
