//! Figures in Vietnamese, as files have them: the screen speaks the words of the program, a file goes to
//! people who never saw it.

use crate::domain::registry::{
    ActivityKind, Audience, BaseKind, DeferralGround, EnterpriseStatus, EquipmentClass,
    EquipmentStatus, EquipmentTypes, KnownForce, Rating, ReserveClass, ReservistStatus,
    SurveyStage,
};
use crate::roster::sheet::words::{LATE, word_of};
use crate::wire::pb::FigureTopic;

/// What a figure counts; its own name where this program does not know it yet.
pub(super) fn figure(topic: FigureTopic, name: &str) -> &str {
    let known = match topic {
        FigureTopic::Force => of_force(name),
        FigureTopic::Industry => match name {
            "enterprises" => Some("doanh nghiệp theo bước khảo sát, trên tổng số"),
            "capacity" => Some("năng lực một tháng, trên chỉ tiêu"),
            _ => None,
        },
        FigureTopic::Training | FigureTopic::Exercises | FigureTopic::Disasters => of_deeds(name),
        FigureTopic::Reserve | FigureTopic::Equipment => of_records(name),
        FigureTopic::Unspecified => None,
    };
    known.unwrap_or(name)
}

fn of_force(name: &str) -> Option<&'static str> {
    Some(match name {
        "bases" => "cơ sở, trên tổng số cơ sở",
        "present" => "quân số, trên biên chế",
        "population" => "quân số, trên dân số",
        "population_unknown" => "xã, phường chưa có dân số, trên tổng số",
        "party" => "đảng viên, trên quân số",
        "type" => "quân số theo loại, trên quân số",
        _ => return None,
    })
}

fn of_deeds(name: &str) -> Option<&'static str> {
    Some(match name {
        "classes" => "lớp, theo đối tượng",
        "classes_total" => "lớp, theo đối tượng, các năm",
        "participants" => "người được tập huấn, bồi dưỡng, theo đối tượng",
        "participants_total" => "người được tập huấn, bồi dưỡng, theo đối tượng, các năm",
        "students" => "học sinh, sinh viên được học (đếm riêng)",
        "students_total" => "học sinh, sinh viên được học (đếm riêng), các năm",
        "meets" => "đạt yêu cầu, trên số được xếp loại",
        "meets_total" => "đạt yêu cầu, trên số được xếp loại, các năm",
        "good" => "khá và giỏi, trên số được xếp loại",
        "good_total" => "khá và giỏi, trên số được xếp loại, các năm",
        "held" => "đã thực hiện",
        "held_total" => "đã thực hiện, các năm",
        "rated" => "được xếp loại, trên số đã thực hiện",
        "operations" => "lần huy động",
        "operations_total" => "lần huy động, các năm",
        "persons" => "lượt người",
        "persons_total" => "lượt người, các năm",
        "vehicles" => "lượt phương tiện",
        "vehicles_total" => "lượt phương tiện, các năm",
        _ => return None,
    })
}

fn of_records(name: &str) -> Option<&'static str> {
    Some(match name {
        "reservists" | "equipment" => "hồ sơ theo tình trạng, trên tổng số hồ sơ",
        "registered" => "đang đăng ký quản lý, trên tổng số hồ sơ",
        "class" => "theo hạng, loại, trên số đang quản lý",
        "party" => "đảng viên, trên số đang quản lý",
        "party_unknown" => "chưa rõ là đảng viên, trên số đang quản lý",
        "recheck" => "phúc tra trong 12 tháng, trên số đang quản lý",
        "militia" => "đồng thời ở dân quân, trên số đang quản lý",
        "deferral" => "tạm hoãn huấn luyện, trên số đang quản lý",
        "exemption" => "miễn gọi theo chức danh, trên số đang quản lý",
        "late" => "chậm so với luật định, trên số đang quản lý",
        "overdue" => "quá hạn theo quy định của đơn vị, trên số đang quản lý",
        "type" => "theo chủng loại, trên số đang quản lý",
        "grade" => "theo cấp chất lượng, trên số đang quản lý",
        "driver" => "có lái xe, trên số đang quản lý",
        _ => return None,
    })
}

macro_rules! of_lists {
    ($code:ident: $($list:ident),+) => {
        None$(.or_else(|| {
            let mut terms = $list::ALL.iter();
            terms.find(|term| term.code().eq_ignore_ascii_case($code)).map(|term| term.vietnamese())
        }))+
    };
}

/// A part of a group; as it is where it is no term of a list.
pub(super) fn part(topic: FigureTopic, code: &str, types: &EquipmentTypes) -> String {
    let term: Option<&str> = match topic {
        FigureTopic::Force => of_lists!(code: BaseKind, KnownForce),
        FigureTopic::Industry => of_lists!(code: SurveyStage, EnterpriseStatus),
        FigureTopic::Reserve => of_lists!(code: ReservistStatus, ReserveClass, DeferralGround),
        FigureTopic::Equipment => of_lists!(code: EquipmentStatus, EquipmentClass),
        FigureTopic::Training | FigureTopic::Exercises | FigureTopic::Disasters => {
            of_lists!(code: ActivityKind, Audience, Rating)
        }
        FigureTopic::Unspecified => None,
    };
    if let Some(term) = term {
        return term.to_owned();
    }
    match topic {
        _any if code.is_empty() => "không rõ".to_owned(),
        FigureTopic::Reserve => word_of(LATE, code).to_owned(),
        // A type's code is what lists are written with: it stands before its name.
        FigureTopic::Equipment => {
            let own = types.iter().find(|own| own.code.as_str() == code);
            own.map_or_else(|| code.to_owned(), |own| format!("{code} {}", own.name))
        }
        _other => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::lateness::Late;
    use crate::roster::lists::shipped_equipment_types;

    #[test]
    fn all_that_may_be_late_has_words() {
        let due = jiff::civil::date(2026, 1, 31);
        for late in [
            Late::MoveIn { due },
            Late::Return { due },
            Late::Absence { due },
            Late::OfficerRegistration { due },
            Late::Recheck { due: None },
            Late::Transfer { due },
        ] {
            assert_ne!(
                part(FigureTopic::Reserve, late.code(), &shipped_equipment_types()),
                late.code()
            );
        }
    }

    #[test]
    fn groups_are_named_as_their_lists_name_them() {
        let types = shipped_equipment_types();
        let part = |topic, code| part(topic, code, &types);
        assert_eq!(part(FigureTopic::Force, "AGENCY_SELF_DEFENSE"), "Tự vệ cơ quan, tổ chức");
        assert_eq!(part(FigureTopic::Exercises, "EXCELLENT"), "Giỏi");
        assert_eq!(part(FigureTopic::Reserve, "ACTIVE"), "Đang quản lý");
        assert_eq!(part(FigureTopic::Equipment, "AVAILABLE"), "Hoạt động");
        assert_eq!(part(FigureTopic::Exercises, "2021"), "2021");
        assert_eq!(part(FigureTopic::Training, "MILITIA_OFFICERS"), "Cán bộ dân quân tự vệ");
        assert_eq!(part(FigureTopic::Equipment, "PT01"), "PT01 Xe ô tô tải");
        assert_eq!(part(FigureTopic::Reserve, ""), "không rõ");
        assert_eq!(figure(FigureTopic::Force, "bases"), "cơ sở, trên tổng số cơ sở");
    }
}
