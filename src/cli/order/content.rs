//! What an author says about an order, read from arguments.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use unicode_normalization::UnicodeNormalization as _;

use crate::cli::output::duration;
use crate::domain::endpoint::Line;
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::order::{
    AssemblyStation, BODY_CHARS_MAX, LegalGround, OrderKind, Requirement, RequirementKind, Urgency,
};
use crate::domain::unit::Echelon;
use crate::wire::pb;

/// Whom an order shall reach.
#[derive(Debug, Clone, Args)]
pub(super) struct Recipients {
    /// Units, each with all under it; "11" is the whole province.
    #[arg(long = "to", value_name = "UNIT", num_args = 1..)]
    pub(super) units: Vec<UnitCode>,
    /// Only these echelons: province, area, commune or base; all by default.
    #[arg(long = "echelon", value_name = "ECHELON", value_parser = echelon)]
    echelons: Vec<Echelon>,
    /// Only these lines: military or civil; both by default.
    #[arg(long = "line", value_name = "LINE", value_parser = line)]
    lines: Vec<Line>,
}

impl Recipients {
    pub(super) fn selector(&self) -> pb::AudienceSelector {
        pb::AudienceSelector {
            unit_codes: self.units.iter().map(ToString::to_string).collect(),
            echelons: self.echelons.iter().map(|own| pb::Echelon::from(*own).into()).collect(),
            lines: self.lines.iter().map(|own| pb::Line::from(*own).into()).collect(),
        }
    }
}

/// Where to gather and what is needed.
#[derive(Debug, Clone, Args)]
pub(super) struct Needs {
    /// Where called people and means gather.
    #[arg(long, value_name = "NAME")]
    pub(super) station: Option<String>,
    /// The unit the station lies in.
    #[arg(long, value_name = "CODE", requires = "station")]
    station_unit: Option<UnitCode>,
    /// People needed, by specialty: CN02=12; repeat it for several.
    #[arg(long = "need", value_name = "CODE=COUNT", value_parser = need)]
    people: Vec<(SpecialtyCode, u32)>,
    /// Means needed, by type: PT01=3; repeat it for several.
    #[arg(long = "need-equipment", value_name = "CODE=COUNT", value_parser = need)]
    equipment: Vec<(SpecialtyCode, u32)>,
}

impl Needs {
    pub(super) fn station(&self) -> Option<AssemblyStation> {
        let name = self.station.as_ref()?;
        Some(AssemblyStation { name: one_line(name), unit: self.station_unit.clone() })
    }

    /// Whether anything is needed.
    pub(super) const fn is_empty(&self) -> bool {
        self.people.is_empty() && self.equipment.is_empty()
    }

    pub(super) fn requirements(&self) -> Vec<Requirement> {
        let of = |kind, list: &[(SpecialtyCode, u32)]| {
            list.iter()
                .map(|(code, count)| Requirement { code: code.clone(), kind, count: *count })
                .collect::<Vec<_>>()
        };
        let mut all = of(RequirementKind::Personnel, &self.people);
        all.extend(of(RequirementKind::Equipment, &self.equipment));
        all
    }
}

/// Until when answers and the order itself count.
#[derive(Debug, Clone, Args)]
pub(super) struct Terms {
    /// When an acknowledgment is late: 15m, 4h; by default what the urgency demands.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) answer_within: Option<Duration>,
    /// When a report of strength is late.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) report_within: Option<Duration>,
    /// When the order is void: 24h by default.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) valid_for: Option<Duration>,
}

impl Terms {
    pub(super) fn answer(&self, urgency: Urgency) -> Duration {
        let minutes = u64::from(urgency.answer_within_minutes());
        self.answer_within.unwrap_or_else(|| Duration::from_secs(minutes * 60))
    }

    pub(super) fn valid(&self) -> Duration {
        self.valid_for.unwrap_or(Duration::from_secs(24 * 3_600))
    }
}

