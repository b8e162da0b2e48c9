//! Lists of enterprises for industrial mobilization: their columns and how a row becomes an
//! [`Enterprise`].
//!
//! Forms give what is made in one cell, or one product in columns for what, how much and in which
//! measure; both come to the same.

use super::{Column, Kind, PartHeader, Said, repair};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    CapabilityInput, Checked, Enterprise, EnterpriseInput, EnterpriseStatus, Lists, Problem,
    ProblemCode, Warning,
};
use crate::domain::text::fold;
use crate::roster::RosterKind;
use crate::roster::file::Reading;
use crate::roster::refused::hints;
use crate::roster::terms::term;
use crate::wire::pb;

/// The kind of list that holds enterprises.
#[derive(Debug)]
pub(in crate::roster) struct Works;

/// An enterprise as its form has it.
#[derive(Default)]
pub(in crate::roster) struct WorkRow {
    works: EnterpriseInput,
    product: String,
    per_month: String,
    measure: String,
    /// The measure that the header over the capacity names.
    measure_head: String,
    quota: String,
}

impl From<&pb::Enterprise> for WorkRow {
    fn from(record: &pb::Enterprise) -> Self {
        let mut works = EnterpriseInput::from(record);
        // As the cell has it, so that who says the cell anew says all of it.
        works.capabilities = std::mem::take(&mut works.products)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        Self { works, ..Self::default() }
    }
}

impl Kind for Works {
    type Input = WorkRow;
    type Record = Enterprise;
    type Key = String;

