//! Orders and call-up sheets on paper: A4, in the form of Vietnamese official documents, as PDF/A-2b
//! with its fonts inside, and with codes from which the whole can be verified with no server.
//!
//! Called by the command line, on an officer's machine and on a commune's. What is printed is what the
//! signed bytes say; whether they are to be believed is asked before, by whoever calls. The same input
//! always gives the same bytes: the file's date is the order's.
//!
//! | Module | Does |
//! |---|---|
//! | [`code`] | what stands in the codes, drawing them, reading them back from pictures |
//! | `order`, `called`, `proof` | what stands on the pages of an order, of a call-up sheet; its codes |
//! | `page`, `lines`, `fonts`, `words` | pages with their banners, broken lines, faces, Vietnamese |
//!
//! Names stand in a call-up sheet alone, and masked where the caller says so; then its codes prove the
//! sheet without holding it.

mod called;
pub mod code;
mod fonts;
mod lines;
mod order;
mod page;
mod proof;
#[cfg(test)]
mod tests;
mod words;

pub use called::{SheetPaper, masked};

use crate::domain::authority::Role;
use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::evidence::envelope::Envelope;

/// Why nothing was printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The program's own fonts cannot be read.
    #[error("the fonts inside the program cannot be read: build it anew")]
    Font,
    /// The file cannot be made.
    #[error("the PDF cannot be written: a rule of PDF/A would be broken")]
    Writing,
    /// A code cannot be made.
    #[error(transparent)]
    Code(#[from] code::CodeFault),
}

/// Whose paper it is. What is not known stays empty, and is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// The command above the one that issues.
    pub superior: String,
    /// The command that issues.
    pub issuer: String,
    /// Where it is, for place and date.
    pub place: String,
}

/// One whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The officer.
    pub id: OfficerId,
    /// Name and post, as the trust bundle has them.
    pub name: String,
    /// In which role the signature counts.
    pub role: Option<Role>,
    /// When, where that is known.
    pub signed_at: Option<Instant>,
}

/// What an order was worth when it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Not signed by everybody who must: says so on every page, and has no codes.
    Draft,
    /// In force.
    InForce,
    /// Cancelled by another order.
    Cancelled,
    /// Replaced by another order.
    Replaced,
    /// Its time was over.
    Expired,
}

impl Worth {
    const fn warning(self) -> Option<&'static str> {
        match self {
            Self::InForce => None,
            Self::Draft => Some("DỰ THẢO – CHƯA CÓ GIÁ TRỊ"),
            Self::Cancelled => Some("LỆNH ĐÃ BỊ HỦY – KHÔNG THI HÀNH"),
            Self::Replaced => Some("LỆNH ĐÃ ĐƯỢC THAY THẾ – THEO LỆNH MỚI"),
            Self::Expired => Some("LỆNH ĐÃ HẾT HIỆU LỰC"),
        }
    }

    /// The same in a word, across the text.
    const fn across(self) -> &'static str {
        match self {
            Self::InForce => "",
            Self::Draft => "DỰ THẢO",
            Self::Cancelled => "ĐÃ HỦY",
            Self::Replaced => "ĐÃ THAY",
            Self::Expired => "HẾT HẠN",
        }
    }
}

/// An order to be printed.
#[derive(Debug)]
pub struct OrderPaper<'a> {
    /// As it was signed: what the codes carry.
    pub envelope: &'a Envelope,
    /// What it says.
    pub order: &'a Order,
    /// Whose signatures count, in the order of the rule's places.
    pub signers: &'a [Signer],
    /// Under which trust bundle; 0 for none.
    pub trust_version: u64,
    /// Whose paper.
    pub letterhead: Letterhead,
    /// Who gets it, a line each; with none, the codes of the units that were asked for.
    pub recipients: Vec<String>,
    /// What it was worth.
    pub worth: Worth,
}

impl OrderPaper<'_> {
    /// The order as a PDF.
    ///
    /// # Errors
    /// Any [`PaperError`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, PaperError> {
        order::print(self)
    }
}
