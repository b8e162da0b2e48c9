//! Commands on standard input, one a line. A name or note of several words stands in double quotes.

use std::str::FromStr;

use crate::domain::ids::{InvalidId, OrderId};
use crate::domain::order::delivery::{DeclineReason, Strength};
use crate::terminal::inbox::{Inbox, InboxError};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `list`: every order here.
    List,
    /// `open ID`
    Open(OrderId),
    /// `ack ID NAME`
    Acknowledge(OrderId, String),
    /// `accept ID NAME`
    Accept(OrderId, String),
    /// `decline ID NAME REASON [NOTE]`
    Decline(OrderId, String, DeclineReason, String),
    /// `strength ID NAME called=10 arrived=3 ...`
    Strength(OrderId, String, Strength),
    /// `complete ID NAME [NOTE]`
    Complete(OrderId, String, String),
    /// `sheet ID`: the rows of its call-up sheets.
    Sheet(OrderId),
    /// `quit`
    Quit,
}

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nothing on it.
    #[error("the line is empty")]
    Empty,
    /// Over its bound.
    #[error("the line is too long")]
    TooLong,
    /// Not a word of ours, or its parts are missing.
    #[error(
        "`{word}` does not stand so: use list, open ID, ack ID NAME, accept ID NAME, decline ID NAME REASON [NOTE], strength ID NAME called=N ..., complete ID NAME [NOTE], sheet ID, quit"
    )]
    Usage {
        /// The first word, cut to 80 characters.
        word: String,
    },
    /// A quote that does not end.
    #[error("a quote is not closed")]
    Quote,
    /// Not an order's id.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// No such reason.
    #[error(
        "reason `{text}` is not known: use personnel-short, equipment-short, road-cut, other-order, not-competent or other"
    )]
    Reason {
        /// The text, cut to 80 characters.
        text: String,
    },
    /// No such rule.
    #[error("`{text}` is no rule: use none, ack, accept or decline=REASON")]
    Rule {
        /// The text, cut to 80 characters.
        text: String,
    },
    /// Not `field=number`.
    #[error(
        "`{text}` is no number of a report: use called, reached, will-come, arrived, excused, unexcused, equipment-called or equipment-arrived, then =N"
    )]
    Strength {
        /// The text, cut to 80 characters.
        text: String,
    },
}

const REASONS: [(DeclineReason, &str); 6] = [
    (DeclineReason::PersonnelShort, "personnel-short"),
    (DeclineReason::EquipmentShort, "equipment-short"),
    (DeclineReason::RoadCut, "road-cut"),
    (DeclineReason::OtherOrder, "other-order"),
    (DeclineReason::NotCompetent, "not-competent"),
    (DeclineReason::Other, "other"),
];

/// The reason for declining that goes by this name.
///
/// # Errors
/// [`CommandError::Reason`].
pub fn reason_by_name(name: &str) -> Result<DeclineReason, CommandError> {
    let found = REASONS.iter().find(|(_reason, known)| *known == name);
    found.map(|(reason, _name)| *reason).ok_or_else(|| CommandError::Reason { text: cut(name) })
}

/// The name of a reason for declining.
pub fn reason_name(reason: DeclineReason) -> &'static str {
    let found = REASONS.iter().find(|(known, _name)| *known == reason);
    found.map_or("other", |(_reason, name)| name)
}

/// Numbers as `called=10,will-come=3`; what is not named is 0. Keys may be written with `_` too, as the
/// contract's fields are.
///
/// # Errors
/// [`CommandError::Strength`].
pub fn parse_strength(text: &str) -> Result<Strength, CommandError> {
    let mut strength = Strength::default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let wrong = || CommandError::Strength { text: cut(part) };
        let (field, number) = part.split_once('=').ok_or_else(wrong)?;
        let place = match field.replace('_', "-").as_str() {
            "called" => &mut strength.called,
            "reached" => &mut strength.reached,
            "will-come" => &mut strength.will_come,
            "arrived" => &mut strength.arrived,
            "excused" => &mut strength.excused,
            "unexcused" => &mut strength.unexcused,
            "equipment-called" => &mut strength.equipment_called,
            "equipment-arrived" => &mut strength.equipment_arrived,
            _other => return Err(wrong()),
        };
        *place = number.parse().map_err(|_not_a_number| wrong())?;
    }
    Ok(strength)
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let words = words(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let text = |text: &str| text.to_owned();
        Ok(match words[..] {
            [] => return Err(CommandError::Empty),
            ["list"] => Self::List,
            ["quit"] => Self::Quit,
            ["sheet", id] => Self::Sheet(id.parse()?),
            ["open", id] => Self::Open(id.parse()?),
            ["ack", id, by] => Self::Acknowledge(id.parse()?, text(by)),
            ["accept", id, by] => Self::Accept(id.parse()?, text(by)),
            ["decline", id, by, reason] => {
                Self::Decline(id.parse()?, text(by), reason_by_name(reason)?, String::new())
            }
            ["decline", id, by, reason, note] => {
                Self::Decline(id.parse()?, text(by), reason_by_name(reason)?, text(note))
            }
            ["strength", id, by, ref numbers @ ..] if !numbers.is_empty() => {
                Self::Strength(id.parse()?, text(by), parse_strength(&numbers.join(","))?)
            }
            ["complete", id, by] => Self::Complete(id.parse()?, text(by), String::new()),
            ["complete", id, by, note] => Self::Complete(id.parse()?, text(by), text(note)),
            [word, ..] => return Err(CommandError::Usage { word: cut(word) }),
        })
    }
}

impl Command {
    /// Its first word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Open(_) => "open",
            Self::Acknowledge(..) => "ack",
            Self::Accept(..) => "accept",
            Self::Decline(..) => "decline",
            Self::Strength(..) => "strength",
            Self::Complete(..) => "complete",
            Self::Sheet(_) => "sheet",
            Self::Quit => "quit",
        }
    }

    pub(in crate::terminal) fn carry_out(self, inbox: &Inbox) -> Result<(), InboxError> {
        match self {
            Self::List | Self::Sheet(_) | Self::Quit => Ok(()),
            Self::Open(id) => inbox.open_order(id),
            Self::Acknowledge(id, by) => inbox.acknowledge(id, &by).map(drop),
            Self::Accept(id, by) => inbox.accept(id, &by).map(drop),
            Self::Decline(id, by, reason, note) => inbox.decline(id, &by, reason, &note).map(drop),
            Self::Strength(id, by, strength) => inbox.report_strength(id, &by, strength).map(drop),
            Self::Complete(id, by, note) => inbox.complete(id, &by, &note).map(drop),
        }
    }
}

/// Whether the numbers of a report, as typed, say how many were called: people, then items.
pub(in crate::terminal) fn says_called(line: &str) -> [bool; 2] {
    let says = |field: &str| {
        let mut numbers = line.split(|c: char| c.is_whitespace() || c == ',');
        numbers.any(|part| {
            part.replace('_', "-").strip_prefix(field).is_some_and(|r| r.starts_with('='))
        })
    };
    [says("called"), says("equipment-called")]
}

/// The words of a line; double quotes hold several together.
fn words(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(CommandError::Quote)?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
