//! The program's codes in Vietnamese, as files have them: the screen and JSON keep the codes.
//!
//! Read by the command line through [`CellValue::term`](super::CellValue::term). What has a word of its
//! own in the domain is not here again; a code without a word stays as it is, and a test names every
//! code that must have one.

use crate::domain::callup::Barred;

/// Codes with their words.
pub type Terms = &'static [(&'static str, &'static str)];

/// The word of a code; the code where there is none.
pub fn word_of(terms: Terms, code: &str) -> &str {
    let found = terms.iter().find(|(known, _word)| *known == code);
    found.map_or(code, |(_known, word)| word)
}

/// How far an endpoint is with an order.
pub const STATES: Terms = &[
    ("queued", "Chưa đến"),
    ("delivered", "Máy đã nhận"),
    ("opened", "Đã xem"),
    ("acknowledged", "Đã nhận lệnh"),
    ("accepted", "Chấp hành"),
    ("declined", "Không chấp hành được"),
    ("completed", "Hoàn thành"),
];

/// What has become of an order.
pub const ORDER_STATES: Terms = &[
    ("drafted", "Dự thảo"),
    ("signed", "Đã ký"),
    ("issued", "Đã ban hành"),
    ("superseded", "Đã được thay thế"),
    ("cancelled", "Đã hủy"),
    ("expired", "Hết hiệu lực"),
];

/// How an order is meant.
pub const HANDLINGS: Terms = &[("actual", "Thật"), ("exercise", "Diễn tập"), ("test", "Kiểm tra")];

/// Why an order was declined.
pub const DECLINED: Terms = &[
    ("personnel-short", "Thiếu quân số"),
    ("equipment-short", "Thiếu phương tiện"),
    ("road-cut", "Đường bị chia cắt"),
    ("other-order", "Lực lượng đang làm theo lệnh khác"),
    ("not-competent", "Không thuộc thẩm quyền"),
    ("other", "Lý do khác"),
];

/// What a unit is.
pub const UNIT_KINDS: Terms = &[
    ("provincial_command", "Bộ Chỉ huy quân sự tỉnh"),
    ("defensive_area_command", "Ban Chỉ huy phòng thủ khu vực"),
    ("district_command", "Ban Chỉ huy quân sự huyện"),
    ("commune", "Xã"),
    ("ward", "Phường"),
    ("township", "Thị trấn"),
    ("self_defense_base", "Cơ sở tự vệ"),
    ("commune_militia", "Cơ sở dân quân"),
];

/// How well it is known what a unit is under.
pub const BASES: Terms = &[("sourced", "Có văn bản"), ("assumed", "Suy ra"), ("weak", "Chưa chắc")];

/// What is done to units.
pub const CHANGES: Terms = &[
    ("merge", "Sáp nhập"),
    ("split", "Chia tách"),
    ("rename", "Đổi tên"),
    ("move", "Chuyển cấp trên"),
    ("close", "Kết thúc"),
];

/// How a terminal stands.
pub const TERMINALS: Terms = &[
    ("connected", "Đang kết nối"),
    ("away", "Mất kết nối"),
    ("out of use", "Thôi dùng"),
    ("not enrolled", "Chưa ghi danh"),
];

/// How far an assignment is.
pub const STAGES: Terms = &[
    ("waiting", "Chờ"),
    ("active", "Đang giữ"),
    ("ended", "Đã thôi"),
    ("taken back", "Hủy trước khi bắt đầu"),
    ("-", ""),
];

/// How well a holder fits.
pub const FITS: Terms = &[
    ("exact, class 1", "Đúng, hạng 1"),
    ("exact, class 2", "Đúng, hạng 2"),
    ("near, class 1", "Gần đúng, hạng 1"),
    ("near, class 2", "Gần đúng, hạng 2"),
];

/// People and equipment apart.
pub const SIDES: Terms = &[("people", "Người"), ("equipment", "Phương tiện")];

/// What a row of a proposal counts.
pub const PROPOSED: Terms = &[
    ("filled", "Xếp được"),
    ("filled one by one", "Xếp được khi xét lần lượt"),
    ("exact, class 1", "Đúng chuyên nghiệp, hạng 1"),
    ("exact, class 2", "Đúng chuyên nghiệp, hạng 2"),
    ("near, class 1", "Gần đúng chuyên nghiệp, hạng 1"),
    ("near, class 2", "Gần đúng chuyên nghiệp, hạng 2"),
    ("also in the militia", "Đồng thời ở dân quân"),
    ("filled by moving", "Xếp được nhờ đổi chỗ"),
    ("open", "Còn trống"),
    ("kept by holders who do not fit", "Do người không còn đủ điều kiện giữ"),
    ("without a place", "Không xếp được"),
];

