//! Reservists.

mod input;

use jiff::civil::Date;

use crate::domain::registry::{
    BirthPrecision, EthnicGroup, Language, Lists, Period, Rank, Reservist, ReservistInput,
};
use crate::domain::text::fold;
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::wire::registry::changes::stamp::{made, stamped};
use crate::wire::registry::plan::date as plan_date;
use crate::wire::registry::{
    Facet, Facets, FieldProblem, Found, Numbers, RegistryRecord, Returning, Terms, View, civil,
    e164, freshness, hide, initials, period, proto_field, small, standing, text_of, unit_now,
};
use crate::wire::{WireError, parse, pb};

impl RegistryRecord for pb::Reservist {
    const KIND: RecordKind = RecordKind::Reservist;
    const KNOWN_BY: usize = 1;

    fn checked(&self, lists: &Lists<'_>) -> Result<Self, Vec<FieldProblem>> {
        match ReservistInput::from(self).check(lists) {
            Ok(checked) => Ok(Self::from(&checked.record)),
            Err(problems) => Err(problems.iter().map(proto_field).collect()),
        }
    }

    fn identity(&self) -> (&str, u64) {
        (&self.reservist_id, self.version)
    }

    fn identify(&mut self, id: String, version: u64) {
        self.created_time = made(&id);
        self.reservist_id = id;
        self.version = version;
    }

    stamped!(40, 41, 42);

    fn show(&mut self, view: View) {
        if view == View::Whole {
            return;
        }
        hide(&mut self.citizen_id);
        self.phones.iter_mut().for_each(hide);
        self.party_member = None;
        self.health_class = 0;
        for text in [
            &mut self.reserve_card_number,
            &mut self.record_sheet_number,
            &mut self.workplace,
            &mut self.contact_via,
            &mut self.note,
        ] {
            text.clear();
        }
        standing::hide(self);
        if view == View::Masked {
            initials(&mut self.full_name);
            self.birth_precision = pb::DatePrecision::Year.into();
            self.birth_date = self.birth_date.take().map(|date| pb::CivilDate {
                year: date.year,
                month: 1,
                day: 1,
            });
        }
    }

    fn facets(&self) -> Result<Facets, WireError> {
        let fresh = freshness(self)?;
        let mut facets = Facets::of(parse("residence_unit_code", &self.residence_unit_code)?)
            .code(Facet::RegisteredUnit, &self.registered_unit_code)
            .code(Facet::Code, &self.specialty_code)
            .number(Facet::Class, small("reserve_class", self.reserve_class)?)
            .number(Facet::Rank, rank(&self.rank).map_or(0, |rank| rank.number().into()))
            .number(Facet::Category, small("category", self.category)?)
            .number(Facet::Sex, small("sex", self.sex)?)
            .number(Facet::EthnicGroup, ethnic_group(&self.ethnic_group))
            .answer(Facet::Party, self.party_member)
            .number(Facet::Health, small("health_class", self.health_class)?)
            .number(Facet::Status, small("status", self.status)?)
            .number(Facet::Frame, small("frame", self.frame)?)
            .number(Facet::BirthPrecision, small("birth_precision", self.birth_precision)?)
            .code(Facet::FormerUnit, &self.former_unit)
            .number(
                Facet::Deferral,
                match &self.deferral {
                    Some(deferral) => small("deferral.ground", deferral.ground)?,
                    None => 0,
                },
            )
            .number(Facet::Exemption, self.exemption.is_some().into())
            .number(Facet::Militia, self.militia_role.is_some().into())
            .day(Facet::Rechecked, plan_date("last_recheck_date", self.last_recheck_date.as_ref())?)
            .number(Facet::Watch, fresh.may_be_late().into())
            .code(Facet::Transfer, self.transfer.as_ref().map_or("", |one| &one.to_unit_code))
            .born(self.birth_date.as_ref().map(date).transpose()?);
        for spoken in &self.languages {
            let known = Language::ALL.iter().find(|term| term.vietnamese() == spoken);
            facets = facets.number(Facet::Language, known.map_or(0, |known| known.number().into()));
        }
        let passes = self.status() != pb::ReservistStatus::Active;
        let of = |from: &Option<pb::CivilDate>, to: &Option<pb::CivilDate>| period(from, to);
        let (deferral, exemption) = (self.deferral.as_ref(), self.exemption.as_ref());
        let terms = Terms {
            status: if passes {
                of(&self.status_start_date, &self.status_end_date)?
            } else {
                Period::default()
            },
            deferral: deferral.map(|own| of(&own.start_date, &own.end_date)).transpose()?,
            exemption: exemption.map(|own| of(&own.start_date, &own.end_date)).transpose()?,
        };
        let rechecked = self.last_recheck_date.as_ref().map(date).transpose()?;
        let watch = fresh.may_be_late().then(|| Box::new(fresh));
        Ok(Facets { rechecked, watch, ..facets.turning(terms) })
    }

