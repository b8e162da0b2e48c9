//! What a session has to say next: a newer trust bundle, without which what follows may not verify;
//! cancels, which overtake everything else; replies; orders; a sign of life; call-up sheets. Holds identities, not messages: the bytes are read when there is
//! room to send them, and an order that was replaced meanwhile is not sent at all.

use std::collections::VecDeque;

use prost::bytes::Bytes;
use tracing::info_span;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::Delivery;
use crate::domain::world::{OrderFile, World};
use crate::limits;
use crate::telemetry::propagation;
use crate::wire::pb::exchange_response::Message;
use crate::wire::{pb, timestamp};

#[derive(Debug)]
pub(super) struct Outbox {
    endpoint: EndpointNo,
    replies: VecDeque<Message>,
    cancels: VecDeque<OrderId>,
    orders: VecDeque<OrderId>,
    // Orders whose call-up sheets are not all sent, each with the page that is next, from 1.
    sheets: VecDeque<(OrderId, u32)>,
    // All issued orders up to this sequence were looked at.
    scanned: u64,
    pub(super) trust_due: bool,
    pub(super) heartbeat_due: bool,
}

impl Outbox {
    /// For a terminal that has what was issued up to `cursor`. What it never confirmed is queued
    /// again, and all of it when the terminal is a new one with an empty disk.
    /// Pages of sheets are queued as far as `has` does not say that the terminal has them.
    pub(super) fn new(
        world: &World,
        endpoint: EndpointNo,
        (cursor, has): (u64, &[pb::SheetCursor]),
        now: Instant,
    ) -> Self {
        let mut outbox = Self {
            endpoint,
            replies: VecDeque::new(),
            cancels: VecDeque::new(),
            orders: VecDeque::new(),
            sheets: VecDeque::new(),
            scanned: world.latest_sequence(),
            trust_due: false,
            heartbeat_due: false,
        };
        let lacks = |file: &&OrderFile| {
            let sequence = file.issue.as_ref().map_or(0, |issue| issue.sequence);
            sequence > cursor || !file.deliveries.contains_key(&endpoint)
        };
        for file in world.current(now).filter(lacks) {
            outbox.add(file);
        }
        for file in world.current(now) {
            let id = file.order.id.as_bytes();
            match has.iter().take(limits::SHEET_CURSORS_MAX).find(|own| own.order_id[..] == id[..])
            {
                Some(cursor) if cursor.is_complete => {}
                Some(cursor) => outbox.add_sheets(file, cursor.pages.saturating_add(1)),
                None => outbox.add_sheets(file, 1),
            }
        }
        outbox
    }

    /// Queues what was issued since the last look.
    pub(super) fn scan(&mut self, world: &World) {
        for file in world.issued_after(self.scanned) {
            self.add(file);
            self.add_sheets(file, 1);
        }
        self.scanned = world.latest_sequence();
    }

    fn add(&mut self, file: &OrderFile) {
        if !file.order.audience.contains(self.endpoint) {
            return;
        }
        if file.order.is_cancel() {
            self.cancels.push_back(file.order.id);
        } else {
            self.orders.push_back(file.order.id);
        }
    }

    fn add_sheets(&mut self, file: &OrderFile, page: u32) {
        if file.order.call_up.is_some() && file.order.audience.contains(self.endpoint) {
            self.sheets.push_back((file.order.id, page));
        }
    }

    /// The page of sheets that is next, once nothing else is to be said: the order, by whom the lists
    /// were frozen, and the page.
    pub(super) fn sheet(&mut self, world: &World, now: Instant) -> Option<(OrderId, OrderId, u32)> {
        while let Some((id, page)) = self.sheets.front().copied() {
            let file = world.order(&id).filter(|file| file.is_current(now));
            let believed = file.filter(|file| world.is_believed(file));
            match believed.and_then(|file| file.order.call_up.as_ref()) {
                Some(call_up) => return Some((id, call_up.frozen_by, page)),
                None => drop(self.sheets.pop_front()),
            }
        }
        None
    }

