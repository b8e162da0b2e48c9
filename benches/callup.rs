//! Choosing people: a call-up out of the index, and the proposal for a whole plan.
//!
//! No store is needed: rows go into the index as the owner puts them. `HOATOC_BENCH_ROWS` sets the
//! number of reservists (1,000,000 if unset), `HOATOC_BENCH_CALLED` how many are called (10,000),
//! `HOATOC_BENCH_ROUNDS` how often (50), `HOATOC_BENCH_CANDIDATES` and `HOATOC_BENCH_POSTS` the size of
//! the plan (100,000 and 500).

#![expect(clippy::print_stdout, reason = "a bench speaks on the terminal")]

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::callup::standing::Judge;
use hoatoc::domain::callup::{Demand, Nearness, Reach, Selection, select};
use hoatoc::domain::ids::{ReservistId, UnitCode};
use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::plan::{self, Needs, Post, Propose, ReserveUnit, propose_people};
use hoatoc::domain::registry::eligibility::{AgeLimits, Call, Duty, Occasion};
use hoatoc::domain::unit::{Echelon, Units};
use hoatoc::evidence::seal::Sealer;
use hoatoc::index::{Row, Table};
use hoatoc::roster::lists::shipped_specialties;
use hoatoc::sim::province;
use hoatoc::wire::pb;
use hoatoc::wire::registry::encode;
use jiff::civil::{Date, date};
use tokio::time::Instant;

const DAY: Date = date(2026, 12, 1);
/// Specialty, share of all who are called in percent, and a near one.
const LINES: [(&str, u32, &str); 4] =
    [("CN01", 60, "CN02"), ("CN02", 20, "CN03"), ("CN03", 15, "CN04"), ("CN05", 5, "CN06")];

fn number(name: &str, unset: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(unset)
}

fn main() {
    let (rows, called) =
        (number("HOATOC_BENCH_ROWS", 1_000_000), number("HOATOC_BENCH_CALLED", 10_000));
    let units = Units::from_list(province::units()).expect("one tree");
    let started = Instant::now();
    let table = table(rows);
    println!("index: {rows} reservists in {:.2?}", started.elapsed());
    call_ups(&table, &units, called);
    plans(&table, &units);
}

fn table(rows: u32) -> Table {
    let (mut table, sealer) = (Table::default(), Sealer::new(&[7; 32]));
    for (who, number) in province::reservists(1, rows).zip(1_u128..) {
        let record = pb::Reservist::from(&who);
        let content = encode(record.clone());
        let row = Row::of(&record, 1, &content, &sealer).expect("good codes");
        table.put(number.to_be_bytes(), &row);
    }
    table
}

