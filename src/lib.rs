//! # hoatoc
//!
//! *Hỏa tốc*: the highest urgency mark on a Vietnamese official document, to be carried at once, day
//! or night. A province's military command keeps its reserve in order with this service and calls it
//! up: signed orders go straight to every defensive area and commune, each answers, and the command
//! sees who did, who did not, and how long it took. A drill takes the very same road as the real
//! thing, and can never pass for it.
//!
//! ## The house
//!
//! Arrows point down only; `tests/architecture.rs` holds that.
//!
//! | Floor | Module | What lives there |
//! |---|---|---|
//! | 4 roof | [`cli`] | the program `hoatoc`: one file per subcommand |
//! | 3 doors | [`rpc`] | the gRPC services, the acceptor, who may call what |
//! | | [`terminal`] | the commune's side: link, verification, inbox, answers, screen |
//! | | [`roster`] | spreadsheets in and out: readers, headers, repairs, refusals, [`roster::sheet`], [`roster::plan`] |
//! | | [`audit`] | a ledger, or one order's evidence, checked from outside with trust in nobody |
//! | | [`witness`] | who cosigns the ledger's heads, and how a server asks them |
//! | | [`paper`] | orders and call-up sheets as PDF, with codes that prove them offline |
//! | | [`sim`] | a synthetic province and its people: for the demo, load and training |
//! | 2 moving | [`engine`] | the one owner that decides, commits and answers |
//! | | [`fanout`] | who is connected; one session for each terminal's stream |
//! | | [`index`] | the registry in memory: filters, counts, figures of reports, candidates for posts |
//! | 1 durable | [`store`] | the keyspace: a journal as truth, sled or a map as index, snapshots |
//! | | [`wire`] | messages of `proto/hoatoc/v1`: what is signed, kept and sent, to and from domain types |
//! | | [`pki`] | certificates, identities in them, TLS configurations |
//! | | [`telemetry`], [`config`], [`clock`], [`tasks`], [`limits`] | the stairs: used by every floor above |
//! | 0 pure | [`domain`] | what things are and what may happen to them |
//! | | [`domain::plan`] | reserve units, who may hold which post, proposals, fill |
//! | | [`domain::callup`] | whom an order calls: each commune's share, shortfall, reserve list |
//! | | [`evidence`] | what can be proved to someone who trusts nobody |
//! | | [`evidence::seal`] | records sealed at rest: the keyring, a key for each record, erasing |
//!
//! ## Where to read first
//!
//! 1. [`domain::world`]: `decide(request, now) -> events`, `apply(event)`, `check()`. The state is a
//!    fold over the ledger's entries and nothing else: the ledger *is* the state, so recovery,
//!    replication and audit are one function.
//! 2. [`domain::order::delivery`]: one order at one endpoint, with the one transition table.
//! 3. `engine/owner.rs`: how decisions become durable in groups, and only then become known.
//! 4. [`fanout::session`]: one terminal's stream, read from a cursor.
//!
//! ## One order's way
//!
//! [`cli`] drafts: the server resolves the audience, the author makes the payload's bytes, once
//! ([`wire::order::encode`]). Officers sign those bytes on their own machines
//! ([`evidence::envelope`]). [`rpc`] hands the issue to [`engine`]; the owner lets the world decide
//! (enough signatures, and the signed selector still means the signed endpoints),
//! commits ledger leaf and state with one sync, answers, and wakes the hub with "something newer".
//! Each [`fanout::session`] reads what its terminal lacks. The terminal verifies with its own trust
//! bundle ([`evidence::authority`]), stores, and sends a signed receipt; a person opens, answers.
//! Each answer comes back on the same stream, is verified beside the owner, committed in groups, and
//! said to be recorded. [`domain::order::response`] folds the facts into times.
//!
//! ## Words
//!
//! | Word | Meaning | Vietnamese | We avoid |
//! |---|---|---|---|
//! | order | what is signed and sent | lệnh | alert, message |
//! | handling | actual, exercise or test (CAP `status`) | thật, diễn tập, kiểm tra | mode, environment |
//! | endpoint | one addressee: a unit on one line | đầu mối nhận lệnh | client, node |
//! | line | military command or People's Committee | tuyến quân sự, hành chính | channel |
//! | audience | the endpoints an order is for | phạm vi nhận lệnh | target, group |
//! | delivered, opened, acknowledged, accepted, declined, completed | different facts with different times | đã nhận máy, đã mở, đã nhận lệnh, chấp hành, không chấp hành được, hoàn thành | read, confirmed |
//! | unreached | never delivered | chưa đến | failed |
//! | silent | delivered, but nobody acknowledged | chưa trả lời | pending |
//! | trust bundle | the signed list of who may sign what | danh mục khóa tin cậy | config |
//! | ledger, entry, leaf | the tamper-evident record, one fact, its bytes | sổ cái | log, event |
//! | plan | reserve units with their posts, equipment lines and quotas | kế hoạch | template |
//! | proposal | who could fill the open posts; changes nothing until it is confirmed | phương án | suggestion |
//! | fill | assigned and fit, of what the plan asks for; exact and near apart | tỷ lệ sắp xếp | coverage |
//! | call-up | the people and means that an order calls, frozen when it is signed | lệnh gọi | selection |
//! | keyring | the keys of records, beside the master key and in no backup | chùm khóa | vault |
//! | figure | a number of a report with what it is a part of | chỉ tiêu báo cáo | metric, KPI |
//! | fingerprint | 24 characters of a digest, to be read aloud | dấu vân tay | checksum |
//! | verdict, check | whether an order is to be believed, and each question of it | kết luận, kiểm chứng | validation |
//! | epoch | rises when a backup was restored | | generation |

pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod evidence;
pub mod fanout;
pub mod index;
pub mod limits;
pub mod paper;
pub mod pki;
pub mod roster;
pub mod rpc;
pub mod sim;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod terminal;
pub mod wire;
pub mod witness;
