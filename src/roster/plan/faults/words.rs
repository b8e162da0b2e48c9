//! The words for what is wrong with a plan, by code: on the screen for what the reader finds, the server
//! having its own; and in Vietnamese for the file that goes back, for what either finds.

use super::{PlanFault, column_of};
use crate::domain::plan::PlanRule;

/// Codes that the reader gives, with the words of the screen.
const OF_READER: [(&str, &str); 15] = [
    ("UNIT_NOT_NAMED", "no reserve unit is named: give its code"),
    ("NOTHING_UNDER", "names a reserve unit, and no post, equipment line or quota stands under it"),
    ("NOTHING_PLANNED", "names neither a specialty, an equipment type nor a quota's commune"),
    ("FIRST_DAY_INVALID", "the first day is none: write it as 31/01/2026"),
    ("LAST_DAY_INVALID", "the last day is none: write it as 31/01/2026"),
    ("COUNT_NO_NUMBER", "the count is no whole number: write one, such as 12"),
    ("COUNT_MISSING", "the count is missing"),
    ("DUTY_INVALID", "the duty is neither combat (chiến đấu) nor support (bảo đảm)"),
    ("SEX_INVALID", "the sex is neither Nam nor Nữ"),
    ("HEALTH_CLASS_INVALID", "the health class is no number: give 1 to 6"),
    ("NUMBER_INVALID", "the number of the post or line is none"),
    ("CAPACITY_INVALID", "the capacity is no number with at most three decimals"),
    ("QUOTA_NO_NUMBER", "the quota is no whole number: write one, such as 12"),
    ("SAID_OTHERWISE", "is said otherwise above"),
    ("TWO_SHEETS", "stands on another sheet too"),
];

/// What the screen says of a code of the reader's.
pub(super) fn of_reader(code: &str) -> &'static str {
    let found = OF_READER.iter().find(|(own, _words)| *own == code);
    found.map_or("is not good", |(_code, words)| words)
}

/// What is wrong with a row and how to mend it.
pub(super) fn reason(fault: &PlanFault) -> String {
    let code = fault.fault.code;
    let (wrong, mend) = in_vietnamese(code);
    let place = fault.fault.place.as_ref();
    let name = place.map_or("", |place| column_of(place.field));
    let at = match place.and_then(|place| place.column.as_deref()) {
        Some(column) => format!("Cột {column} ({name}): "),
        None if name.is_empty() => String::new(),
        None => format!("{name}: "),
    };
    let space = if fault.beside.is_empty() { "" } else { " " };
    format!("{at}{wrong}. {mend}.{space}{} [{code}]", fault.beside)
}

fn in_vietnamese(code: &str) -> (&'static str, &'static str) {
    let of_server = || {
        let rule = PlanRule::ALL.into_iter().find(|rule| rule.code() == code)?;
        Some(of_rule(rule))
    };
    read_in_vietnamese(code)
        .or_else(of_server)
        .unwrap_or(("máy chủ không nhận dòng này", "Gửi mã lỗi cho người quản trị"))
}

/// What the reader finds.
fn read_in_vietnamese(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "UNIT_NOT_NAMED" => ("không rõ dòng này của đơn vị dự bị nào", "Điền mã đơn vị"),
        "NOTHING_UNDER" => (
            "dòng này chỉ có mã đơn vị và bên dưới không có chức danh, phương tiện hay chỉ tiêu nào",
            "Điền các dòng của đơn vị, hoặc xóa dòng này",
        ),
        "NOTHING_PLANNED" => (
            "dòng này không có CNQS, loại phương tiện hay xã, phường giao chỉ tiêu",
            "Điền một trong ba, hoặc xóa dòng này",
        ),
        "FIRST_DAY_INVALID" | "LAST_DAY_INVALID" => {
            ("ngày không có trong lịch hoặc viết thiếu", "Viết như 31/01/2026")
        }
        "COUNT_NO_NUMBER" => ("số lượng không phải là số nguyên", "Viết số nguyên"),
        "COUNT_MISSING" => ("thiếu số lượng", "Điền số lượng"),
        "NUMBER_INVALID" => {
            ("số chức danh không phải là số nguyên", "Viết số nguyên, hoặc để trống")
        }
        "QUOTA_NO_NUMBER" => ("chỉ tiêu không phải là số nguyên", "Viết số nguyên"),
        "SAID_OTHERWISE" => (
            "ghi khác với dòng trên của cùng đơn vị dự bị",
            "Sửa dòng ghi sai, hoặc để trống ở dòng này",
        ),
        "TWO_SHEETS" => (
            "đơn vị dự bị này còn có ở trang tính khác",
            "Gộp vào một trang tính, hoặc chỉ rõ trang cần đọc (--sheet)",
        ),
        _of_server => return None,
    })
}

