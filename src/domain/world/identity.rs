//! Units, endpoints, codes, terminals, the trust bundle.

use std::sync::Arc;

use crate::domain::certificate::{CertificateHolder, Recorded, Serial};
use crate::domain::endpoint::{Address, EndpointError, Standing, Terminal};
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::registry::{EquipmentType, EquipmentTypes, Specialties, Specialty};
use crate::domain::unit::Unit;
use crate::domain::world::{
    EQUIPMENT_TYPES_PER_ENTRY, EnrolmentCode, Event, Refusal, SPECIALTIES_PER_ENTRY, Trust, World,
};
use crate::evidence::trust::{TrustBundle, TrustedOfficer, accept_bundle};

impl World {
    pub(super) fn publish_trust(
        &self,
        trust: &Arc<Trust>,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let current = self.trust.as_ref().map(|trust| &trust.bundle);
        accept_bundle(current, &trust.bundle, &trust.envelope, now)?;
        if Some(&trust.bundle.province) != self.province() || trust.bundle.epoch > self.epoch {
            return Err(Refusal::Invalid { reason: "the bundle is of another province or epoch" });
        }
        self.check_stations(&trust.bundle)?;
        Ok(vec![Event::TrustPublished(trust.clone())])
    }

    /// Rights end at what lies under an officer's unit, so it must be there; the province is, even
    /// before the units are imported. Who stood in the bundle before is not looked at again.
    fn check_stations(&self, bundle: &TrustBundle) -> Result<(), Refusal> {
        let before = |officer: &TrustedOfficer| {
            let known = self.trust.as_ref().and_then(|trust| trust.bundle.officer(&officer.id));
            known.is_some_and(|known| known.unit == officer.unit)
        };
        let lost = |officer: &&TrustedOfficer| {
            self.province() != Some(&officer.unit)
                && self.units.get(&officer.unit).is_none_or(Unit::is_closed)
                && !before(officer)
        };
        match bundle.officers.iter().find(lost) {
            None => Ok(()),
            Some(officer) => {
                let (officer, unit) = (officer.id.clone(), officer.unit.clone());
                Err(Refusal::OfficerNowhere { officer, unit })
            }
        }
    }

    pub(super) fn put_specialties(&self, list: &Specialties) -> Result<Vec<Event>, Refusal> {
        if list.is_empty() {
            return Err(Refusal::Invalid { reason: "the list of specialties is empty: name some" });
        }
        if list.check().is_err() {
            let reason = "what is near to a specialty is not another of the list: correct it";
            return Err(Refusal::Invalid { reason });
        }
        if self.specialties.as_deref() == Some(list) {
            return Ok(Vec::new());
        }
        let all: Vec<_> = list.iter().cloned().collect();
        let part = |(at, part): (usize, &[Specialty])| Event::SpecialtiesPut {
            specialties: part.to_vec(),
            continues: at > 0,
        };
        Ok(all.chunks(SPECIALTIES_PER_ENTRY).enumerate().map(part).collect())
    }

    pub(super) fn put_equipment_types(&self, list: &EquipmentTypes) -> Result<Vec<Event>, Refusal> {
        if list.is_empty() {
            let reason = "the list of types of equipment is empty: name some";
            return Err(Refusal::Invalid { reason });
        }
        if self.equipment_types.as_deref() == Some(list) {
            return Ok(Vec::new());
        }
        let all: Vec<_> = list.iter().cloned().collect();
        let part = |(at, part): (usize, &[EquipmentType])| Event::EquipmentTypesPut {
            types: part.to_vec(),
            continues: at > 0,
        };
        Ok(all.chunks(EQUIPMENT_TYPES_PER_ENTRY).enumerate().map(part).collect())
    }

    pub(super) fn put_units(&self, units: &[Unit], now: Instant) -> Result<Vec<Event>, Refusal> {
        let today = now.date_in_vietnam();
        let mut tree = self.units().clone();
        let mut changed = Vec::new();
        for said in units {
            let unit = tree.listed(said)?;
            if unit.parent.is_none() && self.province.as_ref() != Some(&unit.code) {
                let reason =
                    "the one unit with no parent is the province this ledger was founded for";
                return Err(Refusal::Invalid { reason });
            }
            if unit.valid_to.is_some_and(|day| day > today) {
                let reason = "a unit's last day lies ahead: close it when that day has come";
                return Err(Refusal::Invalid { reason });
            }
            let whole = format!("0{}", unit.code).parse();
            if tree.get(&unit.code).is_none() && whole.is_ok_and(|code| tree.get(&code).is_some()) {
                let reason = "a unit's code lacks its first zero, which spreadsheets take off: write \
                              codes as text";
                return Err(Refusal::Invalid { reason });
            }
            if tree.get(&unit.code).is_none() {
                tree.check_names(std::slice::from_ref(&unit))?;
                unit.must_name_kind()?;
            }
            if tree.get(&unit.code) != Some(&unit) {
                tree.put(unit.clone())?;
                changed.push(unit);
            }
        }
        // Each leaf must keep within the store's bound for one value.
        let chunks = changed.chunks(UNITS_PER_ENTRY);
        Ok(chunks.map(|chunk| Event::UnitsPut(chunk.to_vec())).collect())
    }

