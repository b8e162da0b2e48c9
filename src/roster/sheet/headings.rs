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
    let found = TITLES.iter().find(|(english, ..)| *english == title);
    found.map_or(title, |(_english, vietnamese, _tab)| vietnamese)
}

/// What the sheet of such a file is called; blank where the title is not here.
pub(super) fn tab(title: &str) -> &'static str {
    let found = TITLES.iter().find(|(english, ..)| *english == title);
    found.map_or("", |(.., tab)| tab)
}

/// In English, in Vietnamese, and within the 31 characters of a tab.
const TITLES: [(&str, &str, &str); 14] = [
    ("reservists", "Danh sách quân nhân dự bị", "Danh sách quân nhân dự bị"),
    ("equipment", "Danh sách phương tiện kỹ thuật dự bị", "Danh sách PTKT dự bị"),
    ("militia_bases", "Danh sách cơ sở dân quân tự vệ", "Danh sách cơ sở dân quân tự vệ"),
    ("enterprises", "Danh sách doanh nghiệp động viên công nghiệp", "Danh sách doanh nghiệp ĐVCN"),
    (
        "activities",
        "Danh sách huấn luyện, diễn tập và hoạt động",
        "Huấn luyện, diễn tập, hoạt động",
    ),
    (
        "Militia and self-defense force",
        "Báo cáo lực lượng dân quân tự vệ",
        "Báo cáo lực lượng DQTV",
    ),
    (
        "Enterprises for industrial mobilization",
        "Báo cáo doanh nghiệp động viên công nghiệp",
        "Báo cáo doanh nghiệp ĐVCN",
    ),
    ("Training classes held", "Báo cáo lớp tập huấn, bồi dưỡng đã mở", "Báo cáo lớp tập huấn"),
    (
        "Exercises, inspections and rechecks held",
        "Báo cáo diễn tập, kiểm tra, phúc tra đã thực hiện",
        "Báo cáo diễn tập, kiểm tra",
    ),
    (
        "Work at disasters",
        "Báo cáo phòng, chống, khắc phục thiên tai",
        "Báo cáo phòng, chống thiên tai",
    ),
    ("Reservists", "Báo cáo quân nhân dự bị", "Báo cáo quân nhân dự bị"),
    ("Reserve technical means", "Báo cáo phương tiện kỹ thuật dự bị", "Báo cáo PTKT dự bị"),
    (
        "Registered, managed and arranged for the plan",
        "Báo cáo đăng ký, quản lý, sắp xếp theo kế hoạch",
        "Báo cáo sắp xếp theo kế hoạch",
    ),
    ("Figures", "Báo cáo số liệu", "Báo cáo số liệu"),
];

