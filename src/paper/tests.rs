//! Printing, and reading back what was printed from pictures of the pages as a scanner or a telephone
//! takes them.

use std::path::Path;
use std::process::Command;

use image::{GrayImage, ImageFormat, Luma};

use super::code::{self, CodeFault, read_picture};
use super::*;
use crate::domain::order::handling::Handling;
use crate::domain::order::{AssemblyStation, Requirement, RequirementKind};
use crate::terminal::inbox::tests::calling::{lists, page};
use crate::terminal::inbox::tests::{envelope, order};
use crate::wire::order::call_up::read_sheet;
use crate::wire::order::printed::{Printed, PrintedSheet};
use crate::wire::pb;

const BODY: &str = "Thực hiện kế hoạch huy động lực lượng dự bị động viên của tỉnh, Bộ Chỉ huy quân sự \
    tỉnh lệnh cho Ban Chỉ huy phòng thủ khu vực, Ban Chỉ huy quân sự các xã, phường:\n\
    1. Gọi quân nhân dự bị có tên trong danh sách kèm theo tập trung tại trạm tập trung đúng thời gian, \
    mang theo giấy tờ tùy thân và tư trang cá nhân.\n\
    2. Tổ chức phương tiện đưa đón, bảo đảm an toàn; báo cáo quân số về trực ban tỉnh theo quy định.\n\
    3. Người không thể có mặt phải được chỉ huy xã, phường xác nhận lý do.\n\
    Nhận được lệnh này, các đơn vị trả lời ngay và tổ chức thực hiện nghiêm túc.";

pub(super) fn full_order(number: u8, handling: Handling) -> Order {
    let mut order = order(number, handling);
    order.title = "Về việc gọi quân nhân dự bị phục vụ khắc phục hậu quả mưa lũ".to_owned();
    order.body = BODY.to_owned();
    order.station = Some(AssemblyStation {
        name: "Sân vận động xã Thanh Yên".to_owned(),
        unit: Some("03160".parse().expect("a code")),
    });
    order.audience.selector.units = ["KV1", "KV3"].map(|code| code.parse().expect("a code")).into();
    let need =
        |code: &str, kind, count| Requirement { code: code.parse().expect("a code"), kind, count };
    order.requirements = vec![
        need("CN02", RequirementKind::Personnel, 40),
        need("PT01", RequirementKind::Equipment, 3),
    ];
    order.report_by = Some(order.answer_by.offset_by(3_600_000));
    order
}

fn signers() -> Vec<Signer> {
    let signer = |id: &str, name: &str, role| Signer {
        id: id.parse().expect("an id"),
        name: name.to_owned(),
        role: Some(role),
        signed_at: None,
    };
    vec![
        signer("a", "Đại tá Nguyễn Văn An", Role::Signer),
        signer("b", "Đại tá Lò Văn Bình, Chính ủy", Role::Approver),
    ]
}

pub(super) fn letterhead() -> Letterhead {
    Letterhead {
        superior: "Quân khu 2".to_owned(),
        issuer: "Bộ Chỉ huy quân sự tỉnh Điện Biên".to_owned(),
        place: "Điện Biên".to_owned(),
    }
}

fn paper<'a>(order: &'a Order, envelope: &'a Envelope, signers: &'a [Signer]) -> OrderPaper<'a> {
    OrderPaper {
        envelope,
        order,
        signers,
        trust_version: 1,
        letterhead: letterhead(),
        recipients: vec![
            "Ban Chỉ huy phòng thủ khu vực 1 – Mường Nhé".to_owned(),
            "Ban Chỉ huy phòng thủ khu vực 3 – Mường Thanh".to_owned(),
        ],
        worth: Worth::InForce,
    }
}

/// Each page of a PDF as a picture, as a scanner of this resolution sees it.
fn scanned(pdf: &[u8], dpi: u32) -> Vec<GrayImage> {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("print.pdf");
    std::fs::write(&file, pdf).expect("written");
    let done = Command::new("pdftoppm")
        .args(["-png", "-gray", "-r", &dpi.to_string()])
        .arg(&file)
        .arg(dir.path().join("page"))
        .status()
        .expect("pdftoppm of poppler-utils is installed by tests/run.sh");
    assert!(done.success(), "pdftoppm could not show the PDF");
    keep(&file, dir.path());
    let mut pages: Vec<_> = std::fs::read_dir(dir.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .collect();
    pages.sort();
    let open = |path: &std::path::PathBuf| image::open(path).expect("a picture").into_luma8();
    pages.iter().map(open).collect()
}

/// For the eye: `HOATOC_PRINTS=DIR cargo nextest run paper` leaves each PDF there.
fn keep(file: &Path, dir: &Path) {
    if let Some(to) = std::env::var_os("HOATOC_PRINTS") {
        let name = dir.file_name().expect("a name").to_string_lossy().replace('.', "");
        std::fs::copy(file, Path::new(&to).join(format!("{name}.pdf"))).expect("copied");
    }
}

/// As a telephone held not quite straight sees it: turned by some degrees and a little out of focus.
fn turned(picture: &GrayImage, degrees: f32, blur: f32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let side = |length: u32| f32::from(u16::try_from(length).expect("a page"));
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (side(width) / 2.0, side(height) / 2.0);
    let turned = GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (side(x) - middle_x, side(y) - middle_y);
        let from = (x * cos + y * sin + middle_x, y * cos - x * sin + middle_y);
        image::imageops::sample_bilinear(
            picture,
            (from.0 / side(width)).clamp(0.0, 1.0),
            (from.1 / side(height)).clamp(0.0, 1.0),
        )
        .unwrap_or(Luma([255]))
    });
    if blur > 0.0 { image::imageops::blur(&turned, blur) } else { turned }
}

