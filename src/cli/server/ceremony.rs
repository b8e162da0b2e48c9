//! The key ceremony of a province: who holds a root key, how many of them must sign, and the record
//! that they sign on paper.
//!
//! Called by `init`. What the command line does not say is asked, one root holder after another, each
//! with a medium and a passphrase of their own; said in full on the command line, it can be repeated by a
//! script. It does not know what founding a province takes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cli::Cx;
use crate::cli::homes::create_root;
use crate::cli::identity::trust::words::key_words;
use crate::cli::keys::secrets::{NewKeys, at_terminal};
use crate::cli::keys::{Keeping, key_path};
use crate::cli::output::local_time;
use crate::config::home::write_new;
use crate::evidence::key::{KeyUse, Passphrase, Signer};
use crate::evidence::trust::{ROOTS_MAX, TrustBundle};

/// The record's file in the data directory.
const RECORD: &str = "ceremony.txt";

/// Flags of a founding that are about root holders.
#[derive(Debug, Clone, Args)]
pub(super) struct Holders {
    /// A root holder's home; DATA-DIR with `-root` after it by default. Keep it off the server. With
    /// --ceremony repeat it, one for each root holder.
    #[arg(long = "root", value_name = "DIR")]
    homes: Vec<PathBuf>,
    /// Guided founding with several root holders, and a record to print and sign: what the other flags
    /// do not say is asked.
    #[arg(long)]
    ceremony: bool,
    /// How many root holders there are.
    #[arg(long, value_name = "COUNT", requires = "ceremony")]
    roots: Option<usize>,
    /// How many of them sign a trust bundle.
    #[arg(long, value_name = "COUNT", requires = "ceremony")]
    threshold: Option<u32>,
    /// Name and post of a root holder, in the order of --root; repeat it.
    #[arg(long = "holder", value_name = "NAME", requires = "ceremony")]
    names: Vec<String>,
}

/// A root holder to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// Name and post; empty outside of a ceremony.
    pub(super) name: String,
    /// The home.
    pub(super) dir: PathBuf,
}

/// Who will hold the root keys, and how many of them sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The root holders.
    pub(super) holders: Vec<Holder>,
    /// How many of them sign.
    pub(super) threshold: u32,
    /// Whether there is a record of it.
    pub(super) is_ceremony: bool,
}

/// A root holder's key, made and ready to sign.
pub(super) struct Held {
    /// Whose.
    pub(super) holder: Holder,
    /// The key.
    pub(super) key: Box<dyn Signer>,
    /// Whether it is under a passphrase.
    pub(super) is_sealed: bool,
}

impl Holders {
    /// Who it will be; asks for what is not said.
    pub(super) fn plan(&self, cx: &Cx, beside: PathBuf) -> Result<Plan> {
        if !self.ceremony {
            let dir = match self.homes.as_slice() {
                [] => beside,
                [one] => one.clone(),
                _several => bail!("several root holders are founded with --ceremony"),
            };
            let holders = vec![Holder { name: String::new(), dir }];
            return Ok(Plan { holders, threshold: 1, is_ceremony: false });
        }
        let (roots, threshold) = self.counts(cx)?;
        let holders = self.persons(roots, cx)?;
        Ok(Plan { holders, threshold, is_ceremony: true })
    }

    /// The root holders, one after another. What the command line says must do; an answer that will not do
    /// is asked for again, for the others have answered already.
    fn persons(&self, roots: usize, leader: &dyn Leader) -> Result<Vec<Holder>> {
        let mut holders: Vec<Holder> = Vec::with_capacity(roots);
        for index in 0..roots {
            let number = index + 1;
            let question = format!("Root holder {number} of {roots}, name and post: ");
            let ask_name = || leader.ask(&question, "--holder NAME for each");
            let name = settle(self.names.get(index).cloned(), leader, ask_name, |name| {
                let name = crate::domain::text::clean(&name);
                if name.is_empty() {
                    bail!("root holder {number} has no name");
                }
                if holders.iter().any(|other| other.name.to_lowercase() == name.to_lowercase()) {
                    bail!("{name} is named for two root holders: each is another person");
                }
                Ok(name)
            })?;
            let question =
                format!("Put in the medium of {name}. New directory for the root key on it: ");
            let ask_dir = || leader.ask(&question, "--root DIR for each").map(PathBuf::from);
            let dir = settle(self.homes.get(index).cloned(), leader, ask_dir, |dir| {
                if dir.as_os_str().is_empty() {
                    bail!("there is no directory for the root key of {name}");
                }
                if holders.iter().any(|other| other.dir == dir) {
                    bail!(
                        "{} is given for two root holders: each has a medium of their own",
                        dir.display()
                    );
                }
                Ok(dir)
            })?;
            holders.push(Holder { name, dir });
        }
        Ok(holders)
    }

