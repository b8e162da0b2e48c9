//! Holds the house to its plan: arrows point down, names stay on their floors, every file says what
//! it is for, and no room grows too large. The plan itself stands in `src/lib.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module's floor. Arrows point to the same floor or down.
const FLOORS: &[(&str, u8)] = &[
    ("domain", 0),
    ("evidence", 0),
    ("clock", 1),
    ("config", 1),
    ("limits", 1),
    ("pki", 1),
    ("store", 1),
    ("tasks", 1),
    ("telemetry", 1),
    ("wire", 1),
    ("engine", 2),
    ("fanout", 2),
    ("index", 2),
    ("paper", 3),
    ("audit", 3),
    ("roster", 3),
    ("rpc", 3),
    ("sim", 3),
    ("terminal", 3),
    ("witness", 3),
    ("cli", 4),
];

/// Words that may stand in the code of these places only.
const BOUND_WORDS: &[(&str, &[&str])] = &[
    ("sled::", &["store/", "domain/"]),
    ("tonic::Status", &["rpc/", "terminal/", "cli/", "roster/", "sim/"]),
    (
        "tonic::",
        &[
            "rpc/",
            "terminal/",
            "cli/",
            "roster/",
            "sim/",
            "wire/pb.rs",
            "wire/codec.rs",
            "telemetry/",
        ],
    ),
    ("prost::", &["wire/", "rpc/", "terminal/", "cli/", "roster/", "sim/", "fanout/"]),
    (
        "wire::pb",
        &["wire/", "rpc/", "terminal/", "cli/", "roster/", "sim/", "fanout/", "index/", "paper/"],
    ),
    ("SystemTime::now", &["clock.rs"]),
    ("tokio::spawn", &["tasks.rs"]),
];

/// Words that the pure floor must not know.
const IMPURE: &[&str] =
    &["tokio", "tonic", "prost::", "sled::", "std::fs", "std::net", "SystemTime", "std::thread"];

/// Lines of code in a file, without tests, comments and blank lines.
const CODE_LINES_MAX: usize = 300;
/// Files in a folder, besides its `mod.rs` and tests.
const FILES_MAX: usize = 10;

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let name = |path: &PathBuf| {
        let inside = path.strip_prefix(&root).expect("below src");
        inside.to_str().expect("names in UTF-8").replace('\\', "/")
    };
    found
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).expect("a readable file")))
        .collect()
}

/// The lines that run in the product: without the tests at the file's foot, comments and blanks.
fn code(text: &str) -> Vec<&str> {
    let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    product.lines().filter(is_code).collect()
}

fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs")
        || name.contains("/tests/")
        || name.ends_with("contract.rs")
        || name.ends_with("test_lists.rs")
}

fn floor(name: &str) -> Option<u8> {
    let module = name.split(['/', '.']).next()?;
    FLOORS.iter().find(|(known, _floor)| *known == module).map(|(_known, floor)| *floor)
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if ["lib.rs", "main.rs"].contains(&name.as_str()) || is_test(&name) {
            continue;
        }
        let own = floor(&name).unwrap_or_else(|| panic!("{name} is on no floor: add its module"));
        for line in code(&text) {
            for used in line.split("crate::").skip(1) {
                let used = used.split([':', ';', ',', ' ', '{', ')']).next().unwrap_or_default();
                let Some((_, theirs)) = FLOORS.iter().find(|(known, _)| *known == used) else {
                    continue;
                };
                if *theirs > own {
                    wrong.push(format!("{name} (floor {own}) uses {used} (floor {theirs})"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn words_stay_in_their_places() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if is_test(&name) {
            continue;
        }
        for line in code(&text) {
            for (word, places) in BOUND_WORDS {
                if line.contains(word) && !places.iter().any(|place| name.starts_with(place)) {
                    wrong.push(format!("{name}: `{word}` belongs to {places:?}: {}", line.trim()));
                }
            }
            if floor(&name) == Some(0) {
                let impure = IMPURE.iter().filter(|word| line.contains(**word));
                wrong.extend(impure.map(|word| format!("{name} is pure, but has `{word}`")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let mute: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| !text.starts_with("//!") && !is_test(name))
        .map(|(name, _text)| name)
        .collect();
    assert!(mute.is_empty(), "no module doc in {mute:#?}");
}

#[test]
fn no_room_grows_too_large() {
    let mut large = Vec::new();
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for (name, text) in sources() {
        if is_test(&name) {
            continue;
        }
        let lines = code(&text).len();
        if lines > CODE_LINES_MAX {
            large.push(format!("{name} has {lines} lines of code, at most {CODE_LINES_MAX}"));
        }
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
        if !["mod.rs", "lib.rs", "main.rs"].contains(&file) {
            *folders.entry(folder.to_owned()).or_default() += 1;
        }
    }
    let full = folders.into_iter().filter(|(_folder, files)| *files > FILES_MAX);
    large.extend(full.map(|(folder, files)| format!("src/{folder} has {files} files")));
    assert!(large.is_empty(), "{large:#?}");
}

#[test]
fn every_day_of_an_option_is_taken_in_both_ways_of_writing_it() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let options = text.lines().filter(|line| line.contains("value_name = \"DATE\""));
        let other = options.filter(|line| !line.contains("value_parser = day"));
        wrong.extend(other.map(|line| format!("{name}: {}", line.trim())));
    }
    assert!(wrong.is_empty(), "take the day by `cli::days::day`: {wrong:#?}");
}
