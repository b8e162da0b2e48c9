use super::*;

fn born(year: i16) -> Callable {
    Callable {
        birth: Birth::parse(&format!("15/06/{year}")).expect("a date"),
        sex: Sex::Male,
        category: Some(ReservistCategory::NcoSoldier),
        rank: None,
        health: HealthClass::new(2),
        status: ReservistStatus::Active,
        status_period: Period::default(),
        deferral: None,
        exemption: None,
    }
}

fn call(limits: &AgeLimits) -> Call<'_> {
    Call {
        day: date(2026, 6, 15),
        occasion: Occasion::Mobilization,
        duty: Some(Duty::Combat),
        health_max: None,
        limits,
    }
}

#[test]
fn a_soldier_is_called_to_a_combat_unit_until_the_day_before_thirty_six() {
    let limits = AgeLimits::shipped();
    let call = call(&limits);
    assert_eq!(born(1991).callable(&call), Ok(()), "thirty-five on the day");
    assert_eq!(born(1990).callable(&call), Err(Reason::OverAge { limit: 35 }));
    let day_before = Call { day: date(2026, 6, 14), ..call };
    assert_eq!(born(1990).callable(&day_before), Ok(()), "the birthday is tomorrow");
    assert_eq!(born(2009).callable(&call), Err(Reason::UnderAge { limit: 18 }));
}

#[test]
fn each_category_sex_and_duty_has_its_limit() {
    let limits = AgeLimits::shipped();
    let highest = |category, sex, duty| {
        let who = |age: i16| Callable { category: Some(category), sex, ..born(2026 - age) };
        let call = Call { duty: Some(duty), ..call(&limits) };
        (18..70).rev().find(|age| who(*age).callable(&call).is_ok())
    };
    use ReservistCategory::{NcoSoldier, Professional};
    assert_eq!(highest(Professional, Sex::Male, Duty::Combat), Some(40));
    assert_eq!(highest(NcoSoldier, Sex::Male, Duty::Combat), Some(35));
    for category in [Professional, NcoSoldier] {
        assert_eq!(highest(category, Sex::Male, Duty::Support), Some(45));
        assert_eq!(highest(category, Sex::Female, Duty::Support), Some(40));
        assert_eq!(highest(category, Sex::Female, Duty::Combat), None);
    }
    let woman = Callable { sex: Sex::Female, ..born(2000) };
    assert_eq!(woman.callable(&call(&limits)), Err(Reason::NotOpen));
    let anywhere = Call { duty: None, ..call(&limits) };
    assert_eq!(woman.callable(&anywhere), Ok(()), "a support unit may be meant");
}

#[test]
fn an_officers_limit_follows_the_rank_and_the_law_of_the_day() {
    let limits = AgeLimits::shipped();
    let limit = |rank, day| {
        let who =
            Callable { category: Some(ReservistCategory::Officer), rank: Some(rank), ..born(1950) };
        limits.find(&who, Some(Duty::Combat), day).and_then(|limit| limit.years)
    };
    let (before, since) = (date(2024, 11, 30), date(2024, 12, 1));
    assert_eq!(limit(Rank::Captain, before), Some(51));
    assert_eq!(limit(Rank::Captain, since), Some(53));
    assert_eq!(limit(Rank::Major, since), Some(55));
    assert_eq!(limit(Rank::Colonel, since), Some(61));
    assert_eq!(limit(Rank::Captain, date(2000, 1, 1)), None, "no word of that time");
}

