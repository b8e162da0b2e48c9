//! The closed lists of the registry: for each term its number for storage, its code for the doors,
//! its Vietnamese word for people, and the spellings that files use.
//!
//! Invariants: numbers start at 1 and never change meaning (0 is left for "not given"); a term is
//! found by its code and by its Vietnamese word, with or without marks.

use crate::domain::text::fold;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident = $number:literal,
          $code:literal, $vietnamese:literal, [$($spelling:literal),+];)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)+ }

        impl $name {
            /// Every term, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The number for storage, from 1.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The term of a stored number.
            pub fn from_number(number: u8) -> Option<Self> {
                let at = usize::from(number).checked_sub(1)?;
                let own = Self::ALL.get(at).copied().filter(|term| term.number() == number);
                own.or_else(|| Self::ALL.iter().copied().find(|term| term.number() == number))
            }

            /// The code: lower case English with underscores.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The word for people, NFC.
            pub const fn vietnamese(self) -> &'static str {
                match self { $(Self::$variant => $vietnamese,)+ }
            }

            /// The term that a text means: its code, its word or a known spelling, marks and case
            /// aside.
            pub fn parse(text: &str) -> Option<Self> {
                match $crate::domain::text::fold(text).as_str() {
                    $($code $(| $spelling)+ => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(super) use vocabulary;

vocabulary!(
    /// The sex on the papers; age limits differ by it.
    Sex {
        /// Nam.
        Male = 1, "male", "Nam", ["nam", "m"];
        /// Nữ.
        Female = 2, "female", "Nữ", ["nu", "f"];
    }
);

vocabulary!(
    /// What kind of reservist.
    ReservistCategory {
        /// Sĩ quan dự bị.
        Officer = 1, "officer", "Sĩ quan dự bị", ["si quan du bi", "si quan", "sqdb"];
        /// Quân nhân chuyên nghiệp dự bị.
        Professional = 2, "professional", "Quân nhân chuyên nghiệp dự bị",
            ["quan nhan chuyen nghiep du bi", "quan nhan chuyen nghiep", "qncn"];
        /// Hạ sĩ quan, binh sĩ dự bị.
        NcoSoldier = 3, "nco_soldier", "Hạ sĩ quan, binh sĩ dự bị",
            ["ha si quan, binh si du bi", "ha si quan, binh si", "hsq, bs", "hsq-bs"];
    }
);

vocabulary!(
    /// The reserve class of the military service law, article 24.
    ReserveClass {
        /// Hạng một: served, trained or qualified; called first.
        One = 1, "one", "Hạng một",
            ["hang mot", "1", "i", "hang 1", "hang i", "mot", "hang nhat", "nhat",
                "class 1", "db1", "dbh1", "du bi 1", "du bi hang 1", "du bi hang mot"];
        /// Hạng hai.
        Two = 2, "two", "Hạng hai",
            ["hang hai", "2", "ii", "hang 2", "hang ii", "hai", "hang nhi", "nhi",
                "class 2", "db2", "dbh2", "du bi 2", "du bi hang 2", "du bi hang hai"];
    }
);

vocabulary!(
    /// Which cadre of a reserve unit.
    Frame {
        /// Khung A: the standing cadre.
        A = 1, "a", "Khung A", ["khung a"];
        /// Khung B: the cadre of reservists.
        B = 2, "b", "Khung B", ["khung b"];
    }
);

vocabulary!(
    /// Military ranks, lowest first.
    Rank {
        /// Binh nhì.
        PrivateSecond = 1, "private_second", "Binh nhì", ["binh nhi", "b2", "private"];
        /// Binh nhất.
        PrivateFirst = 2, "private_first", "Binh nhất", ["binh nhat", "b1", "private first class"];
        /// Hạ sĩ.
        Corporal = 3, "corporal", "Hạ sĩ", ["ha si", "ha sy", "h1"];
        /// Trung sĩ.
        Sergeant = 4, "sergeant", "Trung sĩ", ["trung si", "trung sy", "h2"];
        /// Thượng sĩ.
        SeniorSergeant = 5, "senior_sergeant", "Thượng sĩ", ["thuong si", "thuong sy", "h3"];
        /// Thiếu úy.
        SecondLieutenant = 6, "second_lieutenant", "Thiếu úy", ["thieu uy", "1/"];
        /// Trung úy.
        Lieutenant = 7, "lieutenant", "Trung úy", ["trung uy", "2/"];
        /// Thượng úy.
        SeniorLieutenant = 8, "senior_lieutenant", "Thượng úy", ["thuong uy", "3/"];
        /// Đại úy.
        Captain = 9, "captain", "Đại úy", ["dai uy", "4/"];
        /// Thiếu tá.
        Major = 10, "major", "Thiếu tá", ["thieu ta", "1//"];
        /// Trung tá.
        LieutenantColonel = 11, "lieutenant_colonel", "Trung tá", ["trung ta", "2//"];
        /// Thượng tá.
        SeniorLieutenantColonel = 12, "senior_lieutenant_colonel", "Thượng tá", ["thuong ta", "3//"];
        /// Đại tá.
        Colonel = 13, "colonel", "Đại tá", ["dai ta", "4//"];
    }
);

vocabulary!(
    /// Where a reservist stands.
    ReservistStatus {
        /// In the register and available.
        Active = 1, "active", "Đang quản lý", ["dang quan ly", "hoat dong", "co mat", "dang co mat", "co mat tai dia phuong",
                "dang o dia phuong", "o dia phuong", "tai dia phuong"];
        /// Put off for a certified ground.
        Deferred = 2, "deferred", "Tạm hoãn", ["tam hoan", "hoan", "dang tam hoan", "duoc tam hoan", "tam hoan goi",
            "tam hoan huan luyen"];
        /// Away for three months or more.
        TempAbsent = 3, "temp_absent", "Tạm vắng", ["tam vang", "vang mat", "di lam an xa", "di lam xa", "lam an xa", "di lam an",
                "dang tam vang", "di vang", "vang mat tai dia phuong", "vang tren 3 thang", "di hoc xa"];
        /// Abroad.
        Abroad = 4, "abroad", "Ở nước ngoài", ["o nuoc ngoai", "nuoc ngoai", "di nuoc ngoai", "dang o nuoc ngoai", "xuat khau lao dong",
                "xkld", "di xkld", "lao dong nuoc ngoai", "di lao dong nuoc ngoai"];
        /// Detained.
        Detained = 5, "detained", "Bị tạm giữ, tạm giam", ["bi tam giu, tam giam", "tam giam", "tam giu", "bi tam giam", "bi tam giu", "dang bi tam giam",
                "di tu", "dang chap hanh an", "chap hanh an phat tu"];
        /// Moved to another commune.
        MovedOut = 6, "moved_out", "Chuyển đi", ["chuyen di", "da chuyen di", "da chuyen", "chuyen noi khac", "chuyen di noi khac",
                "da chuyen noi khac"];
        /// Past the age limit.
        OverAge = 7, "over_age", "Hết tuổi", ["het tuoi", "qua tuoi", "het han tuoi", "da het tuoi", "het tuoi phuc vu"];
        /// Released from the reserve.
        Released = 8, "released", "Giải ngạch", ["giai ngach", "da giai ngach", "giai ngach du bi"];
        /// Dead.
        Dead = 9, "dead", "Đã chết", ["da chet", "chet", "da mat", "tu tran", "da tu tran", "qua doi", "da qua doi"];
    }
);

vocabulary!(
    /// Languages that messages are spoken in.
    Language {
        /// Vietnamese, the legal text.
        Vietnamese = 1, "vietnamese", "Tiếng Việt", ["tieng viet", "viet", "kinh"];
        /// Thái.
        Thai = 2, "thai", "Tiếng Thái", ["tieng thai"];
        /// Mông.
        Mong = 3, "mong", "Tiếng Mông", ["tieng mong", "hmong", "h'mong"];
        /// Dao.
        Dao = 4, "dao", "Tiếng Dao", ["tieng dao"];
        /// Khơ Mú.
        KhoMu = 5, "kho_mu", "Tiếng Khơ Mú", ["tieng kho mu", "kho mu"];
        /// Hà Nhì.
        HaNhi = 6, "ha_nhi", "Tiếng Hà Nhì", ["tieng ha nhi", "ha nhi"];
        /// Lào.
        Lao = 7, "lao", "Tiếng Lào", ["tieng lao"];
    }
);

vocabulary!(
    /// The classes of technical means in the reserve force law.
    EquipmentClass {
        /// Road motor vehicles.
        RoadVehicle = 1, "road_vehicle", "Phương tiện giao thông cơ giới đường bộ",
            ["phuong tien giao thong co gioi duong bo", "phuong tien co gioi duong bo",
             "phuong tien duong bo", "co gioi duong bo", "duong bo", "xe co gioi"];
        /// Waterway craft.
        Watercraft = 2, "watercraft", "Phương tiện thủy", ["phuong tien thuy", "phuong tien duong thuy", "phuong tien thuy noi dia", "duong thuy",
             "thuy"];
        /// Civil aviation.
        CivilAviation = 3, "civil_aviation", "Phương tiện hàng không dân dụng",
            ["phuong tien hang khong dan dung", "phuong tien hang khong", "hang khong dan dung",
             "hang khong"];
        /// Road and bridge machines.
        RoadAndBridge = 4, "road_and_bridge", "Phương tiện cầu, đường bộ",
            ["phuong tien cau, duong bo", "phuong tien cau duong", "cau, duong bo", "cau duong bo",
             "cau, duong", "cau duong"];
        /// Construction machines.
        Construction = 5, "construction", "Phương tiện xây dựng công trình",
            ["phuong tien xay dung cong trinh", "phuong tien xay dung", "xay dung cong trinh",
             "xay dung"];
        /// Cargo handling.
        CargoHandling = 6, "cargo_handling", "Phương tiện xếp dỡ hàng hóa",
            ["phuong tien xep do hang hoa", "phuong tien xep do", "xep do hang hoa", "xep do",
             "boc xep"];
        /// Communications.
        Communications = 7, "communications", "Phương tiện thông tin liên lạc",
            ["phuong tien thong tin lien lac", "thong tin lien lac", "thong tin"];
        /// Medical equipment and supplies.
        Medical = 8, "medical", "Trang bị, vật tư y tế", ["trang bi, vat tu y te", "trang thiet bi y te", "vat tu y te", "y te"];
        /// Others.
        Other = 9, "other", "Phương tiện khác", ["phuong tien khac", "loai khac", "khac"];
    }
);

vocabulary!(
    /// Where a piece of equipment stands.
    EquipmentStatus {
        /// Fit and at hand.
        Available = 1, "available", "Hoạt động", ["hoat dong", "san sang", "tot", "dang su dung", "con su dung", "dang hoat dong", "binh thuong"];
        /// Under repair.
        UnderRepair = 2, "under_repair", "Đang sửa chữa", ["dang sua chua", "sua chua", "hong"];
        /// Sold.
        Sold = 3, "sold", "Đã bán", ["da ban"];
        /// Scrapped.
        Scrapped = 4, "scrapped", "Đã thanh lý", ["da thanh ly", "thanh ly"];
        /// Pledged to a lender.
        Pledged = 5, "pledged", "Đang thế chấp", ["dang the chap", "the chap", "the chap ngan hang", "dang the chap ngan hang", "cam co"];
        /// Out of the province.
        OutOfProvince = 6, "out_of_province", "Ở ngoài tỉnh", ["o ngoai tinh", "ngoai tinh"];
        /// Called up.
        Mobilized = 7, "mobilized", "Đã huy động", ["da huy dong"];
    }
);

vocabulary!(
    /// What a capacity counts.
    CapacityUnit {
        /// Tonnes of load.
        Tonne = 1, "tonne", "tấn", ["tan", "t"];
        /// Seats or berths.
        Seat = 2, "seat", "chỗ", ["cho", "cho ngoi"];
        /// Cubic metres of bucket or tank.
        CubicMetre = 3, "cubic_metre", "m³", ["m³", "m3"];
        /// Kilovolt-amperes.
        KilovoltAmpere = 4, "kilovolt_ampere", "kVA", ["kva"];
        /// Kilowatts.
        Kilowatt = 5, "kilowatt", "kW", ["kw"];
        /// Litres.
        Litre = 6, "litre", "lít", ["lit", "l"];
    }
);

vocabulary!(
    /// Who an owner is before the law.
    OwnerKind {
        /// A person.
        Person = 1, "person", "Cá nhân", ["ca nhan"];
        /// A company, cooperative or agency.
        Organisation = 2, "organisation", "Tổ chức", ["to chuc"];
    }
);

/// One of the 54 ethnic groups, by its official number (decision 121-TCTK/PPCĐ of 1979).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthnicGroup(u8);

/// Names in the official order, and the same folded for finding.
const GROUPS: [(&str, &str); 54] = [
    ("Kinh", "kinh"),
    ("Tày", "tay"),
    ("Thái", "thai"),
    ("Hoa", "hoa"),
    ("Khơ Me", "kho me"),
    ("Mường", "muong"),
    ("Nùng", "nung"),
    ("Mông", "mong"),
    ("Dao", "dao"),
    ("Gia Rai", "gia rai"),
    ("Ngái", "ngai"),
    ("Ê Đê", "e de"),
    ("Ba Na", "ba na"),
    ("Xơ Đăng", "xo dang"),
    ("Sán Chay", "san chay"),
    ("Cơ Ho", "co ho"),
    ("Chăm", "cham"),
    ("Sán Dìu", "san diu"),
    ("Hrê", "hre"),
    ("Mnông", "mnong"),
    ("Ra Glai", "ra glai"),
    ("Xtiêng", "xtieng"),
    ("Bru Vân Kiều", "bru van kieu"),
    ("Thổ", "tho"),
    ("Giáy", "giay"),
    ("Cơ Tu", "co tu"),
    ("Gié Triêng", "gie trieng"),
    ("Mạ", "ma"),
    ("Khơ Mú", "kho mu"),
    ("Co", "co"),
    ("Tà Ôi", "ta oi"),
    ("Chơ Ro", "cho ro"),
    ("Kháng", "khang"),
    ("Xinh Mun", "xinh mun"),
    ("Hà Nhì", "ha nhi"),
    ("Chu Ru", "chu ru"),
    ("Lào", "lao"),
    ("La Chí", "la chi"),
    ("La Ha", "la ha"),
    ("Phù Lá", "phu la"),
    ("La Hủ", "la hu"),
    ("Lự", "lu"),
    ("Lô Lô", "lo lo"),
    ("Chứt", "chut"),
    ("Mảng", "mang"),
    ("Pà Thẻn", "pa then"),
    ("Cơ Lao", "co lao"),
    ("Cống", "cong"),
    ("Bố Y", "bo y"),
    ("Si La", "si la"),
    ("Pu Péo", "pu peo"),
    ("Brâu", "brau"),
    ("Ơ Đu", "o du"),
    ("Rơ Măm", "ro mam"),
];

impl EthnicGroup {
    /// Kinh.
    pub const KINH: Self = Self(1);
    /// Thái.
    pub const THAI: Self = Self(3);
    /// Mông.
    pub const MONG: Self = Self(8);
    /// Dao.
    pub const DAO: Self = Self(9);
    /// Khơ Mú.
    pub const KHO_MU: Self = Self(29);
    /// Hà Nhì.
    pub const HA_NHI: Self = Self(35);

    /// The official number, 1 to 54.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The group of an official number.
    pub fn from_number(number: u8) -> Option<Self> {
        (1..=54).contains(&number).then_some(Self(number))
    }

    /// The name for people, NFC.
    pub fn vietnamese(self) -> &'static str {
        GROUPS[usize::from(self.0) - 1].0
    }

    /// The group that a text means; a hyphen counts as a space, H'Mông as Mông, Việt as Kinh.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold(&text.replace('-', " "));
        let folded = match folded.as_str() {
            "h'mong" | "hmong" | "h mong" => "mong",
            "viet" => "kinh",
            other => other,
        };
        let at = GROUPS.iter().position(|(_, name)| *name == folded)?;
        u8::try_from(at + 1).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! is_sound {
        ($($name:ident)+) => {$({
            for (at, term) in $name::ALL.iter().enumerate() {
                assert_eq!(usize::from(term.number()), at + 1, "{term:?}");
                assert_eq!($name::from_number(term.number()), Some(*term));
                assert_eq!($name::parse(term.code()), Some(*term), "{term:?}");
                assert_eq!($name::parse(&term.vietnamese().to_uppercase()), Some(*term), "{term:?}");
            }
            assert_eq!($name::from_number(0), None, "0 is left for what was not given");
            assert_eq!($name::parse("?"), None);
        })+};
    }

    #[test]
    fn every_term_is_found_by_its_number_code_and_word() {
        is_sound!(Sex ReservistCategory ReserveClass Frame Rank ReservistStatus Language
            EquipmentClass EquipmentStatus CapacityUnit OwnerKind);
    }

    #[test]
    fn every_ethnic_group_is_found_by_its_number_and_name() {
        for number in 1..=54 {
            let group = EthnicGroup::from_number(number).expect("54 groups");
            assert_eq!(group.number(), number);
            assert_eq!(EthnicGroup::parse(group.vietnamese()), Some(group));
        }
        assert_eq!(EthnicGroup::parse("H'Mông"), Some(EthnicGroup::MONG));
        assert_eq!(EthnicGroup::parse("Khơ-mú"), Some(EthnicGroup::KHO_MU));
        assert_eq!(EthnicGroup::HA_NHI.vietnamese(), "Hà Nhì");
        assert_eq!((EthnicGroup::from_number(0), EthnicGroup::from_number(55)), (None, None));
        assert_eq!(EthnicGroup::parse("Sao Hỏa"), None);
    }
}
