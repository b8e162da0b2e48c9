//! A reservist that came in, as text for the check.

use crate::domain::registry::{Frame, ReservistCategory, ReservistInput, ReservistStatus, Sex};
use crate::wire::pb;
use crate::wire::registry::{digit, said, standing, term};

impl From<&pb::Reservist> for ReservistInput {
    fn from(message: &pb::Reservist) -> Self {
        let bare = ReservistInput {
            full_name: message.full_name.clone(),
            birth: birth_text(message),
            sex: said(message.sex, Sex::from_number, Sex::code),
            ethnic_group: message.ethnic_group.clone(),
            languages: message.languages.join(";"),
            citizen_id: message.citizen_id.clone(),
            reserve_card_no: message.reserve_card_number.clone(),
            record_sheet_no: message.record_sheet_number.clone(),
            category: term(
                message.category,
                ReservistCategory::from_number,
                ReservistCategory::code,
            ),
            class: digit(message.reserve_class),
            rank: message.rank.clone(),
            post: message.post.clone(),
            specialty: message.specialty_code.clone(),
            frame: term(message.frame, Frame::from_number, Frame::code),
            residence_unit: message.residence_unit_code.clone(),
            registered_unit: message.registered_unit_code.clone(),
            hamlet: message.hamlet.clone(),
            workplace: message.workplace.clone(),
            phones: message.phones.join(";"),
            contact_via: message.contact_via.clone(),
            party_member: match message.party_member {
                None => String::new(),
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
            },
            health_class: digit(message.health_class),
            status: said(message.status, ReservistStatus::from_number, ReservistStatus::code),
            note: message.note.clone(),
            ..ReservistInput::default()
        };
        standing::fill(bare, message)
    }
}

fn birth_text(message: &pb::Reservist) -> String {
    let Some(date) = &message.birth_date else { return String::new() };
    let pb::CivilDate { year, month, day } = date;
    match pb::DatePrecision::try_from(message.birth_precision) {
        Ok(pb::DatePrecision::Day) => format!("{day:02}/{month:02}/{year:04}"),
        Ok(pb::DatePrecision::Month) => format!("{month:02}/{year:04}"),
        Ok(pb::DatePrecision::Year) => format!("{year:04}"),
        Ok(pb::DatePrecision::Unspecified) | Err(_) => "?".to_owned(),
    }
}
