//! The words of printed orders, in Vietnamese (NFC).

use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order, Urgency};

/// What stands above and below every page.
pub(super) const fn banner(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "LỆNH THẬT",
        Handling::Exercise => "DIỄN TẬP – KHÔNG PHẢI LỆNH THẬT – DIỄN TẬP",
        Handling::Test => "KIỂM TRA ĐƯỜNG TRUYỀN – KHÔNG PHẢI LỆNH THẬT – KIỂM TRA",
    }
}

/// What stands across the text of a drill; nothing across an actual order.
pub(super) const fn across(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "",
        Handling::Exercise => "DIỄN TẬP",
        Handling::Test => "KIỂM TRA",
    }
}

/// What stands under the name of the kind, where a drill says once more that it is one.
pub(super) const fn kind_note(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "",
        Handling::Exercise => "(DIỄN TẬP, KHÔNG PHẢI LỆNH THẬT)",
        Handling::Test => "(KIỂM TRA ĐƯỜNG TRUYỀN, KHÔNG PHẢI LỆNH THẬT)",
    }
}

/// How somebody signed, under the signer's post.
pub(super) const fn signed(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "(Đã ký số)",
        Handling::Exercise => "(Đã ký số – diễn tập)",
        Handling::Test => "(Đã ký số – kiểm tra)",
    }
}

/// The name of the kind, as a heading.
pub(super) fn heading(order: &Order) -> String {
    if order.is_cancel() {
        "LỆNH HỦY BỎ".to_owned()
    } else {
        order.kind.label().to_uppercase()
    }
}

/// The ground, as the line above the text (Law 53/2019/QH14, article 24).
pub(super) const fn ground(ground: LegalGround) -> &'static str {
    match ground {
        LegalGround::Mobilization => {
            "Căn cứ lệnh tổng động viên hoặc động viên cục bộ (Điều 24 Luật Lực lượng dự bị động viên số 53/2019/QH14);"
        }
        LegalGround::MartialLaw => {
            "Căn cứ lệnh thiết quân luật (Điều 24 Luật Lực lượng dự bị động viên số 53/2019/QH14);"
        }
        LegalGround::SecurityThreat => {
            "Căn cứ nguy cơ đe dọa an ninh, chưa đến mức khẩn cấp (Điều 24 Luật Lực lượng dự bị động viên số 53/2019/QH14);"
        }
        LegalGround::Disaster => {
            "Căn cứ yêu cầu phòng, chống, khắc phục hậu quả thảm họa, thiên tai, dịch bệnh (Điều 24 Luật Lực lượng dự bị động viên số 53/2019/QH14);"
        }
        LegalGround::Drill => {
            "Không có căn cứ huy động: đây không phải lệnh thật, không ai bị gọi và không phương tiện nào bị huy động."
        }
    }
}

/// Whether the mark is printed in a frame.
pub(super) const fn mark(urgency: Urgency) -> Option<&'static str> {
    match urgency {
        Urgency::Normal => None,
        marked => Some(marked.label()),
    }
}

fn local(at: Instant) -> Option<jiff::Zoned> {
    let time = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7))))
}

/// Time and day in Vietnam.
pub(super) fn moment(at: Instant) -> String {
    let said = local(at).map(|time| time.strftime("%H giờ %M phút, ngày %d/%m/%Y").to_string());
    said.unwrap_or_else(|| "?".to_owned())
}

/// Place and day, as the form has them.
pub(super) fn place_and_day(place: &str, at: Instant) -> String {
    let day = local(at).map_or_else(
        || "?".to_owned(),
        |time| time.strftime("ngày %d tháng %m năm %Y").to_string(),
    );
    if place.is_empty() { day } else { format!("{place}, {day}") }
}

/// A number with the dots of the language.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_actual_order_says_that_it_is_one() {
        for drill in [Handling::Exercise, Handling::Test] {
            assert!(banner(drill).contains("KHÔNG PHẢI LỆNH THẬT"));
            assert!(kind_note(drill).contains("KHÔNG PHẢI LỆNH THẬT"));
            assert!(!across(drill).is_empty());
            assert_ne!(signed(drill), signed(Handling::Actual));
        }
        assert_eq!(banner(Handling::Actual), "LỆNH THẬT");
        assert_eq!(across(Handling::Actual), "");
    }

    #[test]
    fn times_and_numbers_are_as_they_are_read() {
        let at = Instant::from_millis(1_767_200_400_123);
        assert_eq!(moment(at), "00 giờ 00 phút, ngày 01/01/2026");
        assert_eq!(place_and_day("Điện Biên", at), "Điện Biên, ngày 01 tháng 01 năm 2026");
        assert_eq!(place_and_day("", at), "ngày 01 tháng 01 năm 2026");
        assert_eq!(
            [0, 999, 1_000, 20_000, 1_234_567].map(grouped),
            ["0", "999", "1.000", "20.000", "1.234.567"]
        );
    }
}
