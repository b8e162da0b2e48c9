//! Which rows a filter takes.
//!
//! A comparison with a facet is a set of rows that is there already; sets are joined smallest first.
//! What has no sets of its own (ages within a year, capacities, names) looks only at rows that the
//! rest of the filter left. Units are resolved through the tree of today: a record that was entered
//! under a unit that is no more counts under its successor.

pub(super) mod page;

use std::borrow::Cow;

use jiff::civil::Date;
use roaring::{MultiOps, RoaringBitmap};

use crate::domain::ids::UnitCode;
use crate::domain::nearest::meant;
use crate::domain::registry::ReservistStatus;
use crate::domain::registry::lateness::{Freshness, Late, is_fresh, is_registered};
use crate::domain::unit::Units;
use crate::evidence::seal::Sealer;
use crate::index::filter::{Expr, Test};
use crate::index::names::NameQuery;
use crate::index::row::PHONE;
use crate::index::table::{Column, packed};
use crate::index::{Filter, FilterError, Table};
use crate::wire::registry::{Facet, Value, numbered_day};

/// A year in a packed date.
const YEAR: u32 = 10_000;

/// Under what circumstances something is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The units of today.
    pub units: &'a Units,
    /// Where the rights of the one who asks end; none for everywhere.
    pub within: Option<&'a UnitCode>,
    /// The day on which ages are counted.
    pub as_of: Date,
    /// Makes blind keys of exact numbers.
    pub sealer: &'a Sealer,
}

/// The rows that a filter takes, as the table is now.
#[derive(Debug, Clone)]
pub struct Matches<'a>(Found<'a>);

#[derive(Debug, Clone)]
enum Found<'a> {
    Rows(Rows<'a>),
    /// All who bear one of some names, and how many they are: a list by name needs the first only.
    Names(RoaringBitmap, u64),
}

impl Matches<'_> {
    /// How many.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Found::Rows(rows) => rows.len(),
            Found::Names(_names, bearers) => *bearers,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows, in the table that they were found in.
    pub(super) fn rows(&self, table: &Table) -> Cow<'_, RoaringBitmap> {
        match &self.0 {
            Found::Rows(rows) => Cow::Borrowed(rows),
            Found::Names(names, _bearers) => Cow::Owned(bearers(table, names)),
        }
    }

    /// The names, where all who bear them are taken.
    pub(super) const fn names(&self) -> Option<&RoaringBitmap> {
        match &self.0 {
            Found::Rows(_rows) => None,
            Found::Names(names, _bearers) => Some(names),
        }
    }
}

fn bearers(table: &Table, names: &RoaringBitmap) -> RoaringBitmap {
    let mut rows: Vec<u32> =
        names.iter().flat_map(|name| table.names().rows(name)).copied().collect();
    rows.sort_unstable();
    sorted(rows.into_iter())
}

