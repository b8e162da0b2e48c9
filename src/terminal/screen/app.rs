//! What the screen shows and what a key does. No I/O but reading the inbox.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::words;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{ANSWERED_BY_CHARS_MAX, DeliveryState, NOTE_CHARS_MAX};
use crate::terminal::headless::{Command, parse_strength};
use crate::terminal::inbox::{
    Inbox, InboxError, OrderDetail, OrderSummary, RefusedOrder, Standing,
};
use crate::terminal::link::LinkStatus;

/// Most lines in the list, the newest: more than anybody scrolls through.
const ROWS_MAX: usize = 200;

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Leave,
    Do(Command),
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Order(Box<OrderDetail>),
    Refused(RefusedOrder),
}

impl Row {
    const fn sequence(&self) -> u64 {
        match self {
            Self::Order(detail) => detail.summary.sequence,
            Self::Refused(refused) => refused.sequence,
        }
    }
}

/// What is asked of the user before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Who answers, asked once a shift.
    Name(String),
    /// Why an order is declined: a digit.
    Reason(OrderId),
    /// The words for another reason.
    Note(OrderId, String),
    /// Numbers so far.
    Strength(OrderId, String),
    /// Whether it is truly done.
    Complete(OrderId),
    /// Whether the user truly leaves.
    Leave,
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) place: String,
    pub(super) by: String,
    pub(super) now: Instant,
    pub(super) link: LinkStatus,
    pub(super) rows: Vec<Row>,
    pub(super) selected: usize,
    /// Whether the selected line is shown with all it says, and how far it is scrolled.
    pub(super) open: Option<u16>,
    pub(super) prompt: Option<Prompt>,
    /// What the last key came to; true for an error.
    pub(super) note: Option<(String, bool)>,
    /// Something new has come: ring.
    pub(super) bell: bool,
    known: BTreeMap<OrderId, OrderSummary>,
    refused_known: usize,
}