fn file(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("written");
    bytes.into_inner()
}

/// What the pages after the first hold: all the codes, in these prints.
fn read_back(pages: &[GrayImage], format: ImageFormat) -> Result<Printed, CodeFault> {
    let texts: Vec<String> = pages
        .iter()
        .skip(1)
        .flat_map(|page| read_picture(&file(page, format)).expect("a picture"))
        .collect();
    code::from_texts(&texts)
}

#[test]
fn a_printed_order_is_read_back_from_scans_that_are_turned_and_blurred() {
    let order = full_order(7, Handling::Actual);
    let (envelope, signers) = (envelope(&order), signers());
    let pdf = paper(&order, &envelope, &signers).to_pdf().expect("it prints");
    for (dpi, degrees, blur, format) in [
        (150, 0.0, 0.0, ImageFormat::Png),
        (150, 1.5, 0.0, ImageFormat::Png),
        (200, -3.0, 0.8, ImageFormat::Jpeg),
        (200, 11.0, 0.0, ImageFormat::Jpeg),
    ] {
        let pages: Vec<GrayImage> =
            scanned(&pdf, dpi).iter().map(|page| turned(page, degrees, blur)).collect();
        let read = read_back(&pages, format);
        let read = read.unwrap_or_else(|fault| panic!("{dpi} dpi, {degrees}°, {blur}: {fault}"));
        assert_eq!(read.envelope, envelope, "{dpi} dpi");
        assert_eq!(read.sheet, None);
    }
}

#[test]
fn the_same_order_prints_to_the_same_bytes() {
    let order = full_order(7, Handling::Exercise);
    let (envelope, signers) = (envelope(&order), signers());
    let print = || paper(&order, &envelope, &signers[..1]).to_pdf().expect("it prints");
    let pdf = print();
    assert_eq!(pdf, print());
    assert!(pdf.starts_with(b"%PDF-1."));
    let said = String::from_utf8_lossy(&pdf);
    assert!(said.contains("pdfaid:part>2<") && said.contains("pdfaid:conformance>B<"), "PDF/A-2b");
}

fn text_of(pdf: &[u8]) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("print.pdf");
    std::fs::write(&file, pdf).expect("written");
    let done = Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output();
    let done = done.expect("pdftotext of poppler-utils is installed by tests/run.sh");
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect()
}

#[test]
fn every_page_says_how_it_is_meant_and_a_drill_says_it_all_over() {
    for handling in Handling::ALL {
        let mut order = full_order(9, handling);
        order.body = [BODY; 6].join("\n");
        let (envelope, signers) = (envelope(&order), signers());
        let pdf = paper(&order, &envelope, &signers).to_pdf().expect("it prints");
        let pages = text_of(&pdf);
        assert!(pages.len() >= 3, "{} pages", pages.len());
        let fingerprint = crate::evidence::fingerprint(&envelope.digest());
        for (number, page) in (1..).zip(&pages) {
            let banners = page.matches(words::banner(handling)).count();
            assert_eq!(banners, 2, "{handling} page {number}: {page}");
            assert!(page.contains(&fingerprint), "{handling} page {number}");
            assert!(page.contains(&format!("Trang {number}/{}", pages.len())), "{page}");
            if handling == Handling::Actual {
                assert!(!page.contains("KHÔNG PHẢI LỆNH THẬT"), "{page}");
            } else {
                assert_eq!(
                    page.matches("LỆNH THẬT").count(),
                    page.matches("KHÔNG PHẢI LỆNH THẬT").count()
                );
            }
        }
        let all = pages.concat();
        for said in ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Nơi nhận", "HỎA TỐC", "Nguyễn Văn An"]
        {
            assert!(all.contains(said), "{handling}: {said}");
        }
    }
}

#[test]
fn a_draft_says_that_it_is_one_and_has_no_codes() {
    let order = full_order(9, Handling::Actual);
    let envelope = envelope(&order);
    let draft = OrderPaper { worth: Worth::Draft, ..paper(&order, &envelope, &[]) };
    let pdf = draft.to_pdf().expect("it prints");
    let pages = text_of(&pdf);
    assert!(pages.iter().all(|page| page.contains("DỰ THẢO")));
    assert!(pages.iter().all(|page| !page.contains("MÃ KIỂM CHỨNG")), "no code");
}

/// A sheet with rows as they are.
fn calling() -> (Order, Envelope, pb::CallUpSheetDelivery) {
    let lists = lists(1, 8);
    let call_up = Some(lists.signed().expect("our own"));
    let order = Order { call_up, ..full_order(1, Handling::Exercise) };
    let envelope = envelope(&order);
    (order, envelope, page(1, &lists, 1))
}

#[test]
fn a_call_up_sheet_carries_itself_and_its_proof_and_masked_only_the_proof() {
    let (order, envelope, delivery) = calling();
    let sheet = read_sheet(&delivery.sheet).expect("our own");
    let signers = signers();
    for is_masked in [false, true] {
        let printed = SheetPaper {
            order: paper(&order, &envelope, &signers),
            delivery: &delivery,
            sheet: &sheet,
            unit: "Xã Thanh Yên".to_owned(),
            is_masked,
        };
        let pdf = printed.to_pdf().expect("it prints");
        let text = text_of(&pdf).concat();
        assert_eq!(text.contains("Giàng"), !is_masked, "{text}");
        assert_eq!(text.contains("G•••"), is_masked);
        let read = read_back(&scanned(&pdf, 150), ImageFormat::Png).expect("read back");
        assert_eq!(read.envelope, envelope);
        assert_eq!(read.sheet, Some(PrintedSheet::new(&delivery, is_masked)));
    }
}
