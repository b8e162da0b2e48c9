//! The file of rules: TOML, one `[[rule]]` each, read strictly and with all faults at once.
//!
//! What a rule says is checked here by the very words of the domain ([`AuthorityRule::check`]), so that
//! a file that passes is one that root holders can sign. A rule is named by its number, from 1.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::authority::{AuthorityRule, Matter, OrderAct, Role, rule_for};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, OrderKind};
use crate::domain::unit::Echelon;
use crate::evidence::trust::RULES_MAX;

const HEAD: &str = "\
# Who must sign orders and cancels: a part of the trust bundle, signed by the root holders.
#
# The closest rule counts: one for the order's kind before one for any, then one for its ground, then
# one for its handling, then the one that began last. What is left out covers all.
#
#   act               issue or cancel
#   handling          actual, exercise or test
#   kind              such as personnel-call-up
#   ground            mobilization, martial-law, security-threat, disaster or drill
#   echelon           whoever signs serves at the province, area or commune
#   places            one person for each place, each another, with one of its roles
#   drafter_may_sign  whether the author may be one of them; never for an actual order
#   legal_basis       the instrument and article
#   valid_from        from when; valid_to: until just before when
#
# Nobody can ask for fewer than two persons for what is actual, whoever signs this.
";

/// What is wrong, and with which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// From 1; none for the file as a whole.
    rule: Option<usize>,
    text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(number) => write!(f, "rule {number}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    rule: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    act: String,
    handling: Option<String>,
    kind: Option<String>,
    ground: Option<String>,
    echelon: Option<String>,
    places: Vec<Vec<String>>,
    drafter_may_sign: bool,
    legal_basis: String,
    valid_from: String,
    valid_to: Option<String>,
}

/// The rules of a file.
pub(super) fn read(text: &str, now: Instant) -> Result<Vec<AuthorityRule>, Vec<Fault>> {
    let whole = |text: String| Fault { rule: None, text };
    let file: FileText =
        toml::from_str(text).map_err(|fault| vec![whole(fault.to_string().trim_end().into())])?;
    if file.rule.is_empty() || file.rule.len() > RULES_MAX {
        let count = file.rule.len();
        return Err(vec![whole(format!("there are {count} rules: write 1 to {RULES_MAX}"))]);
    }
    let (mut rules, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, value) in file.rule.into_iter().enumerate() {
        let number = index + 1;
        let mut told = Vec::new();
        let rule = rule_of(value, &mut told);
        let at_fault = |text: String| Fault { rule: Some(number), text };
        faults.extend(told.into_iter().map(at_fault));
        let Some(rule) = rule else { continue };
        if let Err(fault) = rule.check() {
            faults.push(at_fault(fault.to_string()));
        }
        let about = (rule.handling, rule.kind.clone(), rule.ground, rule.act, rule.valid_from);
        if !seen.insert(about) {
            let text = "it covers the same as an earlier one, from the same moment";
            faults.push(at_fault(text.to_owned()));
        }
        rules.push(rule);
    }
    if faults.is_empty() {
        faults.extend(uncovered(&rules, now).map(whole));
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

/// What nobody could do under these rules.
fn uncovered(rules: &[AuthorityRule], now: Instant) -> impl Iterator<Item = String> {
    let units = BTreeSet::new();
    let mut lacking = Vec::new();
    for (handling, act) in Handling::ALL.into_iter().flat_map(|h| OrderAct::ALL.map(|a| (h, a))) {
        let grounds = LegalGround::ALL
            .into_iter()
            .filter(|ground| (*ground == LegalGround::Drill) == (handling != Handling::Actual));
        for (ground, kind) in grounds.flat_map(|ground| OrderKind::ALL.map(|kind| (ground, kind))) {
            let kind = kind.as_str();
            let matter = Matter { handling, act, kind, ground, units: &units, drafter: None };
            if rule_for(rules, &matter, now).is_none() {
                let ground = ground.as_str();
                lacking.push(format!(
                    "no rule in force covers `{act}` of {} orders of kind `{kind}` on ground `{ground}`: \
                     nobody could sign one",
                    handling.as_str()
                ));
                break;
            }
        }
    }
    lacking.into_iter()
}

/// A rule, as far as its words can be read; what cannot is told.
fn rule_of(value: toml::Value, told: &mut Vec<String>) -> Option<AuthorityRule> {
    let text: RuleText = match value.try_into() {
        Ok(text) => text,
        Err(fault) => {
            told.push(fault.to_string().trim_end().replace('\n', " "));
            return None;
        }
    };
    let before = told.len();
    let act = keep(told, parsed::<OrderAct>(&text.act));
    let handling = optional(told, text.handling, |own| {
        word("handling", &Handling::ALL, Handling::as_str, own)
    });
    let kind =
        optional(told, text.kind, |own| word("kind", &OrderKind::ALL, OrderKind::as_str, own));
    let ground = optional(told, text.ground, |own| {
        word("ground", &LegalGround::ALL, LegalGround::as_str, own)
    });
    let echelon =
        optional(told, text.echelon, |own| word("echelon", &Echelon::ALL, Echelon::as_str, own));
    let mut places = Vec::new();
    for place in &text.places {
        let roles = place.iter().filter_map(|role| keep(told, parsed::<Role>(role)));
        places.push(roles.collect::<BTreeSet<Role>>());
    }
    let valid_from = keep(told, time("valid_from", &text.valid_from));
    let valid_to = optional(told, text.valid_to, |own| time("valid_to", own));
    if told.len() > before {
        return None;
    }
    Some(AuthorityRule {
        handling,
        kind: kind.map(|kind| kind.as_str().to_owned()),
        ground,
        act: act?,
        echelon,
        places,
        drafter_may_sign: text.drafter_may_sign,
        legal_basis: text.legal_basis,
        valid_from: valid_from?,
        valid_to,
    })
}

fn keep<T>(told: &mut Vec<String>, read: Result<T, String>) -> Option<T> {
    read.map_err(|fault| told.push(fault)).ok()
}

fn optional<T>(
    told: &mut Vec<String>,
    text: Option<String>,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    text.and_then(|text| keep(told, read(&text)))
}

fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|fault: T::Err| fault.to_string())
}

