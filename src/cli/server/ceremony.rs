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
        let mut holders: Vec<Holder> = Vec::with_capacity(roots);
        for index in 0..roots {
            let number = index + 1;
            let name = match self.names.get(index) {
                Some(name) => name.clone(),
                None => ask(
                    cx,
                    &format!("Root holder {number} of {roots}, name and post: "),
                    "--holder NAME for each",
                )?,
            };
            let dir = match self.homes.get(index) {
                Some(dir) => dir.clone(),
                None => PathBuf::from(ask(
                    cx,
                    &format!("Put in the medium of {name}. New directory for the root key on it: "),
                    "--root DIR for each",
                )?),
            };
            let name = crate::domain::text::clean(&name);
            if name.is_empty() {
                bail!("root holder {number} has no name");
            }
            if holders.iter().any(|other| other.name.to_lowercase() == name.to_lowercase()) {
                bail!("{name} is named for two root holders: each is another person");
            }
            if holders.iter().any(|other| other.dir == dir) {
                bail!(
                    "{} is given for two root holders: each has a medium of their own",
                    dir.display()
                );
            }
            holders.push(Holder { name, dir });
        }
        Ok(Plan { holders, threshold, is_ceremony: true })
    }

    /// How many root holders there are, and how many of them sign.
    fn counts(&self, cx: &Cx) -> Result<(usize, u32)> {
        const NO_NUMBER: &str = "that is no number";
        let named = (!self.homes.is_empty()).then_some(self.homes.len());
        let roots = match self.roots.or(named) {
            Some(roots) => roots,
            None => ask(cx, "How many root holders are there? ", "--roots COUNT")?
                .parse()
                .ok()
                .context(NO_NUMBER)?,
        };
        let threshold = match self.threshold {
            Some(threshold) => threshold,
            None => ask(cx, "How many of them must sign a trust bundle? ", "--threshold COUNT")?
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

/// Asks the person who leads the ceremony; where nobody is, says what the command line lacks.
fn ask(cx: &Cx, question: &str, flag: &str) -> Result<String> {
    if !at_terminal() {
        bail!("the ceremony has nobody to ask: give {flag}");
    }
    cx.screen.ask(question)
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
