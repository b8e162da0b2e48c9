//! Enterprises for industrial mobilization.

use crate::domain::registry::{
    Capability, CapabilityInput, Enterprise, EnterpriseInput, EnterpriseStatus, Lists, SurveyStage,
};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::wire::registry::changes::stamp::{made, stamped};
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Numbers, RegistryRecord, Returning, View, civil, day_text, e164,
    keep_unit, proto_field, said, small, term, text_of,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::Enterprise {
    const KIND: RecordKind = RecordKind::Enterprise;

    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        match EnterpriseInput::from(self).check(lists) {
            Ok(checked) => Ok(Self::from(&checked.record)),
            Err(problems) => Err(problems.iter().map(proto_field).collect()),
        }
    }

    fn identity(&self) -> (&str, u64) {
        (&self.enterprise_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.created_time = made(&id);
        self.enterprise_id = id;
        self.version = version;
    }

    stamped!(15, 16, 17);

    fn show(&mut self, view: View) {
        if view != View::Whole {
            self.contact.clear();
            self.phones.clear();
            self.address.clear();
            self.note.clear();
        }
    }

    fn facets(&self) -> Result<Facets, WireError> {
        let facets = Facets::of(parse("unit_code", &self.unit_code)?)
            .number(Facet::Sort, small("stage", self.stage)?)
            .number(Facet::Status, small("status", self.status)?);
        let many = self.capabilities.iter().map(|one| &one.product);
        Ok(many.fold(facets, |facets, one| facets.code(Facet::Capability, one)))
    }

    fn returning(&self, stored: &Self) -> Returning {
        let ended = pb::EnterpriseStatus::Closed;
        match (stored.status() == ended, self.status() == ended) {
            (true, false) => Returning::Unexplained,
            _ => Returning::No,
        }
    }

    fn keep_from(&mut self, stored: &Self, units: &Units) -> Option<&'static str> {
        keep_unit(&mut self.unit_code, &stored.unit_code, units);
        None
    }

    fn numbers(&self) -> Numbers<'_> {
        [Some(("tax_code", self.tax_code.as_str().into())), None]
    }
}

/// Hundredths as the check reads them.
fn decimal(hundredths: u64) -> String {
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => whole.to_string(),
        (whole, rest) => format!("{whole}.{rest:02}"),
    }
}

/// The message as text, for the check.
impl From<&pb::Enterprise> for EnterpriseInput {
    fn from(message: &pb::Enterprise) -> Self {
        let product = |one: &pb::Capability| CapabilityInput {
            product: one.product.clone(),
            per_month: decimal(one.per_month_hundredths),
            measure: one.measure.clone(),
            quota: match one.quota_hundredths {
                0 => String::new(),
                quota => decimal(quota),
            },
        };
        EnterpriseInput {
            tax_code: message.tax_code.clone(),
            name: message.name.clone(),
            unit: message.unit_code.clone(),
            address: message.address.clone(),
            capabilities: String::new(),
            products: message.capabilities.iter().map(product).collect(),
            stage: term(message.stage, SurveyStage::from_number, SurveyStage::code),
            surveyed_on: day_text(message.surveyed_date.as_ref()),
            contact: message.contact.clone(),
            phones: message.phones.join(";"),
            status: said(message.status, EnterpriseStatus::from_number, EnterpriseStatus::code),
            note: message.note.clone(),
        }
    }
}

impl From<&Enterprise> for pb::Enterprise {
    fn from(enterprise: &Enterprise) -> Self {
        let capability = |one: &Capability| pb::Capability {
            product: one.product.clone(),
            per_month_hundredths: one.per_month_hundredths,
            measure: one.measure.clone(),
            quota_hundredths: one.quota_hundredths.unwrap_or_default(),
        };
        Self {
            enterprise_id: String::new(),
            version: 0,
            created_time: None,
            updated_time: None,
            source: 0,
            known_date: None,
            tax_code: enterprise.tax_code.as_str().to_owned(),
            name: enterprise.name.clone(),
            unit_code: enterprise.unit.to_string(),
            address: text_of(enterprise.address.as_ref()),
            capabilities: enterprise.capabilities.iter().map(capability).collect(),
            stage: enterprise.stage.map_or(0, |stage| stage.number().into()),
            surveyed_date: enterprise.surveyed_on.map(civil),
            contact: text_of(enterprise.contact.as_ref()),
            phones: e164(&enterprise.phones),
            status: enterprise.status.number().into(),
            note: text_of(enterprise.note.as_ref()),
        }
    }
}
