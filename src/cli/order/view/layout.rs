//! Lines that fit an old screen: a name at the left, what is said of it beside, broken at words.

/// Columns that everything keeps to.
const COLUMNS: usize = 80;
/// Where what is said begins.
const SAID_AT: usize = 14;

/// A name and what is said of it.
pub(super) fn line(text: &mut String, name: &str, said: &str) {
    let width = COLUMNS - SAID_AT;
    for (at, part) in broken(said, width).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        text.push_str(format!("  {name:<11} {part}").trim_end());
        text.push('\n');
    }
}

/// A paragraph of the order's own text, behind a bar that nothing in it can imitate.
pub(super) fn quoted(text: &mut String, paragraph: &str) {
    for part in broken(paragraph, COLUMNS - 4) {
        text.push_str(format!("  | {part}").trim_end());
        text.push('\n');
    }
}

/// A text whose longer lines go on below themselves.
pub(super) fn fitted(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let lead = line.chars().take_while(|c| *c == ' ').count().min(COLUMNS / 2);
        let below = lead.max(SAID_AT);
        let room = COLUMNS - below;
        let parts = if line.chars().count() <= COLUMNS {
            vec![line.trim_start().to_owned()]
        } else {
            broken(line.trim_start(), room)
        };
        for (at, part) in parts.iter().enumerate() {
            let indent = if at == 0 { lead } else { below };
            all.push_str(format!("{:indent$}{part}", "").trim_end());
            all.push('\n');
        }
    }
    all
}

/// A text in lines of at most so many characters, at spaces where it can be.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        loop {
            let last = lines.last_mut().expect("there is one from the start");
            let used = last.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + rest.len() <= width {
                if gap > 0 {
                    last.push(' ');
                }
                last.extend(rest);
                break;
            }
            if used == 0 {
                // A word longer than a line is cut where the line ends.
                last.extend(rest.drain(..width));
            }
            lines.push(String::new());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_the_screen_and_nothing_is_lost() {
        let long = "x".repeat(200);
        let said = format!("Gọi quân nhân dự bị của các xã, phường {long} tập trung đúng giờ");
        let mut text = String::new();
        line(&mut text, "title", &said);
        quoted(&mut text, &said);
        for one in text.lines() {
            assert!(one.chars().count() <= COLUMNS, "{one}");
        }
        let bare = |text: &str| text.replace([' ', '\n', '|'], "");
        assert_eq!(bare(&text), format!("title{0}{0}", bare(&said)));
        assert_eq!(broken("", 10), [""]);
    }

    #[test]
    fn a_line_that_is_too_long_goes_on_below_itself() {
        let short = "  line        12 of CN02\n";
        assert_eq!(fitted(short), short);
        let long = format!("  WARNING     {}", "mười hai người ".repeat(10));
        let told = fitted(&long);
        assert!(told.lines().count() > 1 && told.starts_with("  WARNING     mười"), "{told}");
        for line in told.lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
        assert!(told.lines().nth(1).expect("a second").starts_with("              "), "{told}");
    }
}
