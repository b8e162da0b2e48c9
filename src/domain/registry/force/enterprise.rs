//! An enterprise for industrial mobilization: what it can make in a month, how far the law's steps
//! (survey, select, register, manage) have come, and what is asked of it.
//!
//! Invariants: an enterprise is known by its tax code; a product occurs once; a quota is no more than
//! the law's steps allow it to be set for: one that was selected. The contact is personal.

use std::fmt;

use jiff::civil::Date;

use super::super::Lists;
use super::super::fields::Phone;
use super::super::parse::{phones, unit};
use super::super::problem::{Checked, Findings, Problem, ProblemCode, Warning};
use super::super::reservist::{NOTE_CHARS_MAX, SHORT_CHARS_MAX};
use super::super::standing::past_day;
use super::super::vocabulary::vocabulary;
use super::capability::{Capability, CapabilityInput, capabilities, split};
use super::title;
use crate::domain::ids::UnitCode;

vocabulary!(
    /// How far the law's steps have come (law 38/2024 on industrial mobilization).
    SurveyStage {
        /// Khảo sát.
        Surveyed = 1, "surveyed", "Đã khảo sát", ["da khao sat", "khao sat"];
        /// Lựa chọn.
        Selected = 2, "selected", "Được lựa chọn", ["duoc lua chon", "lua chon", "da lua chon", "da chon"];
        /// Đăng ký.
        Registered = 3, "registered", "Đã đăng ký", ["da dang ky", "dang ky"];
        /// Quản lý.
        Managed = 4, "managed", "Đang quản lý", ["dang quan ly", "quan ly"];
    }
);

vocabulary!(
    /// Where an enterprise stands.
    EnterpriseStatus {
        /// At work.
        Active = 1, "active", "Đang hoạt động", ["dang hoat dong", "hoat dong"];
        /// At rest for a time.
        Suspended = 2, "suspended", "Tạm ngừng", ["tam ngung", "tam ngung hoat dong"];
        /// Closed.
        Closed = 3, "closed", "Đã giải thể", ["da giai the", "giai the", "ngung hoat dong"];
    }
);

/// A tax code: ten digits, or ten, a dash and three for a branch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaxCode(String);

impl TaxCode {
    /// From ten or thirteen digits; dashes, dots and spaces are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let is_filler = |c: char| c.is_whitespace() || matches!(c, '-' | '.');
        let digits: String = text.chars().filter(|c| !is_filler(*c)).collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        match digits.len() {
            10 => Some(Self(digits)),
            13 => Some(Self(format!("{}-{}", &digits[..10], &digits[10..]))),
            _other => None,
        }
    }

    /// The stored form: `5600123456` or `5600123456-001`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the tenth digit is the check digit of the nine before it (as the tax offices compute
    /// it, modulo 11). A misfit is a warning: numbers are copied by hand.
    pub fn is_consistent(&self) -> bool {
        const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];
        let digits: Vec<u32> = self.0.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        digits.get(9) == Some(&(10 - sum % 11))
    }
}

impl fmt::Debug for TaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One enterprise.
#[derive(Clone, PartialEq, Eq)]
pub struct Enterprise {
    /// What it is known by.
    pub tax_code: TaxCode,
    /// Its name.
    pub name: String,
    /// The commune or ward where it works.
    pub unit: UnitCode,
    /// Address beyond the unit.
    pub address: Option<String>,
    /// What it can make; each product once, at most [`CAPABILITIES_MAX`](super::CAPABILITIES_MAX).
    pub capabilities: Vec<Capability>,
    /// How far the law's steps have come.
    pub stage: Option<SurveyStage>,
    /// When it was surveyed last.
    pub surveyed_on: Option<Date>,
    /// Whom to ask for. Personal.
    pub contact: Option<String>,
    /// Phone numbers. Personal.
    pub phones: Vec<Phone>,
    /// Where it stands.
    pub status: EnterpriseStatus,
    /// Note.
    pub note: Option<String>,
}

impl fmt::Debug for Enterprise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enterprise")
            .field("tax_code", &self.tax_code)
            .field("unit", &self.unit)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

/// An enterprise as text, before the check. Blank is "not given".
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EnterpriseInput {
    /// Required: ten or thirteen digits.
    pub tax_code: String,
    /// Required.
    pub name: String,
    /// Required: code or full name of a commune, ward or base.
    pub unit: String,
    /// Free text.
    pub address: String,
    /// What a cell says: `Gạo: 20 tấn; Quân trang: 500 bộ (chỉ tiêu 100)`; a product or measure with a
    /// sign of its own in it stands in quotes.
    pub capabilities: String,
    /// The same, where it comes in parts.
    pub products: Vec<CapabilityInput>,
    /// Word or code.
    pub stage: String,
    /// A day that has come.
    pub surveyed_on: String,
    /// Free text.
    pub contact: String,
    /// Numbers separated by commas, semicolons or slashes.
    pub phones: String,
    /// Word or code; blank is active.
    pub status: String,
    /// Free text.
    pub note: String,
}

impl fmt::Debug for EnterpriseInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnterpriseInput(masked)")
    }
}

impl EnterpriseInput {
    /// Makes the record, or says every problem there is.
    ///
    /// # Errors
    /// The problems, in the order of the fields.
    pub fn check(&self, lists: &Lists<'_>) -> Result<Checked<Enterprise>, Vec<Problem>> {
        let mut found = Findings::default();
        let record = self.assemble(&mut found, lists);
        if record.as_ref().is_some_and(|record| !record.tax_code.is_consistent()) {
            found.warn(Warning::TaxCodeMismatch);
        }
        found.close(record)
    }

    fn assemble(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<Enterprise> {
        use ProblemCode as P;
        let tax_code = TaxCode::parse(&self.tax_code).ok_or(P::TaxCodeInvalid);
        let tax_code = found.need("tax_code", tax_code);
        let name = title(found, "name", &self.name, SHORT_CHARS_MAX);
        let unit = found.need("unit", unit(&self.unit, lists));
        let address = found.text("address", &self.address, SHORT_CHARS_MAX);
        let products = split(&self.capabilities).map(|cell| [&cell[..], &self.products].concat());
        let capabilities = products.and_then(|products| capabilities(&products));
        let capabilities = found.need("capabilities", capabilities.ok_or(P::CapabilityInvalid));
        let stage = found.optional("stage", &self.stage, P::StageUnknown, SurveyStage::parse);
        let has_quota = |list: &Vec<Capability>| list.iter().any(|c| c.quota_hundredths.is_some());
        if capabilities.as_ref().is_some_and(has_quota)
            && (self.stage.trim().is_empty()
                || stage.is_some_and(|stage| stage < SurveyStage::Selected))
        {
            found.refuse("stage", P::QuotaEarly);
        }
        let surveyed_on = past_day(found, "surveyed_on", &self.surveyed_on, lists);
        let contact = found.text("contact", &self.contact, SHORT_CHARS_MAX);
        let phones = found.optional("phones", &self.phones, P::PhoneInvalid, phones);
        let status =
            found.optional("status", &self.status, P::StatusUnknown, EnterpriseStatus::parse);
        let note = found.text("note", &self.note, NOTE_CHARS_MAX);
        Some(Enterprise {
            tax_code: tax_code?,
            name: name?,
            unit: unit?,
            address,
            capabilities: capabilities?,
            stage,
            surveyed_on,
            contact,
            phones: phones.unwrap_or_default(),
            status: status.unwrap_or(EnterpriseStatus::Active),
            note,
        })
    }
}
