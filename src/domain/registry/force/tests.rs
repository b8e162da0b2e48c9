use super::super::test_lists::Small;
use super::super::{Checked, Problem, Warning};
use super::*;

/// What is changed in a good row, the field at fault, the code.
type Case<I> = (fn(&mut I), &'static str, &'static str);

fn refusals<I: Clone + Default, T: std::fmt::Debug>(
    good: &I,
    check: impl Fn(&I) -> Result<Checked<T>, Vec<Problem>>,
    cases: &[Case<I>],
) {
    check(good).expect("a good row");
    for (change, field, code) in cases {
        let mut input = good.clone();
        change(&mut input);
        let problems = check(&input).expect_err(code);
        let [problem] = problems[..] else { panic!("{code}: one problem, got {problems:?}") };
        assert_eq!((problem.field, problem.code.code()), (*field, *code));
    }
}

fn base() -> MilitiaBaseInput {
    MilitiaBaseInput {
        code: "tv-001".into(),
        unit: "Xã Sam Mứn".into(),
        name: "Tự vệ Trung tâm Y tế".into(),
        host_org: "Trung tâm Y tế".into(),
        authorised: "40".into(),
        present: "38".into(),
        by_type: "Cơ động: 20; tại chỗ = 10; Dân quân biển: 8".into(),
        party_members: "6".into(),
        commander: "Lò Văn Thi".into(),
        phones: "0330504247".into(),
        established_on: "01/07/2025".into(),
        ..MilitiaBaseInput::default()
    }
}

#[test]
fn a_base_has_its_strength_by_type_and_a_host() {
    let small = Small::new();
    let check = |input: &MilitiaBaseInput| input.check(&small.lists());
    let made = check(&base()).expect("a good row").record;
    assert_eq!(made.kind, BaseKind::AgencySelfDefense, "it has a host");
    assert_eq!(made.code.as_str(), "TV-001");
    let types: Vec<_> = made.by_type.iter().map(|(force, n)| (force.as_str(), *n)).collect();
    assert_eq!(types, [("mobile", 20), ("on_site", 10), ("Dân quân biển", 8)]);
    refusals(
        &base(),
        check,
        &[
            (|i| i.code = "TV 001".into(), "code", "CODE_INVALID"),
            (|i| i.unit = "KV3".into(), "unit", "UNIT_UNKNOWN"),
            (|i| i.name = " ".into(), "name", "NAME_MISSING"),
            (|i| i.kind = "Hải quân".into(), "kind", "KIND_UNKNOWN"),
            (
                |i| {
                    i.kind = "Tự vệ".into();
                    i.host_org.clear();
                },
                "host_org",
                "HOST_MISSING",
            ),
            (|i| i.present = "37".into(), "by_type", "COUNT_MISMATCH"),
            (|i| i.by_type = "cơ động: 1; mobile: 2".into(), "by_type", "FORCE_TYPES_INVALID"),
            (|i| i.by_type = "cơ động 25".into(), "by_type", "FORCE_TYPES_INVALID"),
            (|i| i.party_members = "39".into(), "party_members", "COUNT_MISMATCH"),
            (|i| i.authorised = "nhiều".into(), "authorised", "COUNT_INVALID"),
            (|i| i.commander = "Đ/c 1".into(), "commander", "NAME_INVALID"),
            (|i| i.established_on = "01/02/2026".into(), "established_on", "DATE_INVALID"),
            (|i| i.status = "?".into(), "status", "STATUS_UNKNOWN"),
        ],
    );
}

#[test]
fn whole_numbers_are_read_with_and_without_groups_of_three() {
    for (text, read) in [
        ("0", Some(0)),
        ("1234", Some(1234)),
        ("22.700", Some(22_700)),
        ("1 234 567", None),
        ("1 000 000", Some(1_000_000)),
        ("1.5", None),
        ("1234.567", None),
        (".123", None),
        ("-1", None),
        ("", None),
    ] {
        assert_eq!(number(text), read, "{text}");
    }
}

fn enterprise() -> EnterpriseInput {
    EnterpriseInput {
        tax_code: "0100109106".into(),
        name: "Công ty CP May Tây Bắc".into(),
        unit: "03352".into(),
        capabilities: "Gạo: 20,5 tấn; Quân trang: 500 bộ (chỉ tiêu 100)".into(),
        stage: "Đã đăng ký".into(),
        surveyed_on: "2025-11-03".into(),
        contact: "Bà Hương".into(),
        phones: "0330504247".into(),
        ..EnterpriseInput::default()
    }
}

