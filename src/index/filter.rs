//! Filters: `unit = "03160" AND (rank >= SERGEANT OR age < 30) AND NOT status = DEAD`.
//!
//! AIP-160 for the fields of [`fields()`]: `=`, `!=`, `<`, `<=`, `>`, `>=` and `:`, joined by `AND`
//! and `OR`, turned round by `NOT` or `-`, with parentheses; as that guideline has it, `OR` binds
//! tighter than `AND`, and two comparisons with nothing between them are joined by `AND`. Values are bare or in double quotes; `field:*` asks whether anything was given.
//! Says where a fault is and how to mend it; knows fields and words of each kind, but no records.
//! Personal values (a name, a number) are never shown, neither in errors nor in `Debug`.

mod error;
mod fields;
mod value;
mod words;

use std::fmt;

pub use error::FilterError;
pub use fields::{Field, fields};
pub(super) use fields::{How, field};

use crate::domain::ids::UnitCode;
use crate::domain::world::RecordKind;
use crate::index::names::NameQuery;
use crate::wire::registry::{Facet, Value};
use words::{Sign, Word, Words};

/// Longest filter, in bytes: [`TERMS_MAX`] comparisons of the longest words fit.
pub const FILTER_LEN_MAX: usize = 2_048;
/// Most comparisons in one filter: more fields than there are, each with a few exceptions.
pub const TERMS_MAX: usize = 32;
/// Most parentheses and negations inside one another: people lose count at three.
pub const DEPTH_MAX: usize = 8;

/// How much the one who asks may see: what is hidden from them they may not filter or order by
/// either, or the mask would be lifted question by question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Whole records.
    Whole,
    /// Records without names, numbers, party membership and health.
    Masked,
}

/// One comparison.
#[derive(Clone, PartialEq)]
pub(super) enum Test {
    /// A unit and all under it; where it stands in the filter.
    Unit { facet: Facet, code: UnitCode, at: usize },
    /// As [`Test::Unit`], by its name.
    UnitNamed { facet: Facet, name: String, at: usize },
    /// Late by this limit; none for any that a law sets.
    Late(Option<&'static str>),
    /// A code or name of an imported list, as it was asked for and where.
    Listed { facet: Facet, text: String, at: usize },
    /// Anybody who has a name.
    Named,
    /// This value.
    Is { facet: Facet, value: Value },
    /// A code that begins so.
    Begins { facet: Facet, prefix: String },
    /// Numbers from one to another.
    Range { facet: Facet, from: u32, to: u32 },
    /// Any value at all.
    Given(Facet),
    /// Completed years, from one to another.
    Age { from: u32, to: u32 },
    /// Thousandths, from one to another.
    Capacity { from: u32, to: u32 },
    /// A name.
    Name(NameQuery),
    /// Assigned to a post, or not.
    Assigned(bool),
    /// An exact number, by the name of its kind.
    Number { kind: &'static str, text: String },
}

/// What is asked for.
#[derive(Clone, PartialEq)]
pub(super) enum Expr {
    Test(Test),
    /// All of them; none is always true.
    And(Vec<Self>),
    /// At least one of them.
    Or(Vec<Self>),
    Not(Box<Self>),
}

/// A filter that was understood.
#[derive(Clone, PartialEq)]
pub struct Filter {
    pub(super) expr: Expr,
    kind: RecordKind,
    uses_age: bool,
    uses_assigned: bool,
    is_lookup: bool,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({:?})", self.kind)
    }
}

impl Filter {
    /// The filter that takes all records of a kind.
    pub const fn all(kind: RecordKind) -> Self {
        Self {
            expr: Expr::And(Vec::new()),
            kind,
            uses_age: false,
            uses_assigned: false,
            is_lookup: false,
        }
    }

    /// Reads a filter for records of a kind; blank takes all.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn parse(text: &str, kind: RecordKind, sight: Sight) -> Result<Self, FilterError> {
        if text.len() > FILTER_LEN_MAX {
            return Err(FilterError::TooLong { len: text.len() });
        }
        let filter = Self::all(kind);
        let mut reader = Reader { words: Words::of(text), filter, sight, terms: 0 };
        if reader.words.peek().is_none() {
            return Ok(reader.filter);
        }
        let expr = reader.conjunction(0)?;
        match reader.words.next() {
            None => Ok(Self { expr, ..reader.filter }),
            Some((at, _other)) => {
                Err(FilterError::Expected { at, expected: "`AND`, `OR` or the end" })
            }
        }
    }

    /// Takes codes and names of the imported list as the list has them: `find` gives the code of a text,
    /// also one that only records have, for the list lost it; `near` says what may be meant.
    ///
    /// # Errors
    /// [`FilterError::Value`] for what neither the list nor any record has.
    pub fn resolve(
        &mut self,
        find: &dyn Fn(&str) -> Option<String>,
        near: &dyn Fn(&str) -> String,
    ) -> Result<(), FilterError> {
        resolve(&mut self.expr, find, near)
    }

