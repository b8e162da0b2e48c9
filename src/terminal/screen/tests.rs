use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::app::{App, RING_EVERY_TICKS, Row, Wish};
use super::draw::draw;
use super::page::Page;
use super::prompt::Prompt;
use crate::domain::order::delivery::{DeclineReason, DeliveryState, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::order::{
    AssemblyStation, LegalGround, Order, Requirement, RequirementKind, Urgency,
};
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

/// Does what a key asks for and draws, as the screen does.
fn act(app: &mut App, bench: &Bench, code: KeyCode) {
    if let Wish::Do(command) = press(app, code) {
        app.done(command.carry_out(&bench.inbox)).expect("nothing fatal");
        app.refresh(&bench.inbox, NOW).expect("the store works");
    }
    drawn(app, 80, 24);
}

fn screen(app: &mut App) -> String {
    lines(&drawn(app, 80, 24)).join("\n")
}

/// More than one screen of it.
fn long(number: u8, handling: Handling) -> Order {
    let body: Vec<String> = (1..=40).map(|line| format!("dòng {line}")).collect();
    Order { body: body.join("\n"), ..order(number, handling) }
}

fn state(bench: &Bench, number: u8) -> DeliveryState {
    bench.inbox.summary(id(number), NOW).expect("it is here").state
}

fn drawn(app: &mut App, width: u16, height: u16) -> Buffer {
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
    let mut app = app(&bench);
    let buffer = drawn(&mut app, 80, 24);
    let expected = " NGOẠI TUYẾN  chưa nghe máy chủ  18:06 18/11/2026
hoatoc · 03160 · tuyến quân sự  Trực: Nguyễn Văn An
 LỆNH MỚI (3): KIỂM TRA HỎA TỐC KT-3/2026/LĐ-BCHQS - m: mở - Gọi quân nhân dự bị
┌ Lệnh đã nhận ────────────────────────────────────────────────────────────────┐
│>  KIỂM TRA  HỎA TỐC KT-3/2026/LĐ-BCHQS CHƯA XEM                              │
│   KIỂM TRA  còn 15 phút  Gọi quân nhân dự bị 3                               │
│   DIỄN TẬP  HỎA TỐC DT-2/2026/LĐ-BCHQS CHƯA XEM                              │
│   DIỄN TẬP  còn 15 phút  Gọi quân nhân dự bị 2                               │
│   THẬT      HỎA TỐC 1/2026/LĐ-BCHQS CHƯA XEM                                 │
│   THẬT      còn 15 phút  Gọi quân nhân dự bị 1                               │";
    assert_eq!(lines(&buffer)[..10].join("\n"), expected);
    act(&mut app, &bench, KeyCode::Enter);
    for down in [1, 2] {
        press(&mut app, KeyCode::Esc);
        press(&mut app, KeyCode::Home);
        (0..down).for_each(|_| drop(press(&mut app, KeyCode::Down)));
        act(&mut app, &bench, KeyCode::Enter);
    }
    press(&mut app, KeyCode::Esc);
    let buffer = drawn(&mut app, 80, 24);
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
    let buffer = drawn(&mut app, 80, 24);
    let text = lines(&buffer);
    assert!(text[4].contains("THẬT      LỆNH HỦY"), "{}", text[4]);
    assert!(text[4].contains("CHƯA XEM"), "{}", text[4]);
    assert!(text[6].contains("THẬT      ĐÃ HỦY"), "{}", text[6]);
    assert!(style_of(&buffer, "Gọi quân nhân dự bị 1").1.contains(Modifier::CROSSED_OUT));
    assert!(!style_of(&buffer, "Gọi quân nhân dự bị 2").1.contains(Modifier::CROSSED_OUT));
    press(&mut app, KeyCode::Down);
    act(&mut app, &bench, KeyCode::Enter);
    let text = screen(&mut app);
    assert!(text.contains("LỆNH NÀY ĐÃ HỦY: KHÔNG THI HÀNH."), "{text}");
    assert_eq!(app.offers(), [('l', "Xem lệnh hủy để nhận")]);
    for key in ['n', 'c', 'k', 's', 'h'] {
        assert_eq!(press(&mut app, KeyCode::Char(key)), Wish::Nothing, "{key} is not offered");
        assert_eq!(app.prompt, None, "{key} is not offered");
    }
    act(&mut app, &bench, KeyCode::Char('l'));
    let text = screen(&mut app);
    assert!(text.contains("HỦY lệnh 1/2026/LĐ-BCHQS"), "{text}");
    assert_eq!(app.offers(), [('n', "Nhận lệnh hủy")]);
    act(&mut app, &bench, KeyCode::Char('n'));
    assert_eq!(state(&bench, 2), DeliveryState::Acknowledged);
    assert_eq!(app.offers(), [], "a cancel wants no more than that it is known");
}

#[test]
fn whatever_is_shown_can_be_printed() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    bench.receive(1, &first);
    bench.receive(2, &envelope(&cancel_of(2, &first, Handling::Actual)));
    let mut app = app(&bench);
    for (downs, number) in [(0, 2), (1, 1)] {
        (0..downs).for_each(|_row| drop(press(&mut app, KeyCode::Down)));
        act(&mut app, &bench, KeyCode::Enter);
        assert_eq!(press(&mut app, KeyCode::Char('i')), Wish::Print(id(number)));
        act(&mut app, &bench, KeyCode::Esc);
    }
}

