//! Taking in recorded events. Never refuses: an event is a fact. What cannot be (an event about an
//! order that is not there) is left to [`World::check`] and the ledger's own proofs to find.

use std::sync::Arc;

use crate::domain::certificate::CertificateHolder;
use crate::domain::endpoint::{Standing, Terminal};
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::delivery::{Answer, Moment};
use crate::domain::registry::{EquipmentType, Specialty};
use crate::domain::unit::Unit;
use crate::domain::world::answers::digest_head;
use crate::domain::world::file::Issue;
use crate::domain::world::identity::Next;
use crate::domain::world::{
    EnrolmentCode, Entry, Event, NumberTaken, OrderFile, Published, Signing, Trust, World,
};
use crate::evidence::envelope::{Envelope, Signature};

impl World {
    /// Takes in the next entry of the ledger. Its time is not before [`World::latest_at`].
    pub fn apply(&mut self, entry: &Entry) {
        let index = self.size;
        self.size += 1;
        self.latest_at = self.latest_at.max(entry.at);
        if let Some((id, digest)) = &entry.request {
            self.requests.remember(id, *digest, index);
        }
        match &entry.event {
            Event::ProvinceFounded { province, origin } => {
                self.province = Some(province.clone());
                self.origin.clone_from(origin);
                self.epoch = 1;
            }
            Event::TrustPublished(trust) => self.take_trust(trust, entry.at),
            Event::UnitsPut(units) => self.take_units(units),
            Event::SpecialtiesPut { specialties, continues } => {
                self.take_specialties(specialties, *continues);
            }
            Event::EquipmentTypesPut { types, continues } => {
                self.take_equipment_types(types, *continues);
            }
            Event::UnitsReorganized(done) => self.take_reorganization(done, index, entry.at),
            Event::EndpointAdded { no, address } => self.endpoints.add(*no, address.clone()),
            Event::EndpointRetired { no, .. } => self.retire(*no, entry.at),
            Event::CodeCreated { endpoint, secret_digest, expires_at } => {
                let code = EnrolmentCode { endpoint: *endpoint, expires_at: *expires_at };
                self.put_code(*secret_digest, code, entry.at);
            }
            Event::TerminalEnrolled { endpoint, secret_digest, terminal } => {
                self.codes.remove(secret_digest);
                self.enrol_terminal(*endpoint, terminal, entry.at);
            }
            Event::CertificateIssued { holder, digest, not_after, shown, serial } => {
                if let Some(serial) = serial {
                    let (holder, ends) = (holder.clone(), *not_after);
                    self.certificates.record(*serial, holder, *digest, ends, entry.at);
                }
                if let CertificateHolder::Endpoint(no) = holder {
                    let next = Next { digest: *digest, not_after: *not_after, serial: *serial };
                    self.renew(*no, *shown, &next, entry.at);
                }
            }
            Event::CertificateSeen { endpoint, digest } => {
                self.see_certificate_of(*endpoint, digest);
                self.revoke_void(*endpoint, entry.at);
            }
            Event::OrderDrafted { order, envelope, traceparent } => {
                self.take_draft(order, envelope, traceparent);
            }
            Event::SignatureAdded { order, signature } => self.sign(order, signature, entry.at),
            Event::OrderIssued { order, sequence, traceparent } => {
                self.set_issued(order, *sequence, traceparent, entry.at);
            }
            Event::AnswerTaken { answer, envelope, clock_offset_ms } => {
                self.take(answer, envelope, *clock_offset_ms, entry.at, index);
            }
            Event::RecordErased { id, generation, .. } => {
                self.erased.insert(*id, *generation);
            }
            Event::KeysBegun { generation } => self.key_generation = *generation,
            Event::RecordsPut { .. }
            | Event::CallRefused { .. }
            | Event::RecordsRead { .. }
            | Event::RecordsResealed { .. } => {}
            Event::EpochBegun { epoch, numbers_taken } => {
                self.epoch = *epoch;
                numbers_taken.iter().for_each(|taken| self.pass_over(taken));
            }
        }
    }

    fn take_trust(&mut self, trust: &Arc<Trust>, at: Instant) {
        self.trust = Some(trust.clone());
        let (trust, after_sequence) = (trust.clone(), self.latest_sequence());
        self.trusts.push(Published { trust, at, after_sequence });
        self.recount_drafts(at);
    }

    fn renew(&mut self, no: EndpointNo, shown: Option<[u8; 32]>, next: &Next, at: Instant) {
        if let Some(endpoint) = self.endpoints.get_mut(no) {
            endpoint.renew(shown, next.digest, next.not_after, next.serial);
        }
        self.revoke_void(no, at);
    }

    fn take_draft(&mut self, order: &Arc<Order>, envelope: &Envelope, traceparent: &str) {
        self.numbers.insert((order.handling, order.series_year), order.number);
        let file = OrderFile::new(order.clone(), envelope.clone(), traceparent.to_owned());
        self.keep_form(order);
        self.orders.insert(order.id, file);
    }

    fn take_units(&mut self, units: &[Unit]) {
        for unit in units {
            // It was possible when it was decided; the tree is the same now.
            let put = Arc::make_mut(&mut self.units).put(unit.clone());
            debug_assert!(put.is_ok(), "{put:?}");
        }
    }

    /// A long list comes in parts: a part that continues adds to the ones before it.
    fn take_specialties(&mut self, part: &[Specialty], continues: bool) {
        let before = self.specialties.take().filter(|_| continues);
        let mut list = before.map(Arc::unwrap_or_clone).unwrap_or_default();
        for specialty in part {
            let put = list.insert(specialty.clone());
            debug_assert!(put.is_ok(), "{put:?}");
        }
        self.specialties = Some(Arc::new(list));
    }