    /// The kind of records it is for.
    pub const fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Whether it asks for an exact number: such questions are counted, since whoever may ask them
    /// without end can try numbers out.
    pub const fn is_lookup(&self) -> bool {
        self.is_lookup
    }

    /// Whether it asks who is assigned, which the index knows as of now only.
    pub const fn uses_assigned(&self) -> bool {
        self.uses_assigned
    }

    /// Whether it depends on the day that ages are counted on.
    pub const fn uses_age(&self) -> bool {
        self.uses_age
    }
}

fn resolve(
    expr: &mut Expr,
    find: &dyn Fn(&str) -> Option<String>,
    near: &dyn Fn(&str) -> String,
) -> Result<(), FilterError> {
    match expr {
        Expr::Test(Test::Listed { facet, text, at }) => {
            let none = || FilterError::value(*at, "its list", text, false, near(text));
            let code = find(text).ok_or_else(none)?;
            *expr = Expr::Test(Test::Is { facet: *facet, value: Value::Code(code.into()) });
            Ok(())
        }
        Expr::Test(_other) => Ok(()),
        Expr::Not(inner) => resolve(inner, find, near),
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter_mut().try_for_each(|part| resolve(part, find, near))
        }
    }
}

struct Reader<'a> {
    words: Words<'a>,
    filter: Filter,
    sight: Sight,
    terms: usize,
}

impl<'a> Reader<'a> {
    fn conjunction(&mut self, depth: usize) -> Result<Expr, FilterError> {
        self.joined(depth, "AND", Expr::And, Self::disjunction)
    }

    fn disjunction(&mut self, depth: usize) -> Result<Expr, FilterError> {
        self.joined(depth, "OR", Expr::Or, Self::factor)
    }

    fn joined(
        &mut self,
        depth: usize,
        word: &str,
        join: fn(Vec<Expr>) -> Expr,
        part: fn(&mut Self, usize) -> Result<Expr, FilterError>,
    ) -> Result<Expr, FilterError> {
        let first = part(self, depth)?;
        let mut parts = vec![first];
        while let Some((_at, next)) = self.words.peek() {
            // Comparisons one behind the other are joined as by AND.
            let is_implied = word == "AND"
                && matches!(next, Word::Bare(_) | Word::Open | Word::Minus)
                && next != Word::Bare("OR");
            if next == Word::Bare(word) {
                self.words.next();
            } else if !is_implied {
                break;
            }
            parts.push(part(self, depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn factor(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let next = self.words.peek();
        let (at, next) = next.ok_or_else(|| self.expected("a field"))?;
        if depth == DEPTH_MAX {
            return Err(FilterError::TooDeep { at });
        }
        match next {
            Word::Minus | Word::Bare("NOT") => {
                self.words.next();
                Ok(Expr::Not(Box::new(self.factor(depth + 1)?)))
            }
            Word::Open => {
                self.words.next();
                let inside = self.conjunction(depth + 1)?;
                match self.words.next() {
                    Some((_at, Word::Close)) => Ok(inside),
                    Some((at, _other)) => {
                        Err(FilterError::Expected { at, expected: "`AND`, `OR` or `)`" })
                    }
                    None => Err(self.expected("`)`")),
                }
            }
            _comparison => self.comparison(),
        }
    }

    /// The fault that the filter ends too early.
    const fn expected(&self, expected: &'static str) -> FilterError {
        FilterError::Expected { at: self.words.end(), expected }
    }

    fn comparison(&mut self) -> Result<Expr, FilterError> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(FilterError::TooMany);
        }
        let (field_at, name) = match self.words.next() {
            Some((at, Word::Bare(name))) => (at, name),
            Some((at, _other)) => return Err(FilterError::Expected { at, expected: "a field" }),
            None => return Err(self.expected("a field")),
        };
        let Some(field) = field(self.filter.kind, name) else {
            return Err(FilterError::unknown_field(field_at, name, self.filter.kind));
        };
        if field.is_hidden && self.sight == Sight::Masked {
            return Err(FilterError::Hidden { at: field_at, field: field.name });
        }
        let (sign_at, sign) = match self.words.next() {
            Some((at, Word::Sign(sign))) => (at, sign),
            Some((at, _other)) => {
                return Err(FilterError::Expected { at, expected: "a comparison such as `=`" });
            }
            None => return Err(self.expected("a comparison such as `=`")),
        };
        let (at, value) = match self.words.next() {
            Some((at, Word::Bare(value))) => (at, value.to_owned()),
            Some((at, Word::Quoted(value))) => (at, value),
            Some((at, _other)) => return Err(FilterError::Expected { at, expected: "a value" }),
            None => return Err(self.expected("a value")),
        };
        let test = value::test(field, (sign_at, sign), (at, &value))?;
        self.filter.uses_age |= matches!(test, Test::Age { .. });
        self.filter.uses_assigned |= matches!(test, Test::Assigned(_));
        self.filter.is_lookup |= matches!(test, Test::Number { .. });
        let expr = Expr::Test(test);
        Ok(if sign == Sign::Unequal { Expr::Not(Box::new(expr)) } else { expr })
    }
}

#[cfg(test)]
mod tests;
