//! Militia and self-defense bases.

use crate::domain::registry::{
    BaseKind, BaseStatus, ForceType, Lists, MilitiaBase, MilitiaBaseInput,
};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::wire::registry::changes::stamp::{made, stamped};
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Numbers, RegistryRecord, Returning, View, civil, counted,
    day_text, e164, keep_unit, proto_field, said, small, term, text_of,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::MilitiaBase {
    const KIND: RecordKind = RecordKind::MilitiaBase;

    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        match MilitiaBaseInput::from(self).check(lists) {
            Ok(checked) => Ok(Self::from(&checked.record)),
            Err(problems) => Err(problems.iter().map(proto_field).collect()),
        }
    }

    fn identity(&self) -> (&str, u64) {
        (&self.militia_base_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.created_time = made(&id);
        self.militia_base_id = id;
        self.version = version;
    }

    stamped!(18, 19, 20);

    fn show(&mut self, view: View) {
        if view != View::Whole {
            self.commander.clear();
            self.phones.clear();
            self.note.clear();
        }
    }

    fn facets(&self) -> Result<Facets, WireError> {
        let facets = Facets::of(parse("unit_code", &self.unit_code)?)
            .number(Facet::Sort, small("kind", self.kind)?)
            .number(Facet::Status, small("status", self.status)?);
        let many = self.by_type.iter().map(|one| &one.force_type);
        Ok(many.fold(facets, |facets, one| facets.code(Facet::Capability, one)))
    }

    fn base_code(&mut self) -> Option<&mut String> {
        (self.kind() == pb::MilitiaBaseKind::CommuneMilitia).then_some(&mut self.code)
    }

    fn returning(&self, stored: &Self) -> Returning {
        let ended = pb::MilitiaBaseStatus::Disbanded;
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
        [Some(("militia_base", self.code.as_str().into())), None]
    }
}

/// The message as text, for the check.
impl From<&pb::MilitiaBase> for MilitiaBaseInput {
    fn from(message: &pb::MilitiaBase) -> Self {
        let strength = |one: &pb::ForceStrength| format!("{}: {}", one.force_type, one.count);
        MilitiaBaseInput {
            code: message.code.clone(),
            kind: term(message.kind, BaseKind::from_number, BaseKind::code),
            unit: message.unit_code.clone(),
            name: message.name.clone(),
            host_org: message.host_org.clone(),
            authorised: counted(message.authorised_count),
            present: counted(message.present_count),
            by_type: message.by_type.iter().map(strength).collect::<Vec<_>>().join(";"),
            party_members: counted(message.party_member_count),
            commander: message.commander.clone(),
            phones: message.phones.join(";"),
            established_on: day_text(message.established_date.as_ref()),
            status: said(message.status, BaseStatus::from_number, BaseStatus::code),
            note: message.note.clone(),
        }
    }
}

impl From<&MilitiaBase> for pb::MilitiaBase {
    fn from(base: &MilitiaBase) -> Self {
        let strength = |(force, count): &(ForceType, u32)| pb::ForceStrength {
            force_type: force.as_str().to_owned(),
            count: *count,
        };
        Self {
            militia_base_id: String::new(),
            version: 0,
            created_time: None,
            updated_time: None,
            source: 0,
            known_date: None,
            code: base.code.to_string(),
            kind: base.kind.number().into(),
            unit_code: base.unit.to_string(),
            name: base.name.clone(),
            host_org: text_of(base.host_org.as_ref()),
            authorised_count: base.authorised,
            present_count: base.present,
            by_type: base.by_type.iter().map(strength).collect(),
            party_member_count: base.party_members,
            commander: text_of(base.commander.as_ref()),
            phones: e164(&base.phones),
            established_date: base.established_on.map(civil),
            status: base.status.number().into(),
            note: text_of(base.note.as_ref()),
        }
    }
}
