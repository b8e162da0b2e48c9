//! Headers of exported files in Vietnamese.
//!
//! The screen speaks the words of the program; a file goes to people who never saw it. A header that is
//! not here is Vietnamese already, or a code, and stays as it is.

/// A header as a file has it.
pub(super) fn vietnamese(header: &str) -> &str {
    let found = HEADINGS.iter().find(|(english, _vietnamese)| *english == header);
    found.map_or(header, |(_english, vietnamese)| vietnamese)
}

const HEADINGS: [(&str, &str); 81] = [
    ("ACCEPTED", "Chấp hành"),
    ("ACKNOWLEDGED", "Đã nhận lệnh"),
    ("ANSWERED BY", "Người trả lời"),
    ("AREA", "Khu vực phòng thủ"),
    ("ARRIVED", "Có mặt"),
    ("AUTHORISED", "Biên chế"),
    ("BASIS", "Căn cứ"),
    ("BORN", "Năm sinh"),
    ("CALLED", "Số gọi"),
    ("CAPACITY", "Công suất"),
    ("CHANGE", "Thay đổi"),
    ("CLASS", "Hạng"),
    ("CLOSED", "Ngày kết thúc"),
    ("CNQS", "CNQS"),
    ("CODE", "Mã"),
    ("COMMUNE", "Xã, phường"),
    ("COUNT", "Số lượng"),
    ("DECLINED", "Không chấp hành được"),
    ("DELIVERED", "Đã nhận máy"),
    ("DOCUMENT", "Văn bản"),
    ("DUTY", "Nhiệm vụ"),
    ("ECHELON", "Cấp"),
    ("ENDPOINT", "Đầu mối nhận lệnh"),
    ("ENDPOINTS", "Số đầu mối"),
    ("ENTRY", "Số mục sổ cái"),
    ("EQUIPMENT", "Phương tiện"),
    ("EXACT", "Đúng chuyên nghiệp"),
    ("EXCELLENT", "Giỏi"),
    ("EXCUSED", "Vắng có lý do"),
    ("FIGURE", "Chỉ tiêu"),
    ("FILLED", "Đã xếp"),
    ("FITS", "Mức phù hợp"),
    ("FOLLOWED", "Thay cho"),
    ("FROM", "Từ"),
    ("GRADE", "Cấp chất lượng"),
    ("GROUP", "Nhóm"),
    ("HAMLET", "Thôn, bản"),
    ("HANDLING", "Tính chất lệnh"),
    ("ID", "Mã hồ sơ"),
    ("IN TIME", "Đúng hạn"),
    ("INVALID", "Không còn đủ điều kiện"),
    ("ISSUED", "Ban hành lúc"),
    ("KIND", "Loại"),
    ("LATE", "Chậm"),
    ("LINE", "Tuyến"),
    ("MEANS ARRIVED", "Phương tiện có mặt"),
    ("MEANS CALLED", "Phương tiện gọi"),
    ("MS TO ACKNOWLEDGE", "Thời gian nhận lệnh (ms)"),
    ("NAME", "Tên"),
    ("NEAR", "Gần đúng chuyên nghiệp"),
    ("NUMBER", "Số"),
    ("OF", "Trên tổng số"),
    ("OFFICER", "Cán bộ"),
    ("OPENED", "Đã mở"),
    ("PEOPLE", "Số người"),
    ("PLATE", "Biển số"),
    ("POST", "Chức danh"),
    ("POSTS", "Số chức danh"),
    ("PRESENT", "Hiện có"),
    ("RANKS", "Cấp bậc"),
    ("RATING", "Xếp loại"),
    ("REACHED", "Đã gặp"),
    ("REASON", "Lý do"),
    ("RETIRED", "Thôi giữ vai trò"),
    ("ROLES", "Vai trò"),
    ("SHARE", "Tỷ lệ"),
    ("SILENT", "Chưa trả lời"),
    ("SINCE", "Từ ngày"),
    ("SPECIALTY", "Chuyên nghiệp"),
    ("STATUS", "Trạng thái"),
    ("SURPLUS", "Vượt biên chế"),
    ("TAKEN BACK BY", "Hủy bởi mục"),
    ("TAX CODE", "Mã số thuế"),
    ("TO", "Đến"),
    ("TYPE", "Chủng loại"),
    ("UNDER", "Trực thuộc"),
    ("UNEXCUSED", "Vắng không lý do"),
    ("UNIT", "Đơn vị"),
    ("UNREACHED", "Chưa đến"),
    ("WAITING", "Danh sách chờ"),
    ("WHAT", "Nội dung"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_in_order_and_each_once_so_that_one_is_found_at_a_glance() {
        assert!(HEADINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(vietnamese("SHARE"), "Tỷ lệ");
        assert_eq!(vietnamese("Họ và tên"), "Họ và tên");
    }
}