    /// How many root holders there are, and how many of them sign.
    fn counts(&self, cx: &Cx) -> Result<(usize, u32)> {
        const NO_NUMBER: &str = "that is no number";
        let named = (!self.homes.is_empty()).then_some(self.homes.len());
        let roots = match self.roots.or(named) {
            Some(roots) => roots,
            None => cx
                .ask("How many root holders are there? ", "--roots COUNT")?
                .parse()
                .ok()
                .context(NO_NUMBER)?,
        };
        let threshold = match self.threshold {
            Some(threshold) => threshold,
            None => cx
                .ask("How many of them must sign a trust bundle? ", "--threshold COUNT")?
                .parse()
                .ok()
                .context(NO_NUMBER)?,
        };
        let fits = usize::try_from(threshold).is_ok_and(|need| (1..=roots).contains(&need));
        if !fits || roots > ROOTS_MAX {
            bail!(
                "{threshold} of {roots} root holders is not possible: take at most {ROOTS_MAX} holders, \
                 and one to all of them to sign"
            );
        }
        if self.homes.len() > roots || self.names.len() > roots {
            bail!("there are more of --root or --holder than {roots} root holders");
        }
        Ok((roots, threshold))
    }
}

/// The person who leads the ceremony.
trait Leader {
    /// Asks; where nobody is, says what the command line lacks.
    fn ask(&self, question: &str, flag: &str) -> Result<String>;
    /// Says why an answer will not do.
    fn tell(&self, text: &str);
}

impl Leader for Cx {
    fn ask(&self, question: &str, flag: &str) -> Result<String> {
        if !at_terminal() {
            bail!("the ceremony has nobody to ask: give {flag}");
        }
        // Without this a closed window would be asked for ever.
        let answer = self.screen.answer(question)?;
        answer.with_context(|| format!("the ceremony was left: begin it again, or give {flag}"))
    }

    fn tell(&self, text: &str) {
        self.screen.note(text);
    }
}

/// What the command line says, if it will do; where it says nothing, the first answer that will do.
fn settle<A, T>(
    said: Option<A>,
    leader: &dyn Leader,
    ask: impl Fn() -> Result<A>,
    check: impl Fn(A) -> Result<T>,
) -> Result<T> {
    if let Some(said) = said {
        return check(said);
    }
    loop {
        match check(ask()?) {
            Ok(good) => return Ok(good),
            Err(fault) => leader.tell(&format!("{fault}. Once more.")),
        }
    }
}

impl Plan {
    /// Makes every root home, each with its own passphrase.
    pub(super) fn make(&self, cx: &Cx, passphrases: Vec<Option<Passphrase>>) -> Result<Vec<Held>> {
        let mut held = Vec::with_capacity(self.holders.len());
        for (holder, passphrase) in self.holders.iter().zip(passphrases) {
            let is_sealed = passphrase.is_some();
            let keeping = Keeping::File(passphrase);
            let key =
                create_root(&holder.dir, &holder.name, &keeping, &cx.secrets, cx.clock.now())?;
            held.push(Held { holder: holder.clone(), key, is_sealed });
        }
        Ok(held)
    }
}

impl Plan {
    /// What each root holder chose; the record says that nobody else knows it.
    pub(super) fn passphrases(
        &self,
        cx: &Cx,
        new_keys: &NewKeys,
    ) -> Result<Vec<Option<Passphrase>>> {
        let mut chosen: Vec<Option<Passphrase>> = Vec::with_capacity(self.holders.len());
        for (index, holder) in self.holders.iter().enumerate() {
            let whose = match holder.name.as_str() {
                "" => "the root holder",
                name => name,
            };
            let own = new_keys.choose(&cx.secrets, index, whose)?;
            let is_anothers = own.as_ref().is_some_and(|own| {
                chosen.iter().flatten().any(|other| other.expose() == own.expose())
            });
            if is_anothers {
                bail!(
                    "the passphrase of {whose} is another root holder's as well: each chooses one that nobody \
                     else knows (--new-passphrase-file FILE, once for each)"
                );
            }
            chosen.push(own);
        }
        Ok(chosen)
    }
}

/// What the record says besides the root holders.
pub(super) struct Founded<'a> {
    /// The first trust bundle.
    pub(super) bundle: &'a TrustBundle,
    /// The fingerprint of the enrolment authority's certificate.
    pub(super) authority: String,
}

/// Writes the record into the data directory. Returns its path and text.
pub(super) fn record(
    dir: &Path,
    held: &[Held],
    founded: &Founded<'_>,
) -> Result<(PathBuf, String)> {
    let text = record_text(held, founded);
    let path = dir.join(RECORD);
    write_new(&path, text.as_bytes(), 0o644)?;
    Ok((path, text))
}

