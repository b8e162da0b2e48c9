//! Who may be called on a day, and why not.
//!
//! Called by the plan and by call-ups, for the day of the order and not for today. Pure rules over a
//! few small fields ([`Callable`]), so that they run over columns as well as over records.
//! Invariants: every refusal has its reason; an age limit is data with its legal basis and its dates
//! ([`AgeLimits`]), never a number in the code of a rule. A transfer under way does not stop a call:
//! until the receiving unit accepts, the person is the sending unit's, so there is one call only.
//! It does not know posts, specialties, areas or quotas.

mod law;

use jiff::civil::{Date, date};

pub use law::Law;

use super::reservist::{HealthClass, Reservist};
use super::standing::Period;
use super::vocabulary::{
    EquipmentStatus, Rank, ReservistCategory, ReservistStatus, Sex, vocabulary,
};
use super::{Birth, Equipment};

/// The youngest age of a call in completed years: military service law 78/2015, article 30.
pub const AGE_MIN: i16 = 18;
/// Most limits of one table: every rank and sex for both duties, over a few laws.
pub const AGE_LIMITS_MAX: usize = 500;

vocabulary!(
    /// What a post is for; age limits differ by it.
    Duty {
        /// In a combat unit.
        Combat = 1, "combat", "Đơn vị chiến đấu", ["don vi chien dau", "chien dau"];
        /// In a combat support unit.
        Support = 2, "support", "Đơn vị bảo đảm chiến đấu",
            ["don vi bao dam chien dau", "bao dam chien dau", "bao dam"];
    }
);

vocabulary!(
    /// What a call is for; deferral and exemption differ by it.
    Occasion {
        /// Training, an exercise or an inspection.
        Training = 1, "training", "Huấn luyện, diễn tập, kiểm tra",
            ["huan luyen, dien tap, kiem tra", "huan luyen", "dien tap", "kiem tra"];
        /// A mobilization order, and everything else that is not practised.
        Mobilization = 2, "mobilization", "Động viên", ["dong vien"];
    }
);

/// Up to which age a kind of person may hold a kind of post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeLimit {
    /// Of which category.
    pub category: ReservistCategory,
    /// For officers: from this rank on, until the next higher limit begins.
    pub rank_from: Option<Rank>,
    /// Of which sex; none for both.
    pub sex: Option<Sex>,
    /// In which post; none for both.
    pub duty: Option<Duty>,
    /// The highest age in completed years; none where such a post is not open to such a person.
    pub years: Option<i16>,
    /// The law, for people.
    pub basis: String,
    /// The first day it holds.
    pub valid_from: Date,
    /// The last day it holds; open where none is set.
    pub valid_to: Option<Date>,
}

/// Why a table of limits cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgeLimitError {
    /// There are too many.
    #[error("the table has {len} age limits, over the bound of {AGE_LIMITS_MAX}")]
    TooMany {
        /// How many.
        len: usize,
    },
    /// An age that no reservist has.
    #[error("age limit {at} is {years} years: give one from 18 to 70")]
    Years {
        /// Its place, from 1.
        at: usize,
        /// Its years.
        years: i16,
    },
    /// It ends before it begins.
    #[error("age limit {at} ends before it begins: swap its days")]
    Dates {
        /// Its place, from 1.
        at: usize,
    },
}

/// The limits, of all laws and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeLimits(Vec<AgeLimit>);

impl AgeLimits {
    /// A table of one's own. Where several limits fit, the one of the highest rank counts, then the
    /// one that began last, then the one that is named last.
    ///
    /// # Errors
    /// [`AgeLimitError`].
    pub fn new(limits: Vec<AgeLimit>) -> Result<Self, AgeLimitError> {
        if limits.len() > AGE_LIMITS_MAX {
            return Err(AgeLimitError::TooMany { len: limits.len() });
        }
        for (at, limit) in (1..).zip(&limits) {
            if let Some(years) = limit.years.filter(|years| !(AGE_MIN..=70).contains(years)) {
                return Err(AgeLimitError::Years { at, years });
            }
            if limit.valid_to.is_some_and(|to| to < limit.valid_from) {
                return Err(AgeLimitError::Dates { at });
            }
        }
        Ok(Self(limits))
    }

    /// The limits of the law as known: reserve force law 53/2019 (article 17, in peace) from July
    /// 2020, and the officers law for reserve officers (article 38) as amended in 2008 and by law
    /// 52/2024.
    pub fn shipped() -> Self {
        use Duty::{Combat, Support};
        use ReservistCategory::{NcoSoldier, Professional};
        use Sex::{Female, Male};
        let mut limits = Vec::new();
        let reserve = (RESERVE_LAW, date(2020, 7, 1), None);
        for (category, combat) in [(Professional, 40), (NcoSoldier, 35)] {
            for (sex, duty, years) in [
                (Male, Combat, Some(combat)),
                (Male, Support, Some(45)),
                (Female, Combat, None),
                (Female, Support, Some(40)),
            ] {
                limits.push(limit((category, None), (Some(sex), Some(duty)), years, reserve));
            }
        }
        for (basis, begins, ends, years) in OFFICERS {
            for (rank, years) in OFFICER_RANKS.into_iter().zip(years) {
                let who = (ReservistCategory::Officer, Some(rank));
                limits.push(limit(who, (None, None), Some(years), (basis, begins, ends)));
            }
        }
        Self(limits)
    }

