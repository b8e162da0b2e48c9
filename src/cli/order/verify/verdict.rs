//! A verdict on an order: what it says, each question with its answer, and one sentence.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::order::view::{contents_json, printable, words};
use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::evidence::trust::TrustBundle;
use crate::terminal::verify::day::{Day, days_bundle};
use crate::terminal::verify::examine::{Answer, Examination, QUESTIONS};
use crate::wire::pb;

/// The trust bundle that an order is judged by.
#[derive(Debug)]
pub(in crate::cli) struct Chosen<'a> {
    pub(in crate::cli) bundle: &'a TrustBundle,
    /// When its signers are judged, if the bundle is one of an earlier day.
    pub(in crate::cli) at: Option<Instant>,
    /// Of whose word that day is.
    day: Option<Day>,
    /// A bundle of an earlier day that was not asked for, and believes it.
    believer: Option<u64>,
    /// Whether the order stands in the inbox that was asked, if one was.
    came: Option<bool>,
}

impl<'a> Chosen<'a> {
    /// The newest of `history`, unless a day is given and the bundle of that day judges otherwise.
    pub(in crate::cli) fn of(
        envelope: &Envelope,
        history: &'a [(Envelope, TrustBundle)],
        (day, came): (Option<Day>, Option<bool>),
        now: Instant,
    ) -> Result<Self> {
        let (_signed, newest) = history.last().context("no trust bundle is at hand")?;
        let own = days_bundle(envelope, history, day.unwrap_or(Day::Claimed), now);
        Ok(match (own, day) {
            (Some(own), Some(_asked)) => {
                Self { bundle: own.bundle, at: Some(own.at), day, believer: None, came }
            }
            (Some(own), None) => {
                Self { bundle: newest, at: None, day, believer: Some(own.bundle.version), came }
            }
            (None, _) => Self { bundle: newest, at: None, day: None, believer: None, came },
        })
    }
}

/// An order that was judged.
#[derive(Debug)]
pub(in crate::cli) struct Judged<'a> {
    /// As it came.
    pub(in crate::cli) envelope: &'a Envelope,
    /// By what.
    pub(in crate::cli) chosen: &'a Chosen<'a>,
    /// What came of it.
    pub(in crate::cli) done: &'a Examination,
    /// Whether the names on its call-up sheet are shown. They are personal data.
    pub(in crate::cli) names: bool,
}

