//! The fields of lists in Vietnamese, as headers name them.
//!
//! Called for messages and for the empty forms. Invariant: each term is a header that the reader knows
//! for its field.

use super::RosterKind;

/// What a field is called in the lists of a kind; its own name where it has no other.
pub(super) fn term(kind: RosterKind, field: &'static str) -> &'static str {
    let own = match kind {
        RosterKind::Reservists | RosterKind::Equipment => None,
        RosterKind::MilitiaBases => of_bases(field),
        RosterKind::Enterprises => of_enterprises(field),
        RosterKind::Activities => of_activities(field),
    };
    own.or_else(|| of_people(field)).or_else(|| of_things(field)).unwrap_or(field)
}

fn of_people(field: &str) -> Option<&'static str> {
    Some(match field {
        "full_name" => "Họ và tên",
        "birth" => "Ngày sinh",
        "sex" => "Giới tính",
        "ethnic_group" => "Dân tộc",
        "languages" => "Ngôn ngữ",
        "citizen_id" => "Số CCCD",
        "reserve_card_no" => "Số thẻ QNDB",
        "record_sheet_no" => "Số phiếu quân nhân",
        "category" => "Đối tượng",
        "class" => "Hạng dự bị",
        "rank" => "Cấp bậc",
        "post" => "Chức vụ",
        "specialty" => "CNQS",
        "frame" => "Khung",
        "residence_unit" | "location_unit" | "unit" => "Xã, phường",
        "registered_unit" => "Nơi đăng ký",
        "hamlet" => "Thôn, bản",
        "workplace" => "Nơi làm việc",
        "phones" | "owner_phones" => "Số điện thoại",
        "contact_via" => "Người liên hệ",
        "party_member" => "Đảng viên",
        "health_class" => "Sức khỏe",
        "status" => "Tình trạng",
        "note" => "Ghi chú",
        "former_unit" => "Xã cũ",
        "residence_since" => "Ở từ ngày",
        "registered_on" => "Ngày đăng ký",
        "last_recheck_on" => "Ngày phúc tra",
        "status_from" => "Tình trạng từ ngày",
        "status_to" => "Tình trạng đến ngày",
        "status_certificate" => "Số giấy xác nhận",
        "deferral_ground" => "Lý do tạm hoãn",
        "deferral_certified_by" => "Nơi xác nhận tạm hoãn",
        "deferral_from" => "Tạm hoãn từ ngày",
        "deferral_to" => "Tạm hoãn đến ngày",
        "exemption_post" => "Chức danh miễn gọi",
        "exemption_employer" => "Cơ quan đề nghị miễn gọi",
        "exemption_from" => "Miễn gọi từ ngày",
        "exemption_to" => "Miễn gọi đến ngày",
        "militia_base" => "Cơ sở dân quân",
        "militia_type" => "Loại dân quân",
        "militia_from" => "Vào dân quân từ ngày",
        "militia_to" => "Ra dân quân ngày",
        _ => return None,
    })
}

fn of_things(field: &str) -> Option<&'static str> {
    Some(match field {
        "kind" => "Loại phương tiện",
        "make_model" => "Nhãn hiệu",
        "plate" => "Biển số",
        "chassis_no" => "Số khung",
        "engine_no" => "Số máy",
        "capacity_value" => "Trọng tải/số chỗ",
        "capacity_unit" => "Đơn vị tính",
        "year" => "Năm sản xuất",
        "technical_grade" => "Cấp chất lượng",
        "owner_name" => "Chủ phương tiện",
        "owner_kind" => "Loại chủ sở hữu",
        "owner_address" => "Địa chỉ",
        "owner_contact" => "Người liên hệ",
        "licence_class" => "Hạng GPLX",
        "drivers" => "Lái xe (số CCCD)",
        _ => return None,
    })
}

fn of_bases(field: &str) -> Option<&'static str> {
    Some(match field {
        "code" => "Mã cơ sở",
        "kind" => "Loại cơ sở",
        "name" => "Tên cơ sở",
        "host_org" => "Cơ quan chủ quản",
        "authorised" => "Biên chế",
        "present" => "Quân số",
        "by_type" => "Quân số theo loại",
        "party_members" => "Số đảng viên",
        "commander" => "Chỉ huy trưởng",
        "established_on" => "Ngày thành lập",
        "standing" => "Thường trực",
        "mobile" => "Cơ động",
        "on_site" => "Tại chỗ",
        "air_defense" => "Phòng không",
        "artillery" => "Pháo binh",
        "engineer" => "Công binh",
        "reconnaissance" => "Trinh sát",
        "signals" => "Thông tin",
        "chemical" => "Phòng hóa",
        "medical" => "Y tế",
        _ => return None,
    })
}

fn of_enterprises(field: &str) -> Option<&'static str> {
    Some(match field {
        "tax_code" => "Mã số thuế",
        "name" => "Tên doanh nghiệp",
        "address" => "Địa chỉ",
        "capabilities" => "Năng lực sản xuất",
        "stage" => "Bước khảo sát",
        "surveyed_on" => "Ngày khảo sát",
        "contact" => "Người liên hệ",
        "product" => "Sản phẩm",
        "per_month" => "Công suất/tháng",
        "measure" => "Đơn vị tính",
        "quota" => "Chỉ tiêu",
        _ => return None,
    })
}

fn of_activities(field: &str) -> Option<&'static str> {
    Some(match field {
        "kind" => "Loại hoạt động",
        "title" => "Nội dung",
        "unit" => "Đơn vị",
        "announced" => "Báo trước",
        "from" => "Từ ngày",
        "to" => "Đến ngày",
        "audience" => "Đối tượng",
        "participants" => "Người tham gia",
        "students" => "Học sinh, sinh viên",
        "excellent" => "Giỏi",
        "good" => "Khá",
        "pass" => "Đạt",
        "fail" => "Không đạt",
        "rating" => "Xếp loại",
        "rated_by" => "Cấp đánh giá",
        "persons" => "Số người huy động",
        "vehicles" => "Số phương tiện",
        "document_no" => "Số văn bản",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::kind::{Bases, Deeds, Kind, Means, People, Works};
    use super::super::table::labels::find_in;
    use super::*;

    fn are_known<K: Kind>() {
        for column in K::COLUMNS {
            let term = term(K::KIND, column.field);
            let found = find_in(K::COLUMNS, term).map(|column| column.field);
            assert_eq!(found, Some(column.field), "{term} in {:?}", K::KIND);
            assert_ne!(term, column.field, "a word of the program in {:?}", K::KIND);
        }
    }

    #[test]
    fn each_term_is_read_as_the_field_it_names() {
        are_known::<People>();
        are_known::<Means>();
        are_known::<Bases>();
        are_known::<Works>();
        are_known::<Deeds>();
    }
}
