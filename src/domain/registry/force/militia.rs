//! A base of the militia (a commune's) or of the self-defense force (an agency's): where it is, how
//! strong, of which types.
//!
//! Invariants: a base is known by its code; the types together are no more than those present; a
//! self-defense base has a host. The commander is personal: `Debug` prints no name.

use std::fmt;

use jiff::civil::Date;

use super::super::Lists;
use super::super::fields::Phone;
use super::super::parse::{name, phones, unit};
use super::super::problem::{Checked, Findings, Problem, ProblemCode, Warning};
use super::super::reservist::{NOTE_CHARS_MAX, SHORT_CHARS_MAX};
use super::super::standing::past_day;
use super::super::vocabulary::vocabulary;
use super::{ForceType, count, number, title};
use crate::domain::ids::UnitCode;

/// What the code of a commune's one base begins with where it was made.
const COMMUNE_BASE: &str = "DQ-";
/// Most types of force in one base: those of the law and as many again.
pub const FORCE_TYPES_MAX: usize = 20;

vocabulary!(
    /// What kind of base.
    BaseKind {
        /// Dân quân of a commune or ward.
        CommuneMilitia = 1, "commune_militia", "Dân quân xã, phường",
            ["dan quan xa, phuong", "dan quan xa", "dan quan phuong", "dan quan"];
        /// Tự vệ of an agency or enterprise.
        AgencySelfDefense = 2, "agency_self_defense", "Tự vệ cơ quan, tổ chức",
            ["tu ve co quan, to chuc", "tu ve co quan", "tu ve", "tu ve doanh nghiep"];
    }
);

vocabulary!(
    /// Where a base stands.
    BaseStatus {
        /// At work.
        Active = 1, "active", "Đang hoạt động", ["dang hoat dong", "hoat dong"];
        /// Disbanded.
        Disbanded = 2, "disbanded", "Đã giải thể", ["da giai the", "giai the"];
    }
);

/// The code of a commune's one base in lists that give none: made from the commune's.
pub fn commune_base_code(unit: &str) -> String {
    format!("{COMMUNE_BASE}{unit}")
}

/// The commune whose one base a code means that was made by [`commune_base_code`].
pub fn commune_of_base_code(code: &str) -> Option<UnitCode> {
    code.strip_prefix(COMMUNE_BASE)?.parse().ok()
}

/// One base.
#[derive(Clone, PartialEq, Eq)]
pub struct MilitiaBase {
    /// Its code: what it is known by.
    pub code: UnitCode,
    /// A commune's or an agency's.
    pub kind: BaseKind,
    /// The commune, ward or base of the unit tree that it counts under.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
    /// The agency or enterprise that it belongs to.
    pub host_org: Option<String>,
    /// How many it should have.
    pub authorised: Option<u32>,
    /// How many it has.
    pub present: Option<u32>,
    /// How many of each type; each type once, at most [`FORCE_TYPES_MAX`].
    pub by_type: Vec<(ForceType, u32)>,
    /// Members of the Party among those present.
    pub party_members: Option<u32>,
    /// Who commands it. Personal.
    pub commander: Option<String>,
    /// How to reach the base. Personal.
    pub phones: Vec<Phone>,
    /// When it was established.
    pub established_on: Option<Date>,
    /// Where it stands.
    pub status: BaseStatus,
    /// Note.
    pub note: Option<String>,
}

impl fmt::Debug for MilitiaBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MilitiaBase")
            .field("code", &self.code)
            .field("kind", &self.kind)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

/// A base as text, before the check. Blank is "not given".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MilitiaBaseInput {
    /// Required: 1 to 16 letters, digits, `-`, `_` or `.`.
    pub code: String,
    /// Word or code; blank is an agency's where a host is given, else a commune's.
    pub kind: String,
    /// Required: code or full name of a commune, ward or base.
    pub unit: String,
    /// Required.
    pub name: String,
    /// Free text; required for an agency's base.
    pub host_org: String,
    /// A count.
    pub authorised: String,
    /// A count.
    pub present: String,
    /// `cơ động: 25; tại chỗ: 60`.
    pub by_type: String,
    /// A count.
    pub party_members: String,
    /// A name.
    pub commander: String,
    /// Numbers separated by commas, semicolons or slashes.
    pub phones: String,
    /// A day that has come.
    pub established_on: String,
    /// Word or code; blank is active.
    pub status: String,
    /// Free text.
    pub note: String,
}