    /// The page was sent, or there was none: on to the next one, or to the next order.
    pub(super) fn sheet_done(&mut self, sent: bool) {
        match self.sheets.front_mut() {
            Some((_order, page)) if sent => *page += 1,
            _none_left => drop(self.sheets.pop_front()),
        }
    }

    pub(super) fn reply(&mut self, message: Message) {
        self.replies.push_back(message);
    }

    pub(super) fn replies(&self) -> usize {
        self.replies.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty()
            && self.cancels.is_empty()
            && self.orders.is_empty()
            && self.sheets.is_empty()
            && !self.trust_due
            && !self.heartbeat_due
    }

    /// The next thing to say; none when all that was queued has become void.
    pub(super) fn next(&mut self, world: &World, now: Instant) -> Option<Message> {
        if std::mem::take(&mut self.trust_due)
            && let Some(trust) = world.trust()
        {
            return Some(Message::TrustBundle((&trust.envelope).into()));
        }
        let cancel = self.first_current(|outbox| &mut outbox.cancels, world, now);
        if let Some(next) = cancel.or_else(|| self.replies.pop_front()) {
            return Some(next);
        }
        self.first_current(|outbox| &mut outbox.orders, world, now).or_else(|| {
            std::mem::take(&mut self.heartbeat_due).then(|| Message::Heartbeat(heartbeat(now)))
        })
    }

    /// The next reply, when nothing else is to be said any more.
    pub(super) fn next_reply(&mut self) -> Option<Message> {
        self.replies.pop_front()
    }

    fn first_current(
        &mut self,
        queue: fn(&mut Self) -> &mut VecDeque<OrderId>,
        world: &World,
        now: Instant,
    ) -> Option<Message> {
        while let Some(id) = queue(self).pop_front() {
            let file = world.order(&id).filter(|file| file.is_current(now));
            // What every terminal would refuse only frightens whoever gets it.
            if let Some(file) = file.filter(|file| world.is_believed(file)) {
                return Some(Message::Order(self.delivery(file)));
            }
        }
        None
    }

    fn delivery(&self, file: &OrderFile) -> pb::OrderDelivery {
        let nothing = Delivery::default();
        let delivery = file.deliveries.get(&self.endpoint).unwrap_or(&nothing);
        let issue = file.issue.as_ref();
        pb::OrderDelivery {
            sequence: issue.map_or(0, |issue| issue.sequence),
            // The payload's bytes are shared by every session.
            envelope: Some((&file.envelope).into()),
            traceparent: issue
                .map(|issue| self.traced(file, &issue.traceparent))
                .unwrap_or_default(),
            answers_recorded: u32::try_from(delivery.answers.len()).unwrap_or(u32::MAX),
            state: delivery.state.as_str().to_owned(),
        }
    }

    /// The place in the order's trace from which the terminal goes on.
    fn traced(&self, file: &OrderFile, issued: &str) -> String {
        let (order, endpoint) = (file.order.id, self.endpoint);
        let span = info_span!(parent: None, "session.deliver", dispatch = true, %order, %endpoint);
        propagation::set_parent(&span, issued);
        propagation::place(&span).unwrap_or_else(|| issued.to_owned())
    }
}

fn heartbeat(now: Instant) -> pb::Heartbeat {
    pb::Heartbeat { clock_time: Some(timestamp(now)), echo_time: None, held_ms: 0 }
}

pub(super) fn recorded(order: &OrderId, answer_number: u32, ledger_index: u64) -> Message {
    let order_id = Bytes::copy_from_slice(order.as_bytes());
    Message::Recorded(pb::AnswerRecorded { order_id, answer_number, ledger_index })
}

pub(super) fn refused(order: &[u8], answer_number: u32, reason: &str, text: &str) -> Message {
    let order_id = Bytes::copy_from_slice(order);
    let (reason, text) = (reason.to_owned(), text.to_owned());
    Message::Refused(pb::AnswerRefused { order_id, answer_number, reason, text })
}