/// One of the words of a list.
fn word<T: Copy>(
    field: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Result<T, String> {
    all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| {
        let known: Vec<String> = all.iter().map(|one| format!("`{}`", name(*one))).collect();
        let text: String = text.chars().take(80).collect();
        format!("{field} `{text}` is not known: use one of {}", known.join(", "))
    })
}

fn time(field: &str, text: &str) -> Result<Instant, String> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    parsed.map(|at| Instant::from_millis(at.as_millisecond())).map_err(|_fault| {
        let text: String = text.chars().take(80).collect();
        format!("{field} `{text}` is no time: write one as 2026-01-31T00:00:00+07:00")
    })
}

/// A file that reads back as these very rules.
pub(super) fn write(rules: &[AuthorityRule]) -> String {
    let mut text = HEAD.to_owned();
    for rule in rules {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        text.push_str("\n[[rule]]\n");
        let mut line = |name: &str, value: String| text.push_str(&format!("{name} = {value}\n"));
        line("act", quoted(rule.act.as_str()));
        let scope = [
            ("handling", rule.handling.map(|own| own.as_str())),
            ("kind", rule.kind.as_deref()),
            ("ground", rule.ground.map(LegalGround::as_str)),
            ("echelon", rule.echelon.map(Echelon::as_str)),
        ];
        for (name, own) in scope {
            if let Some(own) = own {
                line(name, quoted(own));
            }
        }
        let place = |roles: &BTreeSet<Role>| {
            let roles: Vec<String> = roles.iter().map(|role| quoted(role.as_str())).collect();
            format!("[{}]", roles.join(", "))
        };
        let places: Vec<String> = rule.places.iter().map(place).collect();
        line("places", format!("[{}]", places.join(", ")));
        line("drafter_may_sign", rule.drafter_may_sign.to_string());
        line("legal_basis", quoted(&rule.legal_basis));
        line("valid_from", quoted(&exactly(rule.valid_from)));
        if let Some(end) = rule.valid_to {
            line("valid_to", quoted(&exactly(end)));
        }
    }
    text
}