    /// The days on which another limit may begin to count.
    pub fn turns(&self) -> impl Iterator<Item = Date> {
        self.0.iter().flat_map(|limit| {
            let after = limit.valid_to.and_then(|last| last.tomorrow().ok());
            [Some(limit.valid_from), after].into_iter().flatten()
        })
    }

    /// The limit for a person in a post on a day; none where the table has no word on it.
    pub fn find(&self, who: &Callable, duty: Option<Duty>, day: Date) -> Option<&AgeLimit> {
        let category = who.category.unwrap_or(ReservistCategory::NcoSoldier);
        let fits = |limit: &&AgeLimit| {
            limit.category == category
                && limit.rank_from.is_none_or(|from| who.rank.is_some_and(|rank| rank >= from))
                && limit.sex.is_none_or(|sex| sex == who.sex)
                // Where the post is not said, the wider limit of a support unit counts.
                && limit.duty.is_none_or(|of| of == duty.unwrap_or(Duty::Support))
                && limit.valid_from <= day
                && limit.valid_to.is_none_or(|to| day <= to)
        };
        self.0.iter().filter(fits).max_by_key(|limit| (limit.rank_from, limit.valid_from))
    }
}

impl Default for AgeLimits {
    fn default() -> Self {
        Self::shipped()
    }
}

const RESERVE_LAW: &str = "Luật 53/2019/QH14, Điều 17";
const OFFICER_RANKS: [Rank; 5] = [
    Rank::SecondLieutenant,
    Rank::Major,
    Rank::LieutenantColonel,
    Rank::SeniorLieutenantColonel,
    Rank::Colonel,
];
/// Law, first and last day, and the ages for the ranks above.
const OFFICERS: [(&str, Date, Option<Date>, [i16; 5]); 2] = [
    (
        "Luật 16/1999/QH10 (sửa đổi 2008), Điều 38",
        date(2009, 7, 1),
        Some(date(2024, 11, 30)),
        [51, 53, 56, 57, 60],
    ),
    ("Luật 52/2024/QH15", date(2024, 12, 1), None, [53, 55, 57, 59, 61]),
];

fn limit(
    (category, rank_from): (ReservistCategory, Option<Rank>),
    (sex, duty): (Option<Sex>, Option<Duty>),
    years: Option<i16>,
    (basis, valid_from, valid_to): (&str, Date, Option<Date>),
) -> AgeLimit {
    let basis = basis.to_owned();
    AgeLimit { category, rank_from, sex, duty, years, basis, valid_from, valid_to }
}

/// Why a person is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The status on that day is not one that is called.
    Status(ReservistStatus),
    /// Put off for a ground, and this is training.
    Deferred,
    /// Exempt for the post held, and this is mobilization.
    Exempt,
    /// Below the age of a call.
    UnderAge {
        /// The youngest age, in completed years.
        limit: i16,
    },
    /// Past the limit for such a post.
    OverAge {
        /// The highest age, in completed years.
        limit: i16,
    },
    /// Such a post is not open to such a person.
    NotOpen,
    /// Not healthy enough, or of no known health where one is asked for.
    Health {
        /// The weakest class that is taken.
        limit: u8,
    },
}

impl Reason {
    /// The stable code, for counts and machines: `OVER_AGE`, `ABROAD`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Status(status) => match status {
                ReservistStatus::Active => "ACTIVE",
                ReservistStatus::Deferred => "STATUS_DEFERRED",
                ReservistStatus::TempAbsent => "TEMP_ABSENT",
                ReservistStatus::Abroad => "ABROAD",
                ReservistStatus::Detained => "DETAINED",
                ReservistStatus::MovedOut => "MOVED_OUT",
                ReservistStatus::OverAge => "STATUS_OVER_AGE",
                ReservistStatus::Released => "RELEASED",
                ReservistStatus::Dead => "DEAD",
            },
            Self::Deferred => "DEFERRED",
            Self::Exempt => "EXEMPT",
            Self::UnderAge { .. } => "UNDER_AGE",
            Self::OverAge { .. } => "OVER_AGE",
            Self::NotOpen => "NOT_OPEN",
            Self::Health { .. } => "HEALTH",
        }
    }

    /// The words for people, NFC.
    pub fn vietnamese(self) -> String {
        match self {
            Self::Status(status) => status.vietnamese().to_owned(),
            Self::Deferred => "Được tạm hoãn".to_owned(),
            Self::Exempt => "Được miễn gọi".to_owned(),
            Self::UnderAge { limit } => format!("Chưa đủ {limit} tuổi"),
            Self::OverAge { limit } => format!("Quá {limit} tuổi"),
            Self::NotOpen => "Không thuộc diện sắp xếp vào đơn vị này".to_owned(),
            Self::Health { limit } => format!("Sức khỏe không đạt loại {limit}"),
        }
    }
}

