//! Everything that can be asked of an order offline, each question with its answer: for whoever wants
//! to know why, and not only whether.
//!
//! Called by `hoatoc order verify` and `hoatoc terminal verify`. The questions are those of
//! [`verify_order`] in its order, then what other orders say of it, then its
//! call-up sheet. Nothing is read that nobody known has signed: after a signature that does not hold
//! the other questions stay open.

use super::{Unverified, VerifiedOrder, asked, signed_by_known, verify_order};
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::order::{Order, ReferenceKind};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::trust::TrustBundle;
use crate::wire;
use crate::wire::order::call_up::{LeafFault, proven_hash, proven_sheet};
use crate::wire::order::printed::PrintedSheet;
use crate::wire::pb;

/// What is asked, in this order.
pub const QUESTIONS: [&str; 12] = [
    "envelope",
    "signatures",
    "contents",
    "handling",
    "authority",
    "province",
    "epoch",
    "audience",
    "expiry",
    "standing",
    "identity",
    "sheet",
];

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All is well; with what was found.
    Ok(String),
    /// It is not: the stable reason, and in words.
    Failed {
        /// The stable reason.
        reason: &'static str,
        /// One sentence.
        text: String,
    },
    /// Nothing was given to ask it with.
    NotAsked,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// One of [`QUESTIONS`].
    pub name: &'static str,
    /// What came of it.
    pub answer: Answer,
}

/// What an order is judged by.
#[derive(Debug)]
pub struct Grounds<'a> {
    /// Who may sign what.
    pub bundle: &'a TrustBundle,
    /// When the signers are judged, where the bundle is one of an earlier day; else it is now.
    pub day: Option<Instant>,
    /// Who asks; none for somebody who is no addressee.
    pub endpoint: Option<EndpointNo>,
    /// The time to judge by.
    pub now: Instant,
    /// Cancels and updates that are at hand, of this order or of others; what is not to be believed
    /// among them changes nothing.
    pub others: &'a [Envelope],
    /// What a terminal's inbox remembers.
    pub remembered: Option<Remembered>,
    /// The call-up sheet.
    pub sheet: Option<&'a PrintedSheet>,
}

/// What a terminal's inbox remembers that bears on an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The highest epoch of anything believed.
    pub epoch: u64,
    /// The digest of the order with the same id, if one is there.
    pub same_id: Option<[u8; 32]>,
    /// Numbers of its series that another order has: the digest of that order.
    pub same_number: Option<[u8; 32]>,
}

/// All questions and what came of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// As in [`QUESTIONS`].
    pub checks: Vec<Check>,
    /// What it says, if anybody known signed it and it can be read. To be shown with the verdict.
    pub order: Option<Order>,
    /// The officers whose signatures count.
    pub signed_by: Vec<crate::domain::ids::OfficerId>,
    /// The call-up sheet, if it is proved.
    pub sheet: Option<pb::CallUpSheet>,
}

impl Examination {
    /// The first question that failed: its reason, and in words.
    pub fn failure(&self) -> Option<(&'static str, &str)> {
        self.checks.iter().find_map(|check| match &check.answer {
            Answer::Failed { reason, text } => Some((*reason, text.as_str())),
            Answer::Ok(_) | Answer::NotAsked => None,
        })
    }

    fn note(&mut self, name: &'static str, answer: Answer) {
        self.checks.push(Check { name, answer });
    }

    /// Fills what was not asked with that.
    fn finished(mut self) -> Self {
        for name in QUESTIONS.into_iter().skip(self.checks.len()) {
            self.note(name, Answer::NotAsked);
        }
        self
    }
}

fn failed(fault: &Unverified) -> Answer {
    Answer::Failed { reason: fault.reason(), text: fault.to_string() }
}

fn answered(result: Result<(), Unverified>, well: String) -> Answer {
    match result {
        Ok(()) => Answer::Ok(well),
        Err(fault) => failed(&fault),
    }
}

/// Asks everything.
pub fn examine(envelope: &Envelope, grounds: &Grounds<'_>) -> Examination {
    let (checks, signed_by) = (Vec::with_capacity(QUESTIONS.len()), Vec::new());
    let mut done = Examination { checks, order: None, signed_by, sheet: None };
    let found = envelope.payload_type();
    let (PayloadType::Order(handling) | PayloadType::Cancel(handling)) = found else {
        done.note("envelope", failed(&Unverified::NotAnOrder { found }));
        return done.finished();
    };
    done.note("envelope", Answer::Ok(found.as_str().to_owned()));
    let known = signed_by_known(envelope, grounds.bundle);
    let said = format!("{known} of {} by officers of the bundle", envelope.signatures().len());
    if known == 0 {
        done.note("signatures", failed(&Unverified::NobodySigned));
        return done.finished();
    }
    done.note("signatures", Answer::Ok(said));
    let order = match super::read_signed(envelope) {
        Ok(order) => order,
        Err(fault @ Unverified::TypeMismatch { .. }) => {
            done.note("contents", Answer::Ok("readable".to_owned()));
            done.note("handling", failed(&fault));
            return done.finished();
        }
        Err(fault) => {
            done.note("contents", failed(&fault));
            return done.finished();
        }
    };
    done.note("contents", answered(asked::sense(&order), order.number_text()));
    done.note("handling", Answer::Ok(handling.as_str().to_owned()));
    match super::authorised(envelope, grounds.bundle, &order, grounds.day.unwrap_or(grounds.now)) {
        Ok(officers) => {
            let names: Vec<String> = officers.iter().map(ToString::to_string).collect();
            let version = grounds.bundle.version;
            let of_day = grounds.day.map_or("", |_day| ", which was in force on its day");
            let said = format!("{} under trust bundle {version}{of_day}", names.join(" and "));
            done.note("authority", Answer::Ok(said));
            done.signed_by = officers.into_iter().map(|own| own.officer).collect();
        }
        Err(fault) => done.note("authority", failed(&fault)),
    }
    place(&mut done, &order, grounds);
    let standing = standing(envelope, &order, grounds);
    done.note("standing", standing);
    done.note("identity", identity(envelope, &order, grounds.remembered.as_ref()));
    let (answer, sheet) = sheet(&order, grounds);
    done.note("sheet", answer);
    (done.sheet, done.order) = (sheet, Some(order));
    done
}

