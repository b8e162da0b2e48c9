//! What the terminal's store holds: keys and values, each value a protobuf message of this program's
//! own (unknown fields of a newer program are kept out of it: a terminal is never moved back).
//!
//! | Key | Value |
//! |---|---|
//! | `m` | [`MetaRow`]: cursor and high-water marks |
//! | `b` | the trust bundle's `Envelope` |
//! | `h` | [`HeadRow`]: the newest head of the ledger that was seen |
//! | `p` version (8, big-endian) | the `Envelope` of a trust bundle before it |
//! | `o` order id | [`OrderRow`]: an order that was believed |
//! | `a` order id, answer number (4, big-endian) | [`AnswerRow`]: our receipts and answers, numbered without gaps |
//! | `r` order id, place in the queue (8, big-endian) | [`AnswerRow`]: answers that the server refused |
//! | `s` order id, page (4, big-endian) | a page of its call-up sheets, as it came: `CallUpSheetDelivery`, sealed ([`crate::evidence::seal::sheet`]) under the order's key |
//! | `f` SHA-256 of the envelope as it came, first 16 | [`RefusedRow`]: orders that were not believed |

use prost::Message;

use crate::domain::ids::OrderId;
use crate::wire::pb;

pub(super) const META: &[u8] = b"m";
pub(super) const BUNDLE: &[u8] = b"b";
pub(super) const HEAD: &[u8] = b"h";
pub(super) const PAST_BUNDLES: &[u8] = b"p";
pub(super) const ORDERS: &[u8] = b"o";
pub(super) const ANSWERS: &[u8] = b"a";
pub(super) const REFUSED_ANSWERS: &[u8] = b"r";
pub(super) const REFUSED_ORDERS: &[u8] = b"f";

pub(super) const SHEETS: &[u8] = b"s";

/// The key of a page of an order's call-up sheets; [`sheets_of`] without the page.
pub(super) fn sheet_key(order: OrderId, page: u32) -> Vec<u8> {
    [SHEETS, order.as_bytes(), &page.to_be_bytes()].concat()
}

/// What a key of a page says: the order, and which page.
pub(super) fn sheet_place(key: &[u8]) -> Option<(OrderId, u32)> {
    let (order, page) = key.strip_prefix(SHEETS)?.split_first_chunk::<16>()?;
    Some((OrderId::from_bytes(*order), u32::from_be_bytes(page.try_into().ok()?)))
}

/// The prefix of an order's call-up sheets.
pub(super) fn sheets_of(order: OrderId) -> Vec<u8> {
    [SHEETS, order.as_bytes()].concat()
}

/// The key of a trust bundle that was replaced.
pub(super) fn past_bundle_key(version: u64) -> Vec<u8> {
    [PAST_BUNDLES, &version.to_be_bytes()].concat()
}

/// The key of an order.
pub(super) fn order_key(order: OrderId) -> Vec<u8> {
    [ORDERS, order.as_bytes()].concat()
}

/// The key of an answer; [`answers_of`] without the number.
pub(super) fn answer_key(order: OrderId, number: u32) -> Vec<u8> {
    [ANSWERS, order.as_bytes(), &number.to_be_bytes()].concat()
}

/// The prefix of an order's answers.
pub(super) fn answers_of(order: OrderId) -> Vec<u8> {
    [ANSWERS, order.as_bytes()].concat()
}

/// The key of a refused answer.
pub(super) fn refused_answer_key(order: OrderId, queue_place: u64) -> Vec<u8> {
    [REFUSED_ANSWERS, order.as_bytes(), &queue_place.to_be_bytes()].concat()
}

/// The prefix of an order's refused answers.
pub(super) fn refused_answers_of(order: OrderId) -> Vec<u8> {
    [REFUSED_ANSWERS, order.as_bytes()].concat()
}

/// The key of a refused order.
pub(super) fn refused_order_key(mark: &[u8; 16]) -> Vec<u8> {
    [REFUSED_ORDERS, mark].concat()
}

/// Cursor and high-water marks.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct MetaRow {
    /// The sequence up to which the server need not send again.
    #[prost(uint64, tag = "1")]
    pub(super) cursor: u64,
    /// The highest epoch of anything believed.
    #[prost(uint64, tag = "2")]
    pub(super) epoch: u64,
    /// The latest signed time of anything believed, in ms: the clock cannot be before it.
    #[prost(int64, tag = "3")]
    pub(super) signed_ms: i64,
}

/// Most characters kept of a head that contradicts what was seen: more than a note has.
pub(super) const NOTE_CHARS_KEPT: usize = 16 * 1024;