#[test]
fn a_status_counts_on_its_days_and_the_final_ones_for_ever() {
    let limits = AgeLimits::shipped();
    let call = call(&limits);
    let from_to = |from, to| Period { from: Some(from), to };
    for status in ReservistStatus::ALL.iter().filter(|s| **s != ReservistStatus::Active) {
        let who = |status_period| Callable { status: *status, status_period, ..born(2000) };
        let refused = Err(Reason::Status(*status));
        assert_eq!(who(Period::default()).callable(&call), refused, "{status:?}");
        assert_eq!(who(from_to(date(2026, 6, 15), None)).callable(&call), refused);
        assert_eq!(who(from_to(date(2026, 6, 16), None)).callable(&call), Ok(()), "not yet");
        let over = who(from_to(date(2026, 1, 1), Some(date(2026, 6, 14)))).callable(&call);
        use ReservistStatus::{Dead, MovedOut, OverAge, Released};
        let is_final = matches!(status, Dead | MovedOut | OverAge | Released);
        assert_eq!(over.is_err(), is_final, "{status:?} after its last day");
    }
}

#[test]
fn deferral_stops_training_and_exemption_stops_mobilization() {
    let limits = AgeLimits::shipped();
    let mobilization = call(&limits);
    let training = Call { occasion: Occasion::Training, ..mobilization };
    let period = Period { from: Some(date(2026, 6, 1)), to: Some(date(2026, 6, 15)) };
    let student = Callable { deferral: Some(period), ..born(2000) };
    assert_eq!(student.callable(&training), Err(Reason::Deferred));
    assert_eq!(student.callable(&mobilization), Ok(()));
    let engineer = Callable { exemption: Some(period), ..born(2000) };
    assert_eq!(engineer.callable(&mobilization), Err(Reason::Exempt));
    assert_eq!(engineer.callable(&training), Ok(()));
    let later = Call { day: date(2026, 6, 16), ..mobilization };
    assert_eq!(engineer.callable(&later), Ok(()), "the last day is over");
}

#[test]
fn health_is_asked_only_where_a_limit_is_given() {
    let limits = AgeLimits::shipped();
    let fit = Call { health_max: HealthClass::new(2), ..call(&limits) };
    let of = |class| Callable { health: HealthClass::new(class), ..born(2000) };
    assert_eq!(of(2).callable(&fit), Ok(()));
    assert_eq!(of(3).callable(&fit), Err(Reason::Health { limit: 2 }));
    assert_eq!(of(0).callable(&fit), Err(Reason::Health { limit: 2 }), "not known");
    assert_eq!(of(6).callable(&call(&limits)), Ok(()));
}

#[test]
fn every_reason_has_a_code_and_words_of_its_own() {
    let statuses = ReservistStatus::ALL.iter().map(|status| Reason::Status(*status));
    let others = [
        Reason::Deferred,
        Reason::Exempt,
        Reason::UnderAge { limit: 18 },
        Reason::OverAge { limit: 35 },
        Reason::NotOpen,
        Reason::Health { limit: 3 },
    ];
    let all: Vec<Reason> = statuses.chain(others).collect();
    let codes: std::collections::BTreeSet<_> = all.iter().map(|reason| reason.code()).collect();
    let words: std::collections::BTreeSet<_> = all.iter().map(|r| r.vietnamese()).collect();
    assert_eq!((codes.len(), words.len()), (all.len(), all.len()));
}

#[test]
fn a_table_of_ones_own_is_checked() {
    let mut limits = AgeLimits::shipped().0;
    limits[0].years = Some(17);
    assert_eq!(AgeLimits::new(limits.clone()), Err(AgeLimitError::Years { at: 1, years: 17 }));
    limits[0].years = Some(38);
    limits[1].valid_to = Some(date(2019, 1, 1));
    assert_eq!(AgeLimits::new(limits.clone()), Err(AgeLimitError::Dates { at: 2 }));
    limits[1].valid_to = None;
    let changed = AgeLimits::new(limits.clone()).expect("sound");
    let who = Callable { category: Some(ReservistCategory::Professional), ..born(1987) };
    let refused = who.callable(&call(&changed));
    assert_eq!(refused, Err(Reason::OverAge { limit: 38 }));
    let many = limits.into_iter().cycle().take(AGE_LIMITS_MAX + 1).collect();
    assert_eq!(AgeLimits::new(many), Err(AgeLimitError::TooMany { len: 501 }));
}
