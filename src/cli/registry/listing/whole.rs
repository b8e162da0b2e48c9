//! Whole records as rows of a spreadsheet with the headers of the forms, so that what went out can be
//! mended and come in again.

mod force;

use jiff::civil::Date;
use prost_types::Timestamp;

use crate::cli::output::utc_or_null;
use crate::domain::registry::{
    DeferralGround, EquipmentStatus, Frame, OwnerKind, Phone, ReservistCategory, ReservistStatus,
    Sex,
};
use crate::roster::sheet::CellValue;
use crate::wire::pb;
use crate::wire::registry::plan::date;

pub(in crate::cli::registry) use force::{activity, enterprise, militia};

/// A phone as it is dialled within the country; other texts as they are.
pub(super) fn dialled(text: &str) -> String {
    let phone = if text.starts_with("+84") { Phone::parse(text) } else { None };
    phone.map_or_else(|| text.to_owned(), |phone| phone.domestic())
}

fn phones(all: &[String]) -> CellValue {
    all.iter().map(|phone| dialled(phone)).collect::<Vec<_>>().join("; ").into()
}

/// A day, as lists and files show it.
pub(in crate::cli::registry) fn day(day: Option<&pb::CivilDate>) -> CellValue {
    let day: Option<Date> = date("day", day).ok().flatten();
    day.map_or(CellValue::Empty, CellValue::Day)
}

fn birth(one: &pb::Reservist) -> CellValue {
    let Some(born) = &one.birth_date else { return CellValue::Empty };
    match one.birth_precision() {
        pb::DatePrecision::Year => CellValue::text(format!("{:04}", born.year)),
        pb::DatePrecision::Month => CellValue::text(format!("{:02}/{:04}", born.month, born.year)),
        pb::DatePrecision::Day | pb::DatePrecision::Unspecified => day(Some(born)),
    }
}

/// The word of a closed list: on the screen as filters have it, in a file in Vietnamese.
pub(in crate::cli::registry) fn worded<T>(
    shown: String,
    number: i32,
    from_number: impl FnOnce(u8) -> Option<T>,
    vietnamese: impl FnOnce(T) -> &'static str,
) -> CellValue {
    let term = u8::try_from(number).ok().and_then(from_number);
    let file = term.map_or_else(|| shown.clone(), |term| vietnamese(term).to_owned());
    CellValue::word(shown, file)
}

/// The word of a closed list; nothing for what was not said.
fn word<T>(
    number: i32,
    from_number: impl FnOnce(u8) -> Option<T>,
    vietnamese: impl FnOnce(T) -> &'static str,
) -> CellValue {
    let term = u8::try_from(number).ok().and_then(from_number);
    CellValue::text(term.map_or("", vietnamese))
}

/// A number, of which nought is none: a class, a grade, a year.
pub(in crate::cli::registry) fn count(count: u32) -> CellValue {
    if count == 0 { CellValue::Empty } else { count.into() }
}

fn answer(answer: Option<bool>) -> CellValue {
    CellValue::text(answer.map_or("", |yes| if yes { "Có" } else { "Không" }))
}

fn row<const N: usize>(cells: [(&str, CellValue); N]) -> Vec<(String, CellValue)> {
    cells.into_iter().map(|(head, cell)| (head.to_owned(), cell)).collect()
}

/// When a record was made and changed, and how it came in: to be read, not to come in again.
fn stamps(
    created: Option<&Timestamp>,
    updated: Option<&Timestamp>,
    source: pb::RecordSource,
) -> Vec<(String, CellValue)> {
    let time = |time| CellValue::time_of(utc_or_null(time).unwrap_or_default());
    let source = match source {
        pb::RecordSource::Entered => "nhập từng hồ sơ",
        pb::RecordSource::Imported => "nhập danh sách",
        pb::RecordSource::Unspecified => "",
    };
    row([
        ("Ngày lập hồ sơ", time(created)),
        ("Ngày cập nhật", time(updated)),
        ("Nguồn dữ liệu", source.into()),
    ])
}

/// A reservist.
pub(in crate::cli::registry) fn reservist(one: &pb::Reservist) -> Vec<(String, CellValue)> {
    let category = ReservistCategory::vietnamese;
    let mut cells = row([
        ("Họ và tên", one.full_name.as_str().into()),
        ("Ngày sinh", birth(one)),
        ("Giới tính", word(one.sex, Sex::from_number, Sex::vietnamese)),
        ("Dân tộc", one.ethnic_group.as_str().into()),
        ("Ngôn ngữ", one.languages.join("; ").into()),
        ("Số CCCD", one.citizen_id.as_str().into()),
        ("Số thẻ", one.reserve_card_number.as_str().into()),
        ("Số phiếu quân nhân", one.record_sheet_number.as_str().into()),
        ("Đối tượng", word(one.category, ReservistCategory::from_number, category)),
        ("Hạng dự bị", count(one.reserve_class)),
        ("Cấp bậc", one.rank.as_str().into()),
        ("Chức vụ", one.post.as_str().into()),
        ("CNQS", one.specialty_code.as_str().into()),
        ("Khung", word(one.frame, Frame::from_number, Frame::vietnamese)),
        ("Mã xã", one.residence_unit_code.as_str().into()),
        ("Nơi đăng ký", one.registered_unit_code.as_str().into()),
        ("Thôn, bản", one.hamlet.as_str().into()),
        ("Nơi làm việc", one.workplace.as_str().into()),
        ("Số điện thoại", phones(&one.phones)),
        ("Người liên hệ", one.contact_via.as_str().into()),
        ("Đảng viên", answer(one.party_member)),
        ("Sức khỏe", count(one.health_class)),
        ("Tình trạng", word(one.status, ReservistStatus::from_number, ReservistStatus::vietnamese)),
        ("Xã cũ", one.former_unit.as_str().into()),
    ]);
    cells.extend(standing(one));
    cells.push(("Ghi chú".to_owned(), one.note.as_str().into()));
    cells.extend(stamps(one.created_time.as_ref(), one.updated_time.as_ref(), one.source()));
    cells
}