    fn numbers(&self) -> Numbers<'_> {
        // Cards are numbered by those who issue them.
        let card = fold(&self.reserve_card_number).replace(' ', "");
        let issued = (!card.is_empty()).then(|| format!("{} {card}", self.registered_unit_code));
        let card = issued.map(|text| ("reserve_card", text.into()));
        [Some(("citizen_id", self.citizen_id.as_str().into())), card]
    }

    fn found(&self) -> Found<'_> {
        Found { name: &self.full_name, phones: &self.phones }
    }

    fn moving_to(&self) -> Option<&str> {
        self.transfer.as_ref().map(|transfer| transfer.to_unit_code.as_str())
    }

    /// Who moved out of one commune lives in another.
    fn returning(&self, stored: &Self) -> Returning {
        use pb::ReservistStatus::{Dead, MovedOut, OverAge, Released};
        let has_ended = |status| matches!(status, Dead | MovedOut | OverAge | Released);
        let moved =
            stored.status() == MovedOut && self.residence_unit_code != stored.residence_unit_code;
        match (has_ended(stored.status()), has_ended(self.status())) {
            (true, false) if moved => Returning::Explained,
            (true, false) => Returning::Unexplained,
            _ => Returning::No,
        }
    }

    /// An update agrees in two of name, sex and birth; a number copied wrongly does not.
    fn of_another_in(&self, stored: &Self) -> Vec<&'static str> {
        let year = |one: &Self| one.birth_date.as_ref().map(|date| date.year);
        let is_rough = self.birth_precision != stored.birth_precision;
        let same_birth =
            self.birth_date == stored.birth_date || is_rough && year(self) == year(stored);
        let same_name = fold(&self.full_name) == fold(&stored.full_name);
        let same_sex = self.sex == stored.sex;
        let all = [("full_name", same_name), ("sex", same_sex), ("birth_date", same_birth)];
        let differing = all.into_iter().filter(|(_, same)| !same).map(|(field, _)| field);
        Some(differing.collect()).filter(|fields: &Vec<_>| fields.len() >= 2).unwrap_or_default()
    }

    /// A transfer stays under way until it is decided, or somebody with rights on both sides says that
    /// the person lives there already.
    fn keep(&mut self, stored: Option<&Self>) {
        let arrived = |transfer: &pb::Transfer| transfer.to_unit_code == self.residence_unit_code;
        let kept = stored.and_then(|stored| stored.transfer.clone());
        self.transfer = kept.filter(|transfer| !arrived(transfer));
    }

    /// While a transfer is under way, where the person lives is for the two sides of it. Later, a list
    /// that may be older than the last move does not undo it.
    fn keep_from(&mut self, stored: &Self, units: &Units) -> Option<&'static str> {
        self.transfer.clone_from(&stored.transfer);
        self.keep_birth(stored);
        self.keep_spelling(stored);
        let now = |code: &str| unit_now(code, units);
        let moves = now(&self.residence_unit_code) != now(&stored.residence_unit_code);
        if self.transfer.is_some() {
            self.stay(stored, moves);
            return moves.then_some("TRANSFER_UNDER_WAY");
        }
        if !moves {
            // Who was entered under a unit that was merged since goes back with it: that stays known.
            self.residence_unit_code.clone_from(&stored.residence_unit_code);
            return None;
        }
        let known = moved_on(stored);
        if known.is_some() && moved_on(self) <= known {
            self.stay(stored, moves);
            return Some("RESIDENCE_KEPT");
        }
        Some("RESIDENCE_MOVED")
    }

    fn base_code(&mut self) -> Option<&mut String> {
        self.militia_role.as_mut().map(|role| &mut role.base_code)
    }

    fn militia_base(&self) -> Option<&str> {
        let role = self.militia_role.as_ref()?;
        Some(role.base_code.as_str()).filter(|code| !code.is_empty())
    }
}

impl pb::Reservist {
    /// A list that knows the year or month only takes nothing away from a date that agrees with it.
    fn keep_birth(&mut self, stored: &Self) {
        let (Some(own), Some(known)) = (&self.birth_date, &stored.birth_date) else { return };
        let agrees = match self.birth_precision() {
            pb::DatePrecision::Year => own.year == known.year,
            pb::DatePrecision::Month => (own.year, own.month) == (known.year, known.month),
            pb::DatePrecision::Day | pb::DatePrecision::Unspecified => false,
        };
        if agrees && stored.birth_precision < self.birth_precision {
            self.birth_date = stored.birth_date;
            self.birth_precision = stored.birth_precision;
        }
    }

