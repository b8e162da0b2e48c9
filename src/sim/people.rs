//! The people at the terminals: who is quick, who is slow, whose line is dark, who is asleep.
//!
//! A [`Temperament`] is drawn from the seed for each endpoint; nothing in it depends on time or on
//! what others do, so the same seed gives the same counts however fast the machine is. The shares
//! are inventions in the range of what other countries publish of their own call-ups (over 10 % never
//! open the notice, 80 % answer within an hour); they say nothing about any real commune.

use std::time::Duration;

use super::choice::Choice;
use crate::domain::order::delivery::{DeclineReason, Strength};

/// Lane of the seed's streams that belongs to people; the province has the low ones.
const LANE: u64 = 1 << 32;

/// What a person makes of an order they acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Carries it out, and reports these numbers.
    Accept(Strength),
    /// Cannot.
    Decline(DeclineReason),
    /// Says nothing more.
    Undecided,
}

/// How one endpoint behaves when an order comes. Times are those of life, each from the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temperament {
    /// When the terminal comes on line, from the issue on; none for a line that stays dark.
    pub online_after: Option<Duration>,
    /// Until somebody looks; none if nobody does.
    pub open_after: Option<Duration>,
    /// Until that person answers for it; none if they never do.
    pub acknowledge_after: Option<Duration>,
    /// Until they have decided.
    pub decide_after: Duration,
    /// What they decide.
    pub verdict: Verdict,
    /// Until the numbers are in.
    pub report_after: Duration,
}

impl Temperament {
    /// How the endpoint of this number behaves. `called` and `equipment_called` are what the order
    /// asks of it.
    pub fn of(seed: u64, endpoint: u32, called: u32, equipment_called: u32) -> Self {
        let mut choice = Choice::new(seed, LANE + u64::from(endpoint));
        let minutes = |choice: &mut Choice, from: u32, to: u32| {
            let seconds = from * 60 + choice.below((to - from) * 60);
            Duration::from_secs(u64::from(seconds))
        };
        let line = choice.weighted(&[(90, Line::Up), (6, Line::Late), (4, Line::Dark)]);
        let online_after = match line {
            Line::Up => Some(Duration::ZERO),
            Line::Late => Some(minutes(&mut choice, 3, 14)),
            Line::Dark => None,
        };
        let pace = choice.weighted(&[
            (58, Pace::Prompt),
            (24, Pace::Slow),
            (12, Pace::Late),
            (6, Pace::Asleep),
        ]);
        let open_after = match pace {
            Pace::Prompt => Some(minutes(&mut choice, 0, 2)),
            Pace::Slow => Some(minutes(&mut choice, 2, 7)),
            Pace::Late => Some(minutes(&mut choice, 14, 18)),
            Pace::Asleep => None,
        };
        let reads_only = choice.percent(3);
        let acknowledge_after =
            (!reads_only).then(|| Duration::from_secs(u64::from(5 + choice.below(115))));
        let decide_after = minutes(&mut choice, 0, 3);
        let declines = choice.percent(6);
        let undecided = choice.percent(3);
        let verdict = match (declines, undecided) {
            (true, _) => Verdict::Decline(*choice.one_of(&[
                DeclineReason::PersonnelShort,
                DeclineReason::EquipmentShort,
                DeclineReason::RoadCut,
                DeclineReason::OtherOrder,
            ])),
            (false, true) => Verdict::Undecided,
            (false, false) => Verdict::Accept(strength(&mut choice, called, equipment_called)),
        };
        let report_after = minutes(&mut choice, 1, 4);
        Self { online_after, open_after, acknowledge_after, decide_after, verdict, report_after }
    }
}

#[derive(Debug, Clone, Copy)]
enum Line {
    Up,
    Late,
    Dark,
}

#[derive(Debug, Clone, Copy)]
enum Pace {
    Prompt,
    Slow,
    Late,
    Asleep,
}

fn strength(choice: &mut Choice, called: u32, equipment_called: u32) -> Strength {
    let share = |choice: &mut Choice, whole: u32, from: u32| {
        let percent = from + choice.below(101 - from);
        u32::try_from(u64::from(whole) * u64::from(percent) / 100).unwrap_or(whole)
    };
    let reached = share(choice, called, 85);
    let will_come = share(choice, reached, 88);
    let arrived = share(choice, will_come, 90);
    let absent = called - arrived;
    let excused = share(choice, absent, 40);
    let equipment_arrived = share(choice, equipment_called, 80);
    let unexcused = absent - excused;
    Strength {
        called,
        reached,
        will_come,
        arrived,
        excused,
        unexcused,
        equipment_called,
        equipment_arrived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people_and_another_seed_others() {
        let people = |seed| (1..=179).map(move |no| Temperament::of(seed, no, 10, 2)).collect();
        let (first, again, other): (Vec<_>, Vec<_>, Vec<_>) = (people(1), people(1), people(2));
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn every_kind_of_person_turns_up_and_the_numbers_add_up() {
        let people: Vec<_> = (1..=2_000).map(|no| Temperament::of(7, no, 40, 3)).collect();
        let count = |kind: fn(&Temperament) -> bool| people.iter().filter(|one| kind(one)).count();
        assert!((40..=130).contains(&count(|one| one.online_after.is_none())));
        assert!((80..=180).contains(&count(|one| one.open_after.is_none())));
        assert!(count(|one| one.acknowledge_after.is_none()) > 20);
        assert!(count(|one| matches!(one.verdict, Verdict::Decline(_))) > 60);
        assert!(count(|one| one.verdict == Verdict::Undecided) > 20);
        for one in &people {
            if let Verdict::Accept(strength) = one.verdict {
                let accounted = strength.arrived + strength.excused + strength.unexcused;
                assert_eq!(accounted, strength.called);
                assert!(strength.arrived <= strength.will_come);
                assert!(strength.will_come <= strength.reached);
            }
        }
    }
}