/// The newest head of the ledger that was seen.
#[derive(Clone, PartialEq, Message)]
pub(super) struct HeadRow {
    /// The signed note.
    #[prost(string, tag = "1")]
    pub(super) note: String,
    /// The epoch of the trust bundle then.
    #[prost(uint64, tag = "2")]
    pub(super) epoch: u64,
    /// The size of the newest head that enough witnesses have cosigned; 0 for none.
    #[prost(uint64, tag = "3")]
    pub(super) cosigned_size: u64,
    /// What was found of heads that must not be; empty for nothing.
    #[prost(string, tag = "4")]
    pub(super) alarm: String,
    /// The head that contradicts the one above: the proof that there are two histories.
    #[prost(string, tag = "5")]
    pub(super) contradiction: String,
    /// Since when the ledger grows and no cosignature follows, by this machine's clock; 0 while one does.
    #[prost(int64, tag = "6")]
    pub(super) unwitnessed_since_ms: i64,
    /// Two orders that one ledger cannot both have issued, in a sentence; empty for none.
    #[prost(string, tag = "7")]
    pub(super) twins: String,
    /// The epoch of those orders.
    #[prost(uint64, tag = "8")]
    pub(super) twins_epoch: u64,
}

impl HeadRow {
    /// What of it still counts when the root holders vouch for this epoch: each restore begins anew.
    pub(super) fn in_epoch(self, epoch: u64) -> Self {
        let mut row = if self.epoch >= epoch { self.clone() } else { Self::default() };
        let still = self.twins_epoch >= epoch;
        (row.twins, row.twins_epoch) =
            if still { (self.twins, self.twins_epoch) } else { Default::default() };
        row
    }

    /// All that was found that must not be; none for nothing.
    pub(super) fn alarm(&self) -> Option<String> {
        let found: Vec<&str> =
            [&*self.alarm, &*self.twins].into_iter().filter(|found| !found.is_empty()).collect();
        (!found.is_empty()).then(|| found.join("; "))
    }
}

/// An order that was believed.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OrderRow {
    #[prost(message, optional, tag = "1")]
    pub(super) envelope: Option<pb::Envelope>,
    #[prost(uint64, tag = "2")]
    pub(super) sequence: u64,
    /// By our clock.
    #[prost(int64, tag = "3")]
    pub(super) received_ms: i64,
    #[prost(string, tag = "4")]
    pub(super) traceparent: String,
    #[prost(string, repeated, tag = "5")]
    pub(super) signed_by: Vec<String>,
    /// How many answers the server had when we had none: those of a terminal before this one.
    #[prost(uint32, tag = "6")]
    pub(super) answers_before: u32,
    /// Where the order stood then: the place in [`super::STATES`].
    #[prost(uint32, tag = "7")]
    pub(super) state_before: u32,
}

/// One of our receipts or answers.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AnswerRow {
    #[prost(message, optional, tag = "1")]
    pub(super) envelope: Option<pb::Envelope>,
    /// Rises with every answer to whatever order: the order of sending.
    #[prost(uint64, tag = "2")]
    pub(super) queue_place: u64,
    /// Whether the server has said that it is recorded.
    #[prost(bool, tag = "3")]
    pub(super) recorded: bool,
    /// Its entry in the ledger, once recorded.
    #[prost(uint64, tag = "4")]
    pub(super) ledger_index: u64,
    /// Why the server refused it; empty if it did not.
    #[prost(string, tag = "5")]
    pub(super) refused_reason: String,
    /// The same in words.
    #[prost(string, tag = "6")]
    pub(super) refused_text: String,
    /// Trace context of giving it; empty outside any trace.
    #[prost(string, tag = "7")]
    pub(super) traceparent: String,
}

/// An order that was not believed.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RefusedRow {
    /// As it came, to be judged again under a newer trust bundle; none if it was too large.
    #[prost(message, optional, tag = "1")]
    pub(super) envelope: Option<pb::Envelope>,
    #[prost(uint64, tag = "2")]
    pub(super) sequence: u64,
    #[prost(int64, tag = "3")]
    pub(super) received_ms: i64,
    #[prost(string, tag = "4")]
    pub(super) reason: String,
    #[prost(string, tag = "5")]
    pub(super) text: String,
    #[prost(string, tag = "6")]
    pub(super) traceparent: String,
    #[prost(uint32, tag = "7")]
    pub(super) answers_recorded: u32,
    #[prost(string, tag = "8")]
    pub(super) state: String,
}