impl App {
    pub(super) fn new(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            by: String::new(),
            now: Instant::EPOCH,
            link: LinkStatus::default(),
            rows: Vec::new(),
            selected: 0,
            open: None,
            prompt: Some(Prompt::Name(String::new())),
            note: None,
            bell: false,
            known: BTreeMap::new(),
            refused_known: 0,
        }
    }

    /// Reads what has changed.
    pub(super) fn refresh(&mut self, inbox: &Inbox, now: Instant) -> Result<(), InboxError> {
        self.now = now;
        let chosen = self.rows.get(self.selected).cloned();
        let list = inbox.list(now);
        self.bell |= list.iter().any(|order| !self.known.contains_key(&order.id));
        let mut rows = Vec::new();
        for order in list.iter().take(ROWS_MAX) {
            rows.push(Row::Order(Box::new(inbox.detail(order.id, now)?)));
        }
        self.known = list.into_iter().map(|order| (order.id, order)).collect();
        let refused = inbox.refused_orders();
        self.bell |= refused.len() > self.refused_known;
        self.refused_known = refused.len();
        rows.extend(refused.into_iter().take(ROWS_MAX).map(Row::Refused));
        rows.sort_by_key(|row| std::cmp::Reverse(row.sequence()));
        self.rows = rows;
        // What the user looks at stays under the eyes when something new comes above it.
        let same = |row: &Row| match (row, &chosen) {
            (Row::Order(new), Some(Row::Order(old))) => new.summary.id == old.summary.id,
            (Row::Refused(new), Some(Row::Refused(old))) => new == old,
            _other => false,
        };
        let place = self.rows.iter().position(same).unwrap_or(self.selected);
        self.selected = place.min(self.rows.len().saturating_sub(1));
        Ok(())
    }

    /// What a command came to.
    pub(super) fn done(&mut self, done: Result<(), InboxError>) -> Result<(), InboxError> {
        self.note = match done {
            Ok(()) => Some(("Đã ký và lưu. Sẽ gửi ngay khi có kết nối.".to_owned(), false)),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => Some((format!("Không thực hiện được: {error}"), true)),
        };
        Ok(())
    }

    /// The order that is shown with all it says.
    pub(super) fn shown(&self) -> Option<&OrderDetail> {
        self.open?;
        match self.rows.get(self.selected)? {
            Row::Order(detail) => Some(detail),
            Row::Refused(_) => None,
        }
    }

    /// What can be done with the order shown: key, words.
    pub(super) fn offers(&self) -> Vec<(char, &'static str)> {
        let Some(detail) = self.shown() else { return Vec::new() };
        let summary = &detail.summary;
        let in_force = matches!(summary.standing, Standing::Live | Standing::Expired);
        let mut offers = Vec::new();
        match summary.state {
            DeliveryState::Queued | DeliveryState::Delivered | DeliveryState::Opened => {
                offers.push(('n', "Nhận lệnh"));
            }
            DeliveryState::Acknowledged | DeliveryState::Declined if in_force => {
                offers.push(('c', "Chấp hành"));
            }
            _later => {}
        }
        if matches!(summary.state, DeliveryState::Acknowledged | DeliveryState::Accepted) {
            offers.push(('k', "Không chấp hành"));
        }
        if matches!(summary.state, DeliveryState::Accepted | DeliveryState::Completed) {
            offers.push(('s', "Báo quân số"));
        }
        if summary.state == DeliveryState::Accepted {
            offers.push(('h', "Hoàn thành"));
        }
        offers
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Wish {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            if key.code == KeyCode::Char('c') {
                self.prompt = Some(Prompt::Leave);
            }
            return Wish::Nothing;
        }
        self.note = None;
        match self.prompt.take() {
            Some(prompt) => self.prompted(prompt, key.code),
            None if self.open.is_some() => self.in_detail(key.code),
            None => self.in_list(key.code),
        }
    }

    fn in_list(&mut self, code: KeyCode) -> Wish {
        let last = self.rows.len().saturating_sub(1);
        match code {
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => self.selected = (self.selected + 1).min(last),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = last,
            KeyCode::Enter => return self.enter(),
            KeyCode::Char('t' | 'T') => self.prompt = Some(Prompt::Name(String::new())),
            KeyCode::Char('q' | 'Q') => self.prompt = Some(Prompt::Leave),
            _other => {}
        }
        Wish::Nothing
    }

    /// A person looks at the order: that is a fact of its own.
    fn enter(&mut self) -> Wish {
        let Some(row) = self.rows.get(self.selected) else { return Wish::Nothing };
        self.open = Some(0);
        match row {
            Row::Order(detail) if detail.summary.state < DeliveryState::Opened => {
                Wish::Do(Command::Open(detail.summary.id))
            }
            _seen_before => Wish::Nothing,
        }
    }

    fn in_detail(&mut self, code: KeyCode) -> Wish {
        match code {
            KeyCode::Esc | KeyCode::Backspace => self.open = None,
            KeyCode::Up => self.scroll(-1),
            KeyCode::Down => self.scroll(1),
            KeyCode::PageUp => self.scroll(-10),
            KeyCode::PageDown => self.scroll(10),
            KeyCode::Char(typed) => return self.chosen(typed.to_ascii_lowercase()),
            _other => {}
        }
        Wish::Nothing
    }

    fn scroll(&mut self, lines: i16) {
        self.open = self.open.map(|at| at.saturating_add_signed(lines).min(2_000));
    }

    fn chosen(&mut self, typed: char) -> Wish {
        let offered = self.offers().iter().any(|(key, _words)| *key == typed);
        let Some(id) = self.shown().map(|detail| detail.summary.id).filter(|_id| offered) else {
            return Wish::Nothing;
        };
        let by = self.by.clone();
        match typed {
            'n' => return Wish::Do(Command::Acknowledge(id, by)),
            'c' => return Wish::Do(Command::Accept(id, by)),
            'k' => self.prompt = Some(Prompt::Reason(id)),
            's' => self.prompt = Some(Prompt::Strength(id, String::new())),
            'h' => self.prompt = Some(Prompt::Complete(id)),
            _other => {}
        }
        Wish::Nothing
    }

    fn prompted(&mut self, prompt: Prompt, code: KeyCode) -> Wish {
        match (prompt, code) {
            // Nobody answers without a name: the first prompt cannot be escaped.
            (Prompt::Name(text), KeyCode::Esc) if self.by.is_empty() => {
                self.prompt = Some(Prompt::Name(text));
            }
            (_left, KeyCode::Esc) => {}
            (Prompt::Name(text), KeyCode::Enter) if !text.trim().is_empty() => {
                text.trim().clone_into(&mut self.by);
            }
            (Prompt::Reason(id), KeyCode::Char(digit)) => return self.reason(id, digit),
            (Prompt::Note(id, text), KeyCode::Enter) if !text.trim().is_empty() => {
                let (reason, _words) = words::REASONS[5];
                return Wish::Do(Command::Decline(id, self.by.clone(), reason, text));
            }
            (Prompt::Strength(id, text), KeyCode::Enter) => return self.strength(id, text),
            (Prompt::Complete(id), KeyCode::Char('y' | 'Y')) => {
                return Wish::Do(Command::Complete(id, self.by.clone(), String::new()));
            }
            (Prompt::Leave, KeyCode::Char('y' | 'Y')) => return Wish::Leave,
            (Prompt::Complete(_) | Prompt::Leave, KeyCode::Char(_)) => {}
            (Prompt::Name(text), code) => {
                self.prompt = Some(Prompt::Name(typed(text, code, ANSWERED_BY_CHARS_MAX)));
            }
            (Prompt::Note(id, text), code) => {
                self.prompt = Some(Prompt::Note(id, typed(text, code, NOTE_CHARS_MAX)));
            }
            (Prompt::Strength(id, text), code) => {
                self.prompt = Some(Prompt::Strength(id, typed(text, code, 60)));
            }
            (other, _key) => self.prompt = Some(other),
        }
        Wish::Nothing
    }

    fn reason(&mut self, id: OrderId, digit: char) -> Wish {
        let place = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        let chosen = place.and_then(|digit| words::REASONS.get(digit.wrapping_sub(1)));
        match chosen {
            None => self.prompt = Some(Prompt::Reason(id)),
            Some((reason, _words)) if *reason == words::REASONS[5].0 => {
                self.prompt = Some(Prompt::Note(id, String::new()));
            }
            Some((reason, _words)) => {
                let by = self.by.clone();
                return Wish::Do(Command::Decline(id, by, *reason, String::new()));
            }
        }
        Wish::Nothing
    }

    /// Six numbers in the order of the form, the last ones may be left out.
    fn strength(&mut self, id: OrderId, text: String) -> Wish {
        const FIELDS: [&str; 6] =
            ["called", "reached", "will_come", "arrived", "excused", "unexcused"];
        let numbers: Vec<&str> = text.split_whitespace().collect();
        let named: Vec<String> = FIELDS
            .iter()
            .zip(&numbers)
            .map(|(field, number)| format!("{field}={number}"))
            .collect();
        match parse_strength(&named.join(",")) {
            Ok(strength) if (1..=FIELDS.len()).contains(&numbers.len()) => {
                Wish::Do(Command::Strength(id, self.by.clone(), strength))
            }
            _not_numbers => {
                self.note = Some(("Nhập từ 1 đến 6 số, cách nhau bằng dấu cách.".into(), true));
                self.prompt = Some(Prompt::Strength(id, text));
                Wish::Nothing
            }
        }
    }
}

/// A text after a key.
fn typed(mut text: String, code: KeyCode, chars_max: usize) -> String {
    match code {
        KeyCode::Char(typed) if !typed.is_control() && text.chars().count() < chars_max => {
            text.push(typed);
        }
        KeyCode::Backspace => {
            text.pop();
        }
        _other => {}
    }
    text
}
