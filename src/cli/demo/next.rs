//! What to try after the demo: commands for a shell, to be pasted as they stand.

use std::net::SocketAddr;
use std::path::Path;

/// A word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn places(program: &Path, dir: &Path) -> String {
    let (program, dir) = (program.display().to_string(), dir.display().to_string());
    format!("  HOATOC={} PROVINCE={}\n", quoted(&program), quoted(&dir))
}

/// A second order, drafted, signed, issued and followed.
const SECOND_ORDER: &str = r#"  ORDER=$("$HOATOC" order draft --handling exercise --kind personnel-call-up --urgency flash \
    --title 'Diễn tập lần hai' --body 'ĐÂY LÀ DIỄN TẬP. Báo cáo khi nhận lệnh.' --to 11 \
    --as "$PROVINCE/clerk" --output json | sed -n 's/.*"order_id": "\(.*\)".*/\1/p')
  "$HOATOC" order sign "$ORDER" --yes --as "$PROVINCE/director"
  "$HOATOC" order issue "$ORDER" --as "$PROVINCE/duty"
  "$HOATOC" report response --order "$ORDER" --as "$PROVINCE/duty"
"#;

/// While the server goes on and people stay at their terminals.
pub(super) fn while_serving(
    program: &Path,
    dir: &Path,
    address: SocketAddr,
    metrics: SocketAddr,
) -> String {
    format!(
        "serving at {address} until Ctrl-C or SIGTERM; metrics at http://{metrics}/metrics\n\n\
         Try next, in another shell; people answer a second order too:\n{}  \
         \"$HOATOC\" endpoint list --as \"$PROVINCE/admin\"\n{SECOND_ORDER}  \
         curl -fsS http://{metrics}/metrics\n",
        places(program, dir)
    )
}

/// When the province is kept, and nobody serves it.
pub(super) fn when_kept(program: &Path, dir: &Path, metrics: SocketAddr) -> String {
    format!(
        "the province is kept in {}\n\nTry next:\n{}  \
         \"$HOATOC\" serve --data-dir \"$PROVINCE/server\" & SERVER=$!\n  \
         for _ in $(seq 60); do curl -fs http://{metrics}/readyz && break; sleep 1; done\n  \
         \"$HOATOC\" order list --as \"$PROVINCE/duty\"\n  \
         \"$HOATOC\" reservist list --limit 5 --as \"$PROVINCE/admin\"\n  \
         \"$HOATOC\" ledger verify --as \"$PROVINCE/admin\"\n  \
         kill $SERVER; wait $SERVER\n  \
         \"$HOATOC\" check --data-dir \"$PROVINCE/server\"\n",
        dir.display(),
        places(program, dir)
    )
}

/// When nothing of it is left.
pub(super) fn when_gone(program: &Path) -> String {
    let program = quoted(&program.display().to_string());
    format!(
        "nothing of it is kept\n\nTry next:\n  \
         {program} demo --data-dir province --keep-serving    # stays, with its people, and says what to try\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_and_quotes_is_one_word() {
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
