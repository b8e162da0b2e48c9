//! Codes: what stands in them comes back whole, and whatever was changed is refused.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::order::handling::Handling;
use crate::evidence::envelope::{Envelope, PAYLOAD_LEN_MAX, PayloadType};
use crate::terminal::inbox::tests::calling::{lists, page};
use crate::terminal::inbox::tests::{envelope, key, order};
use crate::wire::order::printed::PrintedSheet;

fn of(envelope: Envelope) -> Printed {
    Printed { envelope, sheet: None }
}

fn small() -> Printed {
    of(envelope(&order(1, Handling::Exercise)))
}

/// An order of so many bytes that nothing can deflate.
fn noise(len: usize) -> Printed {
    let mut payload = vec![0; len];
    ChaCha8Rng::seed_from_u64(5).fill(&mut payload[..]);
    let kind = PayloadType::Order(Handling::Exercise);
    let mut envelope = Envelope::new(kind, payload).expect("within bounds");
    (1..=8).for_each(|seed| envelope.sign(&key(seed)).expect("room"));
    of(envelope)
}

#[test]
fn what_is_printed_comes_back_in_whatever_order_the_codes_are_read() {
    for printed in [small(), noise(3_000), noise(PAYLOAD_LEN_MAX)] {
        let mut texts = texts(&printed).expect("it fits");
        for text in &texts {
            let (across, dark) = squares(text).expect("a code holds it");
            assert_eq!(dark.len(), across * across);
            let most = if texts.len() < 20 { 69 } else { 89 };
            assert!(across <= most, "{across} squares are too fine");
        }
        texts.reverse();
        texts.push(texts[0].clone());
        texts.push("https://example.org/of/somebody/else".to_owned());
        assert_eq!(from_texts(&texts), Ok(printed));
    }
}

#[test]
fn the_largest_order_with_the_largest_sheet_fits() {
    let lists = lists(1, 1_000);
    let largest = page(1, &lists, 1);
    assert!(largest.sheet.len() > 10_000, "{}", largest.sheet.len());
    let printed =
        Printed { sheet: Some(PrintedSheet::new(&largest, false)), ..noise(PAYLOAD_LEN_MAX) };
    let texts = texts(&printed).expect("it fits");
    assert_eq!(from_texts(&texts), Ok(printed));
    let worst = PRINTED_LEN_MAX + PRINTED_LEN_MAX / 1_000 + 64;
    assert!(PARTS_MAX * PART_LEN_MAX > worst, "whatever is within the bounds can be printed");
}

#[test]
fn every_bit_of_a_code_counts() {
    let printed = noise(10);
    let texts = texts(&printed).expect("it fits");
    assert!((3..=4).contains(&texts.len()), "{}", texts.len());
    for (at, text) in texts.iter().enumerate() {
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let Ok(bent) = String::from_utf8(bytes) else { continue };
                let mut bent_texts = texts.clone();
                bent_texts[at] = bent;
                assert!(from_texts(&bent_texts).is_err(), "code {at} place {place} bit {bit}");
            }
        }
    }
}

#[test]
fn every_bit_inside_the_frame_counts_even_where_the_frame_is_made_anew() {
    let printed = small();
    let content = printed::encode(&printed);
    let mut same = 0;
    for place in 0..content.len() {
        for bit in 0..8 {
            let mut bent = content.clone();
            bent[place] ^= 1 << bit;
            if let Ok(read) = printed::decode(&bent) {
                assert_ne!(read, printed, "place {place} bit {bit}");
                same += 1;
            }
        }
    }
    assert!(same > 0, "payload and signatures are checked by whoever verifies, not here");
}

#[test]
fn codes_that_lack_a_part_or_belong_to_two_prints_are_refused_with_what_to_do() {
    let (one, other) = (texts(&noise(3_000)).expect("fits"), texts(&noise(3_001)).expect("fits"));
    let fault = |texts: &[String]| from_texts(texts).expect_err("not whole");
    assert_eq!(fault(&[]), CodeFault::NoCode);
    assert_eq!(fault(&["WIFI:S:home;;".to_owned()]), CodeFault::NoCode);
    let lacking = fault(&[&one[..2], &one[3..]].concat());
    assert_eq!(lacking, CodeFault::Missing { have: one.len() - 1, of: one.len(), missing: 3 });
    assert_eq!(fault(&[&one[..2], &other[2..]].concat()), CodeFault::Mixed);
    assert_eq!(fault(&["HOATOC:".to_owned()]).reason(), "CODE_DAMAGED");
    assert_eq!(fault(&["HOATOC:abc".to_owned()]).reason(), "CODE_DAMAGED");
    assert_eq!(fault(&[format!("HOATOC:{}", "A".repeat(CODE_CHARS_MAX + 1))]), CodeFault::TooLarge);
}

fn framed(content: &[u8]) -> Vec<String> {
    let of = u8::try_from(content.len().div_ceil(PART_LEN_MAX)).expect("few");
    let digest = digest(of, content);
    let text = |(part, chunk): (u8, &[u8])| {
        format!("{PREFIX}{}", base45::encode(&[&[FORMAT, part, of], &digest[..], chunk].concat()))
    };
    (1..).zip(content.chunks(PART_LEN_MAX)).map(text).collect()
}

#[test]
fn what_inflates_beyond_an_order_or_hides_something_behind_it_is_refused() {
    let bomb = deflated(&vec![0; 50 * 1024 * 1024]);
    assert!(bomb.len() < PARTS_MAX * PART_LEN_MAX, "it fits the codes: {}", bomb.len());
    assert_eq!(from_texts(&framed(&bomb)), Err(CodeFault::TooLarge));
    let mut longer = deflated(&printed::encode(&small()));
    assert_eq!(from_texts(&framed(&longer)), Ok(small()));
    longer.push(0);
    assert_eq!(from_texts(&framed(&longer)).expect_err("a byte more").reason(), "CODE_DAMAGED");
    assert_eq!(from_texts(&framed(b"no deflate")).expect_err("not").reason(), "CODE_DAMAGED");
    let empty = framed(&deflated(&[]));
    assert_eq!(from_texts(&empty).expect_err("nothing").reason(), "CODE_CONTENT_INVALID");
}

#[test]
fn a_picture_that_is_none_or_too_large_is_refused_before_it_is_opened() {
    assert_eq!(read_picture(b""), Err(PictureFault::NotOpened));
    assert_eq!(read_picture(b"GIF89a"), Err(PictureFault::NotOpened));
    // A PNG that says it is 19,000 squared: 61 bytes on disk, 361 million pixels in memory.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(19_000_u32.to_be_bytes());
    png.extend(19_000_u32.to_be_bytes());
    png.extend([8, 0, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..]);
    png.extend(crc.sum().to_be_bytes());
    png.extend(b"\0\0\0\x04IDAT\0\0\0\0");
    assert_eq!(read_picture(&png), Err(PictureFault::TooLarge));
    let white = image::GrayImage::from_pixel(300, 300, image::Luma([255]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    white.write_to(&mut bytes, image::ImageFormat::Png).expect("written");
    assert_eq!(read_picture(bytes.get_ref()), Ok(Vec::new()));
}
