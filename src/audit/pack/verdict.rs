//! What a pack proves: who signed by what right, when it reached whom, who answered what.
//!
//! Entries are judged in their order, by the trust bundle and the terminals' keys in force at each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::found::{FactRow, SignerRow, Verdict};
use super::{Leaf, Pack};
use crate::audit::heads::Head;
use crate::audit::{Anchor, Fault};
use crate::domain::authority::Matter;
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::delivery::Answer;
use crate::domain::world::{Entry, Event, Trust};
use crate::evidence::authority::check_signatures;
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::key::PublicKey;
use crate::evidence::tree::Hash;
use crate::evidence::trust::accept_bundle;
use crate::wire::entry;

struct Court<'a> {
    anchor: &'a Anchor,
    wanted: Option<OrderId>,
    trust: Option<Arc<Trust>>,
    latest_at: Instant,
    files: BTreeMap<OrderId, (Arc<Order>, Envelope)>,
    keys: BTreeMap<EndpointNo, (u64, PublicKey)>,
    // The last entry that something said about the order rests on. What frames it (bundles, terminals'
    // keys) counts only where it lies before.
    last_needed: Option<u64>,
    verdict: Verdict,
}

pub(super) fn judge(pack: &Pack, anchor: &Anchor, cosignatures: &[String]) -> Verdict {
    let mut court = Court {
        anchor,
        wanted: pack.order_id(),
        trust: None,
        latest_at: Instant::from_millis(i64::MIN),
        files: BTreeMap::new(),
        keys: BTreeMap::new(),
        last_needed: None,
        verdict: Verdict::default(),
    };
    let (leaves, unread) = pack.leaves();
    unread.into_iter().for_each(|fault| court.verdict.faults.push(fault));
    let mut entries = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        match entry::decode(&leaf.bytes) {
            Ok(entry) => entries.push((leaf, entry)),
            Err(fault) => court.fault(leaf.index, "ENTRY_UNREADABLE", fault),
        }
    }
    court.open_heads(pack, cosignatures, &entries);
    let head = court.verdict.head;
    for (leaf, entry) in &entries {
        let proved = head.map_or(Ok(()), |(size, root)| leaf.is_in(size, &Hash(root)));
        match proved {
            Ok(()) => court.hear(leaf.index, entry),
            Err(fault) => court.verdict.faults.push(fault),
        }
    }
    court.finish()
}

