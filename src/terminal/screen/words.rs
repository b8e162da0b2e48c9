//! The screen's words, in Vietnamese (NFC).

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use ratatui::style::{Color, Modifier, Style};

use crate::domain::instant::Instant;
use crate::domain::order::delivery::{DeclineReason, DeliveryState, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, RequirementKind};
use crate::terminal::inbox::{AnswerStatus, HeadStatus, SheetState, Standing};
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

/// What that means for whoever reads it.
pub(super) const fn meant(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "LỆNH THẬT: thi hành đúng nội dung.",
        Handling::Exercise => "DIỄN TẬP: làm như thật, nhưng KHÔNG phải lệnh thật.",
        Handling::Test => "KIỂM TRA đường truyền: chỉ trả lời đã nhận, không làm gì khác.",
    }
}

/// The legal ground (Law 53/2019/QH14, article 24).
pub(super) const fn ground(ground: LegalGround) -> &'static str {
    match ground {
        LegalGround::Mobilization => {
            "lệnh tổng động viên hoặc động viên cục bộ (Điều 24 Luật 53/2019/QH14)"
        }
        LegalGround::MartialLaw => "lệnh thiết quân luật (Điều 24 Luật 53/2019/QH14)",
        LegalGround::SecurityThreat => {
            "nguy cơ đe dọa an ninh, chưa đến mức khẩn cấp (Điều 24 Luật 53/2019/QH14)"
        }
        LegalGround::Disaster => {
            "phòng, chống thảm họa, thiên tai, dịch bệnh (Điều 24 Luật 53/2019/QH14)"
        }
        LegalGround::Drill => "không có, đây không phải lệnh thật",
    }
}

/// The unit and line of an address such as `03160/military`.
pub(super) fn place(address: &str) -> String {
    match address.split_once('/') {
        Some((unit, "military")) => format!("{unit} · tuyến quân sự"),
        Some((unit, "civil")) => format!("{unit} · tuyến hành chính"),
        Some((unit, seat)) => format!("{unit} · {seat}"),
        None => address.to_owned(),
    }
}

pub(super) fn invalid_style() -> Style {
    Style::new().add_modifier(Modifier::BOLD).fg(Color::Black).bg(Color::Yellow)
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

/// The same as a warning on the order's page; empty for one in force.
pub(super) const fn not_in_force(standing: Standing) -> &'static str {
    match standing {
        Standing::Live => "",
        Standing::Cancelled(_) => "LỆNH NÀY ĐÃ HỦY: KHÔNG THI HÀNH.",
        Standing::Superseded(_) => "LỆNH NÀY ĐÃ ĐƯỢC THAY THẾ: theo lệnh mới.",
        Standing::Expired => "LỆNH NÀY ĐÃ HẾT HIỆU LỰC.",
    }
}

pub(super) const fn fact(fact: Fact) -> &'static str {
    match fact {
        Fact::Delivered => "máy đã nhận",
        Fact::Opened => "đã xem",
        Fact::Acknowledged => "nhận lệnh",
        Fact::Accepted => "chấp hành",
        Fact::Declined(_) => "không chấp hành",
        Fact::Strength(_) => "báo quân số",
        Fact::Completed => "hoàn thành",
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

pub(super) fn reason(reason: DeclineReason) -> &'static str {
    let found = REASONS.iter().find(|(known, _words)| *known == reason);
    found.map_or("Lý do khác", |(_reason, words)| words)
}

pub(super) const fn requirement(kind: RequirementKind) -> &'static str {
    match kind {
        RequirementKind::Personnel => "người",
        RequirementKind::Equipment => "phương tiện",
    }
}

/// Who is called by name, if anybody; or that the list is still to come.
pub(super) fn sheets(state: SheetState) -> Option<String> {
    match state {
        SheetState::None => None,
        SheetState::Over => {
            Some("Danh sách gọi: ĐÃ HỦY theo quy định, lệnh đã hết hiệu lực.".to_owned())
        }
        SheetState::Waiting { pages: 0, .. } => {
            Some("Danh sách gọi: CHƯA NHẬN ĐƯỢC, đang chờ máy chủ.".to_owned())
        }
        SheetState::Waiting { pages, of } => {
            Some(format!("Danh sách gọi: CHƯA NHẬN ĐỦ, mới có {pages}/{of} trang (d: xem)."))
        }
        SheetState::Complete { people: 0, equipment: 0 } => {
            Some("Danh sách gọi: đơn vị này không có ai.".to_owned())
        }
        SheetState::Complete { people, equipment } => {
            Some(format!("Danh sách gọi: {people} người, {equipment} phương tiện (d: xem)."))
        }
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

/// What is wrong with the ledger that the server shows; orders are shown all the same.
pub(super) fn ledger(status: &HeadStatus) -> Option<&'static str> {
    if status.alarm.is_some() {
        Some("SỔ CÁI KHÔNG KHỚP sổ đã thấy: báo ngay cấp trên, giữ nguyên máy này")
    } else if status.is_unwitnessed() && status.size > 0 {
        Some("Sổ cái chưa có bên chứng kiến xác nhận")
    } else {
        None
    }
}

/// Why there is no link, by the stable word for it.
pub(super) fn link_trouble(label: &str) -> &'static str {
    match label {
        "server_unreachable" => "Không tới được máy chủ: mạng đứt hoặc máy chủ tắt.",
        "server_too_slow" | "server_silent" => "Máy chủ không trả lời.",
        "address_wrong" => "Địa chỉ máy chủ trong terminal.toml không đúng.",
        "transport" | "stream_ended" | "protocol" => "Đường truyền bị ngắt.",
        "go_away" => "Máy chủ hẹn nối lại sau.",
        "renewed" => "Đang nối lại bằng chứng chỉ mới.",
        "terminal_replaced" => "Máy này đã bị thay bằng máy khác: báo trực ban tỉnh.",
        "refused_by_server" | "refused_by_peer" => "Máy chủ từ chối máy này: báo trực ban tỉnh.",
        "certificate_expired" | "certificate_not_yet_valid" => {
            "Chứng chỉ ngoài thời hạn: xem đồng hồ máy."
        }
        "own_files" => "Tệp khóa của máy này bị hỏng: báo người quản trị.",
        "inbox" => "Máy này không ghi được vào đĩa: báo người quản trị.",
        other
            if other.starts_with("certificate_")
                || other.starts_with("revocation_")
                || other.starts_with("identity_") =>
        {
            "Chứng chỉ không được chấp nhận: báo người quản trị."
        }
        _other => "Không nối được với máy chủ.",
    }
}

/// A time by which something is due, and how long that is from now.
pub(super) fn due(at: Instant, now: Instant) -> String {
    format!("{} ({})", moment(at), left(at, now))
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
