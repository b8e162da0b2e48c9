use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::app::{App, Prompt, Wish};
use super::draw::draw;
use crate::domain::order::Order;
use crate::domain::order::delivery::{DeclineReason, DeliveryState};
use crate::domain::order::handling::Handling;
use crate::terminal::headless::Command;
use crate::terminal::inbox::tests::{Bench, NOW, cancel_of, envelope, id, order, resigned};
use crate::terminal::link::LinkState;

fn app(bench: &Bench) -> App {
    let mut app = App::new("03160/military");
    app.refresh(&bench.inbox, NOW).expect("the store works");
    type_in(&mut app, "Nguyễn Văn An");
    press(&mut app, KeyCode::Enter);
    app
}

fn press(app: &mut App, code: KeyCode) -> Wish {
    app.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn type_in(app: &mut App, text: &str) {
    for typed in text.chars() {
        assert_eq!(press(app, KeyCode::Char(typed)), Wish::Nothing);
    }
}

/// Does what a key asks for, as the screen does.
fn act(app: &mut App, bench: &Bench, code: KeyCode) {
    if let Wish::Do(command) = press(app, code) {
        app.done(command.carry_out(&bench.inbox)).expect("nothing fatal");
        app.refresh(&bench.inbox, NOW).expect("the store works");
    }
}

fn drawn(app: &App, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
    terminal.draw(|frame| draw(frame, app)).expect("it is drawn");
    terminal.backend().buffer().clone()
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let line = |cells: &[ratatui::buffer::Cell]| -> String {
        cells.iter().map(|cell| cell.symbol()).collect()
    };
    buffer.content.chunks(width).map(|cells| line(cells).trim_end().to_owned()).collect()
}

/// The style of the first cell where a text begins.
fn style_of(buffer: &Buffer, text: &str) -> (Color, Modifier) {
    let width = usize::from(buffer.area.width);
    let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    let wanted: Vec<String> = text.chars().map(String::from).collect();
    let at = symbols.windows(wanted.len()).position(|window| window == wanted);
    let at = at.unwrap_or_else(|| panic!("{text} is not on the screen of width {width}"));
    (buffer.content[at].bg, buffer.content[at].modifier)
}

#[test]
fn the_list_says_first_how_each_order_is_meant_in_words_and_colour() {
    let bench = Bench::new();
    for (number, handling) in (1..).zip([Handling::Actual, Handling::Exercise, Handling::Test]) {
        bench.receive(u64::from(number), &envelope(&order(number, handling)));
    }
    let app = app(&bench);
    let buffer = drawn(&app, 80, 24);
    let expected = " NGOẠI TUYẾN  chưa nghe máy chủ  18:06 18/11/2026
HỎA TỐC 03160/military  Trực: Nguyễn Văn An
┌ Lệnh đã nhận ────────────────────────────────────────────────────────────────┐
│►  KIỂM TRA  HỎA TỐC KT-3/2026/LĐ-BCHQS CHƯA XEM                              │
│    còn 15 phút  Gọi quân nhân dự bị 3                                        │
│   DIỄN TẬP  HỎA TỐC DT-2/2026/LĐ-BCHQS CHƯA XEM                              │
│    còn 15 phút  Gọi quân nhân dự bị 2                                        │
│   THẬT  HỎA TỐC 1/2026/LĐ-BCHQS CHƯA XEM                                     │
│    còn 15 phút  Gọi quân nhân dự bị 1                                        │";
    assert_eq!(lines(&buffer)[..9].join("\n"), expected);
    let colours = ["THẬT", "DIỄN TẬP", "KIỂM TRA"].map(|label| style_of(&buffer, label).0);
    assert_eq!(colours, [Color::Red, Color::Blue, Color::Gray]);
}

#[test]
fn a_cancelled_order_is_crossed_out_and_cannot_be_accepted_but_its_cancel_wants_an_answer() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    bench.receive(1, &first);
    bench.receive(2, &envelope(&cancel_of(2, &first, Handling::Actual)));
    let mut app = app(&bench);
    let buffer = drawn(&app, 80, 24);
    let text = lines(&buffer);
    assert!(text[3].contains("THẬT  LỆNH HỦY"), "{}", text[3]);
    assert!(text[3].contains("CHƯA XEM"), "{}", text[3]);
    assert!(text[5].contains("THẬT  ĐÃ HỦY"), "{}", text[5]);
    assert!(style_of(&buffer, "Gọi quân nhân dự bị 1").1.contains(Modifier::CROSSED_OUT));
    assert!(!style_of(&buffer, "Gọi quân nhân dự bị 2").1.contains(Modifier::CROSSED_OUT));
    press(&mut app, KeyCode::Down);
    act(&mut app, &bench, KeyCode::Enter);
    act(&mut app, &bench, KeyCode::Char('n'));
    let text = lines(&drawn(&app, 80, 24)).join("\n");
    assert!(text.contains("LỆNH NÀY ĐÃ HỦY: KHÔNG THI HÀNH."), "{text}");
    assert!(!text.contains("c Chấp hành"), "{text}");
    assert_eq!(press(&mut app, KeyCode::Char('c')), Wish::Nothing, "it is not offered");
}