fn call_ups(table: &Table, units: &Units, called: u32) {
    let mut took: Vec<Duration> = Vec::new();
    let mut last = None;
    for _round in 0..number("HOATOC_BENCH_ROUNDS", 50).max(1) {
        let started = Instant::now();
        let made = call_up(table, units, called);
        took.push(started.elapsed());
        last = Some(made);
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    let (looked_at, selection, shares) = last.expect("one round at least");
    let refused: u32 = selection.lines.iter().flat_map(|line| line.refused.values()).sum();
    println!(
        "call-up: {} of {called} wanted from {looked_at} candidates, {refused} refused with reasons, {} units give",
        selection.chosen.len(),
        shares.len()
    );
    println!("call-up: p50 {:.2?}, p99 {:.2?} over {} runs", at(50), at(99), took.len());
}

/// Everything that a call-up does before records are opened: reading, judging, choosing, sharing.
fn call_up(table: &Table, units: &Units, called: u32) -> (usize, Selection, BTreeMap<u32, u32>) {
    let (mut places, mut reaches) = (BTreeMap::new(), Vec::new());
    for (unit, place) in units.iter().zip(0_u32..) {
        places.insert(unit.code.clone(), place);
        let is_asked = unit.echelon() >= Echelon::Commune && place % 4 != 3;
        reaches.push(if is_asked { Reach::Asked } else { Reach::Elsewhere });
    }
    let rows = table.candidates(|unit| places.get(units.current(unit)).copied());
    let judge = Judge::on(DAY, Handling::Actual, (false, false), &Arc::new(AgeLimits::shipped()));
    let wanted = LINES.iter().map(|(_code, share, _near)| called * share / 100).collect();
    let demand = Demand { wanted, units: reaches, reserve_percent: 10, by_plan: false };
    let looked_at = Cell::new(0);
    let ties = rows.ties(&[], &HashSet::new());
    let selection = select(&demand, |line, nearness| {
        let (code, _share, near) = LINES[usize::try_from(line).expect("four lines")];
        let (rows, judge, ties, looked_at) = (&rows, &judge, &ties, &looked_at);
        let is_near = nearness == Nearness::Near;
        let code = if is_near { near } else { code };
        rows.judged_people(code, is_near, judge, ties)
            .inspect(move |_one| looked_at.set(looked_at.get() + 1))
    });
    let mut shares = BTreeMap::new();
    for one in &selection.chosen {
        *shares.entry(one.unit).or_default() += 1;
    }
    (looked_at.get(), selection, shares)
}

fn plans(table: &Table, units: &Units) {
    let candidates = number("HOATOC_BENCH_CANDIDATES", 100_000);
    let posts = number("HOATOC_BENCH_POSTS", 500);
    let started = Instant::now();
    let candidates = people(table, units, usize::try_from(candidates).unwrap_or(usize::MAX));
    println!("plan: {} candidates out of the index in {:.2?}", candidates.len(), started.elapsed());
    let reserve_units = reserve_units(units, posts);
    let needs: Vec<Needs<'_>> = reserve_units.iter().map(Needs::empty).collect();
    let propose = Propose { units, day: DAY, needs: &needs };
    let started = Instant::now();
    let greedy = plan::people_one_by_one(propose, &candidates);
    println!(
        "plan: {posts} posts, one by one: {} places in {:.2?}",
        greedy.total(),
        started.elapsed()
    );
    let started = Instant::now();
    let proposal = propose_people(propose, &candidates);
    println!(
        "plan: {posts} posts, proposed: {} of {} places in {:.2?}, with reasons and the comparison; {} posts filled by moving others",
        proposal.proposed.total(),
        proposal.open,
        started.elapsed(),
        proposal.filled_by_moving().count()
    );
    assert!(proposal.proposed.total() >= greedy.total(), "a proposal never fills less");
}

fn people(table: &Table, units: &Units, len: usize) -> Vec<plan::Candidate> {
    let limits = AgeLimits::shipped();
    let mut homes: Vec<UnitCode> = Vec::new();
    let rows = table.candidates(|unit| {
        homes.push(units.current(unit).clone());
        u32::try_from(homes.len() - 1).ok()
    });
    let codes = shipped_specialties();
    let all = codes.iter().flat_map(|entry| {
        // Of each an equal part, so that near specialties are there too.
        let share = len.div_ceil(codes.iter().count());
        rows.people(entry.code.as_str()).take(share).map(|row| (row, entry.code.clone()))
    });
    all.take(len)
        .map(|(row, code)| {
            let who = row.who;
            let ask = |duty| {
                let (day, occasion) = (DAY, Occasion::Mobilization);
                let call =
                    Call { day, occasion, duty: Some(duty), health_max: None, limits: &limits };
                who.callable(&call).map_err(|reason| reason.code())
            };
            plan::Candidate {
                id: ReservistId::from_bytes(row.id),
                version: row.version,
                unit: homes[usize::try_from(row.unit).expect("few")].clone(),
                specialty: Some(code),
                rank: who.rank,
                class: row.class,
                sex: who.sex,
                health: who.health,
                birth: who.birth.date(),
                rechecked_on: row.rechecked_on,
                combat: ask(Duty::Combat),
                support: ask(Duty::Support),
                is_assigned: row.is_assigned,
                in_militia: row.in_militia,
            }
        })
        .collect()
}

/// Reserve units of ten posts, each drawing on a few communes, with more asked for than some have.
fn reserve_units(units: &Units, posts: u32) -> Vec<ReserveUnit> {
    let communes: Vec<&UnitCode> = units
        .iter()
        .filter(|unit| unit.echelon() == Echelon::Commune && !unit.is_closed())
        .map(|unit| &unit.code)
        .collect();
    let keeper: UnitCode = "11".parse().expect("the province");
    let codes: Vec<_> = shipped_specialties().iter().map(|one| one.code.clone()).collect();
    let unit = |at: usize| ReserveUnit {
        code: format!("DB-{at}").parse().expect("a code"),
        name: format!("Đại đội dự bị {at}"),
        unit: keeper.clone(),
        receiving_unit: None,
        receiving_unit_code: None,
        assembly_station: None,
        reception_station: None,
        source_units: (0..3).map(|of| communes[(at * 2 + of) % communes.len()].clone()).collect(),
        posts: (0_u16..10)
            .map(|no| {
                let specialty = (at + usize::from(no)) % codes.len();
                let near = (0..2).map(|step| codes[(specialty + 1 + step) % codes.len()].clone());
                Post {
                    no: no + 1,
                    title: "Chiến sĩ".to_owned(),
                    specialty: codes[specialty].clone(),
                    near: near.collect(),
                    rank_min: None,
                    rank_max: None,
                    duty: if no % 2 == 0 { Duty::Combat } else { Duty::Support },
                    count: 30,
                    sex: None,
                    health_max: None,
                }
            })
            .collect(),
        lines: Vec::new(),
        quotas: Vec::new(),
        valid_from: date(2026, 1, 1),
        valid_to: None,
        is_former: false,
    };
    let len = usize::try_from(posts.div_ceil(10)).unwrap_or(1);
    (0..len).map(unit).collect()
}