/// What a call asks of a person beside specialty and place.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The day for which everything is decided: the order's.
    pub day: Date,
    /// What it is for.
    pub occasion: Occasion,
    /// For what kind of post; none where it is not known yet.
    pub duty: Option<Duty>,
    /// The weakest health class that is taken; none takes all.
    pub health_max: Option<HealthClass>,
    /// The limits of the law.
    pub limits: &'a AgeLimits,
}

/// What of a reservist decides whether a call may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callable {
    /// Date of birth.
    pub birth: Birth,
    /// Sex.
    pub sex: Sex,
    /// Category; soldiers' limits count where it is not known, for they are the lowest.
    pub category: Option<ReservistCategory>,
    /// Rank.
    pub rank: Option<Rank>,
    /// Health class.
    pub health: Option<HealthClass>,
    /// The status as entered.
    pub status: ReservistStatus,
    /// When that status holds.
    pub status_period: Period,
    /// When training is put off.
    pub deferral: Option<Period>,
    /// When the person is exempt.
    pub exemption: Option<Period>,
}

impl From<&Reservist> for Callable {
    fn from(record: &Reservist) -> Self {
        let standing = &record.standing;
        Self {
            birth: record.person.birth,
            sex: record.person.sex,
            category: record.category,
            rank: record.rank,
            health: record.health_class,
            status: record.status,
            status_period: standing.status_period,
            deferral: standing.deferral.as_ref().map(|deferral| deferral.period),
            exemption: standing.exemption.as_ref().map(|exemption| exemption.period),
        }
    }
}

impl Callable {
    /// The status on a day: what passes (put off, away, abroad, detained) holds within its period;
    /// what ends a person's time in the register holds from its day on.
    pub fn status_on(&self, day: Date) -> ReservistStatus {
        use ReservistStatus::{Abroad, Active, Deferred, Detained, TempAbsent};
        let began = self.status_period.from.is_none_or(|from| from <= day);
        let holds = match self.status {
            Active | Deferred | TempAbsent | Abroad | Detained => self.status_period.contains(day),
            _final => began,
        };
        if holds { self.status } else { Active }
    }

    /// Whether a call may go to the person, or the first reason why not: status, exemption or
    /// deferral, age, health.
    ///
    /// # Errors
    /// [`Reason`].
    pub fn callable(&self, call: &Call<'_>) -> Result<(), Reason> {
        let status = self.status_on(call.day);
        if status != ReservistStatus::Active {
            return Err(Reason::Status(status));
        }
        let covers =
            |period: Option<Period>| period.is_some_and(|period| period.contains(call.day));
        match call.occasion {
            Occasion::Training if covers(self.deferral) => return Err(Reason::Deferred),
            Occasion::Mobilization if covers(self.exemption) => return Err(Reason::Exempt),
            Occasion::Training | Occasion::Mobilization => {}
        }
        self.of_age(call)?;
        let fits = |max: HealthClass| self.health.is_some_and(|health| health <= max);
        match call.health_max.filter(|max| !fits(*max)) {
            Some(max) => Err(Reason::Health { limit: max.number() }),
            None => Ok(()),
        }
    }

    fn of_age(&self, call: &Call<'_>) -> Result<(), Reason> {
        let age = self.birth.age_on(call.day);
        if age < AGE_MIN {
            return Err(Reason::UnderAge { limit: AGE_MIN });
        }
        let limit = call.limits.find(self, call.duty, call.day);
        match limit.map(|limit| limit.years) {
            Some(None) => Err(Reason::NotOpen),
            Some(Some(limit)) if age > limit => Err(Reason::OverAge { limit }),
            _within_or_unlimited => Ok(()),
        }
    }
}

impl Reservist {
    /// Whether a call may go to the person, or the first reason why not.
    ///
    /// # Errors
    /// [`Reason`].
    pub fn callable(&self, call: &Call<'_>) -> Result<(), Reason> {
        Callable::from(self).callable(call)
    }
}

impl EquipmentStatus {
    /// Whether an item of this status, held for a time, can be called on a day. What passes holds
    /// within its days; what was sold or scrapped is gone from its day on.
    ///
    /// # Errors
    /// The status on that day.
    pub fn callable_on(self, held: Period, day: Date) -> Result<(), Self> {
        let holds = match self {
            Self::Available => return Ok(()),
            Self::Sold | Self::Scrapped => held.from.is_none_or(|from| from <= day),
            _passing => held.contains(day),
        };
        if holds { Err(self) } else { Ok(()) }
    }
}

impl Equipment {
    /// Whether the item can be called on a day, or the status that stands against it.
    ///
    /// # Errors
    /// The status on that day.
    pub fn callable_on(&self, day: Date) -> Result<(), EquipmentStatus> {
        self.status.callable_on(self.status_period, day)
    }
}

#[cfg(test)]
mod tests;
