//! What signed bytes say, for the eye of whoever signs, shows or verifies: all of it, on an old screen,
//! and at the end once more what must not be overlooked.

mod beside;
mod changes;
mod clash;
mod json;
mod layout;

pub(super) use beside::Beside;
pub(super) use json::{contents_json, counts_json, order_json};

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use self::layout::{fitted, line, quoted};
use super::call_up::{Lists, Selected};
use crate::cli::connection::Connection;
use crate::cli::output::{Screen, local_time};
use crate::domain::endpoint::{Address, Endpoints};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::order::audience::AudienceSelector;
use crate::domain::order::{Order, ReferenceKind, RequirementKind};
use crate::domain::unit::Units;
use crate::domain::world::OrderFile;
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::wire::{order, pb};

/// An envelope's order, and its audience compared with the server's endpoints.
#[derive(Debug)]
pub(super) struct Seen {
    /// What the bytes say.
    pub(super) order: Order,
    digest: [u8; 32],
    by_area: BTreeMap<String, u64>,
    call_up: Option<Lists>,
}

impl Seen {
    /// Reads the bytes, checks that they make sense in themselves and that the endpoints they were
    /// made for are those of today. What it calls by name is proved under the root that it signs;
    /// before it is laid down the lists are those that were just selected.
    pub(super) async fn look(
        connection: &Connection,
        envelope: &Envelope,
        selected: Option<&Selected>,
    ) -> Result<Self> {
        let order = sound(envelope)?;
        let units = units_of(connection).await?;
        let endpoints = connection.endpoints("").await?;
        let by_area = by_area(&order, &units, &endpoints)?;
        let call_up = match (&order.call_up, selected) {
            (None, _) => None,
            (Some(call_up), Some(selected)) => Some(selected.lists(call_up, &units)?),
            (Some(call_up), None) => Some(Lists::fetch(connection, call_up, &units).await?),
        };
        Ok(Self { order, digest: envelope.digest(), by_area, call_up })
    }

    /// What the bytes say by themselves, where no server can be asked about units and lists.
    pub(super) fn alone(envelope: &Envelope) -> Result<Self> {
        let order = sound(envelope)?;
        Ok(Self { order, digest: envelope.digest(), by_area: BTreeMap::new(), call_up: None })
    }

    /// All of it in words.
    pub(super) fn text(&self, screen: &Screen) -> String {
        let mut text = words(&self.order, &self.digest, screen);
        line(&mut text, "for", &format!("{} endpoints", self.order.audience.count()));
        for (area, count) in &self.by_area {
            line(&mut text, "", &format!("{count:>5}  {area}"));
        }
        if let Some(call_up) = &self.call_up {
            text.push('\n');
            text.push_str(&fitted(&call_up.text()));
        }
        text
    }

    /// All of it, what stands beside it, and at the end, on one screen, what must not be overlooked.
    pub(super) fn to_sign(&self, screen: &Screen, beside: &Beside) -> String {
        let (order, mut text) = (&self.order, self.text(screen));
        let (mut changed, mut clashes) = (beside.changed(order), beside.clashes(order));
        changed.extend(self.call_up.as_ref().and_then(Lists::drifted));
        clashes.extend(self.call_up.as_ref().and_then(Lists::called_elsewhere));
        text.push('\n');
        told(&mut text, "changed", &changed);
        told(&mut text, "CLASH", &clashes);
        let _written = write!(text, "\n{}\n\n", screen.banner(order.handling));
        line(&mut text, "number", &order.number_text());
        line(&mut text, "kind", &format!("{} ({})", order.kind.label(), order.kind.as_str()));
        line(&mut text, "title", &short(&printable(&order.title)));
        let areas = self.by_area.len();
        let count = order.audience.count();
        line(
            &mut text,
            "for",
            &match areas {
                0 => format!("{count} endpoints"),
                areas => format!("{count} endpoints in {areas} areas"),
            },
        );
        if let Some(call_up) = &order.call_up {
            let (people, items) = (call_up.people, call_up.equipment);
            line(&mut text, "calls", &format!("{people} people and {items} items by name"));
        }
        line(&mut text, "changed", &counted(&changed, "nothing"));
        line(&mut text, "clashes", &counted(&clashes, "none"));
        line(&mut text, "signed by", &beside.signed_by());
        line(&mut text, "fingerprint", &fingerprint(&self.digest));
        text
    }
}

