//! Whole bases, enterprises and activities as rows of a spreadsheet with the headers of their forms.

use super::{answer, day, phones, row, stamps, word};
use crate::domain::registry::{
    ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, EnterpriseInput,
    EnterpriseStatus, ForceType, Rating, SurveyStage,
};
use crate::roster::sheet::CellValue;
use crate::wire::pb;

/// A count; nought is one, nothing is not.
fn counted(count: Option<u32>) -> CellValue {
    count.map_or(CellValue::Empty, CellValue::from)
}

/// A base.
pub(in crate::cli::registry) fn militia(one: &pb::MilitiaBase) -> Vec<(String, CellValue)> {
    let strength = |part: &pb::ForceStrength| {
        let force = ForceType::parse(&part.force_type);
        let words = force.as_ref().map_or(part.force_type.as_str(), ForceType::vietnamese);
        format!("{words}: {}", part.count)
    };
    let by_type: Vec<String> = one.by_type.iter().map(strength).collect();
    let mut cells = row([
        ("Mã cơ sở", one.code.as_str().into()),
        ("Loại cơ sở", word(one.kind, BaseKind::from_number, BaseKind::vietnamese)),
        ("Tên cơ sở", one.name.as_str().into()),
        ("Mã xã", one.unit_code.as_str().into()),
        ("Cơ quan chủ quản", one.host_org.as_str().into()),
        ("Biên chế", counted(one.authorised_count)),
        ("Quân số", counted(one.present_count)),
        ("Quân số theo loại", by_type.join("; ").into()),
        ("Số đảng viên", counted(one.party_member_count)),
        ("Chỉ huy trưởng", one.commander.as_str().into()),
        ("Số điện thoại", phones(&one.phones)),
        ("Ngày thành lập", day(one.established_date.as_ref())),
        ("Tình trạng", word(one.status, BaseStatus::from_number, BaseStatus::vietnamese)),
        ("Ghi chú", one.note.as_str().into()),
    ]);
    cells.extend(stamps(one.created_time.as_ref(), one.updated_time.as_ref(), one.source()));
    cells
}

/// An enterprise.
pub(in crate::cli::registry) fn enterprise(one: &pb::Enterprise) -> Vec<(String, CellValue)> {
    let products = EnterpriseInput::from(one).products;
    let products: Vec<String> = products.iter().map(ToString::to_string).collect();
    let status = EnterpriseStatus::vietnamese;
    let mut cells = row([
        ("Mã số thuế", one.tax_code.as_str().into()),
        ("Tên doanh nghiệp", one.name.as_str().into()),
        ("Mã xã", one.unit_code.as_str().into()),
        ("Địa chỉ", one.address.as_str().into()),
        ("Năng lực sản xuất", products.join("; ").into()),
        ("Bước khảo sát", word(one.stage, SurveyStage::from_number, SurveyStage::vietnamese)),
        ("Ngày khảo sát", day(one.surveyed_date.as_ref())),
        ("Người liên hệ", one.contact.as_str().into()),
        ("Số điện thoại", phones(&one.phones)),
        ("Tình trạng", word(one.status, EnterpriseStatus::from_number, status)),
        ("Ghi chú", one.note.as_str().into()),
    ]);
    cells.extend(stamps(one.created_time.as_ref(), one.updated_time.as_ref(), one.source()));
    cells
}

/// An activity.
pub(in crate::cli::registry) fn activity(one: &pb::Activity) -> Vec<(String, CellValue)> {
    let results = [one.excellent_count, one.good_count, one.pass_count, one.fail_count];
    // Where nobody was rated, nothing is said of results.
    let is_rated = results.iter().any(|count| *count > 0);
    let result = |count: u32| if is_rated { count.into() } else { CellValue::Empty };
    let mut cells = row([
        ("Loại hoạt động", word(one.kind, ActivityKind::from_number, ActivityKind::vietnamese)),
        ("Nội dung", one.title.as_str().into()),
        ("Mã đơn vị", one.unit_code.as_str().into()),
        ("Đối tượng", word(one.audience, Audience::from_number, Audience::vietnamese)),
        ("Báo trước", answer(one.announced)),
        ("Từ ngày", day(one.start_date.as_ref())),
        ("Đến ngày", day(one.end_date.as_ref())),
        ("Người tham gia", counted(one.participant_count)),
        ("Học sinh, sinh viên", counted(one.student_count)),
        ("Giỏi", result(one.excellent_count)),
        ("Khá", result(one.good_count)),
        ("Đạt", result(one.pass_count)),
        ("Không đạt", result(one.fail_count)),
        ("Xếp loại", word(one.rating, Rating::from_number, Rating::vietnamese)),
        ("Cấp đánh giá", one.rated_by.as_str().into()),
        ("Số người huy động", counted(one.person_count)),
        ("Số phương tiện", counted(one.vehicle_count)),
        ("Số văn bản", one.document_number.as_str().into()),
        ("Tình trạng", word(one.status, ActivityStatus::from_number, ActivityStatus::vietnamese)),
        ("Ghi chú", one.note.as_str().into()),
    ]);
    cells.extend(stamps(one.created_time.as_ref(), one.updated_time.as_ref(), one.source()));
    cells
}