/// What the server finds.
const fn of_rule(rule: PlanRule) -> (&'static str, &'static str) {
    match rule {
        PlanRule::CodeInvalid => {
            ("mã đơn vị không hợp lệ", "Dùng 1 đến 32 chữ cái không dấu, chữ số, -, _ hoặc .")
        }
        PlanRule::NameMissing => ("thiếu tên đơn vị", "Điền tên đơn vị dự bị"),
        PlanRule::TextInvalid => ("nội dung quá dài hoặc có ký tự lạ", "Viết không quá 200 ký tự"),
        PlanRule::UnitUnknown => {
            ("không có đơn vị này", "Viết mã hoặc tên đầy đủ, ví dụ Xã Na Son")
        }
        PlanRule::SourceMissing => {
            ("thiếu đơn vị giao nguồn", "Điền mã các xã, phường hoặc khu vực giao nguồn")
        }
        PlanRule::SpecialtyUnknown => (
            "chuyên nghiệp quân sự không có trong danh mục",
            "Viết mã hoặc tên có trong danh mục CNQS",
        ),
        PlanRule::TypeUnknown => (
            "loại phương tiện không có trong danh mục",
            "Viết mã hoặc tên có trong danh mục phương tiện",
        ),
        PlanRule::RankInvalid => (
            "cấp bậc không đúng, hoặc cấp thấp nhất cao hơn cấp cao nhất",
            "Viết đủ tên cấp bậc, cấp thấp trước",
        ),
        PlanRule::FormerOverlaps => (
            "ngày bắt đầu thuộc thời gian của biên chế trước",
            "Chọn ngày sau ngày cuối của biên chế trước",
        ),
        PlanRule::PastRewritten => (
            "biên chế đã có hiệu lực từ ngày này",
            "Chọn ngày bắt đầu muộn hơn; nếu biên chế cũ sai ngay từ đầu thì nhập với --correct",
        ),
        PlanRule::NearContradicts => (
            "vừa ghi chuyên nghiệp gần đúng vừa chỉ nhận đúng chuyên nghiệp",
            "Chỉ giữ một trong hai",
        ),
        PlanRule::DutyInvalid => ("nhiệm vụ không rõ", "Viết Chiến đấu hoặc Bảo đảm"),
        PlanRule::SexInvalid => {
            ("giới tính không rõ", "Viết Nam hoặc Nữ, để trống nếu nhận cả hai")
        }
        PlanRule::HealthInvalid => ("loại sức khỏe không đúng", "Viết từ 1 đến 6"),
        PlanRule::CountInvalid => ("số lượng không đúng", "Viết số từ 1 đến 10.000"),
        PlanRule::CapacityInvalid => (
            "trọng tải hoặc đơn vị tính không đúng",
            "Viết số dương, không quá ba chữ số thập phân, kèm đơn vị tính",
        ),
        PlanRule::Twice => ("ghi hai lần", "Mỗi số, mỗi đơn vị chỉ ghi một lần"),
        PlanRule::Empty => (
            "đơn vị dự bị không có chức danh hay phương tiện nào",
            "Điền ít nhất một dòng chức danh hoặc phương tiện",
        ),
        PlanRule::TooMany => ("quá nhiều", "Chia thành nhiều đơn vị dự bị"),
        PlanRule::QuotaOutside => (
            "xã, phường này không thuộc đơn vị giao nguồn",
            "Chỉ giao chỉ tiêu cho xã, phường của đơn vị giao nguồn",
        ),
        PlanRule::DatesInvalid => (
            "ngày không đúng, hoặc ngày cuối trước ngày đầu",
            "Viết như 31/01/2026, ngày cuối không trước ngày đầu",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_a_plan_has_words_in_vietnamese() {
        let unknown = in_vietnamese("?");
        let own = OF_READER.iter().map(|(code, _words)| *code);
        for code in own.chain(PlanRule::ALL.into_iter().map(PlanRule::code)) {
            assert_ne!(in_vietnamese(code), unknown, "{code}");
        }
    }
}