/// Sentences under one name.
fn told(text: &mut String, name: &str, sentences: &[String]) {
    for (at, sentence) in sentences.iter().enumerate() {
        line(text, if at == 0 { name } else { "" }, sentence);
    }
}

/// The first of several sentences, and how many there are; the rest stands above.
fn counted(sentences: &[String], none: &str) -> String {
    match sentences {
        [] => none.to_owned(),
        [one] => short(one),
        [first, rest @ ..] => format!("{} (and {} more, above)", short(first), rest.len()),
    }
}

/// A text that takes two lines of the summary at most.
fn short(text: &str) -> String {
    const CHARS_MAX: usize = 110;
    if text.chars().count() <= CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CHARS_MAX - 3).chain("...".chars()).collect()
}

/// The server's units, as a tree.
pub(super) async fn units_of(connection: &Connection) -> Result<Units> {
    let units = connection.units().await?;
    let units: Vec<_> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    Units::from_list(units).context("the server's units do not hang together")
}

/// What an envelope says, if it is an order that makes sense in itself.
pub(super) fn sound(envelope: &Envelope) -> Result<Order> {
    let order = order::read(envelope)?;
    order.validate()?;
    let (found, expected) = (envelope.payload_type(), OrderFile::payload_type(&order));
    anyhow::ensure!(
        found == expected,
        "the envelope says `{found}` and its contents `{expected}`: do not sign it"
    );
    Ok(order)
}

