//! A4 pages: what is drawn where, collected first and written at the end, when it is known how many
//! pages there are.
//!
//! Every page carries the handling above and below, and the fingerprint with its place in the whole.
//! A drill has more: dark bands, a dashed frame, and its word across the text several times, so that
//! no strip cut out of it can pass for the real thing. Whether it is a drill is asked once, here.

mod draw;

pub(super) use draw::{Area, Ink};

use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};

use self::draw::{Mark, draw};
use super::fonts::{Face, Fonts};
use super::lines::{Line, Style, broken};
use super::{PaperError, words};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
/// The margins of official documents: 30 mm at the binding, 18 mm opposite.
pub(super) const LEFT: f32 = 85.0;
pub(super) const RIGHT: f32 = WIDTH - 51.0;
/// Where text begins and ends.
const TOP: f32 = 64.0;
const BOTTOM: f32 = HEIGHT - 74.0;

/// What is the same on every page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) handling: Handling,
    /// Above all a draft or an order that is over says so.
    pub(super) warning: Option<&'static str>,
    /// The same in a word, across the text.
    pub(super) across: &'static str,
    /// At the foot, beside the fingerprint.
    pub(super) number: String,
    pub(super) fingerprint: String,
    pub(super) title: String,
    /// The time that the file says it was made: taken from what is printed, so that the same order
    /// always prints to the same bytes.
    pub(super) made_at: Instant,
}

/// Pages being filled.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) fonts: Fonts,
    pages: Vec<Vec<Mark>>,
    /// How far down the last page is filled.
    pub(super) y: f32,
}

impl Pages {
    pub(super) fn new() -> Result<Self, PaperError> {
        Ok(Self { fonts: Fonts::load()?, pages: vec![Vec::new()], y: TOP })
    }

    fn mark(&mut self, mark: Mark) {
        self.pages.last_mut().expect("there is a page from the start").push(mark);
    }

    /// Begins a page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Begins a page unless so many points are left on this one. Says whether it did.
    pub(super) fn need(&mut self, height: f32) -> bool {
        let turns = self.y + height > BOTTOM && self.y > TOP;
        if turns {
            self.turn();
        }
        turns
    }

    pub(super) fn width(&self, style: Style, text: &str) -> f32 {
        self.fonts.width(style.face, style.size, text)
    }

    /// One line that begins at `x`, its foot on `y`.
    pub(super) fn text(&mut self, x: f32, y: f32, style: Style, ink: Ink, text: &str) {
        let text = self.fonts.drawable(text);
        self.mark(Mark::Text { at: (x, y), style, ink, spread: 0.0, text });
    }

    /// One line around `x`.
    pub(super) fn centred(&mut self, x: f32, y: f32, style: Style, ink: Ink, text: &str) {
        let text = self.fonts.drawable(text);
        let width = self.width(style, &text);
        self.mark(Mark::Text { at: (x - width / 2.0, y), style, ink, spread: 0.0, text });
    }

    /// Lines around `x` from the current place on, as many as a width needs.
    pub(super) fn centred_lines(&mut self, x: f32, width: f32, style: Style, text: &str) {
        for line in broken(&self.fonts, style, text, width, 0.0) {
            self.need(style.leading());
            self.y += style.leading();
            self.centred(x, self.y, style, Ink::Black, &line.text);
        }
    }

    /// A paragraph over the page's width, spread to both margins.
    pub(super) fn paragraph(&mut self, style: Style, indent: f32, text: &str) {
        let width = RIGHT - LEFT;
        let lines = broken(&self.fonts, style, text, width, indent);
        for (at, line) in lines.iter().enumerate() {
            self.need(style.leading());
            self.y += style.leading();
            let indent = if at == 0 { indent } else { 0.0 };
            self.spread(LEFT + indent, width - indent, style, line);
        }
    }

    fn spread(&mut self, x: f32, width: f32, style: Style, line: &Line) {
        let spaces = u16::try_from(line.text.matches(' ').count()).unwrap_or(u16::MAX);
        let rest = width - line.width;
        let is_spread = !line.is_last && spaces > 0 && rest < width / 3.0;
        let spread = if is_spread { rest / f32::from(spaces) } else { 0.0 };
        let (at, text) = ((x, self.y), line.text.clone());
        self.mark(Mark::Text { at, style, ink: Ink::Black, spread, text });
    }

    pub(super) fn fill(&mut self, area: Area, ink: Ink) {
        self.mark(Mark::Fill { area, ink });
    }

    pub(super) fn frame(&mut self, area: Area, ink: Ink, width: f32, dash: Option<f32>) {
        self.mark(Mark::Frame { area, ink, width, dash });
    }