    const KIND: RosterKind = RosterKind::Enterprises;
    const UNIT_FIELD: &'static str = "unit";
    const OTHER_UNIT_FIELDS: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &["tax_code", "name"];
    const ANCHORS: &'static [&'static str] = &["tax_code"];
    const IDENTITY: &'static [&'static str] = &["tax_code"];
    const OWN: &'static [&'static str] = &["tax_code", "name", "phones"];
    const PARTS: &'static [PartHeader] = &[];
    const SPREAD: &'static [&'static str] = &["stage"];
    const AMOUNTS: &'static [&'static str] = &["per_month", "quota"];
    const SHOWN: &'static [&'static str] =
        &["unit", "capabilities", "stage", "status", "per_month", "measure", "quota"];
    const COLUMNS: &'static [Column<WorkRow>] = columns_of!(WorkRow, works {
        tax_code Plain ["ma so thue", "mst", "ma so doanh nghiep", "ma doanh nghiep", "msdn", "tax number",
            "tax id"],
        name Plain ["ten doanh nghiep", "ten dn", "ten cty", "doanh nghiep", "ten cong ty", "ten co so", "ten", "co so",
            "ten don vi", "enterprise", "enterprise name", "company"],
        unit Plain ["xa phuong", "xa", "phuong", "phuong xa", "don vi hanh chinh", "dia ban",
            "ten xa", "ten xa phuong", "ma xa", "ma don vi", "unit code", "commune", "ward",
            "commune ward"],
        address Plain ["dia chi", "dia chi tru so", "tru so"],
        capabilities Plain ["nang luc san xuat", "nang luc", "nang luc san xuat sua chua",
            "san pham va nang luc", "capability", "products"],
        stage Plain ["buoc", "buoc khao sat", "giai doan", "muc do khao sat", "ket qua khao sat",
            "survey stage", "step"],
        surveyed_on Date ["ngay khao sat", "khao sat ngay", "surveyed date", "survey date"],
        contact Plain ["nguoi lien he", "nguoi dai dien", "lien he", "dai dien", "giam doc"],
        phones Phone ["so dien thoai", "dien thoai", "sdt", "dt", "so dt", "phone", "telephone"],
        status Plain ["tinh trang", "trang thai"],
        note Plain ["ghi chu", "notes", "remarks"],
    }
        product ["san pham", "ten san pham", "san pham dich vu", "mat hang", "san pham chu yeu", "san pham chinh",
            "san pham san xuat", "san pham chu luc", "mat hang chinh", "main product"],
        per_month ["nang luc thang", "cong suat", "cong suat thang", "san luong thang",
            "nang luc san xuat thang", "capacity", "capacity per month"],
        measure ["don vi tinh", "dvt", "unit of measure"],
        quota ["chi tieu", "chi tieu thang", "chi tieu dong vien", "chi tieu giao", "chi tieu dvcn",
            "chi tieu dong vien cong nghiep", "chi tieu giao dvcn", "monthly quota"],
    );

    fn check(
        mut row: WorkRow,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Enterprise>, Vec<Problem>> {
        repair::tax_code(&mut row.works.tax_code, repairs);
        repair::measure(&mut row.per_month, &mut row.measure);
        if row.measure.trim().is_empty() && !row.per_month.trim().is_empty() {
            row.measure = row.measure_head;
        }
        repair::amount(&mut row.per_month, &row.measure, repairs);
        repair::amount(&mut row.quota, &row.measure, repairs);
        repair::nothing(&mut row.per_month, repairs);
        repair::nothing(&mut row.quota, repairs);
        let product = [&row.product, &row.per_month, &row.measure, &row.quota];
        if product.iter().any(|text| !text.trim().is_empty()) {
            // Each may hold what the one cell takes for a sign, so it goes beside it.
            row.works.products.push(CapabilityInput {
                product: row.product,
                per_month: row.per_month,
                measure: row.measure,
                quota: row.quota,
            });
        }
        repair::date(&mut row.works.surveyed_on);
        repair::first_day(&mut row.works.surveyed_on, repairs);
        repair::phones(&mut row.works.phones, repairs);
        row.works.check(lists)
    }

    fn headed(row: &mut WorkRow, field: &'static str, header: &str, is_number: bool) {
        if field == "per_month" {
            row.measure_head = measure_of_header(header).unwrap_or_default().to_owned();
        }
        // A cell of numbers has no marks of thousands: its point is that of decimals.
        if is_number && matches!(field, "per_month" | "quota") {
            let slot = if field == "quota" { &mut row.quota } else { &mut row.per_month };
            *slot = slot.replace('.', ",");
        }
    }

    fn hint(problem: &Problem, said: &Said<'_>) -> Option<String> {
        let is_blank = |field: &&'static str| (said.cell)(field).trim().is_empty();
        let parts = ["product", "per_month", "measure", "quota"];
        let is_parted = is_blank(&"capabilities") && !parts.iter().all(is_blank);
        if problem.code == ProblemCode::QuotaEarly && is_blank(&"stage") {
            return Some(format!("{}{} (stage)", hints::LACKS, term(Self::KIND, "stage")));
        }
        if problem.code != ProblemCode::CapabilityInvalid || !is_parted {
            return None;
        }
        let has_measure = measure_of_header(&(said.head)("per_month")).is_some()
            || (said.cell)("per_month").contains(char::is_alphabetic);
        let lacks =
            |field: &&&'static str| is_blank(field) && !(**field == "measure" && has_measure);
        let lacking: Vec<String> = parts[..3]
            .iter()
            .filter(lacks)
            .map(|field| format!("{} ({field})", term(Self::KIND, field)))
            .collect();
        (!lacking.is_empty()).then(|| format!("{}{}", hints::LACKS, lacking.join(", ")))
    }

    fn keys(record: &Enterprise) -> Vec<String> {
        vec![record.tax_code.as_str().to_owned()]
    }

    fn states() -> Vec<&'static str> {
        EnterpriseStatus::ALL.iter().map(|state| state.vietnamese()).collect()
    }

    fn unit(record: &Enterprise) -> &UnitCode {
        &record.unit
    }
}

/// The measure in the brackets of a header: "Công suất (tấn/tháng)".
fn measure_of_header(header: &str) -> Option<&str> {
    let inside = header.trim().strip_suffix(')')?.rsplit_once('(')?.1;
    let (measure, per) = inside.split_once('/').unwrap_or((inside, "tháng"));
    let is_measure = fold(per) == "thang" && !fold(measure).contains("thang");
    Some(measure.trim()).filter(|measure| is_measure && !measure.is_empty())
}
