//! One order at one endpoint. Delivered, opened, acknowledged, accepted or declined, and completed
//! are different facts with different times; none is inferred from another. [`DeliveryState::after`]
//! is the one transition table.

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::instant::Instant;

/// Most answers one endpoint may give to one order: strength may be reported again and again, but
/// not without end.
pub const ANSWERS_MAX: u32 = 1_000;
/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 500;
/// Longest name of who answers, in characters.
pub const ANSWERED_BY_CHARS_MAX: usize = 100;
/// A fact whose own time is at most this much before its record, in ms, happened while online: its
/// time is the server's. Longer, and it was written offline: its own time counts, within bounds.
pub const ONLINE_WITHIN_MS: i64 = 5_000;

/// Where an order stands at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DeliveryState {
    /// Not even the device has it.
    #[default]
    Queued,
    /// The device has verified and stored it.
    Delivered,
    /// A person saw it.
    Opened,
    /// A person answers for it.
    Acknowledged,
    /// It will be carried out.
    Accepted,
    /// It cannot be carried out.
    Declined,
    /// It is done.
    Completed,
}

/// Why an order was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclineReason {
    /// Not enough people.
    PersonnelShort,
    /// Not enough means.
    EquipmentShort,
    /// The road is cut.
    RoadCut,
    /// Another order has the forces.
    OtherOrder,
    /// Not for this unit.
    NotCompetent,
    /// Another reason, said in the note.
    Other,
}

/// Numbers an endpoint reports: people, then means. Excused and unexcused are never merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the field names are the terms of the report")]
pub struct Strength {
    pub called: u32,
    pub reached: u32,
    pub will_come: u32,
    pub arrived: u32,
    pub excused: u32,
    pub unexcused: u32,
    pub equipment_called: u32,
    pub equipment_arrived: u32,
}

/// What an endpoint says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The device has verified and stored it: a receipt.
    Delivered,
    /// A person saw it.
    Opened,
    /// A person answers for it.
    Acknowledged,
    /// It will be carried out.
    Accepted,
    /// It cannot be carried out.
    Declined(DeclineReason),
    /// Numbers so far; the newest counts.
    Strength(Strength),
    /// It is done.
    Completed,
}

impl Fact {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Acknowledged => "acknowledged",
            Self::Accepted => "accepted",
            Self::Declined(_) => "declined",
            Self::Strength(_) => "strength",
            Self::Completed => "completed",
        }
    }
}

impl DeliveryState {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Acknowledged => "acknowledged",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Completed => "completed",
        }
    }

    /// The state after a fact: the ladder, whole. A commune may change its mind between accepting
    /// and declining until the order is done, because roads are cut and opened again.
    ///
    /// # Errors
    /// [`OutOfPlace`] for every pair that is not listed.
    pub const fn after(self, fact: Fact) -> Result<Self, OutOfPlace> {
        match (self, fact) {
            (Self::Queued, Fact::Delivered) => Ok(Self::Delivered),
            (Self::Delivered, Fact::Opened) => Ok(Self::Opened),
            (Self::Opened, Fact::Acknowledged) => Ok(Self::Acknowledged),
            (Self::Acknowledged | Self::Declined, Fact::Accepted) => Ok(Self::Accepted),
            (Self::Acknowledged | Self::Accepted, Fact::Declined(_)) => Ok(Self::Declined),
            (Self::Accepted, Fact::Strength(_)) => Ok(Self::Accepted),
            (Self::Accepted, Fact::Completed) => Ok(Self::Completed),
            (Self::Completed, Fact::Strength(_)) => Ok(Self::Completed),
            (state, fact) => Err(OutOfPlace { state, fact }),
        }
    }
}

/// A fact that cannot follow a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot follow `{}`", .fact.as_str(), .state.as_str())]
pub struct OutOfPlace {
    /// Where the order stands.
    pub state: DeliveryState,
    /// What was said.
    pub fact: Fact,
}

/// A receipt or answer, as signed by a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The order.
    pub order: OrderId,
    /// The digest of the order's envelope, which the endpoint holds.
    pub order_digest: [u8; 32],
    /// The endpoint.
    pub endpoint: EndpointNo,
    /// 1, 2, 3, ... for this order at this endpoint.
    pub number: u32,
    /// What it says.
    pub fact: Fact,
    /// When, by the terminal's clock.
    pub happened_at: Instant,
    /// Who answers; empty for facts of the device.
    pub answered_by: String,
    /// A short note.
    pub note: String,
}

/// When a fact happened, as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time that counts.
    pub at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Whether `at` rests on the terminal's clock, because the fact was written offline.
    pub claimed: bool,
}

