//! The reasons of refusals in plain Vietnamese: what is wrong, what to do, and the code.

use super::super::Place;
use super::hints;
use crate::roster::report::DIFFERING;

/// What is wrong with a row and how to mend it.
pub(super) fn reason(code: &str, place: Option<&Place>) -> String {
    let (wrong, mend) = words(code);
    let column = place.and_then(|place| place.column.as_ref());
    let at = column.map(|column| format!("Cột {column}: ")).unwrap_or_default();
    let hint = place.and_then(|place| place.hint.as_deref()).unwrap_or_default();
    let beside = match code {
        "EQUIPMENT_TYPE_UNKNOWN" => format!(" Danh mục có: {hint}."),
        "DUPLICATE_IN_FILE" | "EQUIPMENT_CONFLICT" => {
            let row = hint.trim_start_matches("as in row ").trim_end_matches(hints::OTHER_CHASSIS);
            format!(" Trùng với dòng {row}.")
        }
        "STATUS_UNKNOWN" | "DEFERRAL_INVALID" if !hint.is_empty() => {
            let known = format!(" Các từ dùng được: {}.", hint.trim_start_matches(hints::KNOWN));
            hints::vietnamese(hint).map_or(known, |words| format!(" {words}."))
        }
        "PERSON_CONFLICT" | "STATUS_ENDED" if !hint.is_empty() => {
            let hint = hint.trim_start_matches("record ");
            let (record, differing) = hint.split_once(DIFFERING).unwrap_or((hint, ""));
            format!(" Hồ sơ đã có: {record}.{}", differing_in_words(differing))
        }
        _ => hints::vietnamese(hint).map(|words| format!(" {words}.")).unwrap_or_default(),
    };
    format!("{at}{wrong}. {mend}.{beside} [{code}]")
}

/// The fields in which a row and a record differ, for those who mend it.
fn differing_in_words(fields: &str) -> String {
    let named = fields.split(", ").filter_map(|field| match field {
        "full_name" => Some("họ tên"),
        "sex" => Some("giới tính"),
        "birth_date" => Some("ngày sinh"),
        _other => None,
    });
    let named: Vec<&str> = named.collect();
    if named.is_empty() { String::new() } else { format!(" Khác nhau ở: {}.", named.join(", ")) }
}

/// What is wrong with a row of this code, and what mends it; in Vietnamese.
pub fn words(code: &str) -> (&'static str, &'static str) {
    of_people(code)
        .or_else(|| of_cells(code))
        .or_else(|| of_things(code))
        .or_else(|| of_standing(code))
        .unwrap_or(("máy chủ không nhận dòng này", "Gửi mã lỗi cho người quản trị"))
}