fn record_text(held: &[Held], founded: &Founded<'_>) -> String {
    const LINE: &str = "................................";
    let bundle = founded.bundle;
    let mut text = format!(
        "BIÊN BẢN LỄ TẠO KHÓA GỐC\n\n\
         Tỉnh (mã đơn vị):   {}\n\
         Thời gian:          {}\n\
         Phần mềm:           hoatoc {}\n\
         Ký danh sách tin cậy: cần {} trong {} người giữ khóa gốc\n\n\
         I. NGƯỜI GIỮ KHÓA GỐC\n",
        bundle.province,
        local_time(bundle.issued_at),
        env!("CARGO_PKG_VERSION"),
        bundle.root_threshold,
        held.len()
    );
    for (index, one) in held.iter().enumerate() {
        let sealed = if one.is_sealed { "có" } else { "KHÔNG" };
        text.push_str(&format!(
            "\n{}. {}\n   Dấu vân tay khóa:  {}\n   Nơi tạo khóa:      {}\n   Cụm mật khẩu:      {sealed}\n   \
             Ký nhận:           {LINE}\n",
            index + 1,
            one.holder.name,
            key_words(&one.key.id()),
            key_path(&one.holder.dir, KeyUse::Root).display(),
        ));
    }
    text.push_str(&format!(
        "\nII. ĐỂ ĐỐI CHIẾU QUA ĐƯỜNG LIÊN LẠC KHÁC\n\n\
         Dấu vân tay bộ khóa gốc:\n   {}\n\
         Dấu vân tay cơ quan cấp chứng thư:\n   {}\n\
         Khóa ký sổ cái:\n   {}\n\n\
         III. DANH SÁCH TIN CẬY ĐẦU TIÊN\n\n\
         Phiên bản {}, hiệu lực đến {}\n",
        bundle.roots_fingerprint(),
        founded.authority,
        key_words(&bundle.ledger_key.id()),
        bundle.version,
        local_time(bundle.expires_at),
    ));
    for officer in &bundle.officers {
        let roles: Vec<&str> = officer.roles.iter().map(|role| role.label()).collect();
        text.push_str(&format!(
            "   {} ({}), đơn vị {}: {}\n",
            officer.name,
            officer.id,
            officer.unit,
            roles.join(", ")
        ));
    }
    text.push_str(&format!(
        "\nIV. XÁC NHẬN\n\n\
         Mỗi người giữ khóa gốc tự đặt cụm mật khẩu, không ai khác biết; phương tiện lưu khóa được niêm phong,\n\
         cất riêng từng người, không để trên máy chủ.\n\n\
         Người chủ trì:     {LINE}   Ký: {LINE}\n\
         Người chứng kiến:  {LINE}   Ký: {LINE}\n\
         Người chứng kiến:  {LINE}   Ký: {LINE}\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use super::*;

    /// Somebody who gives these answers and then leaves.
    struct Script {
        answers: RefCell<VecDeque<&'static str>>,
        told: RefCell<Vec<String>>,
    }

    impl Script {
        fn of(answers: &[&'static str]) -> Self {
            let answers = RefCell::new(answers.iter().copied().collect());
            Self { answers, told: RefCell::default() }
        }
    }

    impl Leader for Script {
        fn ask(&self, _question: &str, flag: &str) -> Result<String> {
            let answer = self.answers.borrow_mut().pop_front();
            Ok(answer.with_context(|| format!("left before {flag}"))?.to_owned())
        }

        fn tell(&self, text: &str) {
            self.told.borrow_mut().push(text.to_owned());
        }
    }

    fn flags(homes: &[&str], names: &[&str]) -> Holders {
        Holders {
            homes: homes.iter().map(PathBuf::from).collect(),
            ceremony: true,
            roots: None,
            threshold: None,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn holder(name: &str, dir: &str) -> Holder {
        Holder { name: name.to_owned(), dir: PathBuf::from(dir) }
    }

    #[test]
    fn an_answer_that_will_not_do_is_asked_for_again() {
        let script =
            Script::of(&["  ", "Đại tá Một", "", "r1", "đại tá một", "Đại tá Hai", "r1", "r2"]);
        let holders = flags(&[], &[]).persons(2, &script).expect("in the end");
        assert_eq!(holders, [holder("Đại tá Một", "r1"), holder("Đại tá Hai", "r2")]);
        let told = script.told.into_inner();
        let said = [
            "root holder 1 has no name",
            "no directory for the root key of Đại tá Một",
            "đại tá một is named for two root holders",
            "r1 is given for two root holders",
        ];
        assert_eq!(told.len(), said.len(), "{told:?}");
        for (told, said) in told.iter().zip(said) {
            assert!(told.contains(said), "{told}");
        }
    }

    #[test]
    fn what_the_command_line_says_is_refused_and_nobody_is_asked() {
        for (homes, names, why) in [
            (["r1", "r2"], ["Một", "một"], "named for two"),
            (["r1", "r1"], ["Một", "Hai"], "given for two"),
            (["r1", "r2"], ["Một", " "], "root holder 2 has no name"),
            (["", "r2"], ["Một", "Hai"], "no directory"),
        ] {
            let script = Script::of(&["Ba", "r3"]);
            let refused = flags(&homes, &names).persons(2, &script).expect_err(why);
            assert!(refused.to_string().contains(why), "{refused}");
            assert_eq!((script.answers.borrow().len(), script.told.borrow().len()), (2, 0));
        }
    }

    #[test]
    fn who_leaves_is_not_asked_for_ever() {
        let script = Script::of(&["Một"]);
        let left = flags(&["r1"], &["Một"]).persons(2, &script).expect_err("nobody is there");
        assert_eq!(left.to_string(), "left before --holder NAME for each");
        assert_eq!(script.told.borrow().len(), 1);
    }
}
