//! Finding codes in photographs and scans: PNG and JPEG, of any size within bounds, turned, a little
//! blurred, several codes in one picture.
//!
//! A picture comes from outside: its size is read and judged before anything as large as it is made.

use std::collections::BTreeSet;
use std::io::Cursor;

use image::imageops::{FilterType, blur, crop_imm, resize};
use image::{GrayImage, ImageFormat, ImageReader, Limits};
use rqrr::PreparedImage;

use super::CODE_CHARS_MAX;

/// Largest file of a picture, in bytes.
pub const PICTURE_LEN_MAX: usize = 64 * 1024 * 1024;
/// Most pixels of a picture: the largest telephones take 50 million; a page at 600 dpi has 35.
const PIXELS_MAX: u64 = 64_000_000;
/// Longest side of a picture, in pixels.
const SIDE_MAX: u32 = 20_000;
/// Most memory for opening one, in bytes: four for each pixel, and as much for what is underway.
const MEMORY_MAX: u64 = PIXELS_MAX * 8;
/// Most codes looked for in one picture.
const CODES_MAX: usize = 64;

/// Why a picture is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureFault {
    /// It is too large.
    #[error("the picture is too large: give one of at most {} million pixels", PIXELS_MAX / 1_000_000)]
    TooLarge,
    /// It is no PNG or JPEG, or it is damaged.
    #[error("the picture cannot be opened: give a PNG or a JPEG")]
    NotOpened,
}

impl PictureFault {
    /// Its stable reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "PICTURE_TOO_LARGE",
            Self::NotOpened => "PICTURE_NOT_OPENED",
        }
    }
}

/// The texts of the codes in a picture, each once; codes that cannot be read are passed over.
///
/// # Errors
/// [`PictureFault`].
pub fn read(file: &[u8]) -> Result<Vec<String>, PictureFault> {
    let picture = opened(file)?;
    let mut found = BTreeSet::new();
    for attempt in ATTEMPTS {
        if let Some(picture) = attempt(&picture) {
            picture.iter().for_each(|picture| look(picture, &mut found));
        }
        let texts: Vec<String> = found.iter().cloned().collect();
        // All that belongs together is there: nothing is looked for any more.
        if super::from_texts(&texts).is_ok() {
            break;
        }
    }
    Ok(found.into_iter().collect())
}

/// Ways to look at a picture, the cheapest first; each gives what is looked at, if it is worth it.
const ATTEMPTS: [Attempt; 8] = [
    |picture| Some(vec![picture.clone()]),
    |picture| scaled(picture, 3, 4),
    |picture| scaled(picture, 3, 2),
    |picture| scaled(picture, 1, 2),
    |picture| scaled(picture, 2, 1),
    softened,
    |picture| scaled(picture, 5, 4),
    tiles,
];
type Attempt = fn(&GrayImage) -> Option<Vec<GrayImage>>;

/// Larger or smaller: grain hides the corners of a code from a sharp eye, a low resolution its squares,
/// and a code whose squares fall between the pixels of one scale stands well in another.
fn scaled(picture: &GrayImage, times: u32, of: u32) -> Option<Vec<GrayImage>> {
    let (width, height) = picture.dimensions();
    let worth = if times > of { pixels(picture) <= 5_000_000 } else { pixels(picture) > 1_500_000 };
    let (wide, high) = (width / of * times, height / of * times);
    worth.then(|| vec![resize(picture, wide, high, FilterType::Triangle)])
}

fn softened(picture: &GrayImage) -> Option<Vec<GrayImage>> {
    (pixels(picture) <= 12_000_000).then(|| vec![blur(picture, 0.8)])
}

/// Parts that overlap by half, two across and five down: codes beside each other are then seen one by
/// one.
fn tiles(picture: &GrayImage) -> Option<Vec<GrayImage>> {
    let (width, height) = picture.dimensions();
    let (across, down) = (width / 2, height / 3);
    if across < 100 || down < 100 {
        return None;
    }
    let corners = [0, width - across]
        .into_iter()
        .flat_map(|x| (0..5).map(move |row| (x, (down / 2 * row).min(height - down))));
    let tile = |(x, y)| crop_imm(picture, x, y, across, down).to_image();
    Some(corners.map(tile).collect())
}

fn pixels(picture: &GrayImage) -> u64 {
    u64::from(picture.width()) * u64::from(picture.height())
}

fn opened(file: &[u8]) -> Result<GrayImage, PictureFault> {
    if file.len() > PICTURE_LEN_MAX {
        return Err(PictureFault::TooLarge);
    }
    let open = || {
        let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format()?;
        let mut limits = Limits::no_limits();
        limits.max_image_width = Some(SIDE_MAX);
        limits.max_image_height = Some(SIDE_MAX);
        limits.max_alloc = Some(MEMORY_MAX);
        reader.limits(limits);
        Ok::<_, std::io::Error>(reader)
    };
    let reader = || {
        let reader = open().map_err(|_unread| PictureFault::NotOpened)?;
        match reader.format() {
            Some(ImageFormat::Png | ImageFormat::Jpeg) => Ok(reader),
            _other => Err(PictureFault::NotOpened),
        }
    };
    let (width, height) = reader()?.into_dimensions().map_err(|fault| refused(&fault))?;
    if u64::from(width) * u64::from(height) > PIXELS_MAX || width.max(height) > SIDE_MAX {
        return Err(PictureFault::TooLarge);
    }
    let picture = reader()?.decode().map_err(|fault| refused(&fault))?;
    Ok(picture.into_luma8())
}

const fn refused(fault: &image::ImageError) -> PictureFault {
    match fault {
        image::ImageError::Limits(_) => PictureFault::TooLarge,
        _other => PictureFault::NotOpened,
    }
}

fn look(picture: &GrayImage, found: &mut BTreeSet<String>) {
    let (Ok(width), Ok(height)) =
        (usize::try_from(picture.width()), usize::try_from(picture.height()))
    else {
        return;
    };
    if width.min(height) < 21 {
        return;
    }
    let pixels = picture.as_raw();
    let mut prepared =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    for grid in prepared.detect_grids().into_iter().take(CODES_MAX) {
        let mut text = Vec::new();
        if grid.decode_to(&mut text).is_ok()
            && text.len() <= CODE_CHARS_MAX
            && let Ok(text) = String::from_utf8(text)
        {
            found.insert(text);
        }
    }
}