impl Court<'_> {
    fn fault(&mut self, index: u64, reason: &'static str, text: impl std::fmt::Display) {
        self.verdict.faults.push(Fault::at(index, reason, text));
    }

    /// Opens the heads with the newest bundle that follows from the first: bundles prove themselves.
    fn open_heads(&mut self, pack: &Pack, cosignatures: &[String], entries: &[(Leaf, Entry)]) {
        let mut newest: Option<Arc<Trust>> = None;
        for (_leaf, entry) in entries {
            if let Event::TrustPublished(trust) = &entry.event {
                let before = newest.as_ref().map(|trust| &trust.bundle);
                if accept_bundle(before, &trust.bundle, &trust.envelope, entry.at).is_ok() {
                    newest = Some(trust.clone());
                }
            }
        }
        let refuse = |reason, said: &dyn std::fmt::Display| Fault::of_all(reason, said);
        let Some(newest) = newest else {
            let said = "there is no trust bundle that is to be believed";
            return self.verdict.faults.push(refuse("NO_TRUST", &said));
        };
        self.verdict.bundle_version = newest.bundle.version;
        let first = pack.heads.first().map(String::as_str).unwrap_or_default();
        let head = match Head::open(first, &newest.bundle) {
            Ok(head) => cosignatures
                .iter()
                .fold(head, |head, lines| head.cosigned_with(lines, &newest.bundle.witnesses)),
            Err(fault) => return self.verdict.faults.push(refuse("HEAD_REFUSED", &fault)),
        };
        let (size, root) = (head.checkpoint.size, head.checkpoint.root);
        self.verdict.head = Some((size, root.0));
        self.verdict.origin.clone_from(&head.checkpoint.origin);
        let cosigned = pack.heads.get(1).and_then(|text| Head::open(text, &newest.bundle).ok());
        let cosigned = cosigned.filter(|old| {
            let old = &old.checkpoint;
            old.origin == head.checkpoint.origin
                && pack.continues((old.size, &old.root), (size, &root))
        });
        let need = newest.bundle.witnesses.threshold;
        let enough = [Some(head), cosigned].into_iter().flatten();
        let enough = enough.into_iter().find(|head| head.witnessed.is_enough());
        match enough {
            Some(head) if need > 0 => {
                self.verdict.witnessed = Some((head.checkpoint.size, head.witnessed));
            }
            Some(_none_asked_for) => {}
            None => {
                let said = format!("{need} witnesses are asked for, and no head has as many");
                self.verdict.faults.push(refuse("NOT_WITNESSED", &said));
            }
        }
    }

    fn hear(&mut self, index: u64, entry: &Entry) {
        if entry.at < self.latest_at {
            self.fault(index, "TIME_RUNS_BACK", "its time lies before that of an entry before it");
        }
        self.latest_at = self.latest_at.max(entry.at);
        if self.wanted.is_some() && entry.event.order() == self.wanted {
            self.last_needed = Some(index);
        }
        match &entry.event {
            Event::ProvinceFounded { origin, .. } => {
                let other = self.verdict.head.is_some() && *origin != self.verdict.origin;
                if index != 0 || other {
                    self.fault(index, "OTHER_LEDGER", "the ledger was founded under another name");
                }
            }
            Event::TrustPublished(trust) => self.take_bundle(index, trust, entry.at),
            Event::EndpointAdded { no, address } => {
                self.verdict.endpoints.entry(*no).or_default().address = Some(address.clone());
            }
            Event::TerminalEnrolled { endpoint, terminal, .. } => {
                self.keys.insert(*endpoint, (index, terminal.answer_key));
            }
            Event::EndpointRetired { no, .. } => drop(self.keys.remove(no)),
            Event::OrderDrafted { order, envelope, .. } => {
                if self.wanted == Some(order.id) {
                    self.verdict.order = Some((order.clone(), envelope.digest()));
                    self.verdict.drafted = Some((entry.at, index));
                }
                self.files.insert(order.id, (order.clone(), envelope.clone()));
            }
            Event::SignatureAdded { order, signature } => {
                self.take_signature(index, *order, signature, entry.at);
            }
            Event::OrderIssued { order, sequence, .. } => {
                self.take_issue(index, *order, *sequence, entry.at);
            }
            Event::AnswerTaken { answer, envelope, .. } => {
                if let Err((reason, said)) = self.take_answer(index, answer, envelope, entry.at) {
                    self.fault(index, reason, said);
                }
            }
            _nothing_about_the_order => {}
        }
    }

    fn take_bundle(&mut self, index: u64, trust: &Arc<Trust>, at: Instant) {
        let before = self.trust.as_ref().map(|trust| &trust.bundle);
        let first = before.is_none();
        let gap = before.is_some_and(|before| trust.bundle.version > before.version + 1);
        if let Err(fault) = accept_bundle(before, &trust.bundle, &trust.envelope, at) {
            return self.fault(index, "BUNDLE_REFUSED", fault);
        }
        let unknown = if first { self.anchor.refuses_first(&trust.bundle) } else { None };
        let forked = self.anchor.refuses_known(&trust.bundle, &trust.envelope);
        for (reason, said) in [("ROOTS_UNKNOWN", unknown), ("BUNDLE_FORKED", forked)] {
            if let Some(said) = said {
                self.fault(index, reason, said);
            }
        }
        if gap {
            let said = "a trust bundle between this and the one before it is not in the pack";
            self.fault(index, "BUNDLE_MISSING", said);
        }
        self.trust = Some(trust.clone());
    }

    fn take_signature(&mut self, index: u64, order: OrderId, signature: &Signature, at: Instant) {
        let Some((_order, envelope)) = self.files.get_mut(&order) else {
            return self.fault(index, "SIGNATURE_REFUSED", "what it signs is not in the pack");
        };
        let holder = self.trust.as_ref().and_then(|t| t.bundle.holder_of(&signature.key_id));
        let row = holder.filter(|(_officer, own)| {
            own.key.verify(&envelope.signed_bytes(), &signature.bytes).is_ok()
        });
        let row = row.map(|(officer, _own)| SignerRow {
            officer: officer.id.clone(),
            name: officer.name.clone(),
            roles: officer.roles.clone(),
            key_id: signature.key_id,
            at,
            index,
        });
        let added = envelope.add(*signature);
        match (row, added) {
            (Some(row), Ok(())) if self.wanted == Some(order) => self.verdict.signers.push(row),
            (Some(_of_another_order), Ok(())) => {}
            _not_by_an_officer => {
                let said = "no officer of that day's bundle made it over these bytes";
                self.fault(index, "SIGNATURE_REFUSED", said);
            }
        }
    }

    fn take_issue(&mut self, index: u64, id: OrderId, sequence: u64, at: Instant) {
        let (Some((order, envelope)), Some(trust)) = (self.files.get(&id), &self.trust) else {
            return self.fault(index, "ISSUE_REFUSED", "what was issued is not in the pack");
        };
        let bundle = &trust.bundle;
        match check_signatures(bundle, envelope, &Matter::from(&**order), at) {
            Err(fault) => {
                let said = fault.to_string();
                self.fault(index, "ISSUE_REFUSED", said);
            }
            Ok(officers) if self.wanted == Some(id) => {
                self.verdict.issued = Some((at, index, sequence, bundle.version));
                self.verdict.by_right_of = officers.into_iter().map(|own| own.officer).collect();
            }
            Ok(_of_another) => {
                let replaces = order.reference.as_ref().filter(|r| self.wanted == Some(r.order));
                if let Some(reference) = replaces {
                    self.verdict.replaced = Some((reference.kind, order.number_text(), at));
                    self.last_needed = Some(index);
                }
            }
        }
    }

    fn take_answer(
        &mut self,
        index: u64,
        answer: &Answer,
        envelope: &Envelope,
        at: Instant,
    ) -> Result<(), (&'static str, String)> {
        if self.wanted != Some(answer.order) {
            return Ok(());
        }
        let no = answer.endpoint;
        let unknown = || ("ANSWER_FORGED", format!("the key of endpoint {no} is not in the pack"));
        let (enrolled, key) = self.keys.get(&no).copied().ok_or_else(unknown)?;
        envelope.verify_with(&key).map_err(|_fault| {
            ("ANSWER_FORGED", format!("the terminal that endpoint {no} had then did not sign it"))
        })?;
        let refuse = |said: &str| ("ANSWER_REFUSED", said.to_owned());
        let (order, digest) = self.verdict.order.as_ref().ok_or_else(|| refuse("of no order"))?;
        if answer.order_digest != *digest {
            return Err(refuse("it answers other bytes than those that were signed"));
        }
        if !order.audience.contains(no) || self.verdict.issued.is_none() {
            return Err(refuse("it was not asked for: not issued yet, or not addressed"));
        }
        let row = self.verdict.endpoints.entry(no).or_default();
        let expected = u32::try_from(row.facts.len()).unwrap_or(u32::MAX).saturating_add(1);
        if answer.number != expected {
            let said = format!("it is answer {} where {expected} comes next", answer.number);
            return Err(("ANSWER_MISSING", said));
        }
        row.state = row.state.after(answer.fact).map_err(|fault| refuse(&fault.to_string()))?;
        row.enrolled = Some((enrolled, key.id()));
        row.facts.push(FactRow {
            fact: answer.fact,
            happened_at: answer.happened_at,
            recorded_at: at,
            index,
        });
        Ok(())
    }

    fn finish(mut self) -> Verdict {
        if self.verdict.issued.is_none() {
            let said = "nothing in the pack shows that the order was issued by right";
            self.verdict.faults.push(Fault::of_all("NOT_ISSUED", said));
        }
        let seen = self.verdict.witnessed.as_ref().map(|(size, _by)| *size);
        if let (Some(size), Some(last)) = (seen, self.last_needed)
            && size <= last
        {
            let said = format!(
                "the witnesses have cosigned {size} entries, and this order's go on to {}: gather the \
                 evidence again once they have seen those",
                last + 1
            );
            self.verdict.faults.push(Fault::of_all("NOT_WITNESSED", said));
        }
        self.verdict.endpoints.retain(|_no, facts| !facts.facts.is_empty());
        // Whoever was addressed and said nothing is part of what happened.
        if let Some((order, _digest)) = &self.verdict.order {
            for no in &order.audience.endpoints {
                self.verdict.endpoints.entry(EndpointNo::new(no)).or_default();
            }
        }
        self.verdict
    }
}
