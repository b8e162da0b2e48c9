use std::io::Cursor;
use std::sync::Mutex;

use super::*;
use crate::clock::ManualClock;
use crate::domain::order::handling::Handling;
use crate::store::memory::MemoryStore;
use crate::terminal::heads::tell_alarm;
use crate::terminal::inbox::tests::{
    ME, NOW, bundle, bundle_envelope, cancel_of, delivery, envelope, id, key, order,
};
use crate::terminal::link::LinkOptions;
use crate::terminal::sheet_keys::MemorySheetKeys;
use crate::terminal::{StoreWork, TerminalParts};

/// Lines that the test reads while they are written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

fn terminal() -> Arc<Terminal> {
    let terminal = Terminal::open(TerminalParts {
        store: Arc::new(MemoryStore::new()),
        sheet_keys: Arc::new(MemorySheetKeys::default()),
        store_work: StoreWork::Inline,
        endpoint: ME,
        answer_key: key(50),
        clock: Arc::new(ManualClock::at(NOW)),
        link: LinkOptions {
            connect_patience: Duration::from_secs(20),
            heartbeat_every: Duration::from_secs(20),
            backoff_min: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
            seed: 1,
        },
    });
    let terminal = terminal.expect("an empty store");
    terminal.inbox().install_bundle(&bundle_envelope(&bundle(1))).expect("a good bundle");
    terminal
}

fn policy(answer: AnswerRule, format: Format) -> Policy {
    let strength = Some(parse_strength("called=10,arrived=4").expect("numbers"));
    Policy {
        answer, by: "Nguyễn Văn An".into(), delay: Duration::from_secs(40), strength, format
    }
}

fn state(terminal: &Terminal, number: u8) -> DeliveryState {
    terminal.inbox().summary(id(number), NOW).expect("it is here").state
}

#[tokio::test(start_paused = true)]
async fn orders_are_answered_by_rule_after_the_delay_and_a_cancelled_one_only_acknowledged() {
    let terminal = terminal();
    let first = envelope(&order(1, Handling::Actual));
    let cancelled = envelope(&order(2, Handling::Exercise));
    let cancel = envelope(&cancel_of(3, &cancelled, Handling::Exercise));
    for (sequence, envelope) in (1..).zip([&first, &cancelled, &cancel]) {
        terminal.inbox().receive(&delivery(sequence, envelope), NOW).expect("the store works");
    }
    let (stop, written) = (CancellationToken::new(), Written::default());
    let policy = policy(AnswerRule::Accept, Format::Json);
    let began = Instant::now();
    let running = run(&terminal, &policy, None::<Cursor<&[u8]>>, written.clone(), &stop);
    let mut revision = terminal.inbox().revision();
    let watching = async {
        let done = || {
            state(&terminal, 1) == DeliveryState::Accepted
                && state(&terminal, 2) == DeliveryState::Acknowledged
                && state(&terminal, 3) == DeliveryState::Accepted
        };
        while !done() {
            revision.changed().await.expect("the inbox lives");
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(running, watching);
    ended.expect("no error");
    assert!(began.elapsed() >= Duration::from_secs(40));
    let first_line: serde_json::Value =
        serde_json::from_str(written.text().lines().next().expect("a line")).expect("JSON");
    assert_eq!(first_line["event"], "order");
    assert_eq!(first_line["handling"], "actual");
}

#[tokio::test]
async fn two_histories_are_said_as_soon_as_an_order_shows_them() {
    let terminal = terminal();
    let (stop, written) = (CancellationToken::new(), Written::default());
    let policy = policy(AnswerRule::None, Format::Json);
    let running = run(&terminal, &policy, None::<Cursor<&[u8]>>, written.clone(), &stop);
    let watching = async {
        for mark in [1, 2] {
            let order = envelope(&order(mark, Handling::Exercise));
            terminal.inbox().receive(&delivery(3, &order), NOW).expect("the store works");
            tell_alarm(&terminal).await.expect("the store works");
            // The other half of the join says what there is to say meanwhile.
            for _turn in 0..20 {
                tokio::task::yield_now().await;
            }
            assert_eq!(written.text().contains("two histories"), mark == 2, "{mark}");
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(running, watching);
    ended.expect("no error");
    let text = written.text();
    let alarm = text.lines().find(|line| line.contains("two histories")).expect("said");
    let alarm: serde_json::Value = serde_json::from_str(alarm).expect("JSON");
    assert_eq!(alarm["event"], "ledger");
    for mark in [1, 2] {
        assert_eq!(state(&terminal, mark), DeliveryState::Delivered);
        assert!(alarm["alarm"].as_str().expect("a text").contains(&id(mark).to_string()));
    }
}

#[tokio::test]
async fn commands_are_carried_out_line_by_line_and_a_wrong_one_is_said_so() {
    let terminal = terminal();
    let order = envelope(&order(1, Handling::Actual));
    terminal.inbox().receive(&delivery(1, &order), NOW).expect("the store works");
    let id_text = id(1);
    let lines = format!(
        "list\n\naccept {id_text} An\nopen {id_text}\nack {id_text} \"Nguyễn Văn An\"\n\
         decline {id_text} An road-cut \"cầu bị ngập\"\naccept {id_text} An\n\
         strength {id_text} An called=10 arrived=4\ncomplete {id_text} An\nopen rubbish\nquit\nlist\n"
    );
    let (stop, written) = (CancellationToken::new(), Written::default());
    let policy = policy(AnswerRule::None, Format::Text);
    let input = Some(Cursor::new(lines.as_bytes()));
    run(&terminal, &policy, input, written.clone(), &stop).await.expect("no error");
    assert_eq!(state(&terminal, 1), DeliveryState::Completed);
    let text = written.text();
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 2, "{text}");
    assert!(errors[0].contains("cannot follow") && errors[1].contains("rubbish"), "{text}");
    let answers = terminal.inbox().detail(id(1), NOW).expect("it is here").answers;
    assert_eq!(answers[3].answer.note, "cầu bị ngập");
}

#[test]
fn lines_that_are_no_commands_are_refused() {
    for bad in ["fly", "open", "ack x", "decline", "open \"x", "strength 1 An", "list all"] {
        assert!(bad.parse::<Command>().is_err(), "{bad}");
    }
    assert_eq!("decline=road-cut".parse(), Ok(AnswerRule::Decline(DeclineReason::RoadCut)));
    assert!("decline=bored".parse::<AnswerRule>().is_err());
    assert!(parse_strength("called=ten").is_err());
}
