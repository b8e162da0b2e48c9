//! Passphrases and PINs: asked at the terminal without an echo, or read from a file that only its owner
//! may read. They are never on a command line, where every user of the machine could read them.

use std::fs;
use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use zeroize::Zeroizing;

use crate::evidence::key::{KeyError, Passphrase};

/// How often a person may mistype before the command ends.
const TRIES: usize = 3;
/// Longest file of a passphrase, in bytes.
const FILE_LEN_MAX: u64 = 4096;

/// Where the passphrases of keys that are there come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    files: Vec<PathBuf>,
}

/// How new keys are kept.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NewKeys {
    /// Take the passphrase of new keys from the first line of this file, which only its owner may read;
    /// without it, it is asked twice at the terminal, or is that of --passphrase-file.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Vec<PathBuf>,
    /// Keep new keys without a passphrase: whoever copies the file can sign.
    #[arg(long, conflicts_with = "new_passphrase_file")]
    no_passphrase: bool,
}

impl NewKeys {
    /// Whether new keys shall lie open.
    pub(crate) const fn is_plain(&self) -> bool {
        self.no_passphrase
    }

    /// The passphrase for the `index`th of the new keys of a command; none if they stay plain.
    pub(crate) fn choose(
        &self,
        secrets: &Secrets,
        index: usize,
        whose: &str,
    ) -> Result<Option<Passphrase>> {
        self.choose_with(secrets.files.first(), index, whose)
    }

    /// As [`Self::choose`], for keys that get another passphrase than the one they are under.
    pub(crate) fn choose_other(&self, index: usize, whose: &str) -> Result<Option<Passphrase>> {
        self.choose_with(None, index, whose)
    }

    fn choose_with(
        &self,
        instead: Option<&PathBuf>,
        index: usize,
        whose: &str,
    ) -> Result<Option<Passphrase>> {
        if self.no_passphrase {
            return Ok(None);
        }
        let of_this = self.new_passphrase_file.get(index);
        let file = match (of_this, self.new_passphrase_file.as_slice()) {
            (Some(file), _) => Some(file),
            (None, [all]) => Some(all),
            (None, []) => instead,
            (None, given) => bail!(
                "{} passphrase files do not say which is for {whose}: give one for all, or one for each",
                given.len()
            ),
        };
        if let Some(file) = file {
            let text = first_line(file)?;
            let chosen = Passphrase::chosen(&text);
            return Ok(Some(chosen.with_context(|| format!("{} is not usable", file.display()))?));
        }
        if !at_terminal() {
            bail!(
                "the new keys of {whose} need a passphrase, and there is no terminal to ask at: give \
                 --new-passphrase-file FILE, or --no-passphrase to keep them open"
            );
        }
        ask_new(whose).map(Some)
    }
}

impl Secrets {
    /// From the files that the command line or the environment names.
    pub(crate) const fn new(files: Vec<PathBuf>) -> Self {
        Self { files }
    }

    /// Opens a key: with each file's passphrase in turn, or with what a person types.
    pub(crate) fn open<T>(
        &self,
        path: &Path,
        mut open: impl FnMut(&Passphrase) -> Result<T, KeyError>,
    ) -> Result<T> {
        let unusable = || format!("{} is not usable", path.display());
        for file in &self.files {
            let passphrase = Passphrase::given(&first_line(file)?)?;
            match open(&passphrase) {
                Err(KeyError::WrongPassphrase) => {}
                other => return other.with_context(unusable),
            }
        }
        if let Some(first) = self.files.first() {
            bail!("the passphrase in {} does not open {}", first.display(), path.display());
        }
        if !at_terminal() {
            bail!(
                "{} is under a passphrase, and there is no terminal to ask at: give \
                 --passphrase-file FILE, or set HOATOC_PASSPHRASE_FILE",
                path.display()
            );
        }
        for again in 1..=TRIES {
            let typed = ask(&format!("Passphrase of {}: ", path.display()))?;
            match open(&Passphrase::given(&typed)?) {
                Err(KeyError::WrongPassphrase) if again < TRIES => say("that is not it"),
                other => return other.with_context(unusable),
            }
        }
        bail!("{} stays closed", path.display())
    }

    /// The PIN of a token. It is taken from a file only where no other could be meant: a token locks
    /// itself after a few wrong ones.
    pub(crate) fn pin(&self, token: &str) -> Result<Zeroizing<String>> {
        match self.files.as_slice() {
            [file] => first_line(file),
            [] if at_terminal() => ask(&format!("PIN of token `{token}`: ")),
            [] => bail!(
                "token `{token}` needs its PIN, and there is no terminal to ask at: give \
                 --passphrase-file FILE"
            ),
            _several => bail!(
                "several passphrase files are given, and wrong PINs lock token `{token}`: give the one with its PIN"
            ),
        }
    }
}