impl Table {
    /// The rows that a filter takes.
    ///
    /// # Errors
    /// [`FilterError`], when the filter names a unit that is not there.
    pub fn select(&self, filter: &Filter, asking: &Asking<'_>) -> Result<Matches<'_>, FilterError> {
        let looking = Looking { table: self, asking };
        if let Some(top) = asking.within {
            let reach = looking.under(Facet::Unit, top);
            let rows = looking.rows(&filter.expr, Some(&reach))?;
            return Ok(Matches(Found::Rows(Cow::Owned(&*reach & &*rows))));
        }
        if let Expr::Test(Test::Name(query)) = &filter.expr {
            let names = self.names().matching(query);
            let bearers = self.names().bearers(&names);
            return Ok(Matches(Found::Names(names, bearers)));
        }
        Ok(Matches(Found::Rows(looking.rows(&filter.expr, None)?)))
    }
}

struct Looking<'a, 'b> {
    table: &'a Table,
    asking: &'b Asking<'b>,
}

type Rows<'a> = Cow<'a, RoaringBitmap>;

impl<'a> Looking<'a, '_> {
    /// The rows of an expression; exact for rows that are `among` those given, or everywhere.
    fn rows(&self, expr: &Expr, among: Option<&RoaringBitmap>) -> Result<Rows<'a>, FilterError> {
        match expr {
            Expr::Test(test) => self.test(test, among),
            Expr::And(parts) => self.all_of(parts, among),
            Expr::Or(parts) => {
                let parts: Vec<Rows<'a>> =
                    parts.iter().map(|part| self.rows(part, among)).collect::<Result<_, _>>()?;
                Ok(Cow::Owned(parts.iter().map(AsRef::as_ref).union()))
            }
            Expr::Not(inner) => {
                let rows = self.rows(inner, among)?;
                Ok(Cow::Owned(among.unwrap_or_else(|| self.table.all()) - &*rows))
            }
        }
    }

    fn all_of(
        &self,
        parts: &[Expr],
        among: Option<&RoaringBitmap>,
    ) -> Result<Rows<'a>, FilterError> {
        let (costly, ready): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|it| is_costly(it));
        let mut sets: Vec<Rows<'a>> =
            ready.into_iter().map(|part| self.rows(part, among)).collect::<Result<_, _>>()?;
        sets.sort_by_key(|set| set.len());
        let mut left: Option<Rows<'a>> = None;
        for set in sets {
            left = Some(match left {
                None => set,
                Some(Cow::Borrowed(left)) => Cow::Owned(left & &*set),
                Some(Cow::Owned(mut left)) => {
                    left &= &*set;
                    Cow::Owned(left)
                }
            });
        }
        for part in costly {
            let among = left.as_deref().or(among);
            // What is turned round needs no set of all the others.
            let rows = match part {
                Expr::Not(inner) => {
                    let taken = self.rows(inner, among)?;
                    among.unwrap_or_else(|| self.table.all()) - &*taken
                }
                plain => {
                    let rows = self.rows(plain, among)?;
                    among.unwrap_or_else(|| self.table.all()) & &*rows
                }
            };
            left = Some(Cow::Owned(rows));
        }
        Ok(left.unwrap_or_else(|| Cow::Borrowed(self.table.all())))
    }

    fn test(&self, test: &Test, among: Option<&RoaringBitmap>) -> Result<Rows<'a>, FilterError> {
        Ok(match test {
            Test::Unit { facet, code, at } => {
                if self.asking.units.get(code).is_none() {
                    let codes = self.asking.units.iter().map(|unit| unit.code.as_str());
                    let meant = meant(code.as_str(), codes, "`hoatoc unit list` has them all");
                    return Err(FilterError::UnknownUnit { at: *at, unit: code.clone(), meant });
                }
                self.under(*facet, code)
            }
            Test::UnitNamed { facet, name, at } => match self.asking.units.find(name) {
                Some(unit) => self.under(*facet, &unit.code),
                None => {
                    let name = name.chars().take(40).collect();
                    return Err(FilterError::UnknownUnitName { at: *at, name });
                }
            },
            Test::Late(Some("RECHECK")) => Cow::Owned(self.stale()),
            Test::Late(code) => {
                let is_it = |late: Late| match code {
                    Some(code) => late.code() == *code,
                    None => late.is_by_law(),
                };
                let day = self.asking.as_of;
                let late =
                    |fresh: &Freshness| fresh.late(day, &[]).into_iter().any(is_it);
                let rows = self.table.watched().filter(|(_row, fresh)| late(fresh));
                Cow::Owned(rows.map(|(row, _fresh)| row).collect())
            }
            Test::Is { facet, value } => {
                let column = self.table.column(*facet);
                match column.place(value) {
                    Some(place) => Cow::Borrowed(column.rows(place)),
                    None => Cow::default(),
                }
            }
            Test::Listed { facet, text, .. } => {
                let code = Value::Code(text.to_uppercase().into());
                let column = self.table.column(*facet);
                column.place(&code).map_or_else(Cow::default, |at| Cow::Borrowed(column.rows(at)))
            }
            Test::Named => Cow::Owned(self.look(among, |row| self.table.name(*row).is_some())),
            Test::Begins { facet, prefix } => self.with_values(*facet, |value| {
                matches!(value, Value::Code(code) if code.starts_with(prefix.as_str()))
            }),
            Test::Range { facet, from, to } => self.with_values(*facet, |value| {
                matches!(value, Value::Number(number) if (*from..=*to).contains(&(*number).into()))
            }),
            Test::Given(facet) => self.with_values(*facet, |_any| true),
            Test::Age { from, to } => Cow::Owned(self.aged(*from, *to, among)),
            Test::Capacity { from, to } => {
                let fits = |row: &u32| (*from..=*to).contains(&self.table.capacity(*row));
                Cow::Owned(self.look(among, fits))
            }
            Test::Name(query) => Cow::Owned(self.named(query, among)),
            Test::Assigned(true) => Cow::Borrowed(self.table.assigned()),
            Test::Assigned(false) => Cow::Owned(self.table.all() - self.table.assigned()),
            Test::Number { kind, text } => {
                let key = self.asking.sealer.blind_index(kind, text);
                Cow::Owned(if *kind == PHONE {
                    self.table.phones().find(&key).collect()
                } else {
                    self.table.holder(&key).into_iter().collect()
                })
            }
        })
    }

    /// Those on the register whose recheck does not hold any more, or who are there and were never
    /// rechecked.
    fn stale(&self) -> RoaringBitmap {
        let day = self.asking.as_of;
        let status = |value: &Value| match value {
            Value::Number(number) => {
                u8::try_from(*number).ok().and_then(ReservistStatus::from_number)
            }
            Value::Code(_) => None,
        };
        let registered = self.with_values(Facet::Status, |v| status(v).is_some_and(is_registered));
        let active =
            self.with_values(Facet::Status, |value| status(value) == Some(ReservistStatus::Active));
        let known = self.with_values(Facet::Rechecked, |_any| true);
        let stale = self.with_values(
            Facet::Rechecked,
            |value| matches!(value, Value::Number(number) if !is_fresh(numbered_day(*number), day)),
        );
        (&*registered & &*stale) | (&*active - &*known)
    }

    /// Looks at each row that may be taken.
    fn look(&self, among: Option<&RoaringBitmap>, fits: impl Fn(&u32) -> bool) -> RoaringBitmap {
        let rows = among.unwrap_or_else(|| self.table.all());
        sorted(rows.iter().filter(fits))
    }

    fn with_values(&self, facet: Facet, fits: impl Fn(&Value) -> bool) -> Rows<'a> {
        let column = self.table.column(facet);
        let values = (0..).zip(column.values()).filter(|(_place, value)| fits(value));
        join(column, values.map(|(place, _value)| place))
    }

    /// The rows of a unit and of all under it.
    fn under(&self, facet: Facet, top: &UnitCode) -> Rows<'a> {
        let (units, column) = (self.asking.units, self.table.column(facet));
        let codes = (0_u16..).zip(column.values()).filter_map(|(place, value)| match value {
            Value::Code(code) => Some((place, code)),
            Value::Number(_) => None,
        });
        let is_leaf = units.children(top).next().is_none();
        let is_under = |code: &str| {
            let Ok(code) = code.parse::<UnitCode>() else { return false };
            // A commune is asked for more than anything else: most units are out at a glance.
            let is_elsewhere = is_leaf && units.get(&code).is_some_and(|unit| !unit.is_closed());
            code == *top || (!is_elsewhere && units.is_within(&code, top))
        };
        let places = codes.filter(|(_place, code)| is_under(code));
        join(column, places.map(|(place, _code)| place))
    }

    /// Rows by completed years: whole years of birth as they are, the two at the ends row by row.
    fn aged(&self, from: u32, to: u32, among: Option<&RoaringBitmap>) -> RoaringBitmap {
        let today = packed(self.asking.as_of);
        let back = |years: u32| today.saturating_sub(years.saturating_mul(YEAR));
        let (first, last) = (back(to.saturating_add(1)).saturating_add(1), back(from));
        let column = self.table.column(Facet::BirthYear);
        let (mut whole, mut split) = (Vec::new(), Vec::new());
        for (place, value) in (0..).zip(column.values()) {
            let Value::Number(year) = value else { continue };
            let (begins, ends) = (u32::from(*year) * YEAR, u32::from(*year) * YEAR + YEAR - 1);
            if first <= begins && ends <= last {
                whole.push(place);
            } else if begins <= last && first <= ends {
                split.push(place);
            }
        }
        let mut rows = join(column, whole.into_iter()).into_owned();
        for place in split {
            let year = column.rows(place);
            let fits = |row: &u32| (first..=last).contains(&self.table.birth(*row));
            rows |= match among {
                Some(among) => self.look(Some(&(year & among)), fits),
                None => self.look(Some(year), fits),
            };
        }
        rows
    }

    fn named(&self, query: &NameQuery, among: Option<&RoaringBitmap>) -> RoaringBitmap {
        let table = self.table;
        let names = table.names().matching(query);
        let rows = among.unwrap_or_else(|| table.all());
        // A row is looked at for less than a bearer is put in its place.
        if rows.len() / 4 < table.names().bearers(&names) {
            let fits = |row: &u32| table.name(*row).is_some_and(|name| names.contains(name));
            return self.look(among, fits);
        }
        bearers(table, &names)
    }
}

/// The rows of some values; not copied where it is but one.
fn join(column: &Column, places: impl Iterator<Item = u16>) -> Rows<'_> {
    let mut sets = places.map(|place| column.rows(place));
    match (sets.next(), sets.next()) {
        (None, _) => Cow::default(),
        (Some(one), None) => Cow::Borrowed(one),
        (Some(one), Some(other)) => Cow::Owned([one, other].into_iter().chain(sets).union()),
    }
}

fn sorted(rows: impl Iterator<Item = u32>) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(rows).expect("rows come in order, each once")
}

/// Whether an expression has to look at rows.
fn is_costly(expr: &Expr) -> bool {
    match expr {
        Expr::Test(test) => {
            matches!(test, Test::Age { .. } | Test::Capacity { .. } | Test::Name(_) | Test::Named)
        }
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(is_costly),
        // A set is taken away from what is left, rather than turned round as a whole.
        Expr::Not(_) => true,
    }
}