/// How a person stands to the register.
fn standing(one: &pb::Reservist) -> Vec<(String, CellValue)> {
    let deferral = one.deferral.clone().unwrap_or_default();
    let exemption = one.exemption.clone().unwrap_or_default();
    let militia = one.militia_role.clone().unwrap_or_default();
    let ground = word(deferral.ground, DeferralGround::from_number, DeferralGround::vietnamese);
    row([
        ("Ngày đến ở", day(one.residence_since_date.as_ref())),
        ("Ngày đăng ký", day(one.registered_date.as_ref())),
        ("Ngày phúc tra", day(one.last_recheck_date.as_ref())),
        ("Tình trạng từ ngày", day(one.status_start_date.as_ref())),
        ("Tình trạng đến ngày", day(one.status_end_date.as_ref())),
        ("Giấy xác nhận", one.status_certificate.as_str().into()),
        ("Lý do tạm hoãn", ground),
        ("Nơi xác nhận tạm hoãn", deferral.certified_by.into()),
        ("Tạm hoãn từ ngày", day(deferral.start_date.as_ref())),
        ("Tạm hoãn đến ngày", day(deferral.end_date.as_ref())),
        ("Chức danh miễn gọi", exemption.post.into()),
        ("Cơ quan đề nghị miễn gọi", exemption.employer.into()),
        ("Miễn gọi từ ngày", day(exemption.start_date.as_ref())),
        ("Miễn gọi đến ngày", day(exemption.end_date.as_ref())),
        ("Cơ sở dân quân", militia.base_code.into()),
        ("Loại dân quân", militia.force_type.into()),
        ("Vào dân quân từ ngày", day(militia.start_date.as_ref())),
        ("Ra dân quân ngày", day(militia.end_date.as_ref())),
    ])
}

/// A piece of equipment.
pub(in crate::cli::registry) fn equipment(one: &pb::Equipment) -> Vec<(String, CellValue)> {
    let driver = |driver: &pb::Driver| match driver.licence_class.as_str() {
        "" => driver.citizen_id.clone(),
        class => format!("{} ({class})", driver.citizen_id),
    };
    let drivers: Vec<String> = one.drivers.iter().map(driver).collect();
    let thousandths = one.capacity_thousandths;
    let capacity = match (thousandths / 1_000, thousandths % 1_000) {
        (0, 0) => CellValue::Empty,
        (whole, 0) => whole.into(),
        (whole, rest) => CellValue::text(format!("{whole}.{rest:03}").trim_end_matches('0')),
    };
    let mut cells = row([
        ("Loại phương tiện", one.type_code.as_str().into()),
        ("Nhãn hiệu", one.make_model.as_str().into()),
        ("Biển số", one.plate.as_str().into()),
        ("Số khung", one.chassis_number.as_str().into()),
        ("Số máy", one.engine_number.as_str().into()),
        ("Trọng tải, số chỗ", capacity),
        ("Đơn vị tính", one.capacity_unit.as_str().into()),
        ("Năm sản xuất", count(one.year)),
        ("Cấp chất lượng", count(one.technical_grade)),
        ("Chủ phương tiện", one.owner_name.as_str().into()),
        ("Loại chủ sở hữu", word(one.owner_kind, OwnerKind::from_number, OwnerKind::vietnamese)),
        ("Điện thoại", phones(&one.owner_phones)),
        ("Địa chỉ", one.owner_address.as_str().into()),
        ("Người liên hệ", one.owner_contact.as_str().into()),
        ("Lái xe (số CCCD)", drivers.join("; ").into()),
        ("Mã xã", one.location_unit_code.as_str().into()),
        ("Thôn, bản", one.hamlet.as_str().into()),
        ("Tình trạng", word(one.status, EquipmentStatus::from_number, EquipmentStatus::vietnamese)),
        ("Tình trạng từ ngày", day(one.status_start_date.as_ref())),
        ("Tình trạng đến ngày", day(one.status_end_date.as_ref())),
        ("Giấy xác nhận", one.status_certificate.as_str().into()),
        ("Ngày đăng ký", day(one.registered_date.as_ref())),
        ("Ngày phúc tra", day(one.last_recheck_date.as_ref())),
        ("Ghi chú", one.note.as_str().into()),
    ]);
    cells.extend(stamps(one.created_time.as_ref(), one.updated_time.as_ref(), one.source()));
    cells
}

#[cfg(test)]
mod tests;