    /// As [`Self::take_specialties`].
    fn take_equipment_types(&mut self, part: &[EquipmentType], continues: bool) {
        let before = self.equipment_types.take().filter(|_| continues);
        let mut list = before.map(Arc::unwrap_or_clone).unwrap_or_default();
        for kind in part {
            let put = list.insert(kind.clone());
            debug_assert!(put.is_ok(), "{put:?}");
        }
        self.equipment_types = Some(Arc::new(list));
    }

    /// A number on paper is not given again.
    fn pass_over(&mut self, taken: &NumberTaken) {
        let last = self.numbers.entry((taken.handling, taken.year)).or_default();
        *last = taken.number.max(*last);
    }

    /// A code for what is out of use is void too.
    /// Nobody answers there any more: codes and certificates are void.
    pub(super) fn retire(&mut self, no: EndpointNo, at: Instant) {
        self.endpoints.retire(no);
        self.codes.retain(|_digest, open| open.endpoint != no);
        self.revoke_void(no, at);
    }

    fn enrol_terminal(&mut self, no: EndpointNo, terminal: &Terminal, at: Instant) {
        if let Some(serial) = terminal.certificate_serial {
            let (digest, ends) = (terminal.certificate_digest, terminal.certificate_not_after);
            let holder = CertificateHolder::Endpoint(no);
            self.certificates.record(serial, holder, digest, ends, at);
        }
        if let Some(endpoint) = self.endpoints.get_mut(no) {
            endpoint.terminal = Some(terminal.clone());
            // Whatever the terminal before held is void, for renewing too.
            endpoint.superseded = None;
        }
        self.revoke_void(no, at);
    }

    /// Certificates of this endpoint that are neither its newest nor the one before that.
    fn revoke_void(&mut self, no: EndpointNo, at: Instant) {
        let holder = CertificateHolder::Endpoint(no);
        let endpoint = self.endpoints.get(no);
        let void = |digest: &[u8; 32]| {
            endpoint.is_none_or(|endpoint| endpoint.standing(digest, at) == Standing::Void)
        };
        self.certificates.revoke_where(at, |one| one.holder == holder && void(&one.digest));
    }

    fn see_certificate_of(&mut self, no: EndpointNo, digest: &[u8; 32]) {
        if let Some(endpoint) = self.endpoints.get_mut(no)
            && endpoint.terminal.as_ref().is_some_and(|t| t.certificate_digest == *digest)
        {
            endpoint.superseded = None;
        }
    }

    /// One open code for an endpoint: a new one voids the one that went astray.
    fn put_code(&mut self, secret_digest: [u8; 32], code: EnrolmentCode, at: Instant) {
        self.codes.retain(|_digest, open| at < open.expires_at && open.endpoint != code.endpoint);
        self.codes.insert(secret_digest, code);
    }

    fn sign(&mut self, order: &OrderId, signature: &Signature, at: Instant) {
        let Some(mut file) = self.orders.remove(order) else { return };
        // Within bounds, because it was decided on; a double changes nothing.
        let added = file.envelope.add(*signature);
        debug_assert!(added.is_ok(), "{added:?}");
        let bundle_version = self.trust.as_ref().map_or(0, |trust| trust.bundle.version);
        let signing = Signing { key_id: signature.key_id, at, bundle_version };
        file.signings.retain(|before| before.key_id != signature.key_id);
        file.signings.push(signing);
        self.recount(&mut file, at);
        self.orders.insert(*order, file);
    }

    /// A cancel that is laid down before its order is issued is a form, kept with that order.
    fn keep_form(&mut self, cancel: &Order) {
        let reference = cancel.reference.as_ref().filter(|_reference| cancel.is_cancel());
        let of = reference.and_then(|reference| self.orders.get_mut(&reference.order));
        if let Some(file) = of.filter(|file| file.issue.is_none()) {
            file.cancel_forms.push(cancel.id);
        }
    }

    /// Who is retired in a new bundle has not signed the drafts that still wait.
    fn recount_drafts(&mut self, at: Instant) {
        let mut orders = std::mem::take(&mut self.orders);
        let drafts = orders.values_mut().filter(|file| file.issue.is_none());
        for file in drafts.filter(|file| at <= file.order.not_after) {
            self.recount(file, at);
        }
        self.orders = orders;
    }

    fn set_issued(&mut self, order: &OrderId, sequence: u64, traceparent: &str, at: Instant) {
        let Some(mut file) = self.orders.remove(order) else { return };
        self.count_at_issue(&mut file, at);
        file.issue = Some(Issue { sequence, at, traceparent: traceparent.to_owned() });
        self.issued.push(*order);
        if let Some(reference) = &file.order.reference
            && let Some(earlier) = self.orders.get_mut(&reference.order)
        {
            earlier.replaced_by = Some((*order, reference.kind));
        }
        self.orders.insert(*order, file);
        self.current.insert(sequence);
        let mut current = std::mem::take(&mut self.current);
        current
            .retain(|sequence| self.issued_as(*sequence).is_some_and(|file| file.is_current(at)));
        self.current = current;
    }

    fn take(
        &mut self,
        answer: &Answer,
        envelope: &Envelope,
        offset_ms: i64,
        at: Instant,
        index: u64,
    ) {
        let Some(file) = self.orders.get_mut(&answer.order) else { return };
        let Some(issue) = &file.issue else { return };
        let delivery = file.deliveries.entry(answer.endpoint).or_default();
        file.counts.discount(delivery);
        let earliest = delivery.latest().map_or(issue.at, |latest| latest.max(issue.at));
        let moment = Moment::new(answer.happened_at, offset_ms, at, earliest);
        delivery.apply(answer, moment, index, digest_head(envelope));
        file.counts.count(delivery);
    }
}
