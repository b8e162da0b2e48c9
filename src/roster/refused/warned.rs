//! Warnings in plain Vietnamese: what was repaired or is worth a look.

/// What a warning of this code says; none for an unknown one.
pub fn warning_words(code: &str) -> Option<&'static str> {
    of_looks(code).or_else(|| of_repairs(code))
}

fn of_looks(code: &str) -> Option<&'static str> {
    Some(match code {
        "CITIZEN_ID_MISMATCH" => "số căn cước không khớp giới tính hoặc năm sinh",
        "BIRTH_YEAR_ONLY" => "chỉ biết năm sinh",
        "BIRTH_MONTH_ONLY" => "chỉ biết tháng và năm sinh",
        "AGE_UNUSUAL" => "tuổi dưới 17 hoặc trên 65: xem lại ngày sinh",
        "DOUBLE_TASKED" => "vừa ở dân quân vừa ở dự bị động viên",
        "TAX_CODE_MISMATCH" => "chữ số kiểm tra của mã số thuế không khớp",
        "LIKELY_DOUBLE" => {
            "có thể là một người đã có hồ sơ: cùng họ tên, ngày sinh, khác số căn cước"
        }
        "OLDER_THAN_RECORD" => {
            "danh sách cũ hơn hồ sơ: giữ điều hồ sơ đã biết, chỉ điền chỗ còn thiếu"
        }
        "STATUS_RETURNED" => "hồ sơ đã kết thúc nay có lại (chủ khác hoặc xã khác)",
        "HOLDER_UNFIT" => "người hoặc phương tiện đang giữ vị trí trong kế hoạch không còn phù hợp",
        "RESIDENCE_MOVED" => "nơi ở chuyển sang xã khác",
        "RESIDENCE_KEPT" => "danh sách ghi nơi ở cũ: giữ nơi ở mới",
        "TRANSFER_UNDER_WAY" => "đang chuyển xã: giữ nơi ở của hồ sơ",
        "MILITIA_BASE_UNKNOWN" => "không có cơ sở dân quân tự vệ mang mã này",
        "SECOND_MILITIA_BASE" => "xã này đã có một cơ sở dân quân khác",
        "PHONE_INVALID" => "bỏ qua số điện thoại không đúng",
        "PHONE_REMARK_NOTED" => {
            "lời ghi cạnh số điện thoại chuyển sang ghi chú; hồ sơ đã có mà dòng không có ghi chú thì giữ ghi chú cũ"
        }
        "PHONE_REMARK_DROPPED" => "bỏ qua lời ghi cạnh số điện thoại",
        "CAPACITY_UNIT_UNUSUAL" => "đơn vị của trọng tải khác với loại phương tiện",
        "UNIT_FROM_ADDRESS" => "xã (và bản, nếu có) được tách từ địa chỉ",
        "HAMLET_FROM_TITLE" => "bản, thôn lấy từ dòng đầu mục hoặc tên trang",
        "EQUIPMENT_CONFLICT" => "số máy này đã có ở một dòng trên, của phương tiện khác",
        "CAPACITY_UNUSUAL" => {
            "trọng tải, số chỗ lớn hơn nhiều so với loại phương tiện: xem lại đơn vị"
        }
        "CAPACITY_ZERO_DROPPED" => {
            "bỏ qua trọng tải, công suất hoặc chỉ tiêu bằng 0 hoặc ghi dấu gạch"
        }
        "OWNER_KIND_ASSUMED" => "loại chủ sở hữu (cá nhân, tổ chức) đoán theo tên chủ",
        "CITIZEN_ID_PROVINCE" => {
            "ba số đầu của số căn cước không phải mã tỉnh nào (người sinh ở nước ngoài có mã khác)"
        }
        "CLASS_FROM_TITLE" => "hạng lấy từ tiêu đề, đầu mục hoặc tên trang, vì không có cột hạng",
        "UNIT_NAME_LOOSE" => "tên xã viết thiếu hoặc sai dấu, chỉ khớp một xã",
        "COUNT_BY_TYPE_DIFFERS" => "cộng quân số theo loại không bằng quân số hiện có",
        "UNIT_FROM_TITLE" => "xã lấy từ tên trang hoặc tiêu đề, vì không có cột xã",
        _ => return None,
    })
}

fn of_repairs(code: &str) -> Option<&'static str> {
    Some(match code {
        "CITIZEN_ID_ZERO_RESTORED" => "thêm lại số 0 đầu của số căn cước",
        "CITIZEN_ID_LETTER_READ" => "chữ cái trong số căn cước đọc thành chữ số",
        "SEX_FROM_CITIZEN_ID" => "giới tính lấy từ số căn cước",
        "PHONE_ZERO_RESTORED" => "thêm lại số 0 đầu của số điện thoại",
        "PHONE_PREFIX_RENEWED" => "đổi đầu số điện thoại 11 số sang 10 số",
        "NAME_NORMALIZED" => "họ tên được viết lại cho đúng dạng",
        "NAME_RECASED" => "họ tên viết toàn chữ hoa hoặc chữ thường được viết hoa chữ đầu",
        "LEGACY_ENCODING" => "chuyển từ phông chữ, bảng mã cũ hoặc đọc nhầm sang Unicode",
        "FORMER_UNIT_MAPPED" => "tên xã cũ được chuyển sang xã hiện nay",
        "UNIT_ZERO_RESTORED" => "thêm lại số 0 đầu của mã xã",
        "DATE_SERIAL_READ" => "số trong cột ngày được đọc thành ngày",
        "DATE_YEAR_ONLY" => "chỉ biết năm: lấy ngày đầu năm",
        "YEAR_FROM_DATE" => "năm được đọc từ ô ngày",
        "BIRTH_CENTURY_COMPLETED" => "năm sinh hai chữ số được viết đủ theo số căn cước",
        "CAPACITY_UNIT_READ" => "đơn vị của trọng tải lấy theo loại phương tiện hoặc được đổi",
        "TAX_CODE_ZERO_RESTORED" => "thêm lại số 0 đầu của mã số thuế",
        "MERGED_CELL_FILLED" => "ô gộp: giá trị được lấy cho từng dòng trong ô gộp",
        "DITTO_MARK" => "dấu \"như trên\" được đọc theo dòng ngay trên",
        "THOUSANDS_READ" => "dấu chấm, dấu phẩy được đọc là hàng nghìn",
        "MILITIA_CODE_DERIVED" => "mã cơ sở lấy theo xã, phường",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::Warning;

    #[test]
    fn every_warning_has_words_of_its_own() {
        for code in Warning::ALL.iter().map(|warning| warning.code()) {
            assert!(warning_words(code).is_some(), "{code}");
        }
    }
}