    /// A name in capitals takes nothing away from the same name as it is spelled.
    fn keep_spelling(&mut self, stored: &Self) {
        let is_flat = |name: &str| {
            let has = |is: fn(char) -> bool| name.chars().any(is);
            !has(char::is_lowercase) || !has(char::is_uppercase)
        };
        let (own, known) = (&self.full_name, &stored.full_name);
        if is_flat(own) && !is_flat(known) && own.to_lowercase() == known.to_lowercase() {
            self.full_name.clone_from(&stored.full_name);
        }
    }

    /// Lives and is registered where it was; the hamlet is that of the unit.
    fn stay(&mut self, stored: &Self, moves: bool) {
        self.residence_unit_code.clone_from(&stored.residence_unit_code);
        self.registered_unit_code.clone_from(&stored.registered_unit_code);
        self.residence_since_date = stored.residence_since_date;
        self.registered_date = stored.registered_date;
        if moves {
            self.hamlet.clone_from(&stored.hamlet);
            self.former_unit.clone_from(&stored.former_unit);
        }
    }
}

/// The last day that the record gives for coming to where the person lives.
fn moved_on(record: &pb::Reservist) -> Option<(u32, u32, u32)> {
    let days = [&record.residence_since_date, &record.registered_date];
    days.into_iter().flatten().map(|day| (day.year, day.month, day.day)).max()
}

/// The rank of a stored record: its word, letter by letter.
fn rank(word: &str) -> Option<Rank> {
    Rank::ALL.iter().copied().find(|rank| rank.vietnamese() == word)
}

/// The number of a stored record's ethnic group; 0 for none.
fn ethnic_group(name: &str) -> u16 {
    let mut groups = (1..=54).filter_map(EthnicGroup::from_number);
    groups.find(|group| group.vietnamese() == name).map_or(0, |group| group.number().into())
}

fn date(date: &pb::CivilDate) -> Result<Date, WireError> {
    let part = |part: u32| i8::try_from(part).ok();
    let year = i16::try_from(date.year).ok();
    let parts = year.zip(part(date.month)).zip(part(date.day));
    parts
        .and_then(|((year, month), day)| Date::new(year, month, day).ok())
        .ok_or_else(|| WireError::new("birth_date", "is not in the calendar"))
}

/// The message as text, for the check.
impl From<&Reservist> for pb::Reservist {
    fn from(reservist: &Reservist) -> Self {
        let person = &reservist.person;
        let precision = match person.birth.precision() {
            BirthPrecision::Day => pb::DatePrecision::Day,
            BirthPrecision::Month => pb::DatePrecision::Month,
            BirthPrecision::Year => pb::DatePrecision::Year,
        };
        let standing = &reservist.standing;
        let name_of_group = person.ethnic_group.map(|group| group.vietnamese().to_owned());
        Self {
            reservist_id: String::new(),
            version: 0,
            created_time: None,
            updated_time: None,
            source: 0,
            known_date: None,
            full_name: person.full_name.clone(),
            birth_date: Some(civil(person.birth.date())),
            birth_precision: precision.into(),
            sex: person.sex.number().into(),
            ethnic_group: name_of_group.unwrap_or_default(),
            languages: person.languages.iter().map(|term| term.vietnamese().to_owned()).collect(),
            citizen_id: person.citizen_id.digits(),
            reserve_card_number: text_of(person.reserve_card_no.as_ref()),
            record_sheet_number: text_of(person.record_sheet_no.as_ref()),
            category: reservist.category.map_or(0, |term| term.number().into()),
            reserve_class: reservist.class.map_or(0, |term| term.number().into()),
            rank: reservist.rank.map(|term| term.vietnamese().to_owned()).unwrap_or_default(),
            post: text_of(reservist.post.as_ref()),
            specialty_code: reservist
                .specialty
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            residence_unit_code: reservist.residence_unit.to_string(),
            registered_unit_code: reservist.registered_unit.to_string(),
            hamlet: text_of(person.hamlet.as_ref()),
            workplace: text_of(person.workplace.as_ref()),
            phones: e164(&person.phones),
            contact_via: text_of(person.contact_via.as_ref()),
            party_member: reservist.party_member,
            health_class: reservist.health_class.map_or(0, |class| class.number().into()),
            status: reservist.status.number().into(),
            note: text_of(person.note.as_ref()),
            frame: reservist.frame.map_or(0, |term| term.number().into()),
            former_unit: text_of(standing.former_unit.as_ref()),
            residence_since_date: standing.residence_since.map(civil),
            registered_date: standing.registered_on.map(civil),
            last_recheck_date: standing.last_recheck_on.map(civil),
            status_start_date: standing.status_period.from.map(civil),
            status_end_date: standing.status_period.to.map(civil),
            status_certificate: text_of(standing.status_certificate.as_ref()),
            deferral: standing.deferral.as_ref().map(Into::into),
            exemption: standing.exemption.as_ref().map(Into::into),
            militia_role: standing.militia.as_ref().map(Into::into),
            transfer: standing.transfer.as_ref().map(Into::into),
        }
    }
}
