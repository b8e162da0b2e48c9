//! How the link fares: what the screen's banner says.

use std::fmt;
use std::sync::Arc;

use crate::domain::instant::Instant;
use crate::pki::refusal::Refusal;
use crate::rpc::auth::CERTIFICATE_SUPERSEDED;
use crate::rpc::channel::{ConnectError, refusal_behind};
use crate::terminal::inbox::{HeadStatus, InboxError};
use crate::wire::WireError;

/// Whether a stream to a server is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// Not started, or ended.
    #[default]
    Off,
    /// An attempt is under way.
    Connecting,
    /// The server has said welcome.
    Connected,
    /// Waiting for the next attempt.
    Waiting {
        /// How long, in ms, from when this was said.
        for_ms: u64,
    },
}

/// How the link fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkStatus {
    /// Whether a stream is open.
    pub state: LinkState,
    /// When the server was last heard, by our clock.
    pub heard_at: Option<Instant>,
    /// The server's clock minus ours, in ms; from the last stream that was open.
    pub offset_ms: i64,
    /// Attempts that failed since the server last said welcome.
    pub failures: u32,
    /// Why the last stream ended or was not made: a stable word and a sentence.
    pub last_error: Option<(&'static str, Arc<str>)>,
    /// How the ledger stands that the server shows.
    pub head: HeadStatus,
}

/// Why a stream ended or was not made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No connection was made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// One side refused the other's certificate.
    #[error("connect to the server: {0}")]
    Refused(Refusal),
    /// The server ended the call, or did not take it.
    #[error("talk with the server: {}", said(reason.as_deref(), *code, text))]
    Call {
        /// The stable reason, where the server gave one.
        reason: Option<String>,
        /// The kind of trouble.
        code: tonic::Code,
        /// In words, cut to 200 characters.
        text: String,
    },
    /// The server ended the stream without a word.
    #[error("the server ended the stream")]
    Ended,
    /// Not a word in three heartbeats.
    #[error("nothing was heard from the server for {silence_ms} ms")]
    Silent {
        /// How long, in ms.
        silence_ms: u128,
    },
    /// The server asked us to come back later.
    #[error("the server asked to come back in {after_ms} ms: {reason}")]
    GoAway {
        /// Its reason, cut to 80 characters.
        reason: String,
        /// After how long, in ms.
        after_ms: u32,
    },
    /// What the server says makes no sense.
    #[error("understand the server: {0}")]
    Nonsense(#[from] WireError),
    /// The certificate was renewed: connect again with the new one.
    #[error("the certificate was renewed")]
    Renewed,
    /// The terminal's own files or keys cannot be used.
    #[error("{0}")]
    Own(String),
    /// The inbox could not do its work.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

impl LinkError {
    /// A stable word for logs and the screen.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Connect(ConnectError::Refused { refusal, .. }) | Self::Refused(refusal) => {
                refusal.label()
            }
            Self::Connect(ConnectError::Address(_)) => "address_wrong",
            Self::Connect(ConnectError::Unreachable { .. }) => "server_unreachable",
            Self::Connect(ConnectError::TooLate { .. }) => "server_too_slow",
            Self::Connect(ConnectError::Transport { .. }) => "transport",
            Self::Call { reason, .. } if reason.as_deref() == Some("TERMINAL_REPLACED") => {
                "terminal_replaced"
            }
            Self::Call { .. } => "refused_by_server",
            Self::Ended => "stream_ended",
            Self::Silent { .. } => "server_silent",
            Self::GoAway { .. } => "go_away",
            Self::Nonsense(_) => "nonsense",
            Self::Renewed => "renewed",
            Self::Own(_) => "own_files",
            Self::Inbox(_) => "inbox",
        }
    }

    /// Whether the server waits for this terminal to renew: the answer to an earlier renewal was lost.
    pub(super) fn asks_to_renew(&self) -> bool {
        matches!(self, Self::Call { reason, .. } if reason.as_deref() == Some(CERTIFICATE_SUPERSEDED))
    }

    /// Whether another attempt is of no use: the disk's state is unknown.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Inbox(error) if error.is_fatal())
    }
}

/// A refusal in the server's words; the library's own words for codes are for programmers.
fn said(reason: Option<&str>, code: tonic::Code, text: &str) -> String {
    match (text, reason) {
        ("", None) => crate::rpc::status::label(code).to_owned(),
        ("", Some(reason)) => reason.to_owned(),
        (text, None) => text.to_owned(),
        (text, Some(reason)) => format!("{text} ({reason})"),
    }
}

impl From<tonic::Status> for LinkError {
    fn from(status: tonic::Status) -> Self {
        use tonic_types::StatusExt as _;
        if let Some(refusal) = refusal_behind(&status) {
            return Self::Refused(refusal);
        }
        let reason = status.get_details_error_info().map(|info| info.reason);
        let text = status.message().chars().take(200).collect();
        Self::Call { reason, code: status.code(), text }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Connecting => f.write_str("connecting"),
            Self::Connected => f.write_str("connected"),
            Self::Waiting { for_ms } => write!(f, "waiting {for_ms} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_servers_words_alone() {
        let details = ErrorDetails::with_error_info("CODE_SPENT", "hoatoc", []);
        let status = Status::with_error_details(Code::PermissionDenied, "get a new code", details);
        let told = LinkError::from(status).to_string();
        assert_eq!(told, "talk with the server: get a new code (CODE_SPENT)");
        let silent = LinkError::from(Status::new(Code::PermissionDenied, "")).to_string();
        assert_eq!(silent, "talk with the server: PERMISSION_DENIED");
    }
}
