//! Reservists: by status and class, Party members, what was rechecked and what is late.

use jiff::civil::Date;

use super::place::Place;
use super::{Adder, Sum};
use crate::domain::registry::lateness::{Late, is_fresh, is_registered};
use crate::domain::registry::{Period, ReservistStatus};
use crate::index::{Part, Table, Tally};
use crate::wire::registry::plan::date;
use crate::wire::registry::{Facet, Value, freshness, numbered_day};
use crate::wire::{WireError, parse, pb};

/// Fewest people of whom somebody who does not see whole records is told what is hidden in each.
const HIDDEN_GROUP_MIN: u64 = 20;
/// What is hidden in each record.
const HIDDEN: [&str; 3] = ["party", "party_unknown", "deferral"];

/// Counts, and gives the records to look at for what hangs on dates.
pub(super) fn count(adder: &mut Adder<'_>, table: &Table, today: Date) -> Vec<[u8; 16]> {
    let scope = adder.scope;
    let tally = Tally::new(table, scope.is_former, |unit, former| scope.places(unit, former));
    let all = tally.all();
    for (status, part) in tally.by_value(Facet::Status) {
        let name = status_name(status);
        adder.take(&tally, "reservists", &[&name], (&part, Some(&all)));
    }
    let registered =
        tally.with(Facet::Status, |status| status_of(status).is_some_and(is_registered));
    adder.take(&tally, "registered", &[], (&registered, Some(&all)));
    let of = |part: &Part| part.and(&registered);
    let mut unclassed = registered.clone();
    for (class, part) in tally.by_value(Facet::Class) {
        unclassed = unclassed.less(&part);
        adder.take(&tally, "class", &[&number(class)], (&of(&part), Some(&registered)));
    }
    adder.take(&tally, "class", &[""], (&unclassed, Some(&registered)));
    let (party, known) = (yes(&tally, Facet::Party), tally.with(Facet::Party, |_any| true));
    adder.take(&tally, "party", &[], (&of(&party), Some(&registered)));
    adder.take(&tally, "party_unknown", &[], (&registered.less(&known), Some(&registered)));
    let (fresh, stale) = rechecked(&tally, today);
    adder.take(&tally, "recheck", &[], (&of(&fresh), Some(&registered)));
    let active =
        tally.with(Facet::Status, |status| status_of(status) == Some(ReservistStatus::Active));
    let never = active.less(&fresh).less(&stale);
    adder.take(&tally, "overdue", &["RECHECK"], (&of(&stale).or(&never), Some(&registered)));
    // What hangs on dates begins at none, so that its denominators are there.
    for name in ["militia", "exemption"] {
        adder.take(&tally, name, &[], (&Part::default(), Some(&registered)));
    }
    let mut dated = Part::default();
    for facet in [Facet::Watch, Facet::Militia, Facet::Exemption, Facet::Deferral] {
        dated = dated.or(&tally.with(facet, |_any| true));
    }
    tally.ids(&of(&dated))
}

/// Those whose recheck holds today, and those whose recheck does not.
fn rechecked(tally: &Tally<'_, Place>, today: Date) -> (Part, Part) {
    let holds = |value: &Value| matches!(value, Value::Number(number) if is_fresh(numbered_day(*number), today));
    let all = tally.with(Facet::Rechecked, |_any| true);
    let fresh = tally.with(Facet::Rechecked, holds);
    let stale = all.less(&fresh);
    (fresh, stale)
}

/// Adds what hangs on the dates of one record.
pub(super) fn look(
    adder: &mut Adder<'_>,
    record: &pb::Reservist,
    (today, holidays): (Date, &[Date]),
) -> Result<(), WireError> {
    let unit = parse("residence_unit_code", &record.residence_unit_code)?;
    let former = Some(record.former_unit.as_str()).filter(|former| !former.is_empty());
    let places = adder.scope.places(&unit, former);
    let one = Sum { of: 1, total: None };
    let mut add = |name, group: &[&str]| adder.add_at(places.clone(), name, group, one);
    for late in freshness(record)?.late(today, holidays) {
        // Counted already.
        if !matches!(late, Late::Recheck { .. }) {
            add(if late.is_by_law() { "late" } else { "overdue" }, &[late.code()]);
        }
    }
    let holds = |from: Option<&pb::CivilDate>, to: Option<&pb::CivilDate>| {
        let (from, to) = (date("start_date", from)?, date("end_date", to)?);
        Ok::<_, WireError>(Period { from, to }.contains(today))
    };
    if let Some(at) = &record.deferral
        && holds(at.start_date.as_ref(), at.end_date.as_ref())?
    {
        let ground = at.ground().as_str_name().trim_start_matches("DEFERRAL_GROUND_");
        add("deferral", &[ground]);
    }
    if let Some(at) = &record.exemption
        && holds(at.start_date.as_ref(), at.end_date.as_ref())?
    {
        add("exemption", &[]);
    }
    if let Some(at) = &record.militia_role
        && holds(at.start_date.as_ref(), at.end_date.as_ref())?
    {
        add("militia", &[]);
    }
    Ok(())
}

/// Gives all denominators, and hides what few people could be told by.
pub(super) fn finish(adder: &mut Adder<'_>, sees_all: bool) {
    let registered: Vec<(Place, u64)> = adder
        .sums
        .iter()
        .filter(|((_, name, _), _)| *name == "registered")
        .map(|((place, ..), sum)| (place.clone(), sum.of))
        .collect();
    for ((place, name, _), sum) in &mut adder.sums {
        if matches!(*name, "late" | "overdue" | "deferral") {
            sum.total = registered.iter().find(|(at, _of)| at == place).map(|(_at, of)| *of);
        }
    }
    if !sees_all {
        adder.sums.retain(|(_, name, _), sum| {
            !HIDDEN.contains(name) || sum.total.is_some_and(|total| total >= HIDDEN_GROUP_MIN)
        });
    }
}

fn yes(tally: &Tally<'_, Place>, facet: Facet) -> Part {
    tally.with(facet, |value| *value == Value::Number(1))
}

fn status_of(value: &Value) -> Option<ReservistStatus> {
    let Value::Number(number) = value else { return None };
    u8::try_from(*number).ok().and_then(ReservistStatus::from_number)
}

fn status_name(value: &Value) -> String {
    status_of(value).map_or("?", ReservistStatus::code).to_ascii_uppercase()
}

fn number(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Code(code) => code.to_string(),
    }
}

impl Adder<'_> {
    /// Adds what each place has of some rows, and of how many; nothing where there are no such.
    pub(super) fn take(
        &mut self,
        tally: &Tally<'_, Place>,
        name: &'static str,
        group: &[&str],
        (part, whole): (&Part, Option<&Part>),
    ) {
        let wholes: Vec<Option<u64>> = match whole {
            Some(whole) => tally.counts(whole).map(|(_place, count)| Some(count)).collect(),
            None => tally.counts(part).map(|_count| None).collect(),
        };
        for ((place, of), total) in tally.counts(part).zip(wholes) {
            // A group that nobody is in is not shown; a share of none is.
            if of > 0 || (group.is_empty() && total.is_some_and(|total| total > 0)) {
                self.add_at(vec![place.clone()], name, group, Sum { of, total });
            }
        }
    }
}