/// A text given as such, or as `@FILE`; composed, so that equal texts are equal bytes.
pub(super) fn body(text: &str) -> Result<String> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.nfc().collect()) };
    let path = Path::new(path);
    let context = || format!("failed to read {}", path.display());
    let len = std::fs::metadata(path).with_context(context)?.len();
    // Four bytes hold any character.
    if usize::try_from(len).is_ok_and(|len| len > 4 * BODY_CHARS_MAX) {
        bail!(
            "{} is too long: an order's text has at most {BODY_CHARS_MAX} characters",
            path.display()
        );
    }
    let text = std::fs::read_to_string(path).with_context(context)?;
    Ok(text.trim_end().replace("\r\n", "\n").nfc().collect())
}

/// A text on one line, composed and without spaces at its ends.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

fn named<T: Copy, const N: usize>(
    text: &str,
    all: [T; N],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter().find(|one| name(*one) == text).ok_or_else(|| {
        let names: Vec<&str> = all.into_iter().map(&name).collect();
        format!("use one of {}", names.join(", "))
    })
}

pub(super) fn kind(text: &str) -> Result<OrderKind, String> {
    named(text, OrderKind::ALL, OrderKind::as_str)
}

pub(super) fn urgency(text: &str) -> Result<Urgency, String> {
    named(text, Urgency::ALL, Urgency::as_str)
}

pub(super) fn ground(text: &str) -> Result<LegalGround, String> {
    named(text, LegalGround::ALL, LegalGround::as_str)
}

fn echelon(text: &str) -> Result<Echelon, String> {
    let all = [Echelon::Province, Echelon::Area, Echelon::Commune, Echelon::Base];
    named(text, all, Echelon::as_str)
}

fn line(text: &str) -> Result<Line, String> {
    named(text, [Line::Military, Line::Civil], Line::as_str)
}

/// A line and the codes that may fill it: CN02=CN03,CN05; CN02=none has no code.
pub(super) fn near(text: &str) -> Result<(SpecialtyCode, Vec<SpecialtyCode>), String> {
    let wrong = || "write it like CN02=CN03,CN05, or CN02=none".to_owned();
    let (code, near) = text.split_once('=').ok_or_else(wrong)?;
    let near: Result<Vec<SpecialtyCode>, _> = match near {
        "none" => Ok(Vec::new()),
        near => near.split(',').map(str::parse).collect(),
    };
    let (code, near) = (code.parse().ok(), near.ok());
    code.zip(near).ok_or_else(wrong)
}

fn need(text: &str) -> Result<(SpecialtyCode, u32), String> {
    let wrong = || "write it like CN02=12".to_owned();
    let (code, count) = text.split_once('=').ok_or_else(wrong)?;
    let count = count.parse().map_err(|_not_a_number| wrong())?;
    Ok((code.parse().map_err(|_not_a_code| wrong())?, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_from_a_file_and_is_composed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("order.txt");
        std::fs::write(&path, "Le\u{323}nh\r\nhai do\u{300}ng\n\n").expect("written");
        let read = body(&format!("@{}", path.display())).expect("read");
        assert_eq!(read, "L\u{1eb9}nh\nhai d\u{f2}ng");
        assert!(body("@/nowhere/at/all").is_err());
        std::fs::write(&path, "x".repeat(4 * BODY_CHARS_MAX + 1)).expect("written");
        assert!(body(&format!("@{}", path.display())).is_err());
    }

    #[test]
    fn words_are_read_and_others_say_what_would_be_right() {
        assert_eq!(kind("stand-down"), Ok(OrderKind::StandDown));
        assert_eq!(need("CN02=12"), Ok(("CN02".parse().expect("a code"), 12)));
        assert!(urgency("hot").expect_err("no such mark").contains("very-urgent"));
        for bad in ["CN02", "CN02=", "=3", "CN 02=3", "CN02=-1"] {
            assert!(need(bad).is_err(), "{bad:?}");
        }
    }
}
