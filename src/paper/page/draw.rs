//! What can stand on a page, and how krilla draws it.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;

use crate::paper::fonts::Fonts;
use crate::paper::lines::Style;

/// How far leaning letters lean.
const SLANT: f32 = 0.21;

/// A colour that printers without colours show well too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::paper) enum Ink {
    Black,
    White,
    Red,
    Grey,
    Pale,
}

impl Ink {
    const fn colour(self) -> (u8, u8, u8) {
        match self {
            Self::Black => (0, 0, 0),
            Self::White => (255, 255, 255),
            Self::Red => (190, 0, 20),
            Self::Grey => (120, 120, 120),
            Self::Pale => (230, 230, 230),
        }
    }

    fn fill(self) -> Fill {
        let (red, green, blue) = self.colour();
        let paint = rgb::Color::new(red, green, blue).into();
        Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
    }

    fn stroke(self, width: f32, dash: Option<f32>) -> Stroke {
        let (red, green, blue) = self.colour();
        let dash = dash.map(|length| StrokeDash { array: vec![length, length], offset: 0.0 });
        Stroke { paint: rgb::Color::new(red, green, blue).into(), width, dash, ..Stroke::default() }
    }
}

/// A place on a page: left, top, width, height, in points.
#[derive(Debug, Clone, Copy)]
pub(in crate::paper) struct Area(
    pub(in crate::paper) f32,
    pub(in crate::paper) f32,
    pub(in crate::paper) f32,
    pub(in crate::paper) f32,
);

/// Something on a page.
#[derive(Debug)]
pub(super) enum Mark {
    Text { at: (f32, f32), style: Style, ink: Ink, spread: f32, text: String },
    Fill { area: Area, ink: Ink },
    Frame { area: Area, ink: Ink, width: f32, dash: Option<f32> },
    Turned { centre: (f32, f32), degrees: f32, style: Style, ink: Ink, text: String },
    Ring { centre: (f32, f32), radius: f32 },
    Squares { area: Area, across: usize, dark: Vec<bool> },
}

/// Draws one mark.
pub(super) fn draw(surface: &mut Surface<'_>, fonts: &Fonts, mark: &Mark) {
    match mark {
        Mark::Text { at, style, ink, spread, text } => {
            write(surface, fonts, *at, (*style, *ink, *spread), text);
        }
        Mark::Fill { area, ink } => {
            let mut path = PathBuilder::new();
            path_of(&mut path, *area);
            paint(surface, path, Some(ink.fill()), None);
        }
        Mark::Frame { area, ink, width, dash } => {
            let mut path = PathBuilder::new();
            path_of(&mut path, *area);
            paint(surface, path, None, Some(ink.stroke(*width, *dash)));
        }
        Mark::Ring { centre, radius } => {
            paint(surface, circle(*centre, *radius), None, Some(Ink::Grey.stroke(0.8, Some(3.0))));
        }
        Mark::Turned { centre: (x, y), degrees, style, ink, text } => {
            let half = fonts.width(style.face, style.size, text) / 2.0;
            surface.push_transform(&Transform::from_rotate_at(*degrees, *x, *y));
            write(surface, fonts, (x - half, *y), (*style, *ink, 0.0), text);
            surface.pop();
        }
        Mark::Squares { area, across, dark } => squares(surface, *area, *across, dark),
    }
}

fn write(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    (x, y): (f32, f32),
    (style, ink, spread): (Style, Ink, f32),
    text: &str,
) {
    if text.is_empty() {
        return;
    }
    let glyphs = fonts.glyphs(style.face, style.size, text, spread);
    surface.set_stroke(None);
    surface.set_fill(Some(ink.fill()));
    if style.slant {
        surface.push_transform(&Transform::from_row(1.0, 0.0, -SLANT, 1.0, SLANT * y, 0.0));
    }
    let font = fonts.font(style.face);
    surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, text, style.size, false);
    if style.slant {
        surface.pop();
    }
}

/// All dark squares as one path, runs of a row together: nothing can open between two of them.
fn squares(surface: &mut Surface<'_>, area: Area, across: usize, dark: &[bool]) {
    let Area(left, top, width, height) = area;
    let mut ground = PathBuilder::new();
    path_of(&mut ground, area);
    paint(surface, ground, Some(Ink::White.fill()), None);
    let Ok(count) = u16::try_from(across) else { return };
    let (step, down) = (width / f32::from(count), height / f32::from(count));
    let mut path = PathBuilder::new();
    for (row, squares) in (0_u16..).zip(dark.chunks(across)) {
        let mut from = None;
        for (column, is_dark) in
            (0_u16..).zip(squares.iter().copied().chain(std::iter::once(false)))
        {
            match (is_dark, from) {
                (true, None) => from = Some(column),
                (false, Some(start)) => {
                    let run = step * f32::from(column - start);
                    let x = left + step * f32::from(start);
                    path_of(&mut path, Area(x, top + down * f32::from(row), run, down));
                    from = None;
                }
                _goes_on => {}
            }
        }
    }
    paint(surface, path, Some(Ink::Black.fill()), None);
}

/// A circle of four curves.
fn circle((x, y): (f32, f32), radius: f32) -> PathBuilder {
    // How far the handles of a quarter reach: 4/3 (sqrt 2 - 1) of the radius.
    let reach = radius * 0.552_285;
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + reach, x + reach, y + radius, x, y + radius);
    path.cubic_to(x - reach, y + radius, x - radius, y + reach, x - radius, y);
    path.cubic_to(x - radius, y - reach, x - reach, y - radius, x, y - radius);
    path.cubic_to(x + reach, y - radius, x + radius, y - reach, x + radius, y);
    path.close();
    path
}

fn path_of(path: &mut PathBuilder, Area(left, top, width, height): Area) {
    if let Some(rect) = Rect::from_xywh(left, top, width, height) {
        path.push_rect(rect);
    }
}

fn paint(surface: &mut Surface<'_>, path: PathBuilder, fill: Option<Fill>, stroke: Option<Stroke>) {
    if let Some(path) = path.finish() {
        surface.set_fill(fill);
        surface.set_stroke(stroke);
        surface.draw_path(&path);
    }
}
