//! Rosters of reservists: their columns and how a row becomes a [`Reservist`].

use super::repair;
use super::{Column, Kind, PartHeader, Said};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    BirthPrecision, Checked, CitizenId, DeferralGround, Lists, Problem, ProblemCode, Reservist,
    ReservistCategory, ReservistInput, ReservistStatus, Warning,
};
use crate::domain::text::fold;
use crate::roster::RosterKind;
use crate::roster::file::Reading;
use crate::roster::legacy::has_lost_letters;
use crate::roster::refused::hints;

/// Digits of the identity cards before the citizen number.
const OLD_CARD_DIGITS: usize = 9;

/// The kind of list that holds people.
#[derive(Debug)]
pub(in crate::roster) struct People;

macro_rules! columns {
    ($($field:ident $reading:ident [$($header:literal),+],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |input: &mut ReservistInput| &mut input.$field,
            reading: Reading::$reading,
            headers: &[$($header),+],
        }),+]
    };
}

impl Kind for People {
    type Input = ReservistInput;
    type Record = Reservist;
    type Key = CitizenId;

    const KIND: RosterKind = RosterKind::Reservists;
    const UNIT_FIELD: &'static str = "residence_unit";
    const OTHER_UNIT_FIELDS: &'static [&'static str] = &["registered_unit"];
    const REQUIRED: &'static [&'static str] = &["full_name", "birth", "citizen_id"];
    const ANCHORS: &'static [&'static str] = &["citizen_id", "birth", "sex", "phones"];
    const IDENTITY: &'static [&'static str] = &["citizen_id"];
    const OWN: &'static [&'static str] = &[
        "full_name",
        "birth",
        "citizen_id",
        "phones",
        "reserve_card_no",
        "record_sheet_no",
        "contact_via",
    ];
    const PARTS: &'static [PartHeader] = &[
        ("ho", "full_name", 0),
        ("ho dem", "full_name", 0),
        ("ho va dem", "full_name", 0),
        ("ho chu dem", "full_name", 0),
        ("ho va chu dem", "full_name", 0),
        ("ho va ten dem", "full_name", 0),
        ("ho ten dem", "full_name", 0),
        ("ho lot", "full_name", 0),
        ("surname", "full_name", 0),
        ("family name", "full_name", 0),
        ("last name", "full_name", 0),
        ("dem", "full_name", 1),
        ("ten dem", "full_name", 1),
        ("chu dem", "full_name", 1),
        ("chu lot", "full_name", 1),
        ("middle name", "full_name", 1),
        ("ten", "full_name", 2),
        ("given name", "full_name", 2),
        ("first name", "full_name", 2),
        ("ngay", "birth", 0),
        ("ngay sinh ngay", "birth", 0),
        ("thang", "birth", 1),
        ("ngay sinh thang", "birth", 1),
        ("nam", "birth", 2),
        ("ngay sinh nam", "birth", 2),
    ];
    const SPREAD: &'static [&'static str] = &["sex", "class", "category", "frame", "party_member"];
    const MARKED: &'static [&'static str] = &["party_member"];
    const SHOWN: &'static [&'static str] = &[
        "residence_unit",
        "registered_unit",
        "specialty",
        "rank",
        "category",
        "class",
        "frame",
        "status",
    ];
    const COLUMNS: &'static [Column<ReservistInput>] = columns![
        full_name Plain ["ho va ten", "ho ten", "ho va ten khai sinh", "ho ten khai sinh",
            "ho va ten quan nhan", "ho ten quan nhan", "ho va ten quan nhan du bi", "ho va ten qndb",
            "ho chu dem va ten khai sinh", "ho chu dem va ten", "h ten", "ho chu dem ten", "ho dem va ten",
            "full name", "fullname", "name", "name and surname"],
        birth Date ["ngay sinh", "n sinh", "ng sinh", "ng th nam sinh", "ngay thg nam sinh", "ngay thang nam sinh", "ngay thang nam", "nam sinh", "sinh ngay",
            "sinh nam", "ns", "ngay thang sinh", "ngay th nam sinh", "birth date", "birthdate",
            "date of birth", "birthday", "dob", "d o b", "birth", "year of birth", "birth year"],
        sex Plain ["gioi tinh", "g tinh", "gioi", "nam nu", "phai", "sex", "gender"],
        ethnic_group Plain ["dan toc", "d toc", "ethnic group", "ethnicity", "ethnic"],
        languages Plain ["ngon ngu", "tieng noi", "tieng", "languages", "language"],
        citizen_id CitizenNumber ["so cccd", "cccd", "so can cuoc", "can cuoc", "so can cuoc cong dan",
            "can cuoc cong dan", "the can cuoc", "so the can cuoc", "so dinh danh",
            "so dinh danh ca nhan", "ma dinh danh", "ma dinh danh ca nhan", "ddcn", "so ddcn",
            "so cccd so dinh danh", "so cccd ddcn", "cccd ddcn", "so cccd so ddcn", "so cccd cmnd", "cccd cmnd", "so cmnd cccd", "cmnd cccd",
            "so cmnd", "cmnd", "so cccd cc", "citizen id", "citizen identification number",
            "citizen number", "citizen id number", "id number", "national id", "national id number",
            "personal id", "citizen identity card number", "so the cccd", "the cccd", "cmtnd"],
        reserve_card_no Plain ["so the", "so giay chung nhan", "so giay chung nhan dang ky",
            "so the qndb", "reserve card no", "reserve card number", "reserve card"],
        record_sheet_no Plain ["so phieu quan nhan", "so phieu", "so ho so", "record sheet no",
            "record sheet number", "record sheet"],
        category Plain ["doi tuong", "loai quan nhan", "loai", "dien", "category"],
        class Plain ["hang du bi", "hang", "hang dbdv", "hang qndb", "du bi hang", "hang quan du bi", "class",
            "reserve class", "class of reserve"],
        rank Plain ["cap bac", "c bac", "q ham", "quan ham", "cap bac quan ham", "cap bac quan su", "rank",
            "military rank"],
        post Plain ["chuc vu", "c vu", "chuc danh", "chuc danh bien che", "chuc vu du bi", "post",
            "position"],
        specialty Plain ["cnqs", "ma cnqs", "ma so cnqs", "chuyen nghiep quan su",
            "ma chuyen nghiep quan su", "chuyen nghiep", "specialty", "specialty code",
            "military specialty", "specialty mos", "mos"],
        frame Plain ["khung", "frame"],
        residence_unit Plain ["xa phuong", "xa", "phuong", "xa phuong thi tran", "phuong xa",
            "xa phuong tt", "don vi", "don vi hanh chinh", "ban chqs xa", "ban chqs xa phuong", "ten xa", "ten xa phuong", "ma xa",
            "ma don vi", "noi o", "noi cu tru", "noi thuong tru", "thuong tru", "cho o hien nay",
            "noi o hien nay", "noi o hien tai", "cho o", "tru quan", "dia chi",
            "dia chi thuong tru", "dia chi hien nay", "ho khau", "ho khau thuong tru", "noi dang ky ho khau",
            "noi dang ky ho khau thuong tru", "noi dang ky thuong tru", "noi dkhktt", "dkhktt", "hktt",
            "noi hktt", "noi dk hktt", "noi dang ky hktt", "noi dktt", "dktt", "noi dk thuong tru",
            "ho khau tt", "noi cu tru hien nay", "noi cu tru hien tai", "d vi", "x phuong", "unit", "unit code", "commune", "commune ward", "ward",
            "residence unit", "residence"],
        registered_unit Plain ["noi dang ky", "don vi dang ky", "noi dang ky quan du bi",
            "registered unit"],
        hamlet Plain ["thon ban", "ban", "thon", "thon ban to dan pho", "to dan pho", "ban to dan pho",
            "thon to", "ban to", "thon xom", "to ban", "thon ban to", "khoi ban", "hamlet", "village"],
        workplace Plain ["noi lam viec", "nghe nghiep", "nghe nghiep noi lam viec", "co quan",
            "don vi cong tac", "noi cong tac", "noi lam viec hien nay", "workplace", "work place",
            "employer", "occupation"],
        phones Phone ["so dien thoai", "dien thoai", "sdt", "so dt", "dt", "d thoai", "so d thoai", "dien thoai di dong",
            "so dien thoai lien he", "dien thoai lien he", "so dtdd", "dtdd", "phone", "phones",
            "phone number", "telephone", "mobile", "mobile phone", "tel"],
        contact_via Plain ["nguoi lien he", "lien he qua", "contact via", "contact"],
        party_member Plain ["dang vien", "dang vien x", "la dang vien", "dang", "ngay vao dang",
            "party member", "party"],
        health_class Plain ["suc khoe", "loai suc khoe", "phan loai suc khoe", "sk", "loai sk",
            "health class", "health"],
        status Plain ["trang thai", "tinh trang", "status"],
        note Plain ["ghi chu", "chu thich", "note", "notes", "remark", "remarks", "comment"],
        former_unit Plain ["xa cu", "xa phuong cu", "don vi cu", "former unit", "former commune"],
        residence_since Date ["ngay den o", "o tu ngay", "residence since"],
        registered_on Date ["ngay dang ky", "dang ky ngay", "ngay vao ngach", "registered on"],
        last_recheck_on Date ["ngay phuc tra", "phuc tra", "phuc tra ngay", "last recheck on",
            "rechecked on"],
        status_from Date ["tinh trang tu ngay", "trang thai tu ngay", "status from"],
        status_to Date ["tinh trang den ngay", "trang thai den ngay", "status to"],
        status_certificate Plain ["giay xac nhan", "so giay xac nhan", "status certificate"],
        deferral_ground Plain ["ly do tam hoan", "tam hoan", "deferral ground"],
        deferral_certified_by Plain ["noi xac nhan tam hoan", "deferral certified by"],
        deferral_from Date ["tam hoan tu ngay", "deferral from"],
        deferral_to Date ["tam hoan den ngay", "deferral to"],
        exemption_post Plain ["chuc danh mien goi", "mien goi", "exemption post"],
        exemption_employer Plain ["co quan de nghi mien goi", "exemption employer"],
        exemption_from Date ["mien goi tu ngay", "exemption from"],
        exemption_to Date ["mien goi den ngay", "exemption to"],
        militia_base Plain ["co so dan quan", "don vi dan quan tu ve", "militia base"],
        militia_type Plain ["loai dan quan", "dan quan tu ve", "dan quan", "dqtv", "militia type",
            "militia"],
        militia_from Date ["vao dan quan tu ngay", "militia from"],
        militia_to Date ["ra dan quan ngay", "militia to"],
    ];

    fn check(
        mut input: ReservistInput,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Reservist>, Vec<Problem>> {
        repair::person(&mut input, lists, repairs);
        let mut checked = input.check(lists)?;
        // Professionals have no class: that over the table is of the others.
        let is_of_others = checked.record.category == Some(ReservistCategory::Professional);
        if is_of_others && repairs.contains(&Warning::ClassFromTitle) {
            checked.record.class = None;
            repairs.retain(|repair| *repair != Warning::ClassFromTitle);
        }
        Ok(checked)
    }

    fn keys(record: &Reservist) -> Vec<CitizenId> {
        vec![record.person.citizen_id]
    }

    fn likeness(record: &Reservist) -> Vec<String> {
        let person = &record.person;
        if person.birth.precision() != BirthPrecision::Day {
            return Vec::new();
        }
        let who = format!("{} {}", fold(&person.full_name), person.birth.date());
        let phones = person.phones.iter().map(|phone| format!("{who} {}", phone.e164()));
        phones.chain([format!("{who} {}", record.residence_unit)]).collect()
    }

    fn hint(problem: &Problem, said: &Said<'_>) -> Option<String> {
        let text = (said.cell)(problem.field);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let hint = match problem.code {
            ProblemCode::CitizenIdInvalid => (digits == OLD_CARD_DIGITS).then_some(hints::OLD_CARD),
            ProblemCode::RankUnknown => {
                fold(&text).starts_with("chuan uy").then_some(hints::NO_WARRANT)
            }
            ProblemCode::BirthDateInvalid => {
                repair::counted_birth(&text).is_some().then_some(hints::YEAR_AS_DAY)
            }
            ProblemCode::StatusUnknown => {
                let learns = ["hoc", "sinh vien"].iter().any(|word| fold(&text).contains(word));
                learns.then_some(hints::STUDENT)
            }
            ProblemCode::DeferralInvalid if !text.trim().is_empty() => {
                let grounds = DeferralGround::ALL.iter().map(|ground| ground.vietnamese());
                return Some(hints::known(grounds));
            }
            ProblemCode::NameInvalid => has_lost_letters(&text).then_some(hints::LETTERS_LOST),
            _other => None,
        };
        hint.map(ToOwned::to_owned)
    }

    fn states() -> Vec<&'static str> {
        ReservistStatus::ALL.iter().map(|state| state.vietnamese()).collect()
    }

    fn unit(record: &Reservist) -> &UnitCode {
        &record.residence_unit
    }
}
