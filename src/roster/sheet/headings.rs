//! Headers of exported files in Vietnamese.
//!
//! The screen speaks the words of the program; a file goes to people who never saw it. A header that is
//! not here is Vietnamese already, or a code, and stays as it is.

/// A header as a file has it.
pub(super) fn vietnamese(header: &str) -> &str {
    let found = HEADINGS.iter().find(|(english, _vietnamese)| *english == header);
    found.map_or(header, |(_english, vietnamese)| vietnamese)
}

/// The title of an exported file; one that is not here is Vietnamese already, or a name.
pub(super) fn title(title: &str) -> &str {
    let found = TITLES.iter().find(|(english, _vietnamese)| *english == title);
    found.map_or(title, |(_english, vietnamese)| vietnamese)
}

/// A line under the title.
pub(super) fn remark(line: &str) -> String {
    REMARKS.iter().fold(line.to_owned(), |line, (english, vietnamese)| {
        line.strip_suffix(english).map_or_else(|| line.clone(), |day| format!("{day}{vietnamese}"))
    })
}

const REMARKS: [(&str, &str); 2] = [
    (", by the map of before mergers", ", theo bản đồ trước khi sáp nhập"),
    (", by the map of today", ", theo bản đồ hiện nay"),
];

const TITLES: [(&str, &str); 14] = [
    ("reservists", "Quân nhân dự bị"),
    ("equipment", "Phương tiện kỹ thuật dự bị"),
    ("militia_bases", "Cơ sở dân quân tự vệ"),
    ("enterprises", "Doanh nghiệp động viên công nghiệp"),
    ("activities", "Huấn luyện, diễn tập và hoạt động"),
    ("Militia and self-defense force", "Lực lượng dân quân tự vệ"),
    ("Enterprises for industrial mobilization", "Doanh nghiệp động viên công nghiệp"),
    ("Training classes held", "Lớp tập huấn, bồi dưỡng đã mở"),
    ("Exercises, inspections and rechecks held", "Diễn tập, kiểm tra, phúc tra đã thực hiện"),
    ("Work at disasters", "Phòng, chống, khắc phục thiên tai"),
    ("Reservists", "Quân nhân dự bị"),
    ("Reserve technical means", "Phương tiện kỹ thuật dự bị"),
    ("Registered, managed and arranged for the plan", "Đăng ký, quản lý, sắp xếp theo kế hoạch"),
    ("Figures", "Số liệu"),
];

const HEADINGS: [(&str, &str); 105] = [
    ("ACCEPTED", "Chấp hành"),
    ("ACKNOWLEDGED", "Đã nhận lệnh"),
    ("ADDRESS", "Địa chỉ"),
    ("AFTER", "Sau"),
    ("ANSWERED BY", "Người trả lời"),
    ("AREA", "Khu vực phòng thủ"),
    ("ARRIVED", "Có mặt"),
    ("AUTHORISED", "Biên chế"),
    ("BASES", "Số cơ sở"),
    ("BASIS", "Căn cứ"),
    ("BEFORE", "Trước"),
    ("BORN", "Năm sinh"),
    ("BY", "Người thực hiện"),
    ("BY ITS OWN CLOCK", "Theo đồng hồ đầu mối"),
    ("CALLED", "Số gọi"),
    ("CAPACITY", "Công suất"),
    ("CERTIFICATE UNTIL", "Chứng thư đến"),
    ("CHANGE", "Thay đổi"),
    ("CLASS", "Hạng"),
    ("CLOSED", "Ngày kết thúc"),
    ("CNQS", "CNQS"),
    ("CODE", "Mã"),
    ("COMMUNE", "Xã, phường"),
    ("COUNT", "Số lượng"),
    ("DECIDED", "Quyết định lúc"),
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
    ("LAST DAY", "Ngày cuối"),
    ("LAST HEARD", "Liên lạc gần nhất"),
    ("LATE", "Chậm"),
    ("LINE", "Tuyến"),
    ("MAKE", "Nhãn hiệu"),
    ("MEANS ARRIVED", "Phương tiện có mặt"),
    ("MEANS CALLED", "Phương tiện gọi"),
    ("MS TO ACKNOWLEDGE", "Thời gian nhận lệnh (ms)"),
    ("NAME", "Tên"),
    ("NEAR", "Gần đúng chuyên nghiệp"),
    ("NO", "Số thứ tự"),
    ("NO QUOTA", "Chưa có chỉ tiêu"),
    ("NUMBER", "Số"),
    ("OF", "Trên tổng số"),
    ("OFFICER", "Cán bộ"),
    ("OPEN", "Còn trống"),
    ("OPENED", "Đã mở"),
    ("PEOPLE", "Số người"),
    ("PLATE", "Biển số"),
    ("POST", "Chức danh"),
    ("POSTS", "Số chức danh"),
    ("PRESENT", "Hiện có"),
    ("PRODUCTS", "Sản phẩm"),
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
    ("STAGE", "Bước"),
    ("STATE", "Trạng thái"),
    ("STATUS", "Trạng thái"),
    ("SUBJECT", "Đối tượng"),
    ("SURPLUS", "Vượt biên chế"),
    ("TAKEN BACK BY", "Hủy bởi mục"),
    ("TAX CODE", "Mã số thuế"),
    ("TERMINAL", "Máy đầu cuối"),
    ("TIME", "Thời gian"),
    ("TITLE", "Nội dung"),
    ("TO", "Đến"),
    ("TYPE", "Chủng loại"),
    ("UNDER", "Trực thuộc"),
    ("UNEXCUSED", "Vắng không lý do"),
    ("UNIT", "Đơn vị"),
    ("UNIT/LINE", "Đơn vị/tuyến"),
    ("UNREACHED", "Chưa đến"),
    ("WAITING", "Danh sách chờ"),
    ("WHAT", "Nội dung"),
    ("WHY", "Vì sao"),
    ("WILL COME", "Sẽ đến"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_in_order_and_each_once_so_that_one_is_found_at_a_glance() {
        assert!(HEADINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(vietnamese("SHARE"), "Tỷ lệ");
        assert_eq!(vietnamese("Họ và tên"), "Họ và tên");
        assert_eq!(title("Work at disasters"), "Phòng, chống, khắc phục thiên tai");
        let dated = "22/11/2026, by the map of today";
        assert_eq!(remark(dated), "22/11/2026, theo bản đồ hiện nay");
        assert_eq!(remark("22/11/2026"), "22/11/2026");
    }
}
