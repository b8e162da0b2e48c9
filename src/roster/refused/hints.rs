//! What is known of a refusal beside its code: in English for the report and the screen, in Vietnamese
//! for the workbook of refused rows.
//!
//! Written by the readers, which know what stands in the row; never holds any of it.

/// A cell in the column of units is an address in which no part, or more than one, is a unit.
pub(in crate::roster) const ADDRESS_UNCLEAR: &str = "this is an address in which no single commune or ward is named: write the commune or ward alone";
/// It names a hamlet and no unit.
pub(in crate::roster) const HAMLET_ALONE: &str =
    "this is a hamlet alone: write its commune or ward, or give that of all rows by --unit CODE";
/// It names a district.
pub(in crate::roster) const OLD_DISTRICT: &str = "it names a district, of which there is none since July 2025: give the day of the list by --as-of, or \
     write the commune or ward of today alone";
/// Nine digits.
pub(in crate::roster) const OLD_CARD: &str = "this is an old identity card number (CMND) of 9 digits: the citizen number of 12 digits is needed, as \
     on the new card or in the identity app";
/// A rank that the list does not have.
pub(in crate::roster) const NO_WARRANT: &str = "the list of ranks goes from Thượng sĩ to Thiếu úy and has no Chuẩn úy, which older lists name: write \
     the rank of the last decision, or leave it blank and keep the old one in the note";
/// Letters that the file lost.
pub(in crate::roster) const LETTERS_LOST: &str = "its letters were lost when the file was saved: open the list that it was made from and save it as \
     .xlsx or as \"CSV UTF-8\"";
/// A base without a code.
pub(in crate::roster) const CODE_MISSING: &str = "a self-defense base has no code: give each one of its own in a column \"Mã cơ sở\" (TV-001), and the \
     same one in every later list, for by it the base is known again";
/// A day that a year was shown as.
pub(in crate::roster) const YEAR_AS_DAY: &str = "this day is what a spreadsheet shows where only a year was typed into a cell of dates: write the year alone, \
     or the whole day";
/// A plate of another chassis.
pub(in crate::roster) const OTHER_CHASSIS: &str = ": the same plate, and another chassis number";
/// Two capacities.
pub(in crate::roster) const TWO_CAPACITIES: &str = "two columns give a capacity and the type does not say which one counts: leave one of them blank in \
     this row";
/// Begins what names the words of a list.
pub(in crate::roster) const KNOWN: &str = "the words known are: ";
/// Somebody who learns.
pub(in crate::roster) const STUDENT: &str = "to learn is no state of its own: who is away for three months or more is \"Tạm vắng\", whose training was \
     put off for an examination \"Tạm hoãn\" with its ground; of others leave it blank and give the school as the \
     place of work. The words known are: Đang quản lý; Tạm hoãn; Tạm vắng; Ở nước ngoài; Bị tạm giữ, tạm giam; \
     Chuyển đi; Hết tuổi; Giải ngạch; Đã chết";
/// Begins what names the fields that a row lacks.
pub(in crate::roster) const LACKS: &str = "it lacks ";

const WORDS: [(&str, &str); 10] = [
    (ADDRESS_UNCLEAR, "Đây là một địa chỉ, không rõ xã, phường nào: chỉ ghi tên xã, phường"),
    (
        HAMLET_ALONE,
        "Ô này chỉ có tên bản, thôn: ghi xã, phường, hoặc nhập với --unit MÃ nếu cả danh sách thuộc một xã",
    ),
    (
        OLD_DISTRICT,
        "Ô này có tên huyện, từ tháng 7/2025 không còn: nhập lại với --as-of NGÀY của danh sách, hoặc chỉ \
         ghi xã, phường hiện nay",
    ),
    (
        OLD_CARD,
        "Đây là số chứng minh nhân dân cũ (CMND) 9 số: cần số căn cước 12 số trên thẻ căn cước hoặc VNeID",
    ),
    (
        NO_WARRANT,
        "Danh mục cấp bậc không có Chuẩn úy (danh sách cũ có): ghi cấp bậc theo quyết định gần nhất, hoặc để \
         trống và ghi cấp bậc cũ vào cột Ghi chú",
    ),
    (
        YEAR_AS_DAY,
        "Bảng tính hiện ngày này khi chỉ gõ năm vào ô định dạng ngày: ghi riêng năm, hoặc ghi đủ ngày/tháng/năm",
    ),
    (
        STUDENT,
        "Đi học không phải là một tình trạng riêng: vắng từ 3 tháng trở lên ghi Tạm vắng; được hoãn vì trùng kỳ thi \
         ghi Tạm hoãn và lý do; còn lại để trống và ghi trường vào cột Nơi làm việc. Các từ dùng được: Đang quản lý; \
         Tạm hoãn; Tạm vắng; Ở nước ngoài; Bị tạm giữ, tạm giam; Chuyển đi; Hết tuổi; Giải ngạch; Đã chết",
    ),
    (
        LETTERS_LOST,
        "Chữ đã bị mất khi lưu tệp: mở danh sách gốc, lưu lại dưới dạng .xlsx hoặc \"CSV UTF-8\"",
    ),
    (
        CODE_MISSING,
        "Cơ sở tự vệ chưa có mã: ghi cho mỗi cơ sở một mã riêng vào cột Mã cơ sở (ví dụ TV-001) và giữ mã đó \
         trong các danh sách sau",
    ),
    (
        TWO_CAPACITIES,
        "Có hai cột trọng tải, số chỗ và loại phương tiện không cho biết lấy cột nào: để trống một ô",
    ),
];

/// The words of a list in a sentence.
pub(in crate::roster) fn known<'w>(words: impl Iterator<Item = &'w str>) -> String {
    format!("{KNOWN}{}", words.collect::<Vec<_>>().join("; "))
}

/// The same in Vietnamese, if it is for people.
pub(super) fn vietnamese(hint: &str) -> Option<String> {
    if let Some(fields) = hint.strip_prefix(LACKS) {
        return Some(format!("Còn thiếu: {fields}"));
    }
    let found = WORDS.iter().find(|(english, _)| *english == hint);
    found.map(|(_, words)| (*words).to_owned())
}
