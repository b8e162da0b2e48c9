//! What was trained, exercised, inspected and done: a class, an exercise, work at a disaster, with its
//! results on the scale giỏi, khá, đạt, không đạt.
//!
//! Invariants: the results together are no more than those who took part; people and vehicles are
//! counted apart; announced and unannounced ones are told apart and not compared. An activity is
//! known by its kind, unit, first day and title ([`activity_key`]).

use jiff::civil::Date;

use super::super::Lists;
use super::super::parse::yes_or_no;
use super::super::problem::{Checked, Findings, Problem, ProblemCode};
use super::super::reservist::{NOTE_CHARS_MAX, SHORT_CHARS_MAX};
use super::super::standing::period;
use super::super::vocabulary::vocabulary;
use super::{count, title};
use crate::domain::ids::UnitCode;
use crate::domain::text::fold;

vocabulary!(
    /// What kind of activity.
    ActivityKind {
        /// A class.
        TrainingClass = 1, "training_class", "Lớp tập huấn, bồi dưỡng",
            ["lop tap huan, boi duong", "lop tap huan", "tap huan", "boi duong", "huan luyen",
             "boi duong kien thuc quoc phong"];
        /// An exercise of another kind.
        Exercise = 2, "exercise", "Diễn tập", ["dien tap"];
        /// An exercise of a defensive zone.
        ZoneExercise = 3, "zone_exercise", "Diễn tập khu vực phòng thủ",
            ["dien tap khu vuc phong thu", "dien tap kvpt"];
        /// A commune's combat exercise.
        CombatExercise = 4, "combat_exercise", "Diễn tập chiến đấu xã, phường",
            ["dien tap chien dau xa, phuong", "dien tap chien dau"];
        /// An inspection of readiness.
        ReadinessInspection = 5, "readiness_inspection", "Kiểm tra sẵn sàng động viên",
            ["kiem tra san sang dong vien", "kiem tra ssdv", "kiem tra san sang chien dau"];
        /// Records checked against people.
        Recheck = 6, "recheck", "Phúc tra", ["phuc tra"];
        /// Work at a disaster or epidemic.
        DisasterResponse = 7, "disaster_response", "Phòng, chống, khắc phục thiên tai",
            ["phong, chong, khac phuc thien tai", "khac phuc thien tai", "phong chong thien tai",
             "cuu ho, cuu nan", "cuu ho cuu nan"];
    }
);

vocabulary!(
    /// Whom an activity trains.
    Audience {
        /// Officials, and villagers of standing; classes of knowledge number them 1 to 4.
        Officials = 1, "officials", "Cán bộ, người có uy tín",
            ["can bo, nguoi co uy tin", "can bo", "nguoi co uy tin", "can bo, dang vien",
             "doi tuong 1", "doi tuong 2", "doi tuong 3", "doi tuong 4"];
        /// Pupils and students.
        Students = 2, "students", "Học sinh, sinh viên",
            ["hoc sinh, sinh vien", "hoc sinh sinh vien", "hoc sinh",
             "sinh vien", "hssv"];
        /// Officers of the militia and self-defense force.
        MilitiaOfficers = 3, "militia_officers", "Cán bộ dân quân tự vệ",
            ["can bo dan quan tu ve", "can bo dqtv", "can bo dan quan"];
        /// Militia.
        Militia = 4, "militia", "Dân quân", ["dan quan", "chien si dan quan"];
        /// Reservists.
        Reservists = 5, "reservists", "Quân nhân dự bị",
            ["quan nhan du bi", "qndb", "du bi dong vien", "dbdv"];
        /// Self-defense forces of agencies and enterprises.
        SelfDefense = 6, "self_defense", "Tự vệ", ["tu ve", "chien si tu ve"];
        /// Others.
        Other = 7, "other", "Khác", ["khac", "doi tuong khac"];
    }
);

vocabulary!(
    /// The scale of results and ratings, best first.
    Rating {
        /// Giỏi.
        Excellent = 1, "excellent", "Giỏi", ["gioi", "xuat sac"];
        /// Khá.
        Good = 2, "good", "Khá", ["kha"];
        /// Đạt.
        Pass = 3, "pass", "Đạt", ["dat", "dat yeu cau", "trung binh"];
        /// Không đạt.
        Fail = 4, "fail", "Không đạt", ["khong dat"];
    }
);

vocabulary!(
    /// Where an activity stands.
    ActivityStatus {
        /// Planned.
        Planned = 1, "planned", "Kế hoạch", ["ke hoach", "du kien"];
        /// Held.
        Held = 2, "held", "Đã thực hiện", ["da thuc hien", "hoan thanh", "da hoan thanh"];
        /// Called off.
        Cancelled = 3, "cancelled", "Đã hủy", ["da huy", "huy"];
    }
);

/// How many reached which rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Results {
    /// Giỏi.
    pub excellent: u32,
    /// Khá.
    pub good: u32,
    /// Đạt.
    pub pass: u32,
    /// Không đạt.
    pub fail: u32,
}

impl Results {
    /// All who were rated.
    pub fn rated(self) -> u64 {
        self.meets() + u64::from(self.fail)
    }

    /// Those who meet the requirement: đạt, khá and giỏi together, as reports count.
    pub fn meets(self) -> u64 {
        self.good_or_better() + u64::from(self.pass)
    }

    /// Khá and giỏi.
    pub fn good_or_better(self) -> u64 {
        u64::from(self.excellent) + u64::from(self.good)
    }
}