/// How many endpoints lie in each area; fails unless they are the very ones that the digest was made
/// over.
fn by_area(
    order: &Order,
    units: &Units,
    endpoints: &[pb::Endpoint],
) -> Result<BTreeMap<String, u64>> {
    let mut all = Endpoints::default();
    let mut sorted: Vec<_> = endpoints.iter().collect();
    sorted.sort_by_key(|endpoint| endpoint.number);
    for (before, endpoint) in (0_u32..).zip(sorted) {
        anyhow::ensure!(
            endpoint.number == before + 1,
            "the server's list of endpoints has a gap before {}: do not sign anything",
            endpoint.number
        );
        let no = EndpointNo::new(endpoint.number);
        all.add(no, endpoint.address.parse::<Address>()?);
        if endpoint.retired {
            all.retire(no);
        }
    }
    let audience = &order.audience;
    // A cancel goes to whoever got the order; anything else to those whom its selector means today.
    if order.is_cancel() {
        audience.check_against(&all)?;
    } else {
        audience.check_today(units, &all)?;
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for number in &audience.endpoints {
        let unit = all.get(EndpointNo::new(number)).map(|endpoint| &endpoint.address.unit);
        let area = unit.and_then(|unit| units.area_of(unit)).or_else(|| units.province());
        let name =
            area.map_or_else(|| "?".to_owned(), |area| format!("{} {}", area.code, area.name));
        *counts.entry(name).or_default() += 1;
    }
    Ok(counts)
}

/// An order in words, without its audience.
pub(super) fn words(order: &Order, digest: &[u8; 32], screen: &Screen) -> String {
    let mut text = format!("{}\n\n", screen.banner(order.handling));
    let mut line = |what: &str, value: &str| line(&mut text, what, value);
    line("number", &order.number_text());
    line("kind", &format!("{} ({})", order.kind.label(), order.kind.as_str()));
    line("urgency", &format!("{} ({})", order.urgency.label(), order.urgency.as_str()));
    line("ground", order.ground.as_str());
    if let Some(reference) = &order.reference {
        let what = match reference.kind {
            ReferenceKind::Update => "REPLACES order",
            ReferenceKind::Cancel => "CANCELS order",
        };
        line("reference", &format!("{what} {}", reference.order));
    }
    line("drafted", &format!("by {} at {}", order.drafted_by, local_time(order.drafted_at)));
    line("answer by", &local_time(order.answer_by));
    if let Some(report_by) = order.report_by {
        line("report by", &local_time(report_by));
    }
    line("void after", &local_time(order.not_after));
    line("to", &asked_for(&order.audience.selector));
    if let Some(station) = &order.station {
        let unit = station.unit.as_ref().map(|unit| format!(" ({unit})")).unwrap_or_default();
        line("gather at", &format!("{}{unit}", printable(&station.name)));
    }
    for need in &order.requirements {
        let what = match need.kind {
            RequirementKind::Personnel => "people of",
            RequirementKind::Equipment => "means of type",
        };
        line("needs", &format!("{} {what} {}", need.count, need.code));
    }
    if let Some(call_up) = &order.call_up {
        let of = call_up.plan.as_ref().map(|plan| format!(" of plan {plan}")).unwrap_or_default();
        let (people, items) = (call_up.people, call_up.equipment);
        line(
            "calls",
            &format!("{people} people and {items} items{of} by name, as of {}", call_up.as_of),
        );
        line("lists", &fingerprint(&call_up.root));
    }
    line("fingerprint", &fingerprint(digest));
    line("title", &printable(&order.title));
    text.push('\n');
    for one in order.body.lines() {
        quoted(&mut text, &printable(one));
    }
    text.push('\n');
    text
}

/// Whom the author asked for, in words; the endpoints it came to are counted elsewhere.
fn asked_for(selector: &AudienceSelector) -> String {
    if selector.units.is_empty() {
        return "not said".to_owned();
    }
    let units: Vec<&str> = selector.units.iter().map(UnitCode::as_str).collect();
    let mut text = format!("{} and all under", units.join(", "));
    let echelons: Vec<&str> = selector.echelons.iter().map(|own| own.as_str()).collect();
    let lines: Vec<&str> = selector.lines.iter().map(|own| own.as_str()).collect();
    for (what, only) in [("echelon", echelons), ("line", lines)] {
        if !only.is_empty() {
            let _written = write!(text, "; only {what} {}", only.join(", "));
        }
    }
    text
}

/// A text without control characters: what is shown must not be able to move the cursor or turn the
/// direction of reading, or a person would sign something else than they read.
pub(in crate::cli) fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::OrderId;
    use crate::domain::order::Reference;
    use crate::domain::order::audience::Audience;
    use crate::domain::order::handling::Handling;
    use crate::domain::world::tests::support::Province;

    #[test]
    fn a_text_cannot_move_the_cursor_or_turn_the_reading() {
        let shown = printable("a\u{1b}[2Jb\u{202e}c\rd");
        assert_eq!(shown, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(printable("Lệnh gọi"), "Lệnh gọi");
    }

    #[test]
    fn an_audience_is_counted_by_area_only_if_it_is_the_one_signed_for() {
        let list = "code,name,echelon,kind,parent_code,parent_basis,area_km2,population\n\
            11,Tỉnh,province,provincial_command,,sourced,,\n\
            KV1,Khu vực 1,area,defensive_area_command,11,sourced,,\n\
            03160,Xã A,commune,commune,KV1,sourced,,\n";
        let units = crate::roster::lists::read_units(list).expect("a list");
        let units = Units::from_list(units).expect("a tree");
        let endpoint = |number, address: &str| pb::Endpoint {
            number,
            address: address.into(),
            ..pb::Endpoint::default()
        };
        let endpoints =
            [endpoint(3, "11/military"), endpoint(1, "03160/military"), endpoint(2, "03160/civil")];
        let lines = "1 03160/military\n2 03160/civil\n3 11/military\n";
        let digest = crate::evidence::sha256(&[lines.as_bytes()]);
        let selector = AudienceSelector {
            units: ["11".parse().expect("a code")].into(),
            ..AudienceSelector::default()
        };
        let audience = Audience { endpoints: [1, 2, 3].into_iter().collect(), digest, selector };
        let mut order = Province::new().order(Handling::Test);
        order.audience = audience;
        let counts = by_area(&order, &units, &endpoints).expect("the same endpoints");
        assert_eq!(
            counts.into_iter().collect::<Vec<_>>(),
            [("11 Tỉnh".to_owned(), 1), ("KV1 Khu vực 1".to_owned(), 2),]
        );
        let fewer = &endpoints[..2];
        assert!(by_area(&order, &units, fewer).is_err(), "an endpoint is gone");
        let mut more = endpoints.to_vec();
        more.push(endpoint(4, "KV1/military"));
        let told = by_area(&order, &units, &more).expect_err("one came").to_string();
        assert!(told.contains("1 endpoints came and 0 went, KV1/military among them"), "{told}");
        let (kind, digest) = (ReferenceKind::Cancel, [1; 32]);
        order.reference = Some(Reference { kind, order: order.id, digest });
        by_area(&order, &units, &more).expect("a cancel goes to whoever got the order");
    }

    /// What a signer sees of an update that changes everything and clashes with everything.
    fn worst(handling: Handling) -> (Seen, Beside) {
        let mut p = Province::new();
        let earlier = p.order(handling);
        let mut order = p.order(handling);
        let (kind, digest) = (ReferenceKind::Update, [1; 32]);
        order.reference = Some(Reference { kind, order: earlier.id, digest });
        order.title =
            "Về việc gọi quân nhân dự bị khắc phục hậu quả mưa lũ ".repeat(3).trim().to_owned();
        order.body =
            format!("{}\n", "Các xã, phường tập trung quân nhân dự bị tại trạm. ".repeat(30));
        order.urgency = crate::domain::order::Urgency::Normal;
        let mut other =
            p.order(if handling == Handling::Actual { Handling::Test } else { Handling::Actual });
        other.audience = order.audience.clone();
        let open = |order: Order| clash::Other { order, is_open: true, is_issued: true };
        let mut same = order.clone();
        (same.id, same.number, same.reference) = (OrderId::from_bytes([9; 16]), 900, None);
        let beside = Beside {
            is_earlier_out: true,
            is_alone: false,
            now: order.drafted_at,
            others: vec![open(other), open(same)],
            earlier: Some(earlier),
            signed_by: vec!["commander".parse().expect("an id")],
        };
        let by_area =
            (1..=4).map(|n| (format!("KV{n} Ban Chỉ huy phòng thủ khu vực {n}"), 20)).collect();
        (Seen { order, digest: [7; 32], by_area, call_up: None }, beside)
    }

    #[test]
    fn a_signer_reads_everything_in_80_columns_and_the_gist_on_the_last_24_lines() {
        for handling in Handling::ALL {
            let (seen, beside) = worst(handling);
            let screen = Screen::new(crate::cli::output::Format::Table);
            let text = seen.to_sign(&screen, &beside);
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len() - 22..].join("\n");
            let banner = screen.banner(handling);
            assert_eq!(text.matches(&banner).count(), 2, "at the beginning and at the end: {text}");
            for said in [
                banner.as_str(),
                &seen.order.number_text(),
                "Về việc gọi quân nhân dự bị",
                "endpoints in 4 areas",
                "changed     since",
                "clashes     ",
                "commander",
                &fingerprint(&[7; 32]),
            ] {
                assert!(last.contains(said), "{said}: {last}");
            }
            let clash = if handling == Handling::Actual { "a drill" } else { "the REAL order" };
            assert!(text.contains(&format!("CLASH       {clash}")), "{text}");
        }
    }
}
