//! What the screen shows and what a key does. No I/O but reading the inbox.
//!
//! Two promises: an answer is signed only after the whole order was on the screen in this run, and an
//! order that nobody has opened is called out, on every view and by the bell, until somebody does.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::form::Form;
use super::page::Page;
use super::prompt::Prompt;
use super::roll::Roll;
pub(super) use super::row::Row;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::DeliveryState;
use crate::terminal::headless::Command;
use crate::terminal::inbox::{Inbox, InboxError, OrderDetail, OrderSummary, SheetState, Standing};
use crate::terminal::link::LinkStatus;

/// Most lines in the list, the newest: more than anybody scrolls through. Orders that nobody has
/// opened come on top of that.
const ROWS_MAX: usize = 200;
/// After how many ticks, each a second, the bell rings again for an order that nobody has opened.
pub(super) const RING_EVERY_TICKS: u32 = 10;

/// The key that shows the call-up sheets, and its words.
const LIST: (char, &str) = ('d', "Danh sách gọi");

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Leave,
    /// The rows of this order's call-up sheets.
    Roll(OrderId),
    /// This order and its call-up sheets on paper.
    Print(OrderId),
    Do(Command),
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) place: String,
    pub(super) by: String,
    pub(super) now: Instant,
    pub(super) link: LinkStatus,
    pub(super) rows: Vec<Row>,
    pub(super) selected: usize,
    /// The page of the selected line, when it is shown with all it says.
    pub(super) page: Option<Page>,
    /// The call-up sheets of the order on the page, in front of it.
    pub(super) roll: Option<Roll>,
    pub(super) prompt: Option<Prompt>,
    /// What the last key came to; true for an error.
    pub(super) note: Option<(String, bool)>,
    /// Ring: something new has come, or still waits.
    pub(super) bell: bool,
    known: BTreeSet<OrderId>,
    refused_known: usize,
    /// Orders whose last line was on the screen.
    read: BTreeSet<OrderId>,
    ticks_unrung: u32,
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
            page: None,
            roll: None,
            prompt: Some(Prompt::Name(String::new())),
            note: None,
            bell: false,
            known: BTreeSet::new(),
            refused_known: 0,
            read: BTreeSet::new(),
            ticks_unrung: 0,
        }
    }

    /// Reads what has changed.
    pub(super) fn refresh(&mut self, inbox: &Inbox, now: Instant) -> Result<(), InboxError> {
        self.now = now;
        let chosen = self.rows.get(self.selected).cloned();
        let list = inbox.list(now);
        let mut rings = list.iter().any(|order| !self.known.contains(&order.id));
        let mut rows = Vec::new();
        for (place, order) in list.iter().enumerate() {
            if place < ROWS_MAX || waits(order) {
                rows.push(Row::Order(Box::new(inbox.detail(order.id, now)?)));
            }
        }
        self.known = list.iter().map(|order| order.id).collect();
        self.read.retain(|order| self.known.contains(order));
        let refused = inbox.refused_orders();
        rings |= refused.len() > self.refused_known;
        self.refused_known = refused.len();
        rows.extend(refused.into_iter().take(ROWS_MAX).map(Row::Refused));
        rows.sort_by_key(|row| std::cmp::Reverse(row.sequence()));
        self.rows = rows;
        if rings {
            (self.bell, self.ticks_unrung) = (true, 0);
        }
        self.keep_in_sight(chosen.as_ref());
        Ok(())
    }

    /// What the user looks at stays under the eyes when something new comes above it.
    fn keep_in_sight(&mut self, chosen: Option<&Row>) {
        let same = |row: &Row| match (row, chosen) {
            (Row::Order(new), Some(Row::Order(old))) => new.summary.id == old.summary.id,
            (Row::Refused(new), Some(Row::Refused(old))) => new == old,
            _other => false,
        };
        let place = self.rows.iter().position(same);
        if place.is_none() {
            // Another line must not slip under a page that was opened for this one.
            (self.page, self.roll) = (None, None);
        }
        let last = self.rows.len().saturating_sub(1);
        self.selected = match (place, chosen) {
            (Some(place), _) => place,
            (None, None) => self.newest_waiting().unwrap_or(0),
            (None, Some(_gone)) => self.selected.min(last),
        };
    }

    /// A second has passed.
    pub(super) fn tick(&mut self, inbox: &Inbox, now: Instant) {
        self.now = now;
        for row in &mut self.rows {
            if let Row::Order(detail) = row
                && let Some(summary) = inbox.summary(detail.summary.id, now)
            {
                // Time alone can end an order.
                detail.summary = summary;
            }
        }
        self.ticks_unrung = match self.newest_waiting() {
            Some(_order) => self.ticks_unrung.saturating_add(1),
            None => 0,
        };
        if self.ticks_unrung >= RING_EVERY_TICKS {
            (self.bell, self.ticks_unrung) = (true, 0);
        }
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

    /// Orders in force that nobody has opened: their places in the list.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, &OrderDetail)> {
        self.rows.iter().enumerate().filter_map(|(place, row)| match row {
            Row::Order(detail) if waits(&detail.summary) => Some((place, &**detail)),
            _other => None,
        })
    }

    /// The place of the one to open first: the most urgent, of those the newest.
    pub(super) fn newest_waiting(&self) -> Option<usize> {
        let first = |(_place, detail): &(usize, &OrderDetail)| {
            (detail.order.urgency, detail.summary.sequence)
        };
        self.waiting().max_by_key(first).map(|(place, _detail)| place)
    }

    /// The order that is shown with all it says.
    pub(super) fn shown(&self) -> Option<&OrderDetail> {
        self.page?;
        match self.rows.get(self.selected)? {
            Row::Order(detail) => Some(detail),
            Row::Refused(_) => None,
        }
    }

    /// The page was drawn to the last line of what was signed.
    pub(super) fn was_read(&mut self) {
        if let Some(id) = self.shown().map(|detail| detail.summary.id) {
            self.read.insert(id);
        }
    }

    /// Whether the order shown was on the screen to its last line.
    pub(super) fn is_read(&self) -> bool {
        self.shown().is_some_and(|detail| self.read.contains(&detail.summary.id))
    }

    /// What can be done with the order shown: key, words.
    pub(super) fn offers(&self) -> Vec<(char, &'static str)> {
        let Some(detail) = self.shown() else { return Vec::new() };
        let summary = &detail.summary;
        let unanswered = summary.state < DeliveryState::Acknowledged;
        let has_list = matches!(
            summary.sheets,
            SheetState::Complete { .. } | SheetState::Waiting { pages: 1.., .. }
        );
        match summary.standing {
            // What came to nothing is answered where that was said.
            // The list is there a while yet: to call off whoever was called.
            Standing::Cancelled(_) => {
                let list = has_list.then_some(LIST);
                return list.into_iter().chain([('l', "Xem lệnh hủy để nhận")]).collect();
            }
            Standing::Superseded(_) => return vec![('l', "Xem lệnh thay thế")],
            Standing::Live | Standing::Expired if summary.is_cancel => {
                return if unanswered { vec![('n', "Nhận lệnh hủy")] } else { Vec::new() };
            }
            Standing::Live | Standing::Expired => {}
        }
        let mut offers = Vec::from_iter(has_list.then_some(LIST));
        match summary.state {
            _unanswered if unanswered => offers.push(('n', "Nhận lệnh")),
            DeliveryState::Acknowledged | DeliveryState::Declined => {
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
            None if self.roll.is_some() => self.in_roll(key.code),
            None if self.page.is_some() => self.in_page(key.code),
            None => self.in_list(key.code),
        }
    }

    fn in_list(&mut self, code: KeyCode) -> Wish {
        let last = self.rows.len().saturating_sub(1);
        match code {
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => self.selected = (self.selected + 1).min(last),
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(5),
            KeyCode::PageDown => self.selected = (self.selected + 5).min(last),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = last,
            KeyCode::Enter => return self.enter(),
            KeyCode::Char('m' | 'M') => return self.open_waiting(),
            KeyCode::Char('t' | 'T') => self.prompt = Some(Prompt::Name(String::new())),
            KeyCode::Char('q' | 'Q') => self.prompt = Some(Prompt::Leave),
            _other => {}
        }
        Wish::Nothing
    }

    /// A person looks at the order: that is a fact of its own.
    fn enter(&mut self) -> Wish {
        let Some(row) = self.rows.get(self.selected) else { return Wish::Nothing };
        self.page = Some(Page::default());
        match row {
            Row::Order(detail) if detail.summary.state < DeliveryState::Opened => {
                Wish::Do(Command::Open(detail.summary.id))
            }
            _seen_before => Wish::Nothing,
        }
    }

    pub(super) fn open_waiting(&mut self) -> Wish {
        let Some(place) = self.newest_waiting() else { return Wish::Nothing };
        self.selected = place;
        self.enter()
    }

    fn in_page(&mut self, code: KeyCode) -> Wish {
        match code {
            KeyCode::Esc | KeyCode::Backspace => {
                self.page = None;
                self.selected = self.newest_waiting().unwrap_or(self.selected);
            }
            KeyCode::Char('m' | 'M') => return self.open_waiting(),
            KeyCode::Char(typed) if typed != ' ' => return self.chosen(typed.to_ascii_lowercase()),
            other => {
                if let Some(page) = &mut self.page {
                    page.turn(other);
                }
            }
        }
        Wish::Nothing
    }

    fn chosen(&mut self, typed: char) -> Wish {
        // Paper is there for whatever is shown.
        let offered = typed == 'i' || self.offers().iter().any(|(key, _words)| *key == typed);
        let Some(detail) = self.shown().filter(|_detail| offered) else { return Wish::Nothing };
        let (id, by) = (detail.summary.id, self.by.clone());
        if typed == 'l' {
            return self.open_changer();
        }
        // Whoever is called is seen before anything is answered.
        if matches!(typed, 'd' | 'i') {
            return if typed == 'd' { Wish::Roll(id) } else { Wish::Print(id) };
        }
        if !self.is_read() {
            let below = self.page.map_or(0, |page| page.contents_below());
            let words = format!("Chưa đọc hết lệnh, còn {below} dòng: bấm PgDn hoặc End đã.");
            self.note = Some((words, true));
            return Wish::Nothing;
        }
        match typed {
            'n' => return Wish::Do(Command::Acknowledge(id, by)),
            'c' => return Wish::Do(Command::Accept(id, by)),
            'k' => self.prompt = Some(Prompt::Reason(id)),
            's' => self.prompt = Some(Prompt::Strength(Form::new(detail))),
            'h' => self.prompt = Some(Prompt::Complete(id)),
            _other => {}
        }
        Wish::Nothing
    }

    /// Goes to the order that cancels or replaces the one shown.
    fn open_changer(&mut self) -> Wish {
        let Some(Standing::Cancelled(by) | Standing::Superseded(by)) =
            self.shown().map(|detail| detail.summary.standing)
        else {
            return Wish::Nothing;
        };
        let Some(place) = self.rows.iter().position(|row| row.is(by)) else {
            return Wish::Nothing;
        };
        self.selected = place;
        self.enter()
    }
}

/// Whether somebody must be called to it.
fn waits(order: &OrderSummary) -> bool {
    order.state < DeliveryState::Opened && order.standing == Standing::Live
}