fn of_people(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "NAME_MISSING" => ("thiếu họ và tên", "Điền đủ họ và tên"),
        "NAME_INVALID" => {
            ("họ tên có ký tự không phải chữ hoặc quá dài", "Chỉ viết chữ và dấu cách")
        }
        "DATE_ORDER_AMBIGUOUS" => (
            "cột này viết tháng trước ngày ở dòng khác, nên không rõ đâu là ngày, đâu là tháng",
            "Viết lại cả cột theo ngày/tháng/năm",
        ),
        "PERSON_CONFLICT" => (
            "số căn cước này đã thuộc về hồ sơ khác: ít nhất hai trong ba điều họ tên, giới tính, ngày sinh không \
             khớp",
            "Đối chiếu giấy tờ; sửa số căn cước bị sai",
        ),
        "CITIZEN_ID_MISSING" => ("thiếu số căn cước", "Điền đủ 12 chữ số"),
        "CITIZEN_ID_INVALID" => (
            "số căn cước không đủ 12 chữ số",
            "Xem lại giấy tờ, điền đủ 12 chữ số dưới dạng chữ (Text)",
        ),
        "BIRTH_DATE_MISSING" => {
            ("thiếu ngày sinh", "Điền ngày/tháng/năm, hoặc chỉ năm nếu không rõ")
        }
        "BIRTH_DATE_INVALID" => (
            "ngày sinh không có trong lịch hoặc viết thiếu",
            "Viết ngày/tháng/năm đủ bốn chữ số của năm, ví dụ 15/06/1990",
        ),
        "UNIT_MISSING" => ("thiếu xã, phường", "Điền tên đầy đủ hoặc mã của xã, phường"),
        "UNIT_UNKNOWN" => (
            "không có xã, phường này",
            "Viết tên đầy đủ hiện nay (ví dụ Xã Na Son) hoặc mã; nếu là tên cũ trước khi sáp nhập, đổi tên thì \
             nhập lại với --as-of NGÀY",
        ),
        "UNIT_NAME_MOVED" => (
            "danh sách ghi tên xã trước khi sáp nhập, mà tên này nay là tên của xã khác",
            "Nhập lại với --as-of NGÀY của danh sách, hoặc viết mã xã hiện nay",
        ),
        "UNIT_CLOSED" => {
            ("đơn vị này đã kết thúc và không có đơn vị nào thay thế", "Viết xã, phường hiện nay")
        }
        "CLASS_INVALID" => ("hạng dự bị không đúng", "Viết 1 hoặc 2"),
        "SPECIALTY_UNKNOWN" => {
            ("mã chuyên nghiệp quân sự không có trong danh mục", "Xem lại mã CNQS")
        }
        "SEX_INVALID" => ("giới tính không rõ", "Viết Nam hoặc Nữ"),
        "ETHNIC_GROUP_UNKNOWN" => {
            ("dân tộc không có trong danh mục 54 dân tộc", "Viết lại tên dân tộc")
        }
        "LANGUAGE_UNKNOWN" => {
            ("ngôn ngữ không có trong danh mục", "Viết lại, cách nhau bằng dấu phẩy")
        }
        "RANK_UNKNOWN" => ("cấp bậc không đúng", "Viết đủ, ví dụ Thượng sĩ, Thiếu úy"),
        "CATEGORY_INVALID" => {
            ("đối tượng không đúng hoặc trái với cấp bậc", "Xem lại cấp bậc và đối tượng")
        }
        "FRAME_INVALID" => ("khung không đúng", "Viết A hoặc B"),
        "PHONE_INVALID" => (
            "số điện thoại không đúng",
            "Viết đủ 10 chữ số; nhiều số thì cách nhau bằng dấu phẩy, không quá 5 số",
        ),
        "PARTY_MEMBER_INVALID" => ("cột đảng viên không rõ", "Đánh dấu x, hoặc viết có, không"),
        "HEALTH_CLASS_INVALID" => ("loại sức khỏe không đúng", "Viết từ 1 đến 6"),
        "STATUS_UNKNOWN" => ("tình trạng không có trong danh mục", "Viết lại tình trạng"),
        "TEXT_INVALID" => ("nội dung quá dài hoặc có ký tự lạ", "Viết ngắn lại"),
        _ => return None,
    })
}

fn of_cells(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "DITTO_MARK" => (
            "dấu \"như trên\" ở ô mà mỗi dòng phải ghi riêng, hoặc ô ngay trên không có gì",
            "Ghi đủ nội dung của ô",
        ),
        "NUMBER_ROUNDED" => (
            "số này đã bị bảng tính làm tròn và mất chữ số",
            "Định dạng cột là chữ (Text) rồi gõ lại đủ số",
        ),
        _ => return None,
    })
}

fn of_things(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "EQUIPMENT_TYPE_UNKNOWN" => {
            ("loại phương tiện không có trong danh mục", "Viết lại tên hoặc mã loại")
        }
        "PLATE_INVALID" => ("biển số không đúng", "Viết như trên đăng ký, ví dụ 27A-123.45"),
        "IDENTITY_MISSING" => {
            ("không có số khung, biển số hay số máy", "Điền ít nhất một trong ba số")
        }
        "CAPACITY_INVALID" => {
            ("trọng tải hoặc đơn vị tính không đúng", "Viết số dương và đơn vị, ví dụ 3,5 tấn")
        }
        "YEAR_INVALID" => ("năm sản xuất không đúng", "Viết bốn chữ số, từ 1950 đến nay"),
        "GRADE_INVALID" => ("cấp chất lượng không đúng", "Viết từ 1 đến 4"),
        "OWNER_MISSING" => ("thiếu chủ phương tiện", "Điền tên chủ phương tiện"),
        "DRIVER_INVALID" => {
            ("lái xe không ghi bằng số căn cước", "Viết 12 chữ số căn cước của lái xe")
        }
        "DUPLICATE_IN_FILE" => (
            "trùng với một dòng ở trên (cùng số căn cước, số khung, biển số, mã số thuế hoặc mã cơ sở)",
            "Xóa dòng thừa, hoặc sửa số nếu là hai đối tượng khác nhau",
        ),
        "EQUIPMENT_CONFLICT" => (
            "biển số này đã có ở một dòng trên với số khung khác",
            "Xem lại đăng ký xe: sửa biển số hoặc số khung bị sai",
        ),
        _ => return None,
    })
}

