//! Whether one person or item may be called on a day, and in which rank.

use jiff::civil::Date;

use crate::domain::callup::{Place, Reason};
use crate::domain::registry::{
    EquipmentStatus, ReserveClass, ReservistCategory, ReservistStatus, Sex,
};

/// The youngest who may be called, in full years.
const AGE_MIN: i16 = 18;
/// The worst health class that is called: 5 and 6 are unfit.
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
    /// Put off for a certified ground.
    Deferred = "DEFERRED", "Tạm hoãn";
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
    Unfit = "UNFIT", "Không đủ sức khỏe";
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
    /// The record is gone, or was changed so that the line does not fit it any more.
    Gone = "GONE", "Không còn trong danh sách";
);

/// What is known of a person for being called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Date of birth; the first day of what is known.
    pub birth: Date,
    /// Sex.
    pub sex: Sex,
    /// Category, where known.
    pub category: Option<ReservistCategory>,
    /// Reserve class, where known.
    pub class: Option<ReserveClass>,
    /// Health class, where known.
    pub health: Option<u8>,
    /// Status on the day.
    pub status: ReservistStatus,
    /// Whether they have an active assignment.
    pub is_assigned: bool,
    /// Whether an open order calls them.
    pub is_called: bool,
}

/// What is known of an item for being called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Status on the day.
    pub status: EquipmentStatus,
    /// Technical grade, where known.
    pub grade: Option<u8>,
    /// Whether it has an active assignment.
    pub is_assigned: bool,
    /// Whether an open order calls it.
    pub is_called: bool,
}

/// How the candidates of a line are judged on a day: the dates are worked out once.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    day: Date,
    /// Born after this is too young.
    latest: Date,
    /// Born before this is too old: by category (officer, professional, others) and sex.
    earliest: [[Option<Date>; 2]; 3],
    /// Whether those are chosen who are assigned: the plan's own.
    by_plan: bool,
}

impl Judge {
    /// For a line in a combat or support unit, on a day (Law 53/2019/QH14, article 17: combat units
    /// take professionals up to 40 and others up to 35, support units men up to 45 and women up to 40).
    /// Officers have limits of their own by rank, which their status says.
    pub fn on(day: Date, is_combat: bool, by_plan: bool) -> Self {
        let born = |years: i16| day.saturating_sub(jiff::Span::new().years(years));
        // Of that age until the day before the next birthday.
        let oldest = |age: i16| Some(born(age + 1).saturating_add(jiff::Span::new().days(1)));
        let support = [oldest(45), oldest(40)];
        let earliest = if is_combat {
            [[None; 2], [oldest(40), oldest(40)], [oldest(35), oldest(35)]]
        } else {
            [[None; 2], support, support]
        };
        Self { day, latest: born(AGE_MIN), earliest, by_plan }
    }

    /// The place of a person with the very specialty or a near one.
    pub fn person(&self, person: &Person, is_near: bool) -> Result<Place, Barred> {
        self.bar_person(person)?;
        let reason = match (self.by_plan, is_near, person.class, person.category) {
            (true, ..) => Reason::Assigned,
            (_, false, Some(ReserveClass::One), _)
            | (_, false, None, Some(ReservistCategory::Professional)) => Reason::ExactClass1,
            (_, false, Some(ReserveClass::Two), _) => Reason::ExactClass2,
            (_, false, None, _) => Reason::ExactUnclassed,
            (_, true, Some(ReserveClass::One), _)
            | (_, true, None, Some(ReservistCategory::Professional)) => Reason::NearClass1,
            (_, true, Some(ReserveClass::Two), _) => Reason::NearClass2,
            (_, true, None, _) => Reason::NearUnclassed,
        };
        let days = (self.day - person.birth).get_days();
        Ok(Place { reason, rank: u32::try_from(days).unwrap_or(0) })
    }

    fn bar_person(&self, person: &Person) -> Result<(), Barred> {
        match person.status {
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
        let category = match person.category {
            Some(ReservistCategory::Officer) => 0,
            Some(ReservistCategory::Professional) => 1,
            Some(ReservistCategory::NcoSoldier) | None => 2,
        };
        let sex = usize::from(person.sex == Sex::Female);
        if person.birth > self.latest {
            return Err(Barred::UnderAge);
        }
        if self.earliest[category][sex].is_some_and(|earliest| person.birth < earliest) {
            return Err(Barred::OverAge);
        }
        if person.health.is_some_and(|class| class > HEALTH_MAX) {
            return Err(Barred::Unfit);
        }
        self.bar_tied(person.is_assigned, person.is_called)
    }

    /// The place of an item of the very type or a near one.
    pub fn item(&self, item: &Item, is_near: bool) -> Result<Place, Barred> {
        match item.status {
            EquipmentStatus::Available => {}
            EquipmentStatus::UnderRepair => return Err(Barred::UnderRepair),
            EquipmentStatus::Sold => return Err(Barred::Sold),
            EquipmentStatus::Scrapped => return Err(Barred::Scrapped),
            EquipmentStatus::Pledged => return Err(Barred::Pledged),
            EquipmentStatus::OutOfProvince => return Err(Barred::OutOfProvince),
            EquipmentStatus::Mobilized => return Err(Barred::Mobilized),
        }
        if item.grade.is_some_and(|grade| grade > GRADE_MAX) {
            return Err(Barred::UnderRepair);
        }
        self.bar_tied(item.is_assigned, item.is_called)?;
        let reason = match (self.by_plan, is_near) {
            (true, _) => Reason::Assigned,
            (false, false) => Reason::TypeExact,
            (false, true) => Reason::TypeNear,
        };
        // What nobody has graded comes after what somebody found good.
        Ok(Place { reason, rank: item.grade.map_or(u32::from(GRADE_MAX) + 1, u32::from) })
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