#[test]
fn a_cancel_that_comes_while_numbers_are_typed_stops_the_signature() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    bench.receive(1, &first);
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    for key in ['n', 'c', 's', '5'] {
        act(&mut app, &bench, KeyCode::Char(key));
    }
    bench.receive(2, &envelope(&cancel_of(2, &first, Handling::Actual)));
    app.refresh(&bench.inbox, NOW).expect("the store works");
    assert!(screen(&mut app).contains("LỆNH MỚI: THẬT LỆNH HỦY"));
    press(&mut app, KeyCode::End);
    assert_eq!(press(&mut app, KeyCode::Enter), Wish::Nothing, "nothing is signed");
    assert!(screen(&mut app).contains("CHƯA ký gì"));
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
        let text = lines(&drawn(&mut app, 80, 24)).join("\n");
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
    let state = || state(&bench, 1);
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
    (0..8).for_each(|_| act(&mut app, &bench, KeyCode::Enter));
    act(&mut app, &bench, KeyCode::Char('h'));
    act(&mut app, &bench, KeyCode::Char('y'));
    assert_eq!(state(), DeliveryState::Completed);
    let answers = bench.inbox.detail(id(1), NOW).expect("it is here").answers;
    assert!(answers[2..].iter().all(|record| record.answer.answered_by == "Nguyễn Văn An"));
    let text = lines(&drawn(&mut app, 80, 30)).join("\n");
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
    app.link.last_error = Some(("server_unreachable", "reach the server at localhost".into()));
    let text = screen(&mut app);
    for said in ["MẤT KẾT NỐI", "Không tới được máy chủ", "03160 · tuyến quân sự", "Nguyễn Văn An"]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(!text.contains("localhost"), "{text}");
    let Row::Order(detail) = &app.rows[0] else { panic!("an order") };
    let form = Prompt::Strength(super::form::Form::new(detail));
    for page in [None, Some(Page::default())] {
        app.page = page;
        for prompt in [None, Some(Prompt::Leave), Some(Prompt::Reason(id(1))), Some(form.clone())] {
            app.prompt = prompt;
            press(&mut app, KeyCode::End);
            for (width, height) in [(80, 24), (40, 12), (20, 5), (3, 2), (1, 1), (200, 60)] {
                drawn(&mut app, width, height);
            }
        }
    }
}

#[test]
fn an_idle_terminal_shows_no_urgency_mark() {
    let mut app = app(&Bench::new());
    let text = screen(&mut app);
    assert!(!text.to_uppercase().contains("HỎA TỐC") && !text.contains("LỆNH MỚI"), "{text}");
    assert!(text.contains("hoatoc · 03160 · tuyến quân sự"), "{text}");
}

