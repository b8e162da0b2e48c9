//! What ledger entries say, in Vietnamese: for the file that goes to people who never saw the program.
//!
//! Called for each row of an exported list. As on the screen, of people only record ids and counts.

use uuid::Uuid;

use crate::cli::output::local_time;
use crate::domain::world::{Act, CertificateHolder, Event, RecordKind};
use crate::roster::sheet::words::{CHANGES, HANDLINGS, STATES, word_of};

/// What an entry says, in a line.
pub(super) fn said(event: &Event) -> String {
    match event {
        Event::ProvinceFounded { province, .. } => format!("tỉnh {province}"),
        Event::TrustPublished(trust) => {
            let (version, officers) = (trust.bundle.version, trust.bundle.officers.len());
            format!("danh sách tin cậy {version}, {officers} cán bộ")
        }
        Event::UnitsPut(units) => format!("{} đơn vị", units.len()),
        Event::SpecialtiesPut { specialties, .. } => {
            format!("{} chuyên nghiệp", specialties.len())
        }
        Event::EquipmentTypesPut { types, .. } => format!("{} loại phương tiện", types.len()),
        Event::UnitsReorganized(done) => {
            let act = match &done.act {
                Act::Change(change) => word_of(CHANGES, change.as_str()).to_owned(),
                Act::Undo { entry } => format!("Hủy bỏ mục {entry}"),
            };
            let (units, endpoints) = (done.units.len(), done.endpoints.len());
            let day = done.effective.strftime("%d/%m/%Y");
            format!("{act} từ {day}: {units} đơn vị, {endpoints} đầu mối")
        }
        Event::EndpointAdded { no, address } => format!("đầu mối {no}, {address}"),
        Event::EndpointRetired { no, .. } => format!("đầu mối {no}"),
        Event::CodeCreated { endpoint, .. }
        | Event::TerminalEnrolled { endpoint, .. }
        | Event::CertificateSeen { endpoint, .. } => format!("đầu mối {endpoint}"),
        Event::CertificateIssued { holder, not_after, .. } => {
            let until = local_time(*not_after);
            match holder {
                CertificateHolder::Officer(id) => format!("cán bộ {id}, đến {until}"),
                CertificateHolder::Endpoint(no) => format!("đầu mối {no}, đến {until}"),
            }
        }
        order_or_record => of_order_or_record(order_or_record),
    }
}

fn of_order_or_record(event: &Event) -> String {
    match event {
        Event::OrderDrafted { order, .. } => {
            let handling = word_of(HANDLINGS, order.handling.as_str());
            format!("lệnh {} ({handling}), {}", order.number_text(), order.id)
        }
        Event::SignatureAdded { order, .. } => format!("lệnh {order}"),
        Event::OrderIssued { order, sequence, .. } => format!("lệnh {order}, thứ tự {sequence}"),
        Event::AnswerTaken { answer, .. } => {
            let fact = match answer.fact.as_str() {
                "strength" => "Báo quân số",
                fact => word_of(STATES, fact),
            };
            format!("lệnh {}, đầu mối {}: {fact}", answer.order, answer.endpoint)
        }
        Event::RecordsPut { kind, records } => many(records.len(), *kind),
        Event::RecordsRead { kind, records } => many(records.len(), *kind),
        Event::RecordsResealed { kind, records, generation } => {
            format!("{}, khóa {generation}", many(records.len(), *kind))
        }
        Event::RecordErased { kind, id, .. } => {
            format!("{} {}", name(*kind), Uuid::from_bytes(*id))
        }
        Event::KeysBegun { generation } => format!("khóa {generation}"),
        Event::CallRefused { call, reason, passed_over } => match passed_over {
            0 => format!("{call}: {reason}"),
            more => format!("{call}: {reason}; và {more} lần trước đó"),
        },
        Event::EpochBegun { epoch, .. } => format!("kỳ {epoch}"),
        _said_before => String::new(),
    }
}

fn many(count: usize, kind: RecordKind) -> String {
    format!("{count} {}", name(kind))
}

const fn name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Reservist => "quân nhân dự bị",
        RecordKind::Equipment => "phương tiện kỹ thuật",
        RecordKind::MilitiaBase => "cơ sở dân quân tự vệ",
        RecordKind::Enterprise => "doanh nghiệp",
        RecordKind::Activity => "hoạt động",
        RecordKind::ReserveUnit => "đơn vị dự bị",
        RecordKind::Assignment => "vị trí sắp xếp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_told_in_vietnamese_with_counts_and_without_names() {
        let read = Event::RecordsRead { kind: RecordKind::Reservist, records: vec![[7; 16]; 3] };
        assert_eq!(said(&read), "3 quân nhân dự bị");
        assert_eq!(said(&Event::KeysBegun { generation: 2 }), "khóa 2");
    }
}