impl Judged<'_> {
    /// Shows all of it; the exit status says the same.
    pub(in crate::cli) fn tell(&self, cx: &Cx) -> Result<ExitCode> {
        cx.screen.show(&self.json(), || self.text(cx))?;
        let failed = self.done.failure().is_some();
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn text(&self, cx: &Cx) -> String {
        let done = self.done;
        let mut text = String::new();
        if let Some(order) = &done.order {
            text.push_str(&words(order, &self.envelope.digest(), &cx.screen));
        }
        if let Some(sheet) = done.sheet.as_ref().filter(|_sheet| self.names) {
            text.push_str(&rows(sheet));
        }
        for check in &done.checks {
            let (mark, said) = match &check.answer {
                Answer::Ok(said) => ("ok", said.as_str()),
                Answer::Failed { reason, .. } => ("FAILED", *reason),
                Answer::NotAsked => ("-", "not asked"),
            };
            let _written = writeln!(text, "  {:<11} {mark:<7} {}", check.name, printable(said));
        }
        let roots = self.chosen.bundle.roots_fingerprint();
        let _written = write!(text, "  {:<11} {roots}\n\n{}", "roots", self.sentence());
        text
    }

    /// The verdict.
    fn sentence(&self) -> String {
        let done = self.done;
        if let Some((reason, text)) = done.failure() {
            let hint = match (self.chosen.believer, reason) {
                (
                    Some(version),
                    "SIGNATURES_MISSING" | "SIGNATURE_INVALID" | "TRUST_BUNDLE_EXPIRED",
                ) => {
                    format!(
                        "; trust bundle {version} believed it on the day that it claims: see --on-its-day"
                    )
                }
                _other => String::new(),
            };
            return format!("KHÔNG HỢP LỆ / not valid: {}{hint} [{reason}]", printable(text));
        }
        let vouched = match self.chosen.day {
            Some(Day::Claimed) => {
                ", on the day that it claims: nobody but its signers vouches for that"
            }
            Some(Day::Recorded(_)) => ", which was in force when it came here",
            None => "",
        };
        let standing = done.checks.iter().find(|check| check.name == "standing");
        let is_asked = standing.is_some_and(|check| check.answer != Answer::NotAsked);
        // Signatures are not an issue: that it went out is what the inbox or the evidence knows.
        let open = match (self.chosen.came, is_asked) {
            (Some(true), _) => "",
            (Some(false), _) => "; it did NOT come here as an issued order",
            (None, true) => "; whether it was issued was not asked (`order evidence`)",
            (None, false) => {
                "; whether it was issued or cancelled was not asked (`order evidence`)"
            }
        };
        let number = done.order.as_ref().map(crate::domain::order::Order::number_text);
        let handling = done.order.as_ref().map_or("", |order| order.handling.as_str());
        let signers: Vec<&str> = done.signed_by.iter().map(OfficerId::as_str).collect();
        format!(
            "HỢP LỆ / valid: {} ({handling}) is signed by {} under trust bundle {}{vouched}{open}",
            number.unwrap_or_default(),
            signers.join(" and "),
            self.chosen.bundle.version
        )
    }

    fn json(&self) -> Value {
        let done = self.done;
        let mut value = match &done.order {
            Some(order) => contents_json(order, self.envelope),
            None => json!({ "fingerprint": fingerprint(&self.envelope.digest()) }),
        };
        let signers: Vec<&str> = done.signed_by.iter().map(OfficerId::as_str).collect();
        let failure = done.failure();
        value["valid"] = json!(failure.is_none());
        value["reason"] = json!(failure.map(|(reason, _text)| reason));
        value["text"] = json!(failure.map(|(_reason, text)| text));
        value["verdict"] = json!(self.sentence());
        value["signed_by"] = json!(signers);
        value["trust_bundle_version"] = json!(self.chosen.bundle.version);
        value["day_claimed"] = json!(self.chosen.day == Some(Day::Claimed));
        value["checks"] = json!(done.checks.iter().map(check_json).collect::<Vec<_>>());
        if let Some(sheet) = &done.sheet {
            value["sheet"] = json!({
                "unit_code": sheet.unit_code,
                "page": sheet.page,
                "pages": sheet.pages,
                "people": sheet.people_total,
                "equipment": sheet.equipment_total,
                "names": self.names.then(|| names(sheet)),
            });
        }
        value
    }
}

fn check_json(check: &crate::terminal::verify::examine::Check) -> Value {
    let (ok, reason, text) = match &check.answer {
        Answer::Ok(said) => (Some(true), None, Some(said)),
        Answer::Failed { reason, text } => (Some(false), Some(*reason), Some(text)),
        Answer::NotAsked => (None, None, None),
    };
    json!({ "check": check.name, "ok": ok, "reason": reason, "text": text })
}

/// A verdict on what cannot even be read as an order.
pub(in crate::cli) fn unreadable(cx: &Cx, reason: &str, text: &str) -> Result<ExitCode> {
    let open = |name| json!({ "check": name, "ok": null, "reason": null, "text": null });
    let verdict = format!("KHÔNG ĐỌC ĐƯỢC / not readable: {} [{reason}]", printable(text));
    let value = json!({
        "valid": false,
        "reason": reason,
        "text": text,
        "verdict": verdict,
        "checks": QUESTIONS.map(open),
    });
    cx.screen.show(&value, || verdict)?;
    Ok(ExitCode::FAILURE)
}

fn names(sheet: &pb::CallUpSheet) -> Vec<Value> {
    let people = sheet.people.iter().map(|own| {
        json!({
            "number": own.number,
            "full_name": own.full_name,
            "birth_year": own.birth_year,
            "hamlet": own.hamlet,
            "line": own.line_code,
        })
    });
    let items = sheet.equipment.iter().map(|own| {
        json!({
            "number": own.number,
            "plate": own.plate,
            "make_model": own.make_model,
            "owner": own.owner_name,
            "line": own.line_code,
        })
    });
    people.chain(items).collect()
}

fn rows(sheet: &pb::CallUpSheet) -> String {
    let mut text = String::new();
    for own in &sheet.people {
        let (name, born) = (printable(&own.full_name), own.birth_year);
        let place = printable(&own.hamlet);
        let _written = writeln!(text, "  {:>5}. {name} ({born}), {place}", own.number);
    }
    for own in &sheet.equipment {
        let (plate, owner) = (printable(&own.plate), printable(&own.owner_name));
        let _written = writeln!(text, "  {:>5}. {plate}, {owner}", own.number);
    }
    text.push('\n');
    text
}
