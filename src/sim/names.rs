//! Name parts from which invented people are put together, by ethnic group. Common parts only, so
//! that no combination points at anyone.

use super::choice::Choice;
use crate::domain::registry::{EthnicGroup, Language, Sex};

/// The name parts of one group.
#[derive(Debug)]
struct Parts {
    group: EthnicGroup,
    families: &'static [&'static str],
    middles: [&'static [&'static str]; 2],
    given: [&'static [&'static str]; 2],
    language: Language,
}

const THAI_GIVEN: [&[&str]; 2] = [
    &[
        "An", "Bình", "Cường", "Dũng", "Đạt", "Đông", "Đức", "Hải", "Hặc", "Hiếu", "Hòa", "Hưng",
        "Inh", "Khoa", "Kiên", "Lâm", "Long", "Mạnh", "Nam", "Pánh", "Phong", "Quân", "Sơn",
        "Thành", "Thắng", "Thi", "Tiến", "Tú", "Tuấn", "Ương", "Việt", "Xiên",
    ],
    &[
        "Ánh",
        "Bích",
        "Chung",
        "Dung",
        "Hà",
        "Hạnh",
        "Hoa",
        "Hồng",
        "Hương",
        "Lả",
        "Lan",
        "Mai",
        "Nga",
        "Nguyệt",
        "Phượng",
        "Thảo",
        "Thoa",
        "Thủy",
        "Xuân",
        "Yến",
    ],
];
const MONG_GIVEN: [&[&str]; 2] = [
    &[
        "Chinh", "Chu", "Chứ", "Dế", "Di", "Dính", "Dơ", "Giống", "Hờ", "Lầu", "Lử", "Minh", "Nhè",
        "Páo", "Phử", "Sình", "Sử", "Sùng", "Thái", "Tủa", "Vàng", "Vảng", "Vừ", "Xà",
    ],
    &["Chía", "Dợ", "Dua", "Ka", "Mai", "Máy", "Mỷ", "Pàng", "Sông", "Sua", "Và", "Xua"],
];

const GROUPS: [Parts; 6] = [
    Parts {
        group: EthnicGroup::THAI,
        families: &[
            "Lò", "Quàng", "Lường", "Cà", "Tòng", "Điêu", "Mào", "Bạc", "Lèo", "Hoàng", "Vì",
        ],
        middles: [&["Văn", "Văn", "Văn", "Đức", "Minh"], &["Thị"]],
        given: THAI_GIVEN,
        language: Language::Thai,
    },
    Parts {
        group: EthnicGroup::MONG,
        families: &[
            "Vừ", "Giàng", "Sùng", "Mùa", "Thào", "Lầu", "Vàng", "Cháng", "Ly", "Hạng", "Chá",
        ],
        middles: [&["A"], &["Thị"]],
        given: MONG_GIVEN,
        language: Language::Mong,
    },
    Parts {
        group: EthnicGroup::KINH,
        families: &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đỗ", "Bùi", "Đặng", "Ngô"],
        middles: [&["Văn", "Đức", "Quốc", "Minh", "Xuân", "Đình", "Ngọc"], &["Thị", "Thu", "Ngọc"]],
        given: THAI_GIVEN,
        language: Language::Vietnamese,
    },
    Parts {
        group: EthnicGroup::KHO_MU,
        families: &["Lường", "Quàng", "Lò", "Moong", "Cút"],
        middles: [&["Văn"], &["Thị"]],
        given: THAI_GIVEN,
        language: Language::KhoMu,
    },
    Parts {
        group: EthnicGroup::HA_NHI,
        families: &["Chang", "Pờ", "Lỳ", "Khoàng", "Sừng", "Vù", "Mạ"],
        middles: [&["Gia", "Xè", "Hừ", "Go"], &["Thị", "Mò"]],
        given: MONG_GIVEN,
        language: Language::HaNhi,
    },
    Parts {
        group: EthnicGroup::DAO,
        families: &["Phàn", "Tẩn", "Lý", "Chẻo", "Triệu", "Bàn"],
        middles: [&["Văn", "A", "Sài"], &["Thị", "Mùi"]],
        given: THAI_GIVEN,
        language: Language::Dao,
    },
];

/// Shares as in the published figures: Thái 38 %, Mông 35 %, Kinh 18 %, others the rest.
const SHARES: [(u32, usize); 6] = [(38, 0), (35, 1), (18, 2), (4, 3), (3, 4), (2, 5)];

const HAMLETS: [&str; 24] = [
    "bản Nà Nọi",
    "bản Co Mỵ",
    "bản Pú Tửu",
    "bản Hua Ná",
    "bản Pa Tần",
    "bản Huổi Cảnh",
    "bản Tả Kố Khừ",
    "bản Nậm Pố",
    "bản Huổi Lóng",
    "bản Na Sang",
    "bản Pom Khoang",
    "bản Co Nghịu",
    "bản Nà Hin",
    "bản Huổi Hốc",
    "bản Phiêng Ban",
    "bản Nậm Cang",
    "bản Xa Lông",
    "bản Tin Tốc",
    "bản Noong Bua",
    "bản Chiềng Khoang",
    "tổ 1",
    "tổ 3",
    "tổ 5",
    "tổ 7",
];

const WORKPLACES: [&str; 8] = [
    "Làm nương",
    "Làm ruộng",
    "Trường PTDTBT",
    "Công ty TNHH Hoàng Anh",
    "HTX vận tải Tây Bắc",
    "Chăn nuôi",
    "Thợ xây",
    "Buôn bán",
];

/// The invented part of a person that goes with a name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) full_name: String,
    pub(super) ethnic_group: EthnicGroup,
    pub(super) languages: Vec<Language>,
}

/// A name, with the group and the languages that go with it.
pub(super) fn person(choice: &mut Choice, sex: Sex) -> Named {
    let parts = &GROUPS[choice.weighted(&SHARES)];
    let column = usize::from(sex == Sex::Female);
    let family = choice.one_of(parts.families);
    let middle = choice.one_of(parts.middles[column]);
    let given = choice.one_of(parts.given[column]);
    let mut languages = vec![parts.language];
    if parts.language != Language::Vietnamese && choice.percent(85) {
        languages.push(Language::Vietnamese);
    }
    let full_name = format!("{family} {middle} {given}");
    Named { full_name, ethnic_group: parts.group, languages }
}

/// A village or residential group.
pub(super) fn hamlet(choice: &mut Choice) -> &'static str {
    choice.one_of::<&str>(&HAMLETS)
}

/// An employer or an occupation.
pub(super) fn workplace(choice: &mut Choice) -> &'static str {
    choice.one_of::<&str>(&WORKPLACES)
}