/// Whether a person can be asked.
pub(crate) fn at_terminal() -> bool {
    std::io::stdin().is_terminal()
}

fn say(text: &str) {
    // Where standard error is gone there is nobody to tell.
    drop(std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()));
}

fn ask(question: &str) -> Result<Zeroizing<String>> {
    let typed = rpassword::prompt_password(question);
    typed.map(Zeroizing::new).context("failed to read from the terminal")
}

fn ask_new(whose: &str) -> Result<Passphrase> {
    for _again in 0..TRIES {
        let typed = ask(&format!("New passphrase for the keys of {whose}: "))?;
        let passphrase = match Passphrase::chosen(&typed) {
            Ok(passphrase) => passphrase,
            Err(weak) => {
                say(&weak.to_string());
                continue;
            }
        };
        if *ask("The same again: ")? == *typed {
            return Ok(passphrase);
        }
        say("the two are not the same");
    }
    bail!("no passphrase was chosen, so no key was made")
}

fn first_line(path: &Path) -> Result<Zeroizing<String>> {
    let failed = || format!("failed to read the passphrase file {}", path.display());
    let mut file = fs::File::open(path).with_context(failed)?;
    let found = file.metadata().with_context(failed)?;
    let mode = found.permissions().mode() & 0o777;
    if found.is_file() && mode & 0o077 != 0 {
        bail!(
            "others than its owner have rights to {} (mode {mode:04o}): chmod 600 it, and change the passphrase if others were here",
            path.display()
        );
    }
    if found.len() > FILE_LEN_MAX {
        bail!("{} is too long for a passphrase: it stands on the first line", path.display());
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(FILE_LEN_MAX)?));
    (&mut file).take(FILE_LEN_MAX).read_to_string(&mut text).with_context(failed)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(anyhow!(
            "the first line of {} is empty: write the passphrase there",
            path.display()
        ));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, text).expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
        path
    }

    fn opens(right: &str) -> impl FnMut(&Passphrase) -> Result<(), KeyError> + use<'_> {
        move |given| (given.expose() == right).then_some(()).ok_or(KeyError::WrongPassphrase)
    }

    #[test]
    fn each_file_is_tried_and_a_wrong_one_is_told_as_that() {
        let dir = tempfile::tempdir().expect("a directory");
        let one = file(dir.path(), "one", "the first one\nsecond line\n", 0o600);
        let two = file(dir.path(), "two", "the second one\r\n", 0o400);
        let secrets = Secrets::new(vec![one, two]);
        let key = Path::new("some.key");
        secrets.open(key, opens("the first one")).expect("it is there");
        secrets.open(key, opens("the second one")).expect("it is there");
        let refused = secrets.open(key, opens("another")).expect_err("not there").to_string();
        assert!(refused.contains("does not open some.key"), "{refused}");
        let refused = secrets.pin("t").expect_err("which one?").to_string();
        assert!(refused.contains("lock"), "{refused}");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_and_nothing_of_it_is_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        for (text, mode, why) in [
            ("secret words here", 0o644, "mode 0644"),
            ("secret words here", 0o620, "mode 0620"),
            ("\nsecret words here", 0o600, "is empty"),
            (&"secret".repeat(1000), 0o600, "too long"),
        ] {
            let secrets = Secrets::new(vec![file(dir.path(), "p", text, mode)]);
            let refused = secrets.pin("t").expect_err("refused").to_string();
            assert!(refused.contains(why) && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn new_keys_take_the_file_meant_for_them() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| file(dir.path(), name, &format!("passphrase {name}"), 0o600);
        let new = |files: &[&str]| NewKeys {
            new_passphrase_file: files.iter().map(|name| path(name)).collect(),
            no_passphrase: false,
        };
        let secrets = Secrets::new(vec![path("of old keys")]);
        let chosen = |new: &NewKeys, index| {
            let chosen = new.choose(&secrets, index, "somebody").map(|chosen| chosen.expect("one"));
            chosen.map(|chosen| chosen.expose().to_owned())
        };
        assert_eq!(chosen(&new(&["for all"]), 2).expect("one"), "passphrase for all");
        assert_eq!(chosen(&new(&["first", "second"]), 1).expect("one"), "passphrase second");
        assert_eq!(chosen(&new(&[]), 0).expect("one"), "passphrase of old keys");
        chosen(&new(&["first", "second"]), 2).expect_err("which one?");
        let weak = NewKeys {
            new_passphrase_file: vec![file(dir.path(), "weak", "weak", 0o600)],
            no_passphrase: false,
        };
        let refused = format!("{:#}", chosen(&weak, 0).expect_err("too short"));
        assert!(refused.contains("too easy to guess"), "{refused}");
        let plain = NewKeys { no_passphrase: true, ..NewKeys::default() };
        assert!(plain.choose(&secrets, 0, "somebody").expect("none is needed").is_none());
    }
}