#[test]
fn what_is_forged_is_shown_as_invalid_and_nothing_of_its_text() {
    let bench = Bench::new();
    bench.receive(1, &resigned(&envelope(&order(1, Handling::Actual)), &[77]));
    let mut app = app(&bench);
    for open in [false, true] {
        if open {
            press(&mut app, KeyCode::Enter);
        }
        let text = lines(&drawn(&app, 80, 24)).join("\n");
        assert!(text.contains("KHÔNG HỢP LỆ"), "{text}");
        assert!(text.contains("chữ ký giả hoặc nội dung bị sửa"), "{text}");
        assert!(!text.contains("THẬT") && !text.contains("Gọi quân nhân"), "{text}");
        assert_eq!(text.contains("KHÔNG THI HÀNH"), open, "{text}");
    }
    assert_eq!(app.offers(), []);
}

#[test]
fn an_officer_climbs_the_ladder_with_the_keys_that_are_offered() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let mut app = app(&bench);
    let state = || bench.inbox.summary(id(1), NOW).expect("it is here").state;
    act(&mut app, &bench, KeyCode::Enter);
    assert_eq!((state(), app.offers()), (DeliveryState::Opened, vec![('n', "Nhận lệnh")]));
    act(&mut app, &bench, KeyCode::Char('N'));
    assert_eq!(state(), DeliveryState::Acknowledged);
    act(&mut app, &bench, KeyCode::Char('k'));
    assert_eq!(app.prompt, Some(Prompt::Reason(id(1))));
    act(&mut app, &bench, KeyCode::Char('9'));
    act(&mut app, &bench, KeyCode::Char('3'));
    assert_eq!(state(), DeliveryState::Declined);
    act(&mut app, &bench, KeyCode::Char('c'));
    act(&mut app, &bench, KeyCode::Char('s'));
    type_in(&mut app, "40 38 35 x");
    act(&mut app, &bench, KeyCode::Enter);
    assert!(app.note.as_ref().is_some_and(|(_text, wrong)| *wrong));
    act(&mut app, &bench, KeyCode::Backspace);
    act(&mut app, &bench, KeyCode::Enter);
    act(&mut app, &bench, KeyCode::Char('h'));
    act(&mut app, &bench, KeyCode::Char('y'));
    assert_eq!(state(), DeliveryState::Completed);
    let answers = bench.inbox.detail(id(1), NOW).expect("it is here").answers;
    assert!(answers[2..].iter().all(|record| record.answer.answered_by == "Nguyễn Văn An"));
    let text = lines(&drawn(&app, 80, 30)).join("\n");
    assert!(text.contains("Người ký: Đại tá a [a]"), "{text}");
}

#[test]
fn another_reason_wants_words_and_leaving_is_asked_twice() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    act(&mut app, &bench, KeyCode::Char('n'));
    press(&mut app, KeyCode::Char('k'));
    press(&mut app, KeyCode::Char('6'));
    assert_eq!(press(&mut app, KeyCode::Enter), Wish::Nothing, "no words yet");
    type_in(&mut app, "Cầu sập");
    let (by, note) = ("Nguyễn Văn An".to_owned(), "Cầu sập".to_owned());
    let expected = Wish::Do(Command::Decline(id(1), by, DeclineReason::Other, note));
    assert_eq!(press(&mut app, KeyCode::Enter), expected);
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Char('q'));
    assert_eq!(press(&mut app, KeyCode::Char('n')), Wish::Nothing);
    press(&mut app, KeyCode::Char('q'));
    assert_eq!(press(&mut app, KeyCode::Char('y')), Wish::Leave);
}

#[test]
fn the_bell_rings_for_what_is_new_and_the_eye_stays_where_it_was() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Test)));
    let mut app = app(&bench);
    assert!(std::mem::take(&mut app.bell));
    app.refresh(&bench.inbox, NOW).expect("the store works");
    assert!(!app.bell, "nothing is new");
    bench.receive(2, &envelope(&order(2, Handling::Actual)));
    app.refresh(&bench.inbox, NOW).expect("the store works");
    assert!(app.bell);
    assert_eq!(app.selected, 1, "the order under the eyes has moved down");
}

#[test]
fn every_view_fits_any_screen_and_the_banner_tells_why_there_is_no_link() {
    let bench = Bench::new();
    let long = Order { body: "dòng\n".repeat(400), ..order(1, Handling::Actual) };
    bench.receive(1, &envelope(&long));
    let mut app = app(&bench);
    app.link.state = LinkState::Waiting { for_ms: 900 };
    app.link.last_error = Some(("server_unreachable", "không tới được máy chủ".into()));
    let text = lines(&drawn(&app, 80, 24)).join("\n");
    assert!(text.contains("MẤT KẾT NỐI") && text.contains("không tới được máy chủ"), "{text}");
    for open in [None, Some(0), Some(1_999)] {
        app.open = open;
        for prompt in [None, Some(Prompt::Leave), Some(Prompt::Reason(id(1)))] {
            app.prompt = prompt;
            for (width, height) in [(80, 24), (40, 12), (20, 5), (3, 2), (1, 1), (200, 60)] {
                drawn(&app, width, height);
            }
        }
    }
}