/// Province, epoch, audience and time.
fn place(done: &mut Examination, order: &Order, grounds: &Grounds<'_>) {
    let bundle = grounds.bundle;
    done.note("province", answered(asked::province(order, bundle), order.province.to_string()));
    let least = grounds.remembered.as_ref().map_or(0, |own| own.epoch).max(bundle.epoch);
    done.note("epoch", answered(asked::epoch(order, least), order.epoch.to_string()));
    let count = order.audience.count();
    let audience = match grounds.endpoint {
        None => Answer::Ok(format!("{count} endpoints")),
        Some(own) => answered(
            asked::addressed(order, Some(own)),
            format!("endpoint {} of {count}", own.number()),
        ),
    };
    done.note("audience", audience);
    let end = if order.is_cancel() { "a cancel does not end" } else { "not over yet" };
    done.note("expiry", answered(asked::in_time(order, grounds.now), end.to_owned()));
}

/// What other orders say of it. A cancel stands above an update; what is not believed changes nothing.
fn standing(envelope: &Envelope, order: &Order, grounds: &Grounds<'_>) -> Answer {
    let digest = envelope.digest();
    let (mut changed, mut passed_over) = (None, 0_usize);
    for other in grounds.others.iter().filter(|other| other.digest() != digest) {
        // Its own end does not matter: what it did to the order stays done.
        let Ok(VerifiedOrder { order: other, .. }) =
            verify_order(other, grounds.bundle, None, Instant::EPOCH)
        else {
            passed_over += 1;
            continue;
        };
        let Some(reference) = other.reference.as_ref().filter(|own| own.order == order.id) else {
            continue;
        };
        if reference.digest != digest || other.handling != order.handling {
            passed_over += 1;
            continue;
        }
        let candidate = (reference.kind, other.number_text());
        changed = changed.max(Some(candidate));
    }
    let note = match passed_over {
        0 => String::new(),
        count => format!("; {count} of those given not to be believed, or of other bytes"),
    };
    match changed {
        None if grounds.others.is_empty() && grounds.remembered.is_none() => Answer::NotAsked,
        None => Answer::Ok(format!("nothing at hand changes it{note}")),
        Some((ReferenceKind::Cancel, by)) => Answer::Failed {
            reason: "CANCELLED",
            text: format!("the order is cancelled by {by}{note}"),
        },
        Some((ReferenceKind::Update, by)) => Answer::Failed {
            reason: "REPLACED",
            text: format!("the order is replaced by {by}{note}"),
        },
    }
}

/// Whether another order bears its name.
fn identity(envelope: &Envelope, order: &Order, remembered: Option<&Remembered>) -> Answer {
    let Some(remembered) = remembered else { return Answer::NotAsked };
    let digest = envelope.digest();
    if remembered.same_id.is_some_and(|known| known != digest) {
        return failed(&Unverified::IdReused);
    }
    if remembered.same_number.is_some_and(|known| known != digest) {
        let text = format!("another order with number {} is here already", order.number_text());
        return Answer::Failed { reason: "NUMBER_REUSED", text };
    }
    let known = if remembered.same_id.is_some() { "in the inbox" } else { "not in the inbox" };
    Answer::Ok(known.to_owned())
}

fn sheet(order: &Order, grounds: &Grounds<'_>) -> (Answer, Option<pb::CallUpSheet>) {
    let Some(sheet) = grounds.sheet else { return (Answer::NotAsked, None) };
    let call_up = order.call_up.as_ref();
    let proved = if sheet.is_masked() {
        proven_hash(sheet.leaf, &sheet.delivery, call_up).map(|()| None)
    } else {
        let own = wire::order::call_up::read_sheet(&sheet.delivery.sheet);
        let first = own.as_ref().ok().and_then(|own| own.endpoint_numbers.first().copied());
        let endpoint = grounds.endpoint.or_else(|| first.map(EndpointNo::new));
        match (endpoint, own) {
            (Some(endpoint), _any) => proven_sheet(&sheet.delivery, call_up, endpoint).map(Some),
            (None, Err(fault)) => Err(LeafFault::Unreadable(fault)),
            (None, Ok(_)) => {
                let fault = wire::WireError::new("endpoint_numbers", "names nobody");
                Err(LeafFault::Unreadable(fault))
            }
        }
    };
    match proved {
        Ok(Some(sheet)) => {
            let said = format!(
                "page {} of {} of unit {}: {} people, {} items",
                sheet.page, sheet.pages, sheet.unit_code, sheet.people_total, sheet.equipment_total
            );
            (Answer::Ok(said), Some(sheet))
        }
        Ok(None) => (Answer::Ok("masked, under the signed root".to_owned()), None),
        Err(fault) => (Answer::Failed { reason: fault.reason(), text: told(&fault) }, None),
    }
}

/// A fault's words, without those of what could not be read: they may hold what is in it.
fn told(fault: &LeafFault) -> String {
    match fault {
        LeafFault::Unreadable(_) => "the sheet cannot be read".to_owned(),
        told => told.to_string(),
    }
}
