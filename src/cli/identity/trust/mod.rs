//! `hoatoc trust`: the trust bundle itself: looked at, compared, drafted, signed by root holders at
//! their own machines one after another, published.

pub(in crate::cli::identity) mod draft;
pub(in crate::cli) mod edit;
mod publish;
pub(in crate::cli::identity) mod show;
mod sign;
pub(in crate::cli) mod words;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::Cx;
use crate::cli::homes::create_root;
use crate::cli::keys::{Keeping, NewPlace, file, key_path};
use crate::evidence::key::KeyUse;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Trust {
    /// Shows a trust bundle in words: who may do what, who signs the next one, when it ends.
    #[command(
        after_help = "Examples:\n  hoatoc trust show --as ~/admin\n  hoatoc trust show ~/admin/trust-bundle.json"
    )]
    Show {
        /// The bundle's file, or that of a draft; the one in force by default.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Says in words what changes from one trust bundle to another.
    #[command(after_help = "Example:\n  hoatoc trust diff old.json new.json")]
    Diff {
        /// The earlier one.
        old: PathBuf,
        /// The later one.
        new: PathBuf,
    },
    /// Drafts the next trust bundle into a file, for root holders elsewhere to sign.
    #[command(
        after_help = "Examples:\n  hoatoc trust draft --add-request tran.van.a.request.json --out draft.json --as ~/admin\n  \
        hoatoc trust draft --add-root new/root.pub --drop-root 1a2b3c4d --out draft.json --as ~/admin"
    )]
    Draft(draft::Draft),
    /// Shows what a draft changes and signs it with a root key. Needs no server.
    #[command(after_help = "Example:\n  hoatoc trust sign draft.json --root /media/usb/root")]
    Sign(sign::Sign),
    /// Publishes a draft that enough root holders have signed, and writes the grants of new officers.
    #[command(after_help = "Example:\n  hoatoc trust publish draft.json --as ~/admin")]
    Publish(publish::Publish),
    /// Makes a root holder's home, whose public half others then take in with `trust draft --add-root`.
    #[command(
        after_help = "Example:\n  hoatoc trust new-root --home /media/usb/root --holder 'Đại tá Lò Văn Giữ'"
    )]
    NewRoot(NewRoot),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NewRoot {
    /// The new home; it belongs on a medium in a safe.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// The root holder's name and post.
    #[arg(long, value_name = "NAME")]
    holder: String,
    #[command(flatten)]
    place: NewPlace,
}

impl Trust {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Show { file } => show::show(cx, file.as_deref()).await,
            Self::Diff { old, new } => show::diff(cx, &old, &new),
            Self::Draft(draft) => draft.run(cx).await,
            Self::Sign(sign) => sign.run(cx),
            Self::Publish(publish) => publish.run(cx).await,
            Self::NewRoot(new) => new.run(cx),
        }
    }
}

impl NewRoot {
    fn run(self, cx: &Cx) -> Result<()> {
        let keeping = self.place.keeping(&cx.secrets, &self.holder)?;
        let made = create_root(&self.home, &self.holder, &keeping, &cx.secrets, cx.clock.now());
        let id = made?.id();
        if matches!(keeping, Keeping::File(None)) {
            cx.screen.note("a root key without a passphrase: whoever copies it can sign bundles");
        }
        let public = file::public_path(&key_path(&self.home, KeyUse::Root));
        let value = json!({ "home": self.home, "key_id": id.to_string(), "public": public });
        cx.screen.show(&value, || {
            format!(
                "Root home of {} is made in {}. Others take in {}; read them its fingerprint:\n  {}",
                self.holder,
                self.home.display(),
                public.display(),
                words::key_words(&id)
            )
        })
    }
}