impl fmt::Debug for MilitiaBaseInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MilitiaBaseInput(masked)")
    }
}

impl MilitiaBaseInput {
    /// Makes the record, or says every problem there is.
    ///
    /// # Errors
    /// The problems, in the order of the fields.
    pub fn check(&self, lists: &Lists<'_>) -> Result<Checked<MilitiaBase>, Vec<Problem>> {
        let mut found = Findings::default();
        let record = self.assemble(&mut found, lists);
        found.close(record)
    }

    fn assemble(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<MilitiaBase> {
        use ProblemCode as P;
        let code = self.code.trim().to_uppercase().parse().map_err(|_rule| P::CodeInvalid);
        let code = found.need("code", code);
        let unit = found.need("unit", unit(&self.unit, lists));
        let name_of_base = title(found, "name", &self.name, SHORT_CHARS_MAX);
        let kind = found.optional("kind", &self.kind, P::KindUnknown, BaseKind::parse);
        let host_org = found.text("host_org", &self.host_org, SHORT_CHARS_MAX);
        let kind = kind.unwrap_or(match host_org {
            Some(_) => BaseKind::AgencySelfDefense,
            None => BaseKind::CommuneMilitia,
        });
        if kind == BaseKind::AgencySelfDefense && self.host_org.trim().is_empty() {
            found.refuse("host_org", P::HostMissing);
        }
        let authorised = count(found, "authorised", &self.authorised);
        let present = count(found, "present", &self.present);
        let by_type = found.optional("by_type", &self.by_type, P::ForceTypesInvalid, by_type);
        let by_type = by_type.unwrap_or_default();
        let typed: u64 = by_type.iter().map(|(_force, strength)| u64::from(*strength)).sum();
        let over = |some: u64| present.is_some_and(|present| some > u64::from(present));
        if over(typed) {
            found.refuse("by_type", P::CountMismatch);
        } else if !by_type.is_empty() && present.is_some_and(|all| u64::from(all) != typed) {
            found.warn(Warning::CountByTypeDiffers);
        }
        let party_members = count(found, "party_members", &self.party_members);
        if party_members.is_some_and(|members| over(members.into())) {
            found.refuse("party_members", P::CountMismatch);
        }
        let commander = match self.commander.trim() {
            "" => None,
            text => found.need("commander", name(text)),
        };
        let phones = found.optional("phones", &self.phones, P::PhoneInvalid, phones);
        let established_on = past_day(found, "established_on", &self.established_on, lists);
        let status = found.optional("status", &self.status, P::StatusUnknown, BaseStatus::parse);
        let note = found.text("note", &self.note, NOTE_CHARS_MAX);
        Some(MilitiaBase {
            code: code?,
            kind,
            unit: unit?,
            name: name_of_base?,
            host_org,
            authorised,
            present,
            by_type,
            party_members,
            commander,
            phones: phones.unwrap_or_default(),
            established_on,
            status: status.unwrap_or(BaseStatus::Active),
            note,
        })
    }
}

/// Types with their strengths; each type once.
fn by_type(text: &str) -> Option<Vec<(ForceType, u32)>> {
    let mut types: Vec<(ForceType, u32)> = Vec::new();
    for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let (force, strength) = part.rsplit_once([':', '='])?;
        let force = ForceType::parse(force.trim())?;
        if types.iter().any(|(known, _)| *known == force) {
            return None;
        }
        types.push((force, number(strength.trim())?));
    }
    (types.len() <= FORCE_TYPES_MAX).then_some(types)
}
