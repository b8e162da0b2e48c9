//! The screen's words, in Vietnamese (NFC).

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use ratatui::style::{Color, Modifier, Style};

use crate::domain::instant::Instant;
use crate::domain::order::RequirementKind;
use crate::domain::order::delivery::{DeclineReason, DeliveryState};
use crate::domain::order::handling::Handling;
use crate::terminal::inbox::{AnswerStatus, Standing};
use crate::terminal::link::LinkState;

/// How an order is meant, so that nobody can take it for anything else.
pub(super) fn handling_style(handling: Handling) -> Style {
    let style = Style::new().add_modifier(Modifier::BOLD);
    match handling {
        Handling::Actual => style.fg(Color::White).bg(Color::Red),
        Handling::Exercise => style.fg(Color::White).bg(Color::Blue),
        Handling::Test => style.fg(Color::Black).bg(Color::Gray),
    }
}

pub(super) const INVALID: &str = "KHÔNG HỢP LỆ";
pub(super) const CANCEL: &str = "LỆNH HỦY";

pub(super) const fn state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued | DeliveryState::Delivered => "CHƯA XEM",
        DeliveryState::Opened => "CHƯA NHẬN LỆNH",
        DeliveryState::Acknowledged => "Đã nhận lệnh",
        DeliveryState::Accepted => "Chấp hành",
        DeliveryState::Declined => "Không chấp hành",
        DeliveryState::Completed => "Hoàn thành",
    }
}

/// What stands in the way of carrying an order out; empty for one in force.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Live => "",
        Standing::Cancelled(_) => "ĐÃ HỦY",
        Standing::Superseded(_) => "ĐÃ THAY THẾ",
        Standing::Expired => "HẾT HIỆU LỰC",
    }
}

pub(super) const REASONS: [(DeclineReason, &str); 6] = [
    (DeclineReason::PersonnelShort, "Thiếu quân số"),
    (DeclineReason::EquipmentShort, "Thiếu phương tiện"),
    (DeclineReason::RoadCut, "Đường bị chia cắt"),
    (DeclineReason::OtherOrder, "Lực lượng đang làm theo lệnh khác"),
    (DeclineReason::NotCompetent, "Không thuộc thẩm quyền"),
    (DeclineReason::Other, "Lý do khác (ghi rõ)"),
];

pub(super) const fn requirement(kind: RequirementKind) -> &'static str {
    match kind {
        RequirementKind::Personnel => "người",
        RequirementKind::Equipment => "phương tiện",
    }
}

/// The Vietnamese reason why an order is not believed.
pub(super) fn refused(reason: &str) -> &'static str {
    match reason {
        "SIGNATURE_INVALID" => "chữ ký giả hoặc nội dung bị sửa",
        "SIGNATURES_MISSING" => "thiếu chữ ký của người có thẩm quyền",
        "TRUST_BUNDLE_EXPIRED" => "danh sách người ký đã hết hạn",
        "OTHER_PROVINCE" => "lệnh của tỉnh khác",
        "OLD_EPOCH" => "lệnh thuộc kỳ cũ, không còn giá trị",
        "NOT_ADDRESSED" => "không gửi cho đơn vị này",
        "EXPIRED" => "đã hết hiệu lực trước khi tới",
        "ORDER_ID_REUSED" => "trùng mã với lệnh khác",
        "REFERENCE_MISMATCH" => "không khớp với lệnh được thay đổi",
        _unreadable => "không đọc được hoặc sai quy cách",
    }
}

pub(super) fn answer_status(status: &AnswerStatus) -> String {
    match status {
        AnswerStatus::Pending => "đang chờ gửi".to_owned(),
        AnswerStatus::Recorded(_) => "máy chủ đã ghi".to_owned(),
        AnswerStatus::Refused { reason, .. } => format!("BỊ TỪ CHỐI: {reason}"),
    }
}

pub(super) const fn link(state: LinkState) -> &'static str {
    match state {
        LinkState::Off => "NGOẠI TUYẾN",
        LinkState::Connecting => "ĐANG KẾT NỐI",
        LinkState::Connected => "ĐÃ KẾT NỐI",
        LinkState::Waiting { .. } => "MẤT KẾT NỐI",
    }
}

/// Date and time in Vietnam, which keeps +07:00 all year.
pub(super) fn moment(at: Instant) -> String {
    Timestamp::from_millisecond(at.millis()).map_or_else(
        |_no_calendar_has_it| "?".to_owned(),
        |time| {
            let local = time.to_zoned(TimeZone::fixed(offset(7)));
            local.strftime("%H:%M %d/%m/%Y").to_string()
        },
    )
}

/// How long until `at`, or since.
pub(super) fn left(at: Instant, now: Instant) -> String {
    let ms = at.millis_since(now);
    if ms >= 0 { format!("còn {}", span(ms)) } else { format!("QUÁ HẠN {}", span(-ms)) }
}

pub(super) fn span(ms: i64) -> String {
    match ms / 1_000 {
        seconds @ ..60 => format!("{seconds} giây"),
        seconds @ 60..3_600 => format!("{} phút", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} giờ {} phút", seconds / 3_600, seconds / 60 % 60),
        seconds => format!("{} ngày", seconds / 86_400),
    }
}