/// One activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What kind.
    pub kind: ActivityKind,
    /// What it is called.
    pub title: String,
    /// The unit that held it, of any echelon.
    pub unit: UnitCode,
    /// Whether it was announced beforehand, where that is known.
    pub announced: Option<bool>,
    /// Whom it trains, where that is said.
    pub audience: Option<Audience>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Option<Date>,
    /// Those of the audience who took part; pupils and students apart from others stand below.
    pub participants: Option<u32>,
    /// Pupils and students who took part.
    pub students: Option<u32>,
    /// What those who were rated reached.
    pub results: Results,
    /// How the whole was rated.
    pub rating: Option<Rating>,
    /// Who rated it, where that was somebody else.
    pub rated_by: Option<String>,
    /// People sent, for work at a disaster.
    pub persons: Option<u32>,
    /// Vehicles sent.
    pub vehicles: Option<u32>,
    /// The number of the paper that ordered it.
    pub document_no: Option<String>,
    /// Where it stands.
    pub status: ActivityStatus,
    /// Note.
    pub note: Option<String>,
}

/// What an activity is known by: kind, unit, first day and title, marks and case aside.
pub fn activity_key(kind: &str, unit: &str, from: &str, title: &str) -> String {
    format!("{kind}|{unit}|{from}|{}", fold(title))
}

/// An activity as text, before the check. Blank is "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityInput {
    /// Required: word or code.
    pub kind: String,
    /// Required.
    pub title: String,
    /// Required: code or full name of any unit.
    pub unit: String,
    /// có, không.
    pub announced: String,
    /// Word or code; blank is not known.
    pub audience: String,
    /// Required: a day.
    pub from: String,
    /// A day, not before the one above.
    pub to: String,
    /// A count.
    pub participants: String,
    /// A count.
    pub students: String,
    /// A count.
    pub excellent: String,
    /// A count.
    pub good: String,
    /// A count.
    pub pass: String,
    /// A count.
    pub fail: String,
    /// Word or code.
    pub rating: String,
    /// Free text.
    pub rated_by: String,
    /// A count.
    pub persons: String,
    /// A count.
    pub vehicles: String,
    /// Free text.
    pub document_no: String,
    /// Word or code; blank is held once its first day has come, else planned.
    pub status: String,
    /// Free text.
    pub note: String,
}

impl ActivityInput {
    /// Makes the record, or says every problem there is.
    ///
    /// # Errors
    /// The problems, in the order of the fields.
    pub fn check(&self, lists: &Lists<'_>) -> Result<Checked<Activity>, Vec<Problem>> {
        let mut found = Findings::default();
        let record = self.assemble(&mut found, lists);
        found.close(record)
    }

    fn assemble(&self, found: &mut Findings, lists: &Lists<'_>) -> Option<Activity> {
        use ProblemCode as P;
        let kind = found.need("kind", ActivityKind::parse(&self.kind).ok_or(P::KindUnknown));
        let title = title(found, "title", &self.title, SHORT_CHARS_MAX);
        let unit = match self.unit.trim() {
            "" => Err(P::UnitMissing),
            text => lists.units.find(text).map(|unit| unit.code.clone()).ok_or(P::UnitUnknown),
        };
        let unit = found.need("unit", unit);
        let announced =
            found.optional("announced", &self.announced, P::AnnouncedInvalid, yes_or_no);
        let audience =
            found.optional("audience", &self.audience, P::AudienceUnknown, Audience::parse);
        if self.from.trim().is_empty() {
            found.refuse("from", P::DateInvalid);
        }
        let span = period(found, ["from", "to"], [&self.from, &self.to]);
        let participants = count(found, "participants", &self.participants);
        let students = count(found, "students", &self.students);
        let results = self.results(found);
        let present = participants.zip(students).map(|(some, others)| some.saturating_add(others));
        let present = present.or(participants).or(students);
        if present.is_some_and(|present| results.rated() > u64::from(present)) {
            found.refuse("fail", P::CountMismatch);
        }
        let rating = found.optional("rating", &self.rating, P::RatingUnknown, Rating::parse);
        let rated_by = found.text("rated_by", &self.rated_by, SHORT_CHARS_MAX);
        let persons = count(found, "persons", &self.persons);
        let vehicles = count(found, "vehicles", &self.vehicles);
        let document_no = found.text("document_no", &self.document_no, SHORT_CHARS_MAX);
        let status =
            found.optional("status", &self.status, P::StatusUnknown, ActivityStatus::parse);
        let note = found.text("note", &self.note, NOTE_CHARS_MAX);
        let from = span.from?;
        let has_begun =
            if from <= lists.as_of { ActivityStatus::Held } else { ActivityStatus::Planned };
        Some(Activity {
            kind: kind?,
            title: title?,
            unit: unit?,
            announced,
            audience,
            from,
            to: span.to,
            participants,
            students,
            results,
            rating,
            rated_by,
            persons,
            vehicles,
            document_no,
            status: status.unwrap_or(has_begun),
            note,
        })
    }

    fn results(&self, found: &mut Findings) -> Results {
        let mut of = |field, text| count(found, field, text).unwrap_or_default();
        Results {
            excellent: of("excellent", &self.excellent),
            good: of("good", &self.good),
            pass: of("pass", &self.pass),
            fail: of("fail", &self.fail),
        }
    }
}
