//! Whether one person or item may be called on a day, and in which rank.
//!
//! The rules are the registry's ([`Callable`]); here they are made ready for one line, so that a
//! million candidates are judged without looking into the table of limits again.

use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::callup::{Place, Reason};
use crate::domain::order::handling::Handling;
use crate::domain::registry::eligibility::{AGE_MIN, AgeLimits, Callable, Duty, Occasion};
use crate::domain::registry::{
    Birth, BirthPrecision, EquipmentStatus, Period, Rank, ReserveClass, ReservistCategory,
    ReservistStatus, Sex,
};

/// The worst health class that is called: 5 and 6 are unfit. Required strength asks for no more: who was
/// never examined is called, counted and told of, and examined at the assembly station. A post of the
/// plan that asks for health takes nobody unexamined, at an order as in a proposal.
const HEALTH_MAX: u8 = 4;
/// The worst technical grade that is called: 4 does not move.
const GRADE_MAX: u8 = 3;

macro_rules! barred {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $words:literal;)+) => {
        /// Why somebody or something cannot be called.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Barred { $($(#[$doc])* $name,)+ }

        impl Barred {
            /// All of them.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name,)+];
            /// How many there are.
            pub(crate) const COUNT: usize = [$($text,)+].len();

            /// The stable reason.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// In Vietnamese.
            pub const fn vietnamese(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

barred!(
    /// Not yet of age.
    UnderAge = "UNDER_AGE", "Chưa đủ tuổi";
    /// Over the age limit of the line.
    OverAge = "OVER_AGE", "Quá tuổi";
    /// Such a post is not open to such a person.
    NotOpen = "NOT_OPEN", "Không thuộc diện sắp xếp vào đơn vị này";
    /// Put off for a certified ground.
    Deferred = "DEFERRED", "Tạm hoãn";
    /// Exempt for the post held.
    Exempt = "EXEMPT", "Được miễn gọi";
    /// Away for three months or more.
    TempAbsent = "TEMP_ABSENT", "Tạm vắng";
    /// Abroad.
    Abroad = "ABROAD", "Ở nước ngoài";
    /// Detained.
    Detained = "DETAINED", "Bị tạm giữ, tạm giam";
    /// Moved to another place.
    MovedOut = "MOVED_OUT", "Đã chuyển đi";
    /// Released from the reserve.
    Released = "RELEASED", "Đã giải ngạch";
    /// Dead.
    Dead = "DEAD", "Đã chết";
    /// Unfit by the last health check.
    Unfit = "HEALTH", "Không đủ sức khỏe";
    /// Has an active assignment to a reserve unit, whose plan calls.
    Assigned = "ASSIGNED", "Đã biên chế vào đơn vị dự bị";
    /// Is called by an order that is open.
    Called = "CALLED", "Đang được gọi theo lệnh khác";
    /// The item is being mended, or does not move.
    UnderRepair = "UNDER_REPAIR", "Đang sửa chữa hoặc hỏng";
    /// The item was sold.
    Sold = "SOLD", "Đã bán";
    /// The item was scrapped.
    Scrapped = "SCRAPPED", "Đã thải loại";
    /// The item is pledged.
    Pledged = "PLEDGED", "Đang thế chấp";
    /// The item is elsewhere.
    OutOfProvince = "OUT_OF_PROVINCE", "Ở ngoài tỉnh";
    /// The item is mobilized already.
    Mobilized = "MOBILIZED", "Đã huy động";
    /// The specialty or type is neither the post's nor near it.
    OtherSpecialty = "OTHER_SPECIALTY", "Không đúng chuyên nghiệp, chủng loại";
    /// The post asks for the other sex.
    OtherSex = "OTHER_SEX", "Không đúng giới tính của chức danh";
    /// The rank is not known, or outside what the post asks for.
    OtherRank = "OTHER_RANK", "Không đúng cấp bậc của chức danh";
    /// The item's capacity is not known, or less than is asked for.
    CapacityTooLow = "CAPACITY_TOO_LOW", "Không đủ tải trọng, công suất";
    /// A driver is asked for, and there is none.
    NoDriver = "NO_DRIVER", "Không có người điều khiển";
    /// Lives or stands where the reserve unit takes nobody from.
    OutsideArea = "OUTSIDE_AREA", "Ngoài địa bàn giao nguồn";
    /// The establishment has no such post any more.
    PostGone = "POST_GONE", "Biên chế không còn chức danh";
    /// Nobody and nothing holds the place.
    Vacant = "VACANT", "Chức danh chưa có người, phương tiện";
    /// The record is gone, or was changed so that the line does not fit it any more.
    Gone = "GONE", "Không còn trong danh sách";
);

/// What is known of a person for being called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Birth, sex, category, rank, health and status with their days.
    pub who: Callable,
    /// Reserve class, where known.
    pub class: Option<ReserveClass>,
    /// Whether they have an active assignment.
    pub is_assigned: bool,
    /// Whether an open order calls them.
    pub is_called: bool,
}

/// What is known of an item for being called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The status on the order's day that stands against it; none when it can be called.
    pub barred_by: Option<EquipmentStatus>,
    /// Technical grade, where known.
    pub grade: Option<u8>,
    /// Whether it has an active assignment.
    pub is_assigned: bool,
    /// Whether an open order calls it.
    pub is_called: bool,
}

/// The births that one kind of person may have for a line.
#[derive(Debug, Clone, Copy)]
enum Births {
    /// The post is not open to them.
    Closed,
    /// None before this day; none where the law has no limit.
    From(Option<Date>),
}

/// What a [`Judge`] says of all people who differ in birth and ties only.
#[derive(Debug, Clone, Copy)]
pub struct Alike {
    standing: Option<Barred>,
    births: Births,
    health: Option<Barred>,
    reason: Reason,
}

const CATEGORIES: usize = 3;
const RANKS: usize = Rank::ALL.len() + 1;

/// How the candidates of a line are judged on a day: the limits are looked up once.
#[derive(Debug, Clone)]
pub struct Judge {
    day: Date,
    /// Born after this is too young.
    latest: Date,
    /// By category (unknown counts as soldier), rank (first: unknown) and sex.
    births: [[[Births; 2]; RANKS]; CATEGORIES],
    occasion: Occasion,
    /// Whether those are chosen who are assigned: the plan's own.
    by_plan: bool,
    limits: Arc<AgeLimits>,
}

impl Judge {
    /// For a line in a combat or support unit, on a day. A drill is training, the real thing
    /// mobilization: deferral and exemption differ by it.
    pub fn on(
        day: Date,
        handling: Handling,
        (is_combat, by_plan): (bool, bool),
        limits: &Arc<AgeLimits>,
    ) -> Self {
        let duty = if is_combat { Duty::Combat } else { Duty::Support };
        let born = |years: i16| day.saturating_sub(jiff::Span::new().years(years));
        let births = |category, rank, sex| {
            let (category, rank) = (category_at(category), rank_at(rank));
            let who = Callable {
                birth: Birth::new(day, BirthPrecision::Day),
                sex: if sex == 0 { Sex::Male } else { Sex::Female },
                category: Some(category),
                rank,
                health: None,
                status: ReservistStatus::Active,
                status_period: Period::default(),
                deferral: None,
                exemption: None,
            };
            match limits.find(&who, Some(duty), day).map(|limit| limit.years) {
                None => Births::From(None),
                Some(None) => Births::Closed,
                // Of that age until the day before the next birthday.
                Some(Some(years)) => {
                    Births::From(Some(born(years + 1).saturating_add(jiff::Span::new().days(1))))
                }
            }
        };
        Self {
            day,
            latest: born(AGE_MIN),
            births: std::array::from_fn(|category| {
                std::array::from_fn(|rank| std::array::from_fn(|sex| births(category, rank, sex)))
            }),
            occasion: match handling {
                Handling::Actual => Occasion::Mobilization,
                Handling::Exercise | Handling::Test => Occasion::Training,
            },
            by_plan,
            limits: Arc::clone(limits),
        }
    }

    /// The limits of the law that it judges by.
    pub fn limits(&self) -> &AgeLimits {
        &self.limits
    }

    /// The day for which is judged.
    pub const fn day(&self) -> Date {
        self.day
    }

    /// For what is called: deferral and exemption differ by it.
    pub const fn occasion(&self) -> Occasion {
        self.occasion
    }

    /// The place of a person with the very specialty or a near one.
    ///
    /// # Errors
    /// Why they have none.
    pub fn person(&self, person: &Person, is_near: bool) -> Result<Place, Barred> {
        let who = &person.who;
        let alike = self.alike(who, person.class, is_near);
        self.one_of(&alike, who.birth.date(), (person.is_assigned, person.is_called))
    }

    /// What is the same for all people who differ in birth and ties only: a million candidates are of
    /// a few hundred sorts.
    pub fn alike(&self, who: &Callable, class: Option<ReserveClass>, is_near: bool) -> Alike {
        let category = match who.category {
            Some(ReservistCategory::Officer) => 0,
            Some(ReservistCategory::Professional) => 1,
            Some(ReservistCategory::NcoSoldier) | None => 2,
        };
        let rank = who.rank.map_or(0, |rank| usize::from(rank.number()));
        let is_unfit = who.health.is_some_and(|class| class.number() > HEALTH_MAX);
        let is_professional = who.category == Some(ReservistCategory::Professional);
        Alike {
            standing: self.bar_standing(who).err(),
            births: self.births[category][rank][usize::from(who.sex == Sex::Female)],
            health: is_unfit.then_some(Barred::Unfit),
            reason: match (self.by_plan, is_near, class) {
                (true, false, _) => Reason::Assigned,
                (true, true, _) => Reason::AssignedNear,
                (_, false, Some(ReserveClass::One)) => Reason::ExactClass1,
                (_, false, None) if is_professional => Reason::ExactClass1,
                (_, false, Some(ReserveClass::Two)) => Reason::ExactClass2,
                (_, false, None) => Reason::ExactUnclassed,
                (_, true, Some(ReserveClass::One)) => Reason::NearClass1,
                (_, true, None) if is_professional => Reason::NearClass1,
                (_, true, Some(ReserveClass::Two)) => Reason::NearClass2,
                (_, true, None) => Reason::NearUnclassed,
            },
        }
    }

    /// The place of one of those who are alike, by birth and by whether they are assigned and called.
    ///
    /// # Errors
    /// Why they have none.
    #[inline]
    pub fn one_of(
        &self,
        alike: &Alike,
        birth: Date,
        (is_assigned, is_called): (bool, bool),
    ) -> Result<Place, Barred> {
        if let Some(barred) = alike.standing {
            return Err(barred);
        }
        if birth > self.latest {
            return Err(Barred::UnderAge);
        }
        match alike.births {
            Births::Closed => return Err(Barred::NotOpen),
            Births::From(Some(earliest)) if birth < earliest => return Err(Barred::OverAge),
            Births::From(_within) => {}
        }
        if let Some(barred) = alike.health {
            return Err(barred);
        }
        self.bar_tied(is_assigned, is_called)?;
        Ok(Place { reason: alike.reason, rank: youth(birth) })
    }

    fn bar_standing(&self, who: &Callable) -> Result<(), Barred> {
        match who.status_on(self.day) {
            ReservistStatus::Active => {}
            ReservistStatus::Deferred => return Err(Barred::Deferred),
            ReservistStatus::TempAbsent => return Err(Barred::TempAbsent),
            ReservistStatus::Abroad => return Err(Barred::Abroad),
            ReservistStatus::Detained => return Err(Barred::Detained),
            ReservistStatus::MovedOut => return Err(Barred::MovedOut),
            ReservistStatus::OverAge => return Err(Barred::OverAge),
            ReservistStatus::Released => return Err(Barred::Released),
            ReservistStatus::Dead => return Err(Barred::Dead),
        }
        let (period, why) = match self.occasion {
            Occasion::Training => (who.deferral, Barred::Deferred),
            Occasion::Mobilization => (who.exemption, Barred::Exempt),
        };
        if period.is_some_and(|period| period.contains(self.day)) { Err(why) } else { Ok(()) }
    }

    /// The place of an item of the very type or a near one.
    ///
    /// # Errors
    /// Why it has none.
    pub fn item(&self, item: &Item, is_near: bool) -> Result<Place, Barred> {
        match item.barred_by {
            None | Some(EquipmentStatus::Available) => {}
            Some(EquipmentStatus::UnderRepair) => return Err(Barred::UnderRepair),
            Some(EquipmentStatus::Sold) => return Err(Barred::Sold),
            Some(EquipmentStatus::Scrapped) => return Err(Barred::Scrapped),
            Some(EquipmentStatus::Pledged) => return Err(Barred::Pledged),
            Some(EquipmentStatus::OutOfProvince) => return Err(Barred::OutOfProvince),
            Some(EquipmentStatus::Mobilized) => return Err(Barred::Mobilized),
        }
        if item.grade.is_some_and(|grade| grade > GRADE_MAX) {
            return Err(Barred::UnderRepair);
        }
        self.bar_tied(item.is_assigned, item.is_called)?;
        let reason = match (self.by_plan, is_near) {
            (true, false) => Reason::Assigned,
            (true, true) => Reason::AssignedNear,
            (false, false) => Reason::TypeExact,
            (false, true) => Reason::TypeNear,
        };
        // What nobody has graded comes after what somebody found good.
        Ok(Place { reason, rank: item.grade.map_or_else(|| u32::from(GRADE_MAX) + 1, u32::from) })
    }

    const fn bar_tied(&self, is_assigned: bool, is_called: bool) -> Result<(), Barred> {
        if is_called {
            return Err(Barred::Called);
        }
        if is_assigned && !self.by_plan {
            return Err(Barred::Assigned);
        }
        Ok(())
    }
}

/// Beyond the last day of the calendar, packed as births are.
const LATEST: i32 = 10_001 * 12 * 31;

/// Lower for the younger: only the order matters, so no days are counted.
#[inline]
fn youth(birth: Date) -> u32 {
    let (year, month) = (i32::from(birth.year()), i32::from(birth.month()));
    let packed = (year * 12 + month) * 31 + i32::from(birth.day());
    u32::try_from(LATEST - packed).unwrap_or(0)
}

const fn category_at(place: usize) -> ReservistCategory {
    match place {
        0 => ReservistCategory::Officer,
        1 => ReservistCategory::Professional,
        _soldier => ReservistCategory::NcoSoldier,
    }
}

fn rank_at(place: usize) -> Option<Rank> {
    u8::try_from(place).ok().and_then(Rank::from_number)
}
