//! One entry against the state before it: would it have happened by the rules?
//!
//! The command that must have led to it is put to the state again, at the entry's own time; what
//! follows must be the entry. Signatures of terminals, which the server checks at its doors, are
//! checked here. Entries without a rule of their own (records, lists) are left to who caused them.

use std::collections::BTreeMap;

use crate::domain::ids::RequestId;
use crate::domain::order::handling::Handling;
use crate::domain::world::{
    Actor, CertificateHolder, Command, Decision, Entry, Event, NewDraft, NumberTaken, OrderRefusal,
    Refusal, Request, World,
};

/// How an order's draft came in: an update or cancel comes with its signatures and issue.
pub(super) type CameBy = (Actor, Option<(RequestId, [u8; 32])>);

/// Why an entry would not have happened: a stable word, and in words.
pub(super) type Unfounded = (&'static str, String);

/// Whether the entry follows. `came_by` is how the draft of the order it is about came in.
pub(super) fn judge(
    world: &World,
    entry: &Entry,
    came_by: Option<&CameBy>,
) -> Result<(), Unfounded> {
    check_sealed_words(world, entry)?;
    let Some((actor, command)) = command_of(world, entry, came_by)? else { return Ok(()) };
    let request = Request { actor, id: None, command };
    match world.decide(&request, entry.at) {
        Ok(Decision::Happens(events)) => {
            let follows = match &entry.event {
                // A list is put in parts, and what was there already is left out.
                Event::UnitsPut(_) => !events.is_empty(),
                event => events.len() == 1 && events.first() == Some(event),
            };
            if follows {
                return Ok(());
            }
            let said = "it says something else than what follows from the entries before it";
            Err((reason_of(&entry.event), said.to_owned()))
        }
        Ok(Decision::Repeated { ledger_index }) => {
            let said = format!("it repeats entry {ledger_index}");
            Err((reason_of(&entry.event), said))
        }
        // A cancel always has room.
        Err(Refusal::Order(OrderRefusal::TooManyOpen)) => Ok(()),
        Err(refusal) => Err((reason_of(&entry.event), refusal.to_string())),
    }
}

const fn reason_of(event: &Event) -> &'static str {
    match event {
        Event::ProvinceFounded { .. } => "FOUNDED_TWICE",
        Event::TrustPublished(_) => "BUNDLE_REFUSED",
        Event::OrderDrafted { .. } => "ORDER_REFUSED",
        Event::SignatureAdded { .. } => "SIGNATURE_REFUSED",
        Event::OrderIssued { .. } => "ISSUE_REFUSED",
        Event::AnswerTaken { .. } => "ANSWER_REFUSED",
        Event::CertificateIssued { .. }
        | Event::CertificateSeen { .. }
        | Event::CodeCreated { .. }
        | Event::TerminalEnrolled { .. } => "CERTIFICATE_REFUSED",
        Event::EpochBegun { .. } => "EPOCH_REFUSED",
        _any_other => "ENTRY_REFUSED",
    }
}

/// A terminal's word counts only under the key that was enrolled for its endpoint at that time.
fn check_sealed_words(world: &World, entry: &Entry) -> Result<(), Unfounded> {
    let Event::AnswerTaken { answer, envelope, .. } = &entry.event else { return Ok(()) };
    let endpoint = world.endpoints().get(answer.endpoint);
    let Some(terminal) = endpoint.and_then(|endpoint| endpoint.terminal.as_ref()) else {
        let said = format!("endpoint {} had no terminal then", answer.endpoint);
        return Err(("ANSWER_FORGED", said));
    };
    envelope.verify_with(&terminal.answer_key).map_err(|_fault| {
        let said = format!(
            "the terminal that endpoint {} had then did not sign it: nobody there said this",
            answer.endpoint
        );
        ("ANSWER_FORGED", said)
    })
}