impl Moment {
    /// The time of a fact that a terminal dates at `happened_at`, recorded at `recorded_at` over a
    /// stream with this clock offset (server minus terminal, ms), not before `earliest`.
    pub fn new(
        happened_at: Instant,
        offset_ms: i64,
        recorded_at: Instant,
        earliest: Instant,
    ) -> Self {
        let claimed_at = happened_at.offset_by(offset_ms);
        if recorded_at.millis_since(claimed_at) <= ONLINE_WITHIN_MS {
            return Self { at: recorded_at, recorded_at, claimed: false };
        }
        Self { at: claimed_at.max(earliest).min(recorded_at), recorded_at, claimed: true }
    }
}

/// One order at one endpoint: a fold over its answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Where it stands.
    pub state: DeliveryState,
    /// When the device had it.
    pub delivered: Option<Moment>,
    /// When a person saw it.
    pub opened: Option<Moment>,
    /// When a person answered for it.
    pub acknowledged: Option<Moment>,
    /// When it was last accepted or declined.
    pub decided: Option<Moment>,
    /// When it was done.
    pub completed: Option<Moment>,
    /// Why it was declined; none unless the state is declined.
    pub decline_reason: Option<DeclineReason>,
    /// The newest strength.
    pub strength: Option<Strength>,
    /// Who answered last.
    pub answered_by: String,
    /// For each answer, its place in the ledger and the beginning of its digest.
    pub answers: Vec<(u64, [u8; 8])>,
}

impl Delivery {
    /// The latest time any fact counts for; facts cannot run backwards.
    pub fn latest(&self) -> Option<Instant> {
        [self.delivered, self.opened, self.acknowledged, self.decided, self.completed]
            .into_iter()
            .flatten()
            .map(|moment| moment.at)
            .max()
    }

    /// Takes in a recorded answer. A recorded fact is never refused: what cannot follow is kept as
    /// an answer and changes no state (it was checked before it was recorded).
    pub(crate) fn apply(&mut self, answer: &Answer, moment: Moment, index: u64, digest: [u8; 8]) {
        self.answers.push((index, digest));
        let Ok(state) = self.state.after(answer.fact) else { return };
        self.state = state;
        if !answer.answered_by.is_empty() {
            self.answered_by.clone_from(&answer.answered_by);
        }
        self.decline_reason = None;
        match answer.fact {
            Fact::Delivered => self.delivered = Some(moment),
            Fact::Opened => self.opened = Some(moment),
            Fact::Acknowledged => self.acknowledged = Some(moment),
            Fact::Accepted => self.decided = Some(moment),
            Fact::Declined(reason) => {
                self.decided = Some(moment);
                self.decline_reason = Some(reason);
            }
            Fact::Strength(strength) => self.strength = Some(strength),
            Fact::Completed => self.completed = Some(moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [DeliveryState; 7] = [
        DeliveryState::Queued,
        DeliveryState::Delivered,
        DeliveryState::Opened,
        DeliveryState::Acknowledged,
        DeliveryState::Accepted,
        DeliveryState::Declined,
        DeliveryState::Completed,
    ];

    #[test]
    fn nothing_is_inferred_the_ladder_has_no_short_cut() {
        let facts = [
            Fact::Delivered,
            Fact::Opened,
            Fact::Acknowledged,
            Fact::Accepted,
            Fact::Declined(DeclineReason::RoadCut),
            Fact::Strength(Strength::default()),
            Fact::Completed,
        ];
        let legal: Vec<(usize, usize)> = (0..STATES.len())
            .flat_map(|state| (0..facts.len()).map(move |fact| (state, fact)))
            .filter(|(state, fact)| STATES[*state].after(facts[*fact]).is_ok())
            .collect();
        let ladder =
            [(0, 0), (1, 1), (2, 2), (3, 3), (3, 4), (4, 4), (4, 5), (4, 6), (5, 3), (6, 5)];
        assert_eq!(legal, ladder);
    }

    #[test]
    fn a_fact_written_offline_counts_with_its_own_time_within_what_is_known() {
        let at = Instant::from_millis;
        let online = Moment::new(at(10_000), 0, at(11_000), at(0));
        assert_eq!((online.at, online.claimed), (at(11_000), false));
        let offline = Moment::new(at(10_000), 500, at(90_000), at(0));
        assert_eq!((offline.at, offline.claimed), (at(10_500), true));
        let before_the_order = Moment::new(at(-5_000), 0, at(90_000), at(20_000));
        assert_eq!((before_the_order.at, before_the_order.claimed), (at(20_000), true));
        let from_the_future = Moment::new(at(900_000), 0, at(90_000), at(0));
        assert_eq!((from_the_future.at, from_the_future.claimed), (at(90_000), false));
    }
}