    /// A dashed ring: where something is to be put.
    pub(super) fn ring(&mut self, centre: (f32, f32), radius: f32) {
        self.mark(Mark::Ring { centre, radius });
    }

    /// Dark and light squares, `across` in a row, over a white ground.
    pub(super) fn squares(&mut self, area: Area, across: usize, dark: Vec<bool>) {
        self.mark(Mark::Squares { area, across, dark });
    }

    /// Puts what every page has around each, and writes the file.
    pub(super) fn finish(mut self, frame: &Frame) -> Result<Vec<u8>, PaperError> {
        let of = self.pages.len();
        let texts = std::mem::take(&mut self.pages);
        for (page, text) in (1..).zip(texts) {
            self.pages.push(Vec::new());
            self.behind(frame);
            // What belongs to the order stands over the words across the page.
            self.pages.last_mut().expect("just pushed").extend(text);
            self.around(frame, page, of);
        }
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_B)
            .finish()
            .map_err(|_one_validator| PaperError::Writing)?;
        let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        document.set_metadata(metadata(frame));
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PaperError::Writing)?;
        for marks in &self.pages {
            let mut page = document.start_page_with(size.clone());
            let mut surface = page.surface();
            marks.iter().for_each(|mark| draw(&mut surface, &self.fonts, mark));
            surface.finish();
            page.finish();
        }
        document.finish().map_err(|_invalid| PaperError::Writing)
    }

    fn behind(&mut self, frame: &Frame) {
        let words = [words::across(frame.handling), frame.across];
        let mut said = words.into_iter().filter(|word| !word.is_empty()).cycle();
        for row in [0.2, 0.42, 0.64, 0.86] {
            let Some(word) = said.next() else { return };
            let (centre, text) = ((WIDTH / 2.0 + 14.0, HEIGHT * row), self.fonts.drawable(word));
            let style = Style::bold(62.0);
            self.mark(Mark::Turned { centre, degrees: -24.0, style, ink: Ink::Pale, text });
        }
    }

    fn around(&mut self, frame: &Frame, page: usize, of: usize) {
        let banner = words::banner(frame.handling);
        let is_drill = frame.handling != Handling::Actual;
        for top in [20.0, HEIGHT - 40.0] {
            let band = Area(24.0, top, WIDTH - 48.0, 20.0);
            let (ink, style) = if is_drill {
                self.fill(band, Ink::Black);
                (Ink::White, Style::bold(11.5))
            } else {
                self.frame(band, Ink::Red, 1.4, None);
                (Ink::Red, Style::bold(11.5))
            };
            self.centred(WIDTH / 2.0, top + 14.2, style, ink, banner);
        }
        if is_drill {
            let all = Area(24.0, 20.0, WIDTH - 48.0, HEIGHT - 40.0);
            self.frame(all, Ink::Black, 1.6, Some(7.0));
        }
        if let Some(warning) = frame.warning {
            self.centred(WIDTH / 2.0, 55.0, Style::bold(11.0), Ink::Red, warning);
        }
        let foot = HEIGHT - 50.0;
        let rule = Area(LEFT, foot - 13.0, RIGHT - LEFT, 0.5);
        self.fill(rule, Ink::Black);
        let spoken = format!("Dấu vân tay: {}", frame.fingerprint);
        self.text(LEFT, foot, Style::bold(9.5), Ink::Black, &spoken);
        let place = format!("{}   Trang {page}/{of}", frame.number);
        let width = self.width(Style::regular(9.5), &place);
        self.text(RIGHT - width, foot, Style::regular(9.5), Ink::Black, &place);
    }
}

fn metadata(frame: &Frame) -> Metadata {
    let metadata = Metadata::new()
        .title(frame.title.clone())
        .language("vi-VN".to_owned())
        .creator("hoatoc".to_owned())
        .document_id(format!("{} {}", frame.number, frame.fingerprint));
    let Ok(at) = jiff::Timestamp::from_millisecond(frame.made_at.millis()) else { return metadata };
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let small = |part: i8| u8::try_from(part).unwrap_or_default();
    metadata.creation_date(
        DateTime::new(u16::try_from(at.year()).unwrap_or_default())
            .month(small(at.month()))
            .day(small(at.day()))
            .hour(small(at.hour()))
            .minute(small(at.minute()))
            .second(small(at.second()))
            .utc_offset_hour(0)
            .utc_offset_minute(0),
    )
}

/// Bold or upright, by whether it stands out.
pub(super) const fn face(stands_out: bool) -> Face {
    if stands_out { Face::Bold } else { Face::Regular }
}
