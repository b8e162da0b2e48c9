//! Whether an owner is a person or an organisation, told by the name where a list does not say.
//!
//! Called by the check of equipment. Invariant: what a name does not say plainly is taken for a person,
//! and known to be assumed.

use crate::domain::registry::vocabulary::OwnerKind;
use crate::domain::text::{clean, fold, is_person_name};

/// First words of organisations: no family name is one of these (the marks count: Trường is a school,
/// Trương a family).
const WORDS: [&str; 17] = [
    "công",
    "hợp",
    "htx",
    "doanh",
    "dntn",
    "ubnd",
    "ủy",
    "uỷ",
    "trường",
    "bệnh",
    "trung",
    "ban",
    "sở",
    "chi",
    "trạm",
    "xí",
    "tập",
];
/// Beginnings of organisations, folded, for names without marks and for words that are families too.
const BEGINNINGS: [&str; 38] = [
    "cong ty",
    "cty",
    "cp ",
    "tnhh",
    "tong cong ty",
    "hop tac xa",
    "to hop tac",
    "doanh nghiep",
    "uy ban",
    "truong mam non",
    "truong tieu hoc",
    "truong thcs",
    "truong thpt",
    "truong pt",
    "truong cao dang",
    "benh vien",
    "trung tam",
    "chi nhanh",
    "chi cuc",
    "xi nghiep",
    "tap doan",
    "tram y te",
    "ban quan ly",
    "ban chi huy",
    "ban chqs",
    "bo chi huy",
    "ngan hang",
    "nha may",
    "buu dien",
    "dien luc",
    "van phong",
    "lam truong",
    "doan kinh te",
    "doan kinh te quoc phong",
    "hat kiem lam",
    "phong giao duc",
    "so giao thong",
    "cong an",
];
/// How people are spoken of, folded.
const TITLES: [&str; 4] = ["ong", "ba", "anh", "chi"];
/// Family names of the country and of the peoples of the province, in small letters with their marks.
const FAMILIES: [&str; 96] = [
    "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "phan", "vũ", "võ", "đặng", "bùi", "đỗ",
    "hồ", "ngô", "dương", "lý", "đinh", "trịnh", "đoàn", "mai", "tô", "lương", "trương", "cao",
    "tạ", "phùng", "hà", "lâm", "tăng", "quách", "châu", "kiều", "thái", "thân", "triệu", "vương",
    "từ", "la", "đàm", "đào", "nông", "hứa", "lưu", "vi", "chu", "mạc", "cù", "doãn", "lại",
    "khổng", "bế", "tống", "lò", "lường", "quàng", "cà", "tòng", "bạc", "cầm", "điêu", "đèo", "vì",
    "lèo", "lù", "tao", "tẩn", "chẻo", "phàn", "lỳ", "giàng", "vàng", "sùng", "mùa", "vừ", "thào",
    "hạng", "hờ", "cháng", "cứ", "ly", "lầu", "ma", "mào", "thò", "sình", "khoàng", "pờ", "chang",
    "sừng", "hảng", "hầu", "hù", "quang", "tếnh", "toán", "chớ",
];
/// Words of a person's name: fewer or more is something else.
const NAME_WORDS: std::ops::RangeInclusive<usize> = 2..=5;

/// What a name says that its owner is; none where it says neither.
fn said(name: &str) -> Option<OwnerKind> {
    let name = clean(name);
    let (lower, folded) = (name.to_lowercase(), fold(&name));
    let first = lower.split(' ').next().unwrap_or_default();
    let is_organisation =
        WORDS.contains(&first) || BEGINNINGS.iter().any(|beginning| folded.starts_with(beginning));
    if is_organisation {
        return Some(OwnerKind::Organisation);
    }
    // Typed without marks, a family is known without them.
    let is_bare = name.is_ascii();
    let is_family = |family: &str| if is_bare { fold(family) == first } else { family == first };
    let has_title = TITLES.contains(&fold(first).as_str());
    let is_name = is_person_name(&name) && NAME_WORDS.contains(&lower.split(' ').count());
    (is_name && (has_title || FAMILIES.iter().any(|family| is_family(family))))
        .then_some(OwnerKind::Person)
}

/// Where a list does not say, the name does; what it does not say plainly is a person.
pub(super) fn kind_of_owner(name: &str) -> OwnerKind {
    said(name).unwrap_or(OwnerKind::Person)
}

/// Whether the name alone says what its owner is.
pub(super) fn says_kind_of_owner(name: &str) -> bool {
    said(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_its_owner_is_or_is_known_not_to() {
        use OwnerKind::{Organisation, Person};
        for (name, kind) in [
            ("Công ty CP Xây dựng Điện Biên", Some(Organisation)),
            ("CONG TY TNHH HOANG ANH", Some(Organisation)),
            ("Cty Hoàng Anh", Some(Organisation)),
            ("Đoàn Kinh tế quốc phòng 379", Some(Organisation)),
            ("UBND xã Na Son", Some(Organisation)),
            ("Lâm trường Mường Nhé", Some(Organisation)),
            ("Lò Văn Hải", Some(Person)),
            ("Đoàn Văn Hải", Some(Person)),
            ("NGUYEN VAN A", Some(Person)),
            ("Ông Thi", Some(Person)),
            ("Hoàng Anh Gia Lai Điện Biên Logistics", None),
            ("Vận tải 379", None),
            ("Minh Phát", None),
            ("", None),
        ] {
            assert_eq!(said(name), kind, "{name}");
        }
    }
}