/// Kinds of ledger entries.
pub const ENTRIES: Terms = &[
    ("province_founded", "Lập tỉnh"),
    ("trust_published", "Công bố danh sách tin cậy"),
    ("units_put", "Nhập đơn vị"),
    ("specialties_put", "Nhập danh mục chuyên nghiệp"),
    ("equipment_types_put", "Nhập danh mục loại phương tiện"),
    ("units_reorganized", "Sắp xếp lại đơn vị"),
    ("endpoint_added", "Thêm đầu mối"),
    ("endpoint_retired", "Thôi dùng đầu mối"),
    ("code_created", "Cấp mã ghi danh"),
    ("terminal_enrolled", "Ghi danh máy đầu cuối"),
    ("certificate_issued", "Cấp chứng thư"),
    ("certificate_seen", "Dùng chứng thư mới"),
    ("order_drafted", "Soạn lệnh"),
    ("signature_added", "Ký lệnh"),
    ("order_issued", "Ban hành lệnh"),
    ("answer_taken", "Nhận trả lời"),
    ("records_put", "Ghi hồ sơ"),
    ("records_read", "Đọc hồ sơ"),
    ("records_resealed", "Niêm phong lại hồ sơ"),
    ("record_erased", "Xóa hồ sơ"),
    ("keys_begun", "Đổi khóa"),
    ("call_refused", "Từ chối yêu cầu"),
    ("epoch_begun", "Bắt đầu kỳ mới sau khôi phục"),
];

/// What of a reservist's record is late.
pub const LATE: Terms = &[
    ("MOVE_IN", "Đăng ký chuyển đến"),
    ("RETURN", "Đăng ký lại khi trở về"),
    ("ABSENCE", "Khai báo vắng mặt từ 3 tháng"),
    ("OFFICER_REGISTRATION", "Đăng ký sĩ quan dự bị"),
    ("RECHECK", "Phúc tra hằng năm"),
    ("TRANSFER", "Tiếp nhận chuyển đến"),
];

/// Why somebody or something holds no place; the reasons of a call-up beside these.
const REFUSALS: Terms = &[
    ("ACTIVE", "Đang quản lý"),
    ("STATUS_DEFERRED", "Tạm hoãn"),
    ("STATUS_OVER_AGE", "Hết tuổi dự bị"),
    ("UNIT_CLOSED", "Đơn vị dự bị đã kết thúc"),
    ("NO_QUOTA", "Xã, phường chưa có chỉ tiêu"),
    ("SPECIALTY_UNKNOWN", "Chưa rõ chuyên nghiệp"),
    ("RANK_UNKNOWN", "Chưa rõ cấp bậc"),
    ("RANK_TOO_LOW", "Cấp bậc thấp hơn chức danh"),
    ("RANK_TOO_HIGH", "Cấp bậc cao hơn chức danh"),
    ("HEALTH_UNKNOWN", "Chưa rõ sức khỏe"),
    ("HEALTH_TOO_LOW", "Sức khỏe không đạt yêu cầu chức danh"),
    ("QUOTA_FULL", "Xã, phường đã đủ chỉ tiêu"),
    ("POSTS_FULL", "Chức danh phù hợp đã đủ người"),
    ("POST_FULL", "Chức danh đã đủ"),
    ("WAITING", "Đang ở danh sách chờ"),
];

/// Why somebody or something holds no place, or cannot be called.
pub fn refusal(code: &str) -> &str {
    let barred = Barred::ALL.iter().find(|barred| barred.as_str() == code);
    barred.map_or_else(|| word_of(REFUSALS, code), |barred| barred.vietnamese())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::delivery::DeliveryState;
    use crate::domain::order::handling::Handling;
    use crate::domain::plan::Refusal;
    use crate::domain::registry::eligibility::Reason;
    use crate::domain::registry::{EquipmentStatus, ReservistStatus};
    use crate::domain::unit::{ParentBasis, UNIT_KINDS as KINDS};
    use crate::domain::world::Event;

    fn has_word(terms: Terms, code: &str) -> bool {
        terms.iter().any(|(known, word)| *known == code && !word.is_empty())
    }

    #[test]
    fn every_code_that_a_file_can_hold_has_a_word() {
        for state in [
            DeliveryState::Queued,
            DeliveryState::Delivered,
            DeliveryState::Opened,
            DeliveryState::Acknowledged,
            DeliveryState::Accepted,
            DeliveryState::Declined,
            DeliveryState::Completed,
        ] {
            assert!(has_word(STATES, state.as_str()), "{state:?}");
        }
        assert!(Handling::ALL.iter().all(|one| has_word(HANDLINGS, one.as_str())));
        assert!(KINDS.iter().all(|one| has_word(UNIT_KINDS, one.as_str())));
        for basis in [ParentBasis::Sourced, ParentBasis::Assumed, ParentBasis::Weak] {
            assert!(has_word(BASES, basis.as_str()), "{basis:?}");
        }
        for kind in Event::KINDS {
            assert!(has_word(ENTRIES, kind), "{kind}");
        }
    }

    #[test]
    fn every_reason_why_a_place_is_not_held_has_words() {
        let places = Refusal::OF_PLACES.map(Refusal::code);
        let limits = [Reason::UnderAge { limit: 18 }, Reason::OverAge { limit: 35 }];
        let rest = [Reason::Deferred, Reason::Exempt, Reason::NotOpen, Reason::Health { limit: 4 }];
        let persons = limits.into_iter().chain(rest).map(Reason::code);
        let statuses = ReservistStatus::ALL.iter().map(|status| Reason::Status(*status).code());
        for code in places.into_iter().chain(persons).chain(statuses) {
            assert_ne!(refusal(code), code);
        }
        let means = EquipmentStatus::ALL.iter().filter(|one| **one != EquipmentStatus::Available);
        for status in means {
            let code = status.code().to_ascii_uppercase();
            assert_ne!(refusal(&code), code);
        }
    }
}