fn of_standing(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "DATE_INVALID" => ("ngày không có trong lịch hoặc không hợp lý", "Viết ngày/tháng/năm"),
        "PERIOD_INVALID" => ("ngày kết thúc trước ngày bắt đầu", "Xem lại hai ngày"),
        "DEFERRAL_INVALID" => ("tạm hoãn ghi thiếu hoặc sai lý do", "Điền lý do tạm hoãn"),
        "EXEMPTION_INVALID" => ("miễn gọi ghi thiếu chức danh", "Điền chức danh được miễn gọi"),
        "MILITIA_INVALID" => {
            ("phần dân quân tự vệ ghi thiếu hoặc sai", "Điền cơ sở hoặc loại dân quân")
        }
        "CODE_INVALID" => ("mã không đúng", "Xem lại mã, chỉ gồm chữ cái và chữ số"),
        "KIND_UNKNOWN" => ("loại không có trong danh mục", "Viết lại loại"),
        "HOST_MISSING" => ("thiếu cơ quan, đơn vị chủ quản", "Điền tên cơ quan, đơn vị"),
        "COUNT_INVALID" => ("số lượng không đúng", "Viết số nguyên không âm"),
        "COUNT_MISMATCH" => ("các số thành phần không khớp với tổng số", "Cộng lại và sửa"),
        "FORCE_TYPES_INVALID" => ("quân số theo loại ghi sai", "Viết từng loại kèm quân số"),
        "TAX_CODE_INVALID" => ("mã số thuế không đúng", "Viết đủ 10 hoặc 13 chữ số"),
        "CAPABILITY_INVALID" => ("năng lực sản xuất ghi sai", "Viết lại năng lực và đơn vị tính"),
        "STAGE_UNKNOWN" => ("bước khảo sát không có trong danh mục", "Viết lại bước"),
        "QUOTA_EARLY" => ("giao chỉ tiêu khi chưa được chọn", "Bỏ chỉ tiêu hoặc sửa bước"),
        "ANNOUNCED_INVALID" => ("không rõ có báo trước hay không", "Viết có hoặc không"),
        "AUDIENCE_UNKNOWN" => (
            "đối tượng không có trong danh mục",
            "Viết cán bộ, người có uy tín; học sinh, sinh viên; cán bộ dân quân tự vệ; dân quân; tự vệ; \
             quân nhân dự bị hoặc khác",
        ),
        "RATING_UNKNOWN" => ("kết quả xếp loại không đúng", "Viết giỏi, khá, đạt hoặc không đạt"),
        "CARD_EXISTS" => (
            "người khác đã có số thẻ này của cùng nơi đăng ký",
            "Xem lại số thẻ, hoặc sửa hồ sơ của người kia",
        ),
        "NUMBER_EXISTS" => (
            "số này đã thuộc về hồ sơ khác trong hệ thống",
            "Đối chiếu với hồ sơ đã có rồi sửa số bị sai",
        ),
        "STATUS_ENDED" => (
            "hồ sơ đã kết thúc (chết, giải ngạch, hết tuổi, chuyển đi, đã bán, thanh lý, giải thể), danh sách không được \
             đưa trở lại",
            "Xem lại hồ sơ; nếu đúng thì sửa tình trạng của từng hồ sơ bằng lệnh update",
        ),
        "UNIT_OUTSIDE" => (
            "xã, phường này không thuộc quyền quản lý của người nhập",
            "Chuyển dòng này cho đơn vị quản lý",
        ),
        "REQUEST_REPEATED" => {
            ("lần nhập trước bị ngắt và không nhận dòng này", "Nhập lại dòng này")
        }
        "RECORD_TOO_LARGE" => ("nội dung của dòng quá dài", "Viết ngắn phần ghi chú"),
        "RECORD_UNKNOWN" | "VERSION_CHANGED" => {
            ("hồ sơ vừa được người khác thay đổi", "Nhập lại dòng này")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::ProblemCode;

    #[test]
    fn every_code_of_a_row_has_words_of_its_own() {
        let unknown = words("?");
        for code in ProblemCode::ALL.iter().map(|code| code.code()) {
            assert_ne!(words(code), unknown, "{code}");
        }
        let place = Place { field: "sex", column: Some("D".into()), value: None, hint: None };
        let record = format!("record 7{DIFFERING}full_name, birth_date");
        let other = Place { field: "citizen_id", hint: Some(record), ..place.clone() };
        let told = reason("PERSON_CONFLICT", Some(&other));
        assert!(told.contains("Hồ sơ đã có: 7. Khác nhau ở: họ tên, ngày sinh."), "{told}");
        let old = Place { hint: Some(hints::OLD_CARD.to_owned()), ..place.clone() };
        assert!(reason("CITIZEN_ID_INVALID", Some(&old)).contains("(CMND) 9 số"));
        let lacking =
            Place { hint: Some(format!("{}Sản phẩm", hints::LACKS)), ..place.clone() };
        assert!(reason("CAPABILITY_INVALID", Some(&lacking)).contains("Còn thiếu: Sản phẩm."));
        let told = reason("SEX_INVALID", Some(&place));
        assert_eq!(told, "Cột D: giới tính không rõ. Viết Nam hoặc Nữ. [SEX_INVALID]");
    }
}
