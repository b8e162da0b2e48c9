//! What was trained, exercised and done.

use crate::domain::registry::{
    Activity, ActivityInput, ActivityKind, ActivityStatus, Audience, Lists, Rating, activity_key,
};
use crate::domain::unit::{Unit, Units};
use crate::domain::world::RecordKind;
use crate::wire::registry::changes::stamp::{made, stamped};
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Numbers, RegistryRecord, View, civil, counted, day_text,
    keep_unit, proto_field, said, small, term, text_of, unit_now,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::Activity {
    const KIND: RecordKind = RecordKind::Activity;

    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        match ActivityInput::from(self).check(lists) {
            Ok(checked) => Ok(Self::from(&checked.record)),
            Err(problems) => Err(problems.iter().map(proto_field).collect()),
        }
    }

    fn identity(&self) -> (&str, u64) {
        (&self.activity_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.created_time = made(&id);
        self.activity_id = id;
        self.version = version;
    }

    stamped!(23, 24, 25);

    fn show(&mut self, view: View) {
        if view != View::Whole {
            self.note.clear();
        }
    }

    fn facets(&self) -> Result<Facets, WireError> {
        Ok(Facets::of(parse("unit_code", &self.unit_code)?)
            .number(Facet::Sort, small("kind", self.kind)?)
            .number(Facet::Category, small("audience", self.audience)?)
            .number(Facet::Status, small("status", self.status)?))
    }

    fn numbers(&self) -> Numbers<'_> {
        [Some((NUMBER, key(self, &self.unit_code).into())), None]
    }

    fn other_numbers(&self, units: &Units) -> Vec<(&'static str, String)> {
        let now = unit_now(&self.unit_code, units);
        let is_same = |unit: &&Unit| {
            unit.code.as_str() != self.unit_code && units.current(&unit.code).as_str() == now
        };
        units.iter().filter(is_same).map(|unit| (NUMBER, key(self, unit.code.as_str()))).collect()
    }

    fn keep_from(&mut self, stored: &Self, units: &Units) -> Option<&'static str> {
        keep_unit(&mut self.unit_code, &stored.unit_code, units);
        None
    }
}

/// The kind of number that an activity is known by.
const NUMBER: &str = "activity";

fn key(activity: &pb::Activity, unit: &str) -> String {
    let (kind, from) = (activity.kind.to_string(), day_text(activity.start_date.as_ref()));
    activity_key(&kind, unit, &from, &activity.title)
}

/// The message as text, for the check.
impl From<&pb::Activity> for ActivityInput {
    fn from(message: &pb::Activity) -> Self {
        ActivityInput {
            kind: said(message.kind, ActivityKind::from_number, ActivityKind::code),
            title: message.title.clone(),
            unit: message.unit_code.clone(),
            announced: match message.announced {
                None => String::new(),
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
            },
            audience: term(message.audience, Audience::from_number, Audience::code),
            from: day_text(message.start_date.as_ref()),
            to: day_text(message.end_date.as_ref()),
            participants: counted(message.participant_count),
            students: counted(message.student_count),
            excellent: message.excellent_count.to_string(),
            good: message.good_count.to_string(),
            pass: message.pass_count.to_string(),
            fail: message.fail_count.to_string(),
            rating: term(message.rating, Rating::from_number, Rating::code),
            rated_by: message.rated_by.clone(),
            persons: counted(message.person_count),
            vehicles: counted(message.vehicle_count),
            document_no: message.document_number.clone(),
            status: term(message.status, ActivityStatus::from_number, ActivityStatus::code),
            note: message.note.clone(),
        }
    }
}

impl From<&Activity> for pb::Activity {
    fn from(activity: &Activity) -> Self {
        Self {
            activity_id: String::new(),
            version: 0,
            created_time: None,
            updated_time: None,
            source: 0,
            known_date: None,
            kind: activity.kind.number().into(),
            title: activity.title.clone(),
            unit_code: activity.unit.to_string(),
            announced: activity.announced,
            audience: activity.audience.map_or(0, |audience| audience.number().into()),
            start_date: Some(civil(activity.from)),
            end_date: activity.to.map(civil),
            participant_count: activity.participants,
            student_count: activity.students,
            excellent_count: activity.results.excellent,
            good_count: activity.results.good,
            pass_count: activity.results.pass,
            fail_count: activity.results.fail,
            rating: activity.rating.map_or(0, |rating| rating.number().into()),
            rated_by: text_of(activity.rated_by.as_ref()),
            person_count: activity.persons,
            vehicle_count: activity.vehicles,
            document_number: text_of(activity.document_no.as_ref()),
            status: activity.status.number().into(),
            note: text_of(activity.note.as_ref()),
        }
    }
}