const HEADINGS: [(&str, &str); 137] = [
    ("ACCEPTED", "Chấp hành"),
    ("ACKNOWLEDGED", "Đã nhận lệnh"),
    ("ADDRESS", "Địa chỉ"),
    ("AFTER", "Sau"),
    ("AGE", "Tuổi"),
    ("ALSO MILITIA", "Đồng thời ở dân quân"),
    ("ANSWERED BY", "Người trả lời"),
    ("AREA", "Khu vực phòng thủ"),
    ("ARRIVED", "Có mặt"),
    ("ASSIGNED", "Đã xếp vào đơn vị"),
    ("AUDIENCE", "Đối tượng"),
    ("AUTHORISED", "Biên chế"),
    ("BASES", "Số cơ sở"),
    ("BASIS", "Căn cứ"),
    ("BEFORE", "Trước"),
    ("BIRTH_PRECISION", "Độ chính xác ngày sinh"),
    ("BIRTH_YEAR", "Năm sinh"),
    ("BORN", "Năm sinh"),
    ("BY", "Người thực hiện"),
    ("BY ITS OWN CLOCK", "Theo đồng hồ đầu mối"),
    ("CALLED", "Số gọi"),
    ("CAPACITY", "Công suất"),
    ("CAPACITY_UNIT", "Đơn vị tính"),
    ("CATEGORY", "Đối tượng"),
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
    ("DEFERRAL_GROUND", "Lý do tạm hoãn"),
    ("DELIVERED", "Đã nhận máy"),
    ("DOCUMENT", "Văn bản"),
    ("DUTY", "Nhiệm vụ"),
    ("ECHELON", "Cấp"),
    ("ENDPOINT", "Đầu mối nhận lệnh"),
    ("ENDPOINTS", "Số đầu mối"),
    ("ENTRY", "Số mục sổ cái"),
    ("EQUIPMENT", "Phương tiện"),
    ("EQUIPMENT CLASS", "Nhóm phương tiện"),
    ("EQUIPMENT_CLASS", "Loại phương tiện theo luật"),
    ("ETHNIC_GROUP", "Dân tộc"),
    ("EXACT", "Đúng chuyên nghiệp"),
    ("EXCELLENT", "Giỏi"),
    ("EXCUSED", "Vắng có lý do"),
    ("EXEMPT", "Được miễn gọi"),
    ("FIGURE", "Chỉ tiêu"),
    ("FILLED", "Đã xếp"),
    ("FITS", "Mức phù hợp"),
    ("FOLLOWED", "Thay cho"),
    ("FORCE_TYPES", "Loại lực lượng"),
    ("FORMER_UNIT", "Xã cũ"),
    ("FRAME", "Khung"),
    ("FROM", "Từ"),
    ("GRADE", "Cấp chất lượng"),
    ("GROUP", "Nhóm"),
    ("HAMLET", "Thôn, bản"),
    ("HANDLING", "Tính chất lệnh"),
    ("HAS_DRIVERS", "Có lái xe"),
    ("HEALTH_CLASS", "Loại sức khỏe"),
    ("ID", "Mã hồ sơ"),
    ("IN TIME", "Đúng hạn"),
    ("INVALID", "Không còn đủ điều kiện"),
    ("IN_MILITIA", "Ở dân quân"),
    ("ISSUED", "Ban hành lúc"),
    ("KIND", "Loại"),
    ("LANGUAGES", "Ngôn ngữ"),
    ("LAST DAY", "Ngày cuối"),
    ("LAST HEARD", "Liên lạc gần nhất"),
    ("LAST_RECHECK", "Ngày phúc tra"),
    ("LATE", "Chậm"),
    ("LINE", "Tuyến"),
    ("MAKE", "Nhãn hiệu"),
    ("MEANS ARRIVED", "Phương tiện có mặt"),
    ("MEANS CALLED", "Phương tiện gọi"),
    ("NAME", "Tên"),
    ("NEAR", "Gần đúng chuyên nghiệp"),
    ("NO", "Số thứ tự"),
    ("NO QUOTA", "Chưa có chỉ tiêu"),
    ("NUMBER", "Số"),
    ("OF", "Trên tổng số"),
    ("OFFICER", "Cán bộ"),
    ("OPEN", "Còn trống"),
    ("OPENED", "Đã mở"),
    ("OTHER NAMES", "Tên gọi khác"),
    ("OWNER_KIND", "Loại chủ sở hữu"),
    ("PARTY_MEMBER", "Đảng viên"),
    ("PEOPLE", "Số người"),
    ("PLATE", "Biển số"),
    ("POST", "Chức danh"),
    ("POSTS", "Số chức danh"),
    ("PRESENT", "Hiện có"),
    ("PRODUCTS", "Sản phẩm"),
    ("RANK", "Cấp bậc"),
    ("RANKS", "Cấp bậc"),
    ("RATING", "Xếp loại"),
    ("REACHED", "Đã gặp"),
    ("REASON", "Lý do"),
    ("REGISTERED_UNIT", "Nơi đăng ký"),
    ("RESERVE_CLASS", "Hạng dự bị"),
    ("RETIRED", "Thôi giữ vai trò"),
    ("ROLES", "Vai trò"),
    ("SECONDS TO ACKNOWLEDGE", "Thời gian nhận lệnh (giây)"),
    ("SEX", "Giới tính"),
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
    ("TECHNICAL_GRADE", "Cấp chất lượng"),
    ("TERMINAL", "Máy đầu cuối"),
    ("TIME", "Thời gian"),
    ("TITLE", "Nội dung"),
    ("TO", "Đến"),
    ("TRANSFER_TO", "Chuyển đến"),
    ("TYPE", "Chủng loại"),
    ("UNDER", "Trực thuộc"),
    ("UNEXCUSED", "Vắng không lý do"),
    ("UNIT", "Đơn vị"),
    ("UNIT/LINE", "Đơn vị/tuyến"),
    ("UNREACHED", "Chưa đến"),
    ("WAITING", "Danh sách chờ"),
    ("WAITS FOR", "Đang chờ ở"),
    ("WHAT", "Nội dung"),
    ("WHY", "Vì sao"),
    ("WILL COME", "Sẽ đến"),
    ("YEAR", "Năm sản xuất"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_in_order_and_each_once_so_that_one_is_found_at_a_glance() {
        assert!(HEADINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(vietnamese("SHARE"), "Tỷ lệ");
        assert_eq!(vietnamese("Họ và tên"), "Họ và tên");
        assert_eq!(title("Work at disasters"), "Báo cáo phòng, chống, khắc phục thiên tai");
        assert!(TITLES.iter().all(|(.., tab)| (1..=31).contains(&tab.chars().count())));
    }
}