    pub(super) fn add_endpoints(&self, addresses: &[Address]) -> Result<Vec<Event>, Refusal> {
        let mut events: Vec<Event> = Vec::with_capacity(addresses.len());
        let mut seen = std::collections::BTreeMap::new();
        for (ahead, address) in addresses.iter().enumerate() {
            let no = self.endpoints.admit(address, ahead, &self.units)?;
            if let Some(no) = seen.insert(address, no) {
                return Err(EndpointError::Exists { address: address.clone(), no }.into());
            }
            events.push(Event::EndpointAdded { no, address: address.clone() });
        }
        Ok(events)
    }

    pub(super) fn create_code(
        &self,
        address: &Address,
        secret_digest: &[u8; 32],
        expires_at: Instant,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let unknown = || Refusal::EndpointUnknown { address: address.clone() };
        let endpoint = self.endpoints.at(address).ok_or_else(unknown)?.no;
        if expires_at <= now || self.codes.contains_key(secret_digest) {
            return Err(Refusal::CodeInvalid);
        }
        Ok(vec![Event::CodeCreated { endpoint, secret_digest: *secret_digest, expires_at }])
    }

    /// The endpoint a code is for, while it may be used.
    ///
    /// # Errors
    /// [`Refusal::CodeInvalid`].
    pub fn open_code(
        &self,
        secret_digest: &[u8; 32],
        now: Instant,
    ) -> Result<&EnrolmentCode, Refusal> {
        self.code(secret_digest).filter(|code| now < code.expires_at).ok_or(Refusal::CodeInvalid)
    }

    pub(super) fn enrol(
        &self,
        secret_digest: &[u8; 32],
        terminal: &Terminal,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.open_code(secret_digest, now)?.endpoint;
        let (secret_digest, terminal) = (*secret_digest, terminal.clone());
        Ok(vec![Event::TerminalEnrolled { endpoint, secret_digest, terminal }])
    }

    pub(super) fn record_certificate(
        &self,
        officer: &OfficerId,
        digest: &[u8; 32],
        not_after: Instant,
        serial: Option<Serial>,
    ) -> Result<Vec<Event>, Refusal> {
        let trust = self.trust.as_ref().ok_or(Refusal::NoTrust)?;
        if trust.bundle.officer(officer).is_none() {
            return Err(Refusal::OfficerUnknown { officer: officer.clone() });
        }
        let holder = CertificateHolder::Officer(officer.clone());
        let (digest, shown) = (*digest, None);
        Ok(vec![Event::CertificateIssued { holder, digest, not_after, shown, serial }])
    }

    /// The certificate that is shown must still count: an answer that was lost is asked for again
    /// with the same one, for as long as the newer one was not seen in use.
    pub(super) fn renew_terminal(
        &self,
        no: EndpointNo,
        shown: &[u8; 32],
        next: &Next,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        let endpoint = self.endpoints.get(no).filter(|endpoint| endpoint.terminal.is_some());
        let endpoint = endpoint.ok_or(Refusal::TerminalReplaced { endpoint: no })?;
        match endpoint.standing(shown, now) {
            Standing::Newest | Standing::Superseded => Ok(vec![Event::CertificateIssued {
                holder: CertificateHolder::Endpoint(no),
                digest: next.digest,
                not_after: next.not_after,
                shown: Some(*shown),
                serial: next.serial,
            }]),
            Standing::Void => Err(Refusal::TerminalReplaced { endpoint: no }),
        }
    }

    /// Certificates that have not ended and count no more at `now`, with since when: of terminals that
    /// were replaced, renewed or retired, and of officers who are retired or in no bundle any more.
    pub fn revoked(&self, now: Instant) -> Vec<(Serial, Instant)> {
        let bundle = self.trust.as_ref().map(|trust| &trust.bundle);
        let since = |one: &Recorded| match &one.holder {
            CertificateHolder::Endpoint(_) => one.revoked_at,
            CertificateHolder::Officer(id) => match bundle.map(|bundle| bundle.officer(id)) {
                Some(Some(officer)) => officer.retired_at.filter(|at| *at <= now),
                Some(None) => bundle.map(|bundle| bundle.issued_at),
                None => None,
            },
        };
        let running = self.certificates.iter().filter(|(_serial, one)| now < one.not_after);
        running.filter_map(|(serial, one)| Some((*serial, since(one)?))).collect()
    }

    /// Makes an entry only where it changes something: once for each renewal.
    pub(super) fn see_certificate(&self, no: EndpointNo, digest: &[u8; 32]) -> Vec<Event> {
        let endpoint = self.endpoints.get(no).filter(|endpoint| endpoint.superseded.is_some());
        let newest = endpoint.and_then(|endpoint| endpoint.terminal.as_ref());
        if newest.is_some_and(|terminal| terminal.certificate_digest == *digest) {
            vec![Event::CertificateSeen { endpoint: no, digest: *digest }]
        } else {
            Vec::new()
        }
    }
}

/// A terminal's next certificate.
pub(super) struct Next {
    /// SHA-256 of it.
    pub(super) digest: [u8; 32],
    /// When it ends.
    pub(super) not_after: Instant,
    /// Its serial number.
    pub(super) serial: Option<Serial>,
}

/// Units in one ledger entry: at most some 500 bytes each, well under the bound for one value.
const UNITS_PER_ENTRY: usize = 100;