/// To the millisecond: a rule that reads back a little later would be another.
fn exactly(at: Instant) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or_else(|_beyond| at.millis().to_string(), |time| time.to_string())
}

/// A place in words: `signer or approver`.
pub(super) fn any_of(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
}

/// A rule for a program.
pub(super) fn value_of(rule: &AuthorityRule) -> Value {
    let roles =
        |place: &BTreeSet<Role>| -> Vec<&str> { place.iter().map(|role| role.as_str()).collect() };
    json!({
        "act": rule.act.as_str(),
        "handling": rule.handling.map(|own| own.as_str()),
        "kind": rule.kind,
        "ground": rule.ground.map(LegalGround::as_str),
        "echelon": rule.echelon.map(Echelon::as_str),
        "places": rule.places.iter().map(roles).collect::<Vec<_>>(),
        "drafter_may_sign": rule.drafter_may_sign,
        "legal_basis": rule.legal_basis,
        "valid_from_time": exactly(rule.valid_from),
        "valid_to_time": rule.valid_to.map(exactly),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::authority::default_rules;

    const NOW: Instant = Instant::from_millis(1_790_000_000_123);

    fn told(text: &str) -> Vec<String> {
        let faults = read(text, NOW).expect_err("it is at fault");
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_exported_is_imported_as_the_very_same_rules() {
        let mut rules = default_rules(NOW, "Luật 53/2019/QH14, \"Điều 24\"");
        rules.push(AuthorityRule {
            kind: Some("disaster-response".to_owned()),
            ground: Some(LegalGround::Disaster),
            echelon: Some(Echelon::Area),
            valid_to: Some(NOW.offset_by(1)),
            ..rules[0].clone()
        });
        assert_eq!(read(&write(&rules), NOW), Ok(rules));
    }

    #[test]
    fn all_faults_are_told_at_once_by_the_number_of_the_rule() {
        let rules = default_rules(NOW, "a law");
        let text = write(&rules)
            .replacen("\"signer\"", "\"captain\"", 1)
            .replacen("handling = \"actual\"", "handling = \"real\"", 1)
            .replacen("handling = \"exercise\"", "handlin = \"exercise\"", 1)
            .replacen("legal_basis = \"a law\"", "legal_basis = \"\"", 2);
        let told = told(&text);
        let of = |number: &str| told.iter().filter(|line| line.starts_with(number)).count();
        assert_eq!((of("rule 1: "), of("rule 2: "), of("rule 3: ")), (2, 1, 1), "{told:#?}");
        assert!(told.iter().any(|line| line.contains("role `captain` is not known")), "{told:#?}");
        assert!(told.iter().any(|line| line.contains("handling `real` is not known")), "{told:#?}");
        assert!(told.iter().any(|line| line.contains("handlin")), "{told:#?}");
    }

    #[test]
    fn a_file_cannot_ask_for_one_person_where_it_is_actual() {
        let text = write(&default_rules(NOW, "a law"));
        let one = text.replacen(
            "places = [[\"signer\"], [\"political-commissar\", \"approver\"]]",
            "places = [[\"signer\"]]",
            1,
        );
        assert_ne!(one, text);
        let told = told(&one);
        assert_eq!(
            told,
            ["rule 1: the rule covers actual orders and asks for one person: name two"]
        );
    }

    #[test]
    fn a_file_under_which_nobody_could_act_is_refused() {
        let mut rules = default_rules(NOW, "a law");
        rules.remove(1);
        let told = told(&write(&rules));
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].starts_with("no rule in force covers `cancel` of actual"), "{told:#?}");
        let later = default_rules(NOW.offset_by(1), "a law");
        assert_eq!(read(&write(&later), NOW).expect_err("not yet in force").len(), 6);
        assert!(read("", NOW).is_err() && read("[[rule]\n", NOW).is_err());
    }
}