#[test]
fn an_enterprise_has_capacities_by_month_and_quotas_once_it_is_selected() {
    let small = Small::new();
    let check = |input: &EnterpriseInput| input.check(&small.lists());
    let checked = check(&enterprise()).expect("a good row");
    assert_eq!(checked.warnings, []);
    let [rice, clothes] = &checked.record.capabilities[..] else { panic!("two products") };
    assert_eq!((rice.per_month_hundredths, rice.quota_hundredths), (2_050, None));
    assert_eq!((clothes.per_month_hundredths, clothes.quota_hundredths), (50_000, Some(10_000)));
    assert_eq!((rice.measure.as_str(), clothes.product.as_str()), ("tấn", "Quân trang"));
    refusals(
        &enterprise(),
        check,
        &[
            (|i| i.tax_code = "56001".into(), "tax_code", "TAX_CODE_INVALID"),
            (|i| i.name.clear(), "name", "NAME_MISSING"),
            (|i| i.unit.clear(), "unit", "UNIT_MISSING"),
            (|i| i.capabilities = "Gạo: 5.000 tấn".into(), "capabilities", "CAPABILITY_INVALID"),
            (|i| i.capabilities = "Gạo".into(), "capabilities", "CAPABILITY_INVALID"),
            (
                |i| i.capabilities = "Gạo: 1 t; gao: 2 t".into(),
                "capabilities",
                "CAPABILITY_INVALID",
            ),
            (|i| i.stage = "Đã khảo sát".into(), "stage", "QUOTA_EARLY"),
            (|i| i.stage.clear(), "stage", "QUOTA_EARLY"),
            (|i| i.stage = "?".into(), "stage", "STAGE_UNKNOWN"),
            (|i| i.surveyed_on = "2027-01-01".into(), "surveyed_on", "DATE_INVALID"),
        ],
    );
}

#[test]
fn a_tax_code_is_ten_or_thirteen_digits_and_doubted_when_its_check_digit_is_off() {
    let branch = TaxCode::parse("0100109106 001").expect("thirteen digits");
    assert_eq!(branch.as_str(), "0100109106-001");
    assert!(branch.is_consistent());
    let small = Small::new();
    let doubted = EnterpriseInput { tax_code: "0100109107".into(), ..enterprise() };
    let warnings = doubted.check(&small.lists()).expect("accepted").warnings;
    assert_eq!(warnings, [Warning::TaxCodeMismatch]);
    for refused in ["010010910", "01001091061", "010010910A", ""] {
        assert_eq!(TaxCode::parse(refused), None, "{refused}");
    }
}

fn class() -> ActivityInput {
    ActivityInput {
        kind: "Lớp tập huấn".into(),
        title: "Tập huấn cán bộ dân quân".into(),
        unit: "KV3".into(),
        announced: "có".into(),
        from: "05/01/2026".into(),
        to: "09/01/2026".into(),
        participants: "100".into(),
        excellent: "33".into(),
        good: "50".into(),
        pass: "17".into(),
        rating: "Giỏi".into(),
        rated_by: "Quân khu 2".into(),
        ..ActivityInput::default()
    }
}

#[test]
fn results_add_up_as_reports_count_them() {
    let small = Small::new();
    let check = |input: &ActivityInput| input.check(&small.lists());
    let made = check(&class()).expect("a good row").record;
    assert_eq!((made.results.meets(), made.results.good_or_better()), (100, 83));
    assert_eq!(made.results.rated(), 100);
    assert_eq!((made.status, made.rating), (ActivityStatus::Held, Some(Rating::Excellent)));
    let planned = ActivityInput { from: "01/02/2026".into(), to: String::new(), ..class() };
    assert_eq!(check(&planned).expect("good").record.status, ActivityStatus::Planned);
    refusals(
        &class(),
        check,
        &[
            (|i| i.kind = "?".into(), "kind", "KIND_UNKNOWN"),
            (|i| i.title.clear(), "title", "NAME_MISSING"),
            (|i| i.unit = "99999".into(), "unit", "UNIT_UNKNOWN"),
            (|i| i.announced = "?".into(), "announced", "ANNOUNCED_INVALID"),
            (|i| i.from.clear(), "from", "DATE_INVALID"),
            (|i| i.to = "04/01/2026".into(), "to", "PERIOD_INVALID"),
            (|i| i.fail = "1".into(), "fail", "COUNT_MISMATCH"),
            (|i| i.audience = "?".into(), "audience", "AUDIENCE_UNKNOWN"),
            (|i| i.rating = "?".into(), "rating", "RATING_UNKNOWN"),
            (|i| i.persons = "?".into(), "persons", "COUNT_INVALID"),
        ],
    );
    let key = activity_key("training_class", "KV3", "2026-01-05", "Tập huấn CÁN BỘ dân quân");
    assert_eq!(key, "training_class|KV3|2026-01-05|tap huan can bo dan quan");
}

#[test]
fn whom_a_class_trains_is_found_by_code_and_word_and_not_guessed() {
    for (at, audience) in Audience::ALL.iter().enumerate() {
        assert_eq!(usize::from(audience.number()), at + 1);
        for text in [audience.code().to_owned(), audience.vietnamese().to_uppercase()] {
            assert_eq!(Audience::parse(&text), Some(*audience), "{text}");
        }
    }
    assert_eq!(Audience::parse("Đối tượng 4"), Some(Audience::Officials));
    assert_eq!(Audience::parse("Cán bộ DQTV"), Some(Audience::MilitiaOfficers), "no official");
    let small = Small::new();
    let check = |input: &ActivityInput| input.check(&small.lists()).expect("good").record.audience;
    assert_eq!(check(&class()), None, "its title is no word of the list");
    assert_eq!(
        check(&ActivityInput { audience: "Tự vệ".into(), ..class() }),
        Some(Audience::SelfDefense)
    );
}
