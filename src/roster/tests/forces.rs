//! Lists of bases, enterprises and activities.

use rust_xlsxwriter::Workbook;

use super::*;
use crate::domain::registry::{ActivityKind, Audience, BaseKind, Rating, SurveyStage};

fn press(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/press").join(name)
}

/// A workbook with title rows above the table, as forms have them.
fn book(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "BỘ CHỈ HUY QUÂN SỰ TỈNH").expect("written");
    for (at, row) in (2..).zip(rows) {
        for (column, text) in (0..).zip(*row) {
            match text.parse::<f64>() {
                Ok(number) if !text.starts_with('0') => sheet.write_number(at, column, number),
                _text => sheet.write_string(at, column, *text),
            }
            .expect("written");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

macro_rules! records {
    ($name:ident $read:ident $record:ty) => {
        fn $name(source: Source<'_>, options: &Options<'_>) -> (Vec<$record>, ImportReport) {
            let mut records = Vec::new();
            let report = $read(source, options, &mut |row| {
                records.extend(row.result.ok().map(|checked| checked.record));
                ControlFlow::Continue(())
            });
            (records, report.expect("a list"))
        }
    };
}

records!(bases read_militia_bases MilitiaBase);
records!(enterprises read_enterprises Enterprise);
records!(activities read_activities Activity);

#[test]
fn the_bases_of_the_press_are_read_and_add_up() {
    let province = Province::new();
    let (bases, report) = bases(Source::Path(&press("militia-bases.csv")), &province.options());
    assert_eq!((report.rows, report.accepted), (130, 130), "{:?}", report.rejected);
    let of = |kind| bases.iter().filter(|base| base.kind == kind).count();
    assert_eq!((of(BaseKind::CommuneMilitia), of(BaseKind::AgencySelfDefense)), (45, 85));
    let sum =
        |of: &dyn Fn(&MilitiaBase) -> Option<u32>| -> u32 { bases.iter().filter_map(of).sum() };
    assert_eq!(sum(&|base| base.present), 12_787);
    assert_eq!(sum(&|base| base.party_members), 2_021);
    let typed = sum(&|base| Some(base.by_type.iter().map(|(_, count)| count).sum()));
    assert_eq!(typed, 12_787, "the columns of types say who they are");
}

#[test]
fn the_activities_of_the_press_are_read_and_add_up() {
    let province = Province::new();
    let (done, report) = activities(Source::Path(&press("activities.csv")), &province.options());
    assert_eq!((report.rows, report.accepted), (82, 82), "{:?}", report.rejected);
    let of = |kind, year| {
        let own = move |one: &&Activity| one.kind == kind && one.from.year() == year;
        done.iter().filter(own).collect::<Vec<_>>()
    };
    let classes = of(ActivityKind::TrainingClass, 2025);
    let sum = |list: &[&Activity], of: &dyn Fn(&Activity) -> Option<u32>| -> u32 {
        list.iter().filter_map(|one| of(one)).sum()
    };
    let of_officers =
        classes.iter().filter(|class| class.audience == Some(Audience::MilitiaOfficers));
    assert_eq!(of_officers.count(), 39);
    assert_eq!(sum(&classes, &|one| one.participants), 2_342);
    assert_eq!(sum(&classes, &|one| one.students), 7_531);
    let rated: Vec<_> = classes.iter().filter(|class| class.results.rated() > 0).collect();
    let [rated] = rated[..] else { panic!("one report of results") };
    assert_eq!((rated.audience, rated.results.fail), (None, 0), "of whom is not said");
    assert_eq!(of(ActivityKind::ZoneExercise, 2024).len(), 3);
    let [provincial] = of(ActivityKind::ZoneExercise, 2021)[..] else { panic!("one") };
    assert_eq!(provincial.rating, Some(Rating::Excellent));
    assert_eq!(provincial.rated_by.as_deref(), Some("Quân khu 2"));
    assert_eq!(provincial.unit.as_str(), "11", "units of every echelon hold activities");
    assert_eq!(of(ActivityKind::CombatExercise, 2024).len(), 30);
    let all: Vec<&Activity> = done.iter().collect();
    assert_eq!(sum(&all, &|one| one.persons), 22_750);
    assert_eq!(sum(&all, &|one| one.vehicles), 810);
}

#[test]
fn types_of_a_base_stand_in_one_cell_or_in_columns_of_their_own() {
    let province = Province::new();
    let rows: [&[&str]; 4] = [
        &["TT", "Mã cơ sở", "Tên cơ sở", "Xã, phường", "Quân số", "", "", "", "Theo loại"],
        &["", "", "", "", "Hiện có", "Cơ động", "Tại chỗ", "Thường trực", ""],
        &["1", "dq-001", "Dân quân Na Son", "Xã Na Son", "85", "25", "60", "-", ""],
        &[
            "2",
            "DQ-002",
            "Dân quân Thanh Yên",
            "Xã Thanh Yên",
            "40",
            "",
            "",
            "",
            "cơ động: 25; Dân quân biển: 9",
        ],
    ];
    let bytes = book(&rows);
    let source = Source::Bytes { name: "dan-quan.xlsx", bytes: &bytes };
    let (bases, report) = bases(source, &province.options());
    assert_eq!(report.accepted, 2, "{report:?}");
    let types = |at: usize| {
        let types = bases[at].by_type.iter().map(|(force, count)| (force.as_str(), *count));
        types.collect::<Vec<_>>()
    };
    assert_eq!(types(0), [("mobile", 25), ("on_site", 60)]);
    assert_eq!(types(1), [("mobile", 25), ("Dân quân biển", 9)]);
    assert_eq!(bases[0].code.as_str(), "DQ-001");
}

#[test]
fn a_base_at_fault_is_refused_under_its_code_and_comes_back_as_a_spreadsheet() {
    let province = Province::new();
    let rows: [&[&str]; 4] = [
        &["Code", "Name", "Commune", "Present", "Mobile", "Kind", "Host org"],
        &["B-1", "Một", "Xã Na Son", "10", "11", "", ""],
        &["B-2", "Hai", "Xã Na Son", "10", "5", "agency_self_defense", ""],
        &["B-3", "Ba", "Xã Na Son", "10", "5", "", "Điện lực"],
    ];
    let bytes = book(&rows);
    let source = Source::Bytes { name: "bases.xlsx", bytes: &bytes };
    let (bases, report) = bases(source, &province.options());
    let refused: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(refused, ["COUNT_MISMATCH", "HOST_MISSING"]);
    assert_eq!(bases[0].kind, BaseKind::AgencySelfDefense, "it has a host");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    let written = write_refused(source, &province.options(), &report, &out, false);
    assert_eq!(written.expect("written"), 2);
    let again = read_militia_bases(Source::Path(&out), &province.options(), &mut |_row| {
        ControlFlow::Continue(())
    });
    assert_eq!(again.expect("a list").rejected.len(), 2, "as they were");
}

#[test]
fn what_an_enterprise_makes_stands_in_one_cell_or_in_columns() {
    let province = Province::new();
    let rows: [&[&str]; 4] = [
        &[
            "STT",
            "Tên doanh nghiệp",
            "Mã số thuế",
            "Xã, phường",
            "Năng lực sản xuất",
            "Sản phẩm",
            "Năng lực/tháng",
            "Đơn vị tính",
            "Chỉ tiêu",
            "Bước khảo sát",
        ],
        &[
            "1",
            "Công ty May",
            "0100109106",
            "Xã Na Son",
            "",
            "Quân phục",
            "1200",
            "bộ",
            "300",
            "Đang quản lý",
        ],
        &[
            "2",
            "Xưởng Gạo",
            "0100109106-001",
            "Xã Thanh Yên",
            "Gạo sấy: 20,5 tấn",
            "",
            "",
            "",
            "",
            "Khảo sát",
        ],
        &["3", "Xưởng Đá", "12345", "Xã Thanh Yên", "", "", "", "", "", ""],
    ];
    let bytes = book(&rows);
    let source = Source::Bytes { name: "doanh-nghiep.xlsx", bytes: &bytes };
    let (found, report) = enterprises(source, &province.options());
    let refused: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(refused, ["TAX_CODE_INVALID"]);
    let [sewing, rice] = &found[..] else { panic!("two: {report:?}") };
    assert_eq!(sewing.stage, Some(SurveyStage::Managed));
    let made = &sewing.capabilities[0];
    assert_eq!((made.product.as_str(), made.per_month_hundredths), ("Quân phục", 120_000));
    assert_eq!((made.measure.as_str(), made.quota_hundredths), ("bộ", Some(30_000)));
    assert_eq!(rice.capabilities[0].per_month_hundredths, 2_050);
}