/// The command that must have led to an event, and who gave it; none for events without rules of
/// their own.
fn command_of(
    world: &World,
    entry: &Entry,
    came_by: Option<&CameBy>,
) -> Result<Option<(Actor, Command)>, Unfounded> {
    let command = match &entry.event {
        Event::ProvinceFounded { province, origin } => {
            Command::Found { province: province.clone(), origin: origin.clone() }
        }
        Event::TrustPublished(trust) => Command::PublishTrust(trust.clone()),
        Event::UnitsPut(units) => Command::PutUnits(units.clone()),
        Event::EndpointAdded { address, .. } => Command::AddEndpoints(vec![address.clone()]),
        Event::EndpointRetired { no, document } => {
            let endpoint = world.endpoints().get(*no);
            let unknown = || ("ENTRY_REFUSED", format!("there is no endpoint {no}"));
            let address = endpoint.ok_or_else(unknown)?.address.clone();
            Command::RetireEndpoint { address, document: document.clone(), force: true }
        }
        Event::CodeCreated { endpoint, secret_digest, expires_at } => {
            let known = world.endpoints().get(*endpoint);
            let unknown = || ("CERTIFICATE_REFUSED", format!("there is no endpoint {endpoint}"));
            let address = known.ok_or_else(unknown)?.address.clone();
            let (secret_digest, expires_at) = (*secret_digest, *expires_at);
            Command::CreateCode { address, secret_digest, expires_at }
        }
        Event::TerminalEnrolled { secret_digest, terminal, .. } => {
            Command::Enrol { secret_digest: *secret_digest, terminal: terminal.clone() }
        }
        Event::CertificateIssued { holder, digest, not_after, shown, serial } => {
            let (digest, not_after, serial) = (*digest, *not_after, *serial);
            match (holder, shown) {
                (CertificateHolder::Officer(officer), _) => {
                    let officer = officer.clone();
                    Command::RecordCertificate { officer, digest, not_after, serial }
                }
                (CertificateHolder::Endpoint(endpoint), Some(shown)) => {
                    let (endpoint, shown) = (*endpoint, *shown);
                    Command::RenewTerminal { endpoint, shown, digest, not_after, serial }
                }
                // Ledgers of old do not say what was shown.
                (CertificateHolder::Endpoint(_), None) => return Ok(None),
            }
        }
        Event::CertificateSeen { endpoint, digest } => {
            Command::SeeCertificate { endpoint: *endpoint, digest: *digest }
        }
        Event::KeysBegun { generation } => Command::BeginKeys { generation: *generation },
        Event::EpochBegun { numbers_taken, .. } => {
            Command::BeginEpoch { last_numbers: numbers(numbers_taken) }
        }
        order_or_record => return order_command(world, entry, order_or_record, came_by),
    };
    Ok(Some((entry.actor.clone(), command)))
}

fn order_command(
    world: &World,
    entry: &Entry,
    event: &Event,
    came_by: Option<&CameBy>,
) -> Result<Option<(Actor, Command)>, Unfounded> {
    let given = || entry.actor.clone();
    Ok(match event {
        Event::OrderDrafted { order, envelope, traceparent } => {
            let author = Actor::Officer(order.drafted_by.clone());
            if author != entry.actor && order.reference.is_none() {
                let said = format!("{} laid down what {author} wrote", entry.actor);
                return Err(("ORDER_REFUSED", said));
            }
            let (order, envelope) = (order.clone(), envelope.clone());
            let (traceparent, erased_then) = (traceparent.clone(), Some(world.erased().len()));
            Some((author, Command::Draft(NewDraft { order, envelope, traceparent, erased_then })))
        }
        Event::SignatureAdded { order, signature } => {
            let command = Command::AddSignature { order: *order, signature: *signature };
            let holder = world.trust().and_then(|trust| trust.bundle.holder_of(&signature.key_id));
            let holder = holder.map(|(officer, _key)| Actor::Officer(officer.id.clone()));
            // Of an update or cancel, somebody else may bring in all signatures at once.
            let file = world.order(order);
            let changes = file.is_some_and(|file| file.order.reference.is_some());
            let together = came_by
                .is_some_and(|(actor, request)| *actor == entry.actor && *request == entry.request);
            let actor = if changes && together { holder } else { None };
            Some((actor.unwrap_or_else(given), command))
        }
        Event::OrderIssued { order, traceparent, .. } => {
            let traceparent = traceparent.clone();
            Some((given(), Command::Issue { order: *order, traceparent }))
        }
        Event::AnswerTaken { answer, envelope, clock_offset_ms } => {
            let (answer, envelope) = (answer.clone(), envelope.clone());
            let clock_offset_ms = *clock_offset_ms;
            Some((given(), Command::TakeAnswer { answer, envelope, clock_offset_ms }))
        }
        _record_or_list => None,
    })
}

fn numbers(taken: &[NumberTaken]) -> BTreeMap<Handling, u32> {
    taken.iter().map(|taken| (taken.handling, taken.number)).collect()
}