#[test]
fn nothing_is_answered_before_the_last_line_was_on_the_screen() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&long(1, Handling::Actual)));
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    let text = screen(&mut app);
    assert!(text.contains("còn nữa ↓ ("), "{text}");
    assert!(text.contains("Đọc hết lệnh rồi mới trả lời được"), "{text}");
    assert!(!text.contains("n Nhận lệnh"), "{text}");
    act(&mut app, &bench, KeyCode::Char('n'));
    assert_eq!(state(&bench, 1), DeliveryState::Opened, "nothing is signed");
    let text = screen(&mut app);
    assert!(text.contains("Chưa đọc hết lệnh, còn "), "{text}");
    (0..9).for_each(|_| act(&mut app, &bench, KeyCode::PageDown));
    let text = screen(&mut app);
    assert!(text.contains("Dấu vân tay"), "the end stays on the screen: {text}");
    assert!(text.contains("↑ (") && !text.contains("còn nữa"), "{text}");
    act(&mut app, &bench, KeyCode::Home);
    assert!(screen(&mut app).contains("dòng 1"));
    assert!(app.is_read(), "what was read stays read");
    act(&mut app, &bench, KeyCode::End);
    assert!(screen(&mut app).contains("Dấu vân tay"));
    act(&mut app, &bench, KeyCode::Char('n'));
    assert_eq!(state(&bench, 1), DeliveryState::Acknowledged);
}

#[test]
fn each_line_of_an_order_is_reached_by_scrolling_down() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&long(1, Handling::Actual)));
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    let mut seen = String::new();
    for _page in 0..6 {
        seen += &screen(&mut app);
        act(&mut app, &bench, KeyCode::PageDown);
    }
    for line in 1..=40 {
        assert!(seen.contains(&format!("│dòng {line} ")), "line {line} was on no screen");
    }
}

#[test]
fn everything_that_was_signed_is_on_the_page() {
    let bench = Bench::new();
    let station = AssemblyStation {
        name: "Trường THCS Thanh Yên".into(),
        unit: Some("03160".parse().expect("a code")),
    };
    let need =
        |code: &str, kind, count| Requirement { code: code.parse().expect("a code"), kind, count };
    bench.receive(
        1,
        &envelope(&Order {
            station: Some(station),
            requirements: vec![
                need("CN02", RequirementKind::Personnel, 12),
                need("XE01", RequirementKind::Equipment, 3),
            ],
            ground: LegalGround::Disaster,
            report_by: Some(NOW.offset_by(3 * 3_600_000)),
            ..order(1, Handling::Actual)
        }),
    );
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    let text = lines(&drawn(&mut app, 80, 40)).join("\n");
    for said in [
        "LỆNH THẬT: thi hành",
        "Căn cứ: phòng, chống thảm họa",
        "Báo quân số trước 21:06 18/11/2026 (còn 3 giờ 0 phút)",
        "Trạm tập trung: Trường THCS Thanh Yên (thuộc đơn vị mã 03160)",
        "Yêu cầu: 12 người (CN02)",
        "Yêu cầu: 3 phương tiện (XE01)",
        "Người ký: Đại tá a [a]",
        "Người soạn: [c]",
        "Dấu vân tay",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    act(&mut app, &bench, KeyCode::End);
    for key in ['n', 'c', 's'] {
        act(&mut app, &bench, KeyCode::Char(key));
    }
    let text = screen(&mut app);
    assert!(text.contains("QUÂN NHÂN (lệnh yêu cầu 12)"), "{text}");
    assert!(text.contains("PHƯƠNG TIỆN (lệnh yêu cầu 3)"), "{text}");
    assert!(text.contains("> Đã gọi            [      ] / 12"), "{text}");
    for number in ["12", "10", "9", "8", "1", "2", "3", "2"] {
        type_in(&mut app, number);
        act(&mut app, &bench, KeyCode::Enter);
    }
    let answers = bench.inbox.detail(id(1), NOW).expect("it is here").answers;
    let Some(Fact::Strength(strength)) = answers.last().map(|record| record.answer.fact) else {
        panic!("no report was signed")
    };
    assert_eq!((strength.called, strength.unexcused, strength.equipment_arrived), (12, 2, 2));
    let text = lines(&drawn(&mut app, 120, 40)).join("\n");
    assert!(text.contains("đã gọi 12, đã báo được 10, sẽ đến 9, đã đến 8"), "{text}");
    act(&mut app, &bench, KeyCode::Char('s'));
    let text = screen(&mut app);
    assert!(text.contains("> Đã gọi            [    12] / 12"), "it begins with the last: {text}");
}

#[test]
fn a_new_order_is_called_out_on_every_view_and_rings_until_somebody_opens_it() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let mut app = app(&bench);
    act(&mut app, &bench, KeyCode::Enter);
    assert!(!screen(&mut app).contains("LỆNH MỚI"));
    app.bell = false;
    let quiet = Order { urgency: Urgency::Normal, ..order(3, Handling::Exercise) };
    bench.receive(2, &envelope(&order(2, Handling::Actual)));
    bench.receive(3, &envelope(&quiet));
    app.refresh(&bench.inbox, NOW).expect("the store works");
    assert!(std::mem::take(&mut app.bell));
    for prompt in [None, Some(Prompt::Leave), Some(Prompt::Reason(id(1)))] {
        app.prompt = prompt;
        let buffer = drawn(&mut app, 80, 24);
        let (_colour, modifier) = style_of(&buffer, "LỆNH MỚI (2): THẬT HỎA TỐC 2/2026");
        assert!(modifier.contains(Modifier::REVERSED));
    }
    app.prompt = None;
    let rings = |app: &mut App, ticks: u32| {
        (0..ticks)
            .filter(|_| {
                app.tick(&bench.inbox, NOW);
                std::mem::take(&mut app.bell)
            })
            .count()
    };
    assert_eq!(rings(&mut app, RING_EVERY_TICKS - 1), 0);
    assert_eq!(rings(&mut app, 3 * RING_EVERY_TICKS), 3);
    act(&mut app, &bench, KeyCode::Esc);
    assert_eq!(app.selected, 1, "the most urgent of those unopened, not the newest");
    act(&mut app, &bench, KeyCode::Enter);
    assert!(screen(&mut app).contains("LỆNH MỚI: DIỄN TẬP"));
    act(&mut app, &bench, KeyCode::Char('m'));
    assert_eq!(state(&bench, 3), DeliveryState::Opened);
    assert!(!screen(&mut app).contains("LỆNH MỚI"));
    assert_eq!(rings(&mut app, 5 * RING_EVERY_TICKS), 0);
}

