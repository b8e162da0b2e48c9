//! From facts to times to respond: a fold over deliveries. Who did not answer stays in every
//! denominator; never reached and reached but silent are counted apart.

use crate::domain::instant::Instant;
use crate::domain::order::delivery::{Delivery, DeliveryState, Moment, Strength};

/// How many endpoints stand where. `endpoints` is the denominator of all the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Addressed.
    pub endpoints: u32,
    /// The device has it.
    pub delivered: u32,
    /// A person saw it.
    pub opened: u32,
    /// A person answers for it.
    pub acknowledged: u32,
    /// Accepted, or done after accepting.
    pub accepted: u32,
    /// Declined.
    pub declined: u32,
    /// Done.
    pub completed: u32,
}

impl Counts {
    /// Reached, but no person has answered for it.
    pub const fn silent(&self) -> u32 {
        self.delivered - self.acknowledged
    }

    /// Never reached.
    pub const fn unreached(&self) -> u32 {
        self.endpoints - self.delivered
    }

    /// Counts one delivery in, save in the denominator.
    pub fn count(&mut self, delivery: &Delivery) {
        self.delivered += u32::from(delivery.delivered.is_some());
        self.opened += u32::from(delivery.opened.is_some());
        self.acknowledged += u32::from(delivery.acknowledged.is_some());
        let (accepted, declined, completed) = match delivery.state {
            DeliveryState::Accepted => (1, 0, 0),
            DeliveryState::Declined => (0, 1, 0),
            DeliveryState::Completed => (1, 0, 1),
            _undecided => (0, 0, 0),
        };
        self.accepted += accepted;
        self.declined += declined;
        self.completed += completed;
    }

    /// Takes one delivery out again, before it changes.
    pub fn discount(&mut self, delivery: &Delivery) {
        let mut one = Self::default();
        one.count(delivery);
        self.delivered -= one.delivered;
        self.opened -= one.opened;
        self.acknowledged -= one.acknowledged;
        self.accepted -= one.accepted;
        self.declined -= one.declined;
        self.completed -= one.completed;
    }
}

/// A distribution of times in ms, by nearest rank. Those who never came are in [`Counts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latencies {
    /// The median.
    pub p50_ms: u64,
    /// The 90th percentile.
    pub p90_ms: u64,
    /// The longest.
    pub max_ms: u64,
    /// How many times.
    pub count: u32,
}

impl Latencies {
    /// From times in any order.
    pub fn of(mut times_ms: Vec<u64>) -> Self {
        times_ms.sort_unstable();
        let rank = |percent: usize| {
            let position = (times_ms.len() * percent).div_ceil(100);
            times_ms.get(position.saturating_sub(1)).copied().unwrap_or(0)
        };
        Self {
            p50_ms: rank(50),
            p90_ms: rank(90),
            max_ms: rank(100),
            count: u32::try_from(times_ms.len()).unwrap_or(u32::MAX),
        }
    }
}

/// How a group of endpoints answered one order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// Who stands where.
    pub counts: Counts,
    /// From issue to the device.
    pub time_to_deliver: Latencies,
    /// From issue to a person's eye.
    pub time_to_open: Latencies,
    /// From issue to a person's word.
    pub time_to_acknowledge: Latencies,
    /// Acknowledged by the answer-by time.
    pub acknowledged_in_time: u32,
    /// Reported strength, summed.
    pub strength: Strength,
}

impl Response {
    /// Folds the deliveries of a group; `None` stands for an endpoint nothing was heard from.
    pub fn fold<'a>(
        issued_at: Instant,
        answer_by: Instant,
        group: impl Iterator<Item = Option<&'a Delivery>>,
    ) -> Self {
        let mut response = Self::default();
        let (mut deliver, mut open, mut acknowledge) = (Vec::new(), Vec::new(), Vec::new());
        let since = |moment: Moment| u64::try_from(moment.at.millis_since(issued_at)).unwrap_or(0);
        for delivery in group {
            response.counts.endpoints += 1;
            let Some(delivery) = delivery else { continue };
            response.counts.count(delivery);
            deliver.extend(delivery.delivered.map(since));
            open.extend(delivery.opened.map(since));
            acknowledge.extend(delivery.acknowledged.map(since));
            response.acknowledged_in_time +=
                u32::from(delivery.acknowledged.is_some_and(|moment| moment.at <= answer_by));
            response.strength.add(&delivery.strength.unwrap_or_default());
        }
        response.time_to_deliver = Latencies::of(deliver);
        response.time_to_open = Latencies::of(open);
        response.time_to_acknowledge = Latencies::of(acknowledge);
        response
    }
}

impl Strength {
    /// Adds another report, held at the top of the range.
    pub fn add(&mut self, other: &Self) {
        let sum = |a: &mut u32, b: u32| *a = a.saturating_add(b);
        sum(&mut self.called, other.called);
        sum(&mut self.reached, other.reached);
        sum(&mut self.will_come, other.will_come);
        sum(&mut self.arrived, other.arrived);
        sum(&mut self.excused, other.excused);
        sum(&mut self.unexcused, other.unexcused);
        sum(&mut self.equipment_called, other.equipment_called);
        sum(&mut self.equipment_arrived, other.equipment_arrived);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(ms: &[i64]) -> Delivery {
        let moment = |at: &i64| Moment {
            at: Instant::from_millis(*at),
            recorded_at: Instant::from_millis(*at),
            claimed: false,
        };
        Delivery {
            delivered: ms.first().map(moment),
            opened: ms.get(1).map(moment),
            acknowledged: ms.get(2).map(moment),
            ..Delivery::default()
        }
    }

    #[test]
    fn whoever_did_not_answer_stays_in_the_denominator() {
        let (quick, silent) = (delivery(&[10, 20, 30]), delivery(&[40]));
        let group = [Some(&quick), Some(&silent), None, None];
        let response =
            Response::fold(Instant::from_millis(0), Instant::from_millis(29), group.into_iter());
        let counts = response.counts;
        assert_eq!((counts.endpoints, counts.delivered, counts.acknowledged), (4, 2, 1));
        assert_eq!((counts.silent(), counts.unreached()), (1, 2));
        assert_eq!(
            response.time_to_deliver,
            Latencies { p50_ms: 10, p90_ms: 40, max_ms: 40, count: 2 }
        );
        assert_eq!(response.acknowledged_in_time, 0);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let times = Latencies::of((1..=10).rev().collect());
        assert_eq!(times, Latencies { p50_ms: 5, p90_ms: 9, max_ms: 10, count: 10 });
        assert_eq!(Latencies::of(Vec::new()), Latencies::default());
    }
}
