//! One order's whole trace: drafted, signed, issued, delivered and answered through the real programs,
//! server and terminal, into a collector of this test. Both send none of their other traces, so that
//! an order's is shown never to be left out; and none of what an order says, or who answers it, is in
//! any of it.

#[path = "support/collector.rs"]
mod collector;
#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;

use collector::{Collector, Sent};
use program::{LONG, Place, is_settled};

/// What must be in no span.
const TITLE: &str = "Canary-title Lệnh gọi";
const BODY: &str = "Canary-body: tập trung lúc 06:00";
const BY: &str = "Canary-person Lò Văn Trực";
const FACTS: [&str; 4] = ["delivered", "opened", "acknowledged", "accepted"];

/// Runs the order's way, and gives its id and every span that was sent.
fn run() -> (String, Vec<Sent>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut collector = runtime.block_on(Collector::start());
    let endpoint = format!("endpoint = \"http://{}\"", collector.address);
    let traced =
        [("endpoint = \"\"", endpoint.as_str()), ("sample_ratio = 1.0", "sample_ratio = 0.0")];
    let place = Place::found(&traced);
    let mut server = place.serve();
    place.enter_staff(&["03160/military"]);
    place.enrol("03160/military", "terminal", &traced);
    let mut terminal = place.terminal("terminal", BY, 0);
    let order = place.try_signed_order(TITLE, BODY).expect("signed");
    place.run(&["order", "issue", &order, "--as", "director"]);
    terminal.until("answered", |lines| is_settled(lines, &order));
    // What ends sends what it has.
    terminal.terminate();
    assert!(terminal.ended(LONG).success());
    server.terminate();
    assert!(server.ended(LONG).success());
    let (spans, _metrics) = collector.taken();
    (order, spans)
}

/// The spans of one trace.
struct Trace<'a>(Vec<&'a Sent>);

impl<'a> Trace<'a> {
    fn named(&self, name: &str) -> Vec<&'a Sent> {
        self.0.iter().copied().filter(|sent| sent.span.name == name).collect()
    }

    fn one(&self, name: &str) -> &'a Sent {
        let found = self.named(name);
        assert_eq!(found.len(), 1, "{name}: {found:#?}");
        found[0]
    }

    fn of_fact(&self, name: &str, fact: &str) -> &'a Sent {
        let found = self.named(name).into_iter().find(|sent| sent.text("fact") == Some(fact));
        found.unwrap_or_else(|| panic!("no {name} of {fact}"))
    }

    fn has_child(&self, parent: &Sent, name: &str) -> bool {
        self.named(name).iter().any(|child| child.span.parent_span_id == parent.span.span_id)
    }
}

fn is_child(child: &Sent, parent: &Sent) {
    let (name, of) = (&child.span.name, &parent.span.name);
    assert_eq!(child.span.parent_span_id, parent.span.span_id, "{name} is no child of {of}");
}

fn check_steps(trace: &Trace<'_>) {
    let call = trace.one("rpc.call");
    assert_eq!(call.text("method"), Some("hoatoc.v1.OrderService/DraftOrder"));
    assert!(call.span.parent_span_id.is_empty(), "the trace begins with the draft");
    let draft = trace.one("order.draft");
    is_child(draft, call);
    let (sign, issue) = (trace.one("order.sign"), trace.one("order.issue"));
    is_child(sign, draft);
    is_child(issue, draft);
    for step in [draft, sign, issue] {
        assert!(trace.has_child(step, "engine.decide"), "{}", step.span.name);
        assert!(trace.has_child(step, "engine.commit"), "{}", step.span.name);
    }
    let deliver = trace.one("session.deliver");
    is_child(deliver, issue);
    let receive = trace.one("terminal.receive");
    is_child(receive, deliver);
    is_child(trace.one("terminal.verify"), receive);
    for fact in FACTS {
        let taken = trace.of_fact("session.answer", fact);
        if fact == "delivered" {
            is_child(taken, receive);
        } else {
            let given = trace.of_fact("terminal.answer", fact);
            is_child(given, deliver);
            is_child(taken, given);
        }
        assert!(trace.has_child(taken, "engine.decide"), "{fact}");
        assert!(trace.has_child(taken, "engine.commit"), "{fact}");
    }
}

#[test]
fn one_trace_follows_an_order_from_its_draft_to_its_last_answer_and_says_nothing_of_it() {
    let (order, spans) = run();
    let draft = spans.iter().find(|sent| sent.span.name == "order.draft").expect("it was drafted");
    let own = |sent: &&Sent| sent.span.trace_id == draft.span.trace_id;
    let trace = Trace(spans.iter().filter(own).collect());
    check_steps(&trace);
    for sent in &trace.0 {
        let by_terminal = sent.span.name.starts_with("terminal.");
        let service = if by_terminal { "hoatoc-terminal" } else { "hoatoc" };
        assert_eq!(sent.service, service, "{sent:?}");
        let begins = sent.span.parent_span_id.is_empty();
        let has_parent = trace.0.iter().any(|one| one.span.span_id == sent.span.parent_span_id);
        assert!(begins || has_parent, "its parent was not sent: {sent:#?}");
        assert!(sent.text("order").is_none_or(|named| named == order), "{sent:?}");
    }
    // Beside it only the calls that took it on, linked with what they did; nothing of streams that
    // idle, of reading or of entering staff.
    let mut others = BTreeMap::new();
    for sent in spans.iter().filter(|sent| !own(sent)) {
        assert_eq!(sent.span.name, "rpc.call", "{sent:#?}");
        let method = sent.text("method").unwrap_or_default();
        let step = match method.rsplit_once('/') {
            Some((_service, "SubmitSignature")) => trace.one("order.sign"),
            Some((_service, "IssueOrder")) => trace.one("order.issue"),
            _other => panic!("a trace that was not asked for: {sent:#?}"),
        };
        assert!(step.span.links.iter().any(|link| link.span_id == sent.span.span_id));
        *others.entry(method).or_insert(0) += 1;
    }
    assert!(others.len() == 2 && others.values().all(|count| *count == 1), "{others:?}");
    for sent in &spans {
        let whole = format!("{sent:?}");
        for secret in ["Canary", "Lệnh gọi", "06:00", "Trực"] {
            assert!(!whole.contains(secret), "{secret} is in {whole}");
        }
    }
}
