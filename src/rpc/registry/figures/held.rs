//! What was trained, exercised and done. Planned and called-off things count nowhere.

use super::Adder;
use crate::domain::ids::UnitCode;
use crate::wire::pb;
use pb::ActivityKind;

/// What was held, within the years asked for: its unit, its year, itself.
fn held<'a>(
    adder: &Adder<'_>,
    activities: &'a [pb::Activity],
    takes: fn(ActivityKind) -> bool,
) -> Vec<(UnitCode, String, &'a pb::Activity)> {
    let one = |activity: &'a pb::Activity| {
        let year = activity.start_date.as_ref()?.year;
        let counts = activity.status() == pb::ActivityStatus::Held
            && takes(activity.kind())
            && adder.scope.takes_year(year);
        Some((activity.unit_code.parse().ok()?, year.to_string(), activity))
            .filter(|_activity| counts)
    };
    activities.iter().filter_map(one).collect()
}

/// What is counted year by year, and what all years come to. The sum has a name of its own, so that
/// whoever adds up one name counts nothing twice.
const TOTALS: [(&str, &str); 9] = [
    ("classes", "classes_total"),
    ("participants", "participants_total"),
    ("students", "students_total"),
    ("held", "held_total"),
    ("meets", "meets_total"),
    ("good", "good_total"),
    ("operations", "operations_total"),
    ("persons", "persons_total"),
    ("vehicles", "vehicles_total"),
];

/// Adds all years up: of each group without its year, which stands last.
fn all_years(adder: &mut Adder<'_>) {
    let total = |name: &str| TOTALS.iter().find(|(yearly, _total)| *yearly == name);
    let yearly = adder.sums.iter().filter_map(|((place, name, group), sum)| {
        let (_year, rest) = group.split_last()?;
        let (_yearly, total) = total(name)?;
        Some(((place.clone(), *total, rest.to_vec()), *sum))
    });
    for ((place, name, group), sum) in yearly.collect::<Vec<_>>() {
        let group: Vec<&str> = group.iter().map(String::as_str).collect();
        adder.add_at(vec![place], name, &group, sum);
    }
}

pub(super) fn training(adder: &mut Adder<'_>, activities: &[pb::Activity]) {
    for (unit, year, class) in held(adder, activities, |kind| kind == ActivityKind::TrainingClass) {
        let audience = match class.audience() {
            pb::ActivityAudience::Unspecified => "",
            said => said.as_str_name().trim_start_matches("ACTIVITY_AUDIENCE_"),
        };
        adder.count(&unit, "classes", &[audience, &year], 1);
        if let Some(people) = class.participant_count {
            adder.count(&unit, "participants", &[audience, &year], people.into());
        }
        if let Some(people) = class.student_count {
            adder.count(&unit, "students", &[&year], people.into());
        }
        results(adder, &unit, &[&year], class);
    }
    all_years(adder);
}

pub(super) fn exercises(adder: &mut Adder<'_>, activities: &[pb::Activity]) {
    let takes =
        |kind| !matches!(kind, ActivityKind::TrainingClass | ActivityKind::DisasterResponse);
    for (unit, year, exercise) in held(adder, activities, takes) {
        let kind = exercise.kind().as_str_name().trim_start_matches("ACTIVITY_KIND_");
        adder.count(&unit, "held", &[kind, &year], 1);
        if exercise.rating() != pb::Rating::Unspecified {
            let rating = exercise.rating().as_str_name().trim_start_matches("RATING_");
            let group = [kind, &year, rating, exercise.rated_by.as_str()];
            adder.count(&unit, "rated", &group, 1);
        }
        results(adder, &unit, &[kind, &year], exercise);
    }
    adder.out_of("rated", "held", 2);
    all_years(adder);
}

pub(super) fn disasters(adder: &mut Adder<'_>, activities: &[pb::Activity]) {
    let takes = |kind| kind == ActivityKind::DisasterResponse;
    for (unit, year, work) in held(adder, activities, takes) {
        adder.count(&unit, "operations", &[&year], 1);
        adder.count(&unit, "persons", &[&year], work.person_count.unwrap_or(0).into());
        adder.count(&unit, "vehicles", &[&year], work.vehicle_count.unwrap_or(0).into());
    }
    all_years(adder);
}

/// As reports in Vietnam sum them: who meets the requirement includes the good and the excellent.
fn results(adder: &mut Adder<'_>, unit: &UnitCode, group: &[&str], activity: &pb::Activity) {
    let good = u64::from(activity.excellent_count) + u64::from(activity.good_count);
    let meets = good + u64::from(activity.pass_count);
    let rated = meets + u64::from(activity.fail_count);
    if rated > 0 {
        adder.part(unit, "meets", group, meets, rated);
        adder.part(unit, "good", group, good, rated);
    }
}