#[test]
fn an_order_that_ended_unopened_no_longer_rings() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let mut app = app(&bench);
    app.bell = false;
    let later = NOW.offset_by(3 * 24 * 3_600_000);
    (0..50).for_each(|_| app.tick(&bench.inbox, later));
    assert!(!app.bell);
    let text = screen(&mut app);
    assert!(text.contains("HẾT HIỆU LỰC") && !text.contains("LỆNH MỚI"), "{text}");
}

#[test]
fn every_view_says_how_an_order_is_meant_wherever_it_is_scrolled() {
    for handling in [Handling::Actual, Handling::Exercise, Handling::Test] {
        let bench = Bench::new();
        bench.receive(1, &envelope(&long(1, handling)));
        let mut app = app(&bench);
        act(&mut app, &bench, KeyCode::Enter);
        act(&mut app, &bench, KeyCode::PageDown);
        let buffer = drawn(&mut app, 80, 24);
        let edges: Vec<String> =
            lines(&buffer).into_iter().filter(|line| line.contains('─')).collect();
        assert_eq!(edges.len(), 2);
        assert!(edges.iter().all(|edge| edge.contains(handling.label())), "{edges:?}");
        let (colour, _modifier) = style_of(&buffer, "│dòng");
        assert_eq!(Some(colour), super::words::handling_style(handling).bg);
    }
}

#[test]
fn no_sign_is_drawn_that_a_consoles_vietnamese_font_lacks() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&long(1, Handling::Exercise)));
    bench.receive(2, &resigned(&envelope(&order(2, Handling::Actual)), &[77]));
    let mut app = app(&bench);
    app.link.state = LinkState::Waiting { for_ms: 900 };
    app.link.last_error = Some(("server_silent", "".into()));
    let mut drawn_signs = screen(&mut app);
    press(&mut app, KeyCode::End);
    act(&mut app, &bench, KeyCode::Enter);
    for code in [KeyCode::Null, KeyCode::PageDown, KeyCode::End]
        .into_iter()
        .chain(['n', 'c', 's'].map(KeyCode::Char))
    {
        act(&mut app, &bench, code);
        drawn_signs += &screen(&mut app);
    }
    // The rest of the 512 signs of Debian's Vietnamese-Fixed16.
    let known = |sign: char| {
        use unicode_normalization::UnicodeNormalization as _;
        let letter = sign.nfd().next().is_some_and(|base| base.is_ascii() || "đĐ".contains(base));
        letter || "─│┌┐└┘█↑↓·".contains(sign)
    };
    let unknown: Vec<char> = drawn_signs.chars().filter(|sign| !known(*sign)).collect();
    assert_eq!(unknown, Vec::<char>::new());
}
