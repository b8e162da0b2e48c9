//! Every bound of the service, each with the reason for its number, and the relations between them
//! checked when the program is compiled.
//!
//! Read by whatever queues, waits, accepts or sends. Bounds live here and not beside their users so
//! that they can be read, and argued about, together.

use std::time::Duration;

// --- HTTP/2, one connection ---

/// Streams a peer may hold open at once: a terminal needs one long stream and a few short calls,
/// and each stream can hold memory of ours.
pub const HTTP2_STREAMS_MAX: u32 = 8;
/// Streams reset by us for a peer's own errors before the connection ends: an honest client makes
/// none, and the library's default is unlimited.
pub const HTTP2_LOCAL_RESETS_MAX: usize = 256;
/// Streams reset by the peer before we took them up: an honest client cancels a few at most, while
/// a rapid reset flood lives on this number (CVE-2023-44487).
pub const HTTP2_PENDING_RESETS_MAX: usize = 20;
/// Bytes of headers in one call: ours stay under 1 KiB, trace context included, so 8 KiB refuses
/// only abuse.
pub const HTTP2_HEADERS_LEN_MAX: u32 = 8 * 1024;
/// Bytes a peer may send on one stream before we read them: one largest message.
pub const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
/// Bytes a peer may send on one connection before we read them: four full streams, so that one slow
/// call does not stop the answers of another.
pub const HTTP2_CONNECTION_WINDOW: u32 = 256 * 1024;
/// Bytes of one frame: the smallest size the protocol allows, which keeps a cancel from waiting
/// behind a long frame on a 16 kbit/s line.
pub const HTTP2_FRAME_LEN_MAX: u32 = 16 * 1024;
/// Silence after which a peer is asked for a sign of life: half-open peers are found within
/// 50 s, and 20,000 idle terminals cost about 670 pings a second.
pub const HTTP2_PING_EVERY: Duration = Duration::from_secs(30);
/// Time a peer has to answer that question: a storm link has a round trip of up to 5 s, with losses.
pub const HTTP2_PING_PATIENCE: Duration = Duration::from_secs(20);

/// Time a call has to begin its answer: longer than any commit should take on a busy disk, and a
/// stream begins its answer at once.
pub const CALL_PATIENCE: Duration = Duration::from_secs(60);

// --- messages ---

/// Bytes of one message in either direction on the terminals' door: an order with its call-up sheet
/// fits. Set on every generated client and server as its decoding limit (receiving) and encoding
/// limit (sending); the library's defaults are 4 MiB and none.
pub const MESSAGE_LEN_MAX: usize = 64 * 1024;

// --- accepting connections ---

/// Connections held at once: 20,000 idle terminals on one machine is the goal, and the rest is room
/// for reconnects whose old connection is not yet known to be dead.
pub const CONNECTIONS_MAX: usize = 25_000;
/// Connections of one address: a whole area command may sit behind one translated address.
pub const CONNECTIONS_PER_IP_MAX: usize = 2_000;
/// Connections of one certificate holder; one more closes the oldest. A terminal uses one, and a
/// link that was cut leaves dead ones behind for up to 50 s, which must not lock it out.
pub const CONNECTIONS_PER_IDENTITY_MAX: usize = 4;
/// Connections without a certificate: enrolment is the only call they may make, and a whole
/// province enrols 45 communes in an afternoon.
pub const CONNECTIONS_ANONYMOUS_MAX: usize = 256;
/// Life of a connection without a certificate: enrolment takes one call, and a person at the other
/// end may be slow to type nothing at all.
pub const CONNECTION_ANONYMOUS_AGE_MAX: Duration = Duration::from_secs(60);
/// Life of any other connection, after which the terminal connects and is checked afresh.
pub const CONNECTION_AGE_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// Part of its life by which a connection may be cut short at random, so that terminals which came
/// back together after a restart do not all leave together.
pub const CONNECTION_AGE_JITTER_MAX: Duration = Duration::from_secs(2 * 60 * 60);
/// Time a peer has for the whole TLS handshake: two round trips on a storm link with losses.
pub const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// Time a refused peer has to read why, before the connection is closed: one slow round trip.
pub const REFUSAL_LINGER: Duration = Duration::from_secs(1);
/// Bytes read and thrown away meanwhile: what a client sends right after its certificate.
pub const REFUSAL_LINGER_LEN_MAX: u64 = 64 * 1024;
/// Handshakes in flight: each holds some tens of KiB and a share of a processor; more wait their
/// turn.
pub const HANDSHAKES_MAX: usize = 512;
/// Handshakes in flight from one address, so that silent peers behind one address, who hold each
/// place for the whole patience, leave most of them to the others.
pub const HANDSHAKES_PER_IP_MAX: usize = 128;
/// New connections a second: 10,000 terminals are back 20 s after a restart, and a flood costs a
/// bounded share of a processor.
pub const ACCEPTS_PER_SECOND: u32 = 500;
/// New connections at once after a quiet time: a province's 45 communes and all its officers never
/// wait.
pub const ACCEPTS_BURST: u32 = 1_000;
/// Connections that have finished their handshake and wait to be served: serving takes
/// microseconds, so a full queue means the server is stuck and handshakes should wait.
pub const ACCEPTED_QUEUE_LEN_MAX: usize = 128;
/// Connections the kernel holds before we accept them: the usual ceiling of Linux.
pub const LISTEN_BACKLOG: u32 = 4_096;
/// First pause after the machine ran out of descriptors or memory; doubled up to the next one.
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest such pause: honest peers notice nothing of a tenth of a second.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_millis(100);

// --- connecting ---

/// Time to reach a server, name lookup and handshake included.
pub const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Calls that may wait in a client's channel: a client has at most its streams' worth in flight.
pub const CLIENT_QUEUE_LEN_MAX: usize = 32;

// --- certificates ---

/// Life of the enrolment authority's own certificate: longer than any machine it serves.
pub const AUTHORITY_VALIDITY: Duration = days(3_650);
/// Life of a terminal's or officer's certificate: terminals may be dark for weeks, and renew at
/// half life.
pub const HOLDER_VALIDITY: Duration = days(90);
/// Life of a server's certificate: the server renews it itself, when a third of it is left.
pub const SERVER_VALIDITY: Duration = days(365);
/// How far a certificate's start lies in the past, for terminals whose clock is slow.
pub const NOT_BEFORE_SLACK: Duration = Duration::from_secs(5 * 60);
/// Bytes of a certificate request, in PEM or DER: one for P-256 takes about 400.
pub const CERTIFICATE_REQUEST_LEN_MAX: usize = 8 * 1024;

const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

const _: () = {
    assert!(HTTP2_STREAM_WINDOW as usize >= MESSAGE_LEN_MAX, "one message fits its stream");
    assert!(HTTP2_CONNECTION_WINDOW >= 2 * HTTP2_STREAM_WINDOW, "one stuck stream is not all");
    assert!(HTTP2_FRAME_LEN_MAX >= 16_384 && HTTP2_FRAME_LEN_MAX <= HTTP2_STREAM_WINDOW);
    assert!(HTTP2_PENDING_RESETS_MAX >= HTTP2_STREAMS_MAX as usize, "all calls may be cancelled");
    assert!(HTTP2_LOCAL_RESETS_MAX > HTTP2_PENDING_RESETS_MAX);
    assert!(CONNECTIONS_PER_IDENTITY_MAX >= 2, "a new connection beside a dead one");
    assert!(CONNECTIONS_PER_IP_MAX <= CONNECTIONS_MAX);
    assert!(CONNECTIONS_ANONYMOUS_MAX < CONNECTIONS_MAX, "the enrolled are never crowded out");
    assert!(HANDSHAKES_PER_IP_MAX < HANDSHAKES_MAX, "one address cannot take all handshakes");
    assert!(HANDSHAKES_MAX <= CONNECTIONS_MAX);
    assert!(ACCEPTS_BURST >= ACCEPTS_PER_SECOND);
    assert!(ACCEPTED_QUEUE_LEN_MAX <= HANDSHAKES_MAX);
    assert!(CONNECTION_AGE_JITTER_MAX.as_secs() < CONNECTION_AGE_MAX.as_secs());
    assert!(ACCEPT_PAUSE_MIN.as_millis() <= ACCEPT_PAUSE_MAX.as_millis());
    assert!(REFUSAL_LINGER.as_millis() < HANDSHAKE_PATIENCE.as_millis());
    assert!(HOLDER_VALIDITY.as_secs() <= SERVER_VALIDITY.as_secs());
    assert!(SERVER_VALIDITY.as_secs() < AUTHORITY_VALIDITY.as_secs());
    assert!(HTTP2_PING_PATIENCE.as_secs() <= HTTP2_PING_EVERY.as_secs());
    assert!(
        GROUP_BYTES_MAX + REQUEST_BYTES_MAX < crate::store::BATCH_LEN_MAX,
        "a group is a batch"
    );

    assert!(IMPORT_BATCH_LEN_MAX < MESSAGE_LEN_MAX, "a batch and its longest record fit a message");
    assert!(
        IMPORT_BATCHES_IN_FLIGHT_MAX <= RECORD_LANE_LEN_MAX,
        "one import does not fill the lane"
    );
    assert!(LIST_PAGE_LEN <= LIST_PAGE_LEN_MAX);
};

// --- the engine

/// Requests waiting in the first lane: two from each of 10,000 terminals at once, some 20 MiB.
pub const ORDER_LANE_LEN_MAX: usize = 20_000;
/// Batches waiting in the second lane: enough to keep the owner busy, few enough that an import
/// feels the store's pace at once.
pub const RECORD_LANE_LEN_MAX: usize = 16;
/// Requests in one group: past a few hundred the sync is no longer what costs (measured: 64 to 512
/// records a sync differ by a factor of five, more brings little).
pub const GROUP_LEN_MAX: usize = 512;
/// Bytes of entries after which a group is closed: well under the store's bound for one batch.
pub const GROUP_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of the entries of one request: 20,000 endpoints added at once fit, and together with the
/// group it travels in it keeps within the store's bound for one batch.
pub const REQUEST_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Bytes that the store adds to each entry for its key and lengths, rounded up.
pub const ENTRY_OVERHEAD_LEN: usize = 32;
/// Records in one batch: their commitments fit one ledger entry, and sealing them keeps the owner
/// from orders for less than a millisecond.
pub const RECORDS_PER_BATCH_MAX: usize = 100;
/// Leaves of call-up lists that are sealed anew in one batch: each is up to 48 KiB, and orders wait for
/// no more than some milliseconds.
pub const LEAVES_PER_BATCH_MAX: usize = 16;
/// Batches of one import that are read ahead of their answers: the disk is kept busy while the next
/// rows are checked, and a caller that does not read its answers soon waits.
pub const IMPORT_BATCHES_IN_FLIGHT_MAX: usize = 4;
/// Batches of one import that the sender has on their way: the server's own, those in the windows of
/// the connection, and one being filled.
pub const IMPORT_BATCHES_SENT_MAX: usize = 32;
/// Bytes of rows in one batch of an import: leaves room in a message for the longest record.
pub const IMPORT_BATCH_LEN_MAX: usize = 40 * 1024;
/// Records in one page of a list: a table on a screen, and one ledger entry names them all.
pub const LIST_PAGE_LEN_MAX: usize = 500;
/// Records in one page of a list when the caller does not say.
pub const LIST_PAGE_LEN: usize = 50;
/// Threads that open records while the index loads: with the one that builds it they keep two cores
/// busy, and a server has no other work yet.
pub const LOAD_THREADS: usize = 2;
/// Pages of records on their way meanwhile: a few megabytes, and no thread waits for the next.
pub const LOAD_PAGES_IN_FLIGHT_MAX: usize = 8;
/// Pairs in one page of a scan: some megabytes at most.
pub const SCAN_PAGE_LEN: usize = 1_000;
/// How far the clock may stand before the newest record, in ms, before orders wait for an operator:
/// time synchronisation steps back by less, a dead battery by more.
pub const CLOCK_BEHIND_MAX_MS: i64 = 5 * 60_000;
/// How long a terminal lets a ledger grow without a cosignature that its trust bundle asks for, in ms,
/// before it says so: a witness's laptop may sleep at night.
pub const UNWITNESSED_MAX_MS: i64 = 24 * 3_600_000;
/// How far the clock may leap ahead under a running server, in ms, and still be followed: a machine
/// that was paused wakes up later by less.
pub const CLOCK_AHEAD_MAX_MS: i64 = 7 * 86_400_000;
/// How long after the newest record a clock is still believed when a server starts, in ms.
pub const CLOCK_IDLE_MAX_MS: i64 = 400 * 86_400_000;

// --- a terminal's stream

/// Characters of a terminal's version that are shown in the log: it says what it likes.
pub const VERSION_SHOWN_LEN_MAX: usize = 32;
/// How long a new stream may take to say hello.
pub const HELLO_PATIENCE: Duration = Duration::from_secs(10);
/// Answers of one terminal on their way to disk: one order makes five, the rest waits in the
/// network's own buffers.
pub const ANSWERS_IN_FLIGHT_MAX: usize = 16;
/// Orders of which a terminal says which pages of call-up sheets it has: more than are ever open at
/// once, and its first word stays small.
pub const SHEET_CURSORS_MAX: usize = 64;
/// Messages ready for one stream: a handful, because what is not sent yet is read from the cursor.
pub const OUTBOUND_LEN_MAX: usize = 8;
/// Heartbeats that may be missed in a row before a stream counts as dead.
pub const HEARTBEATS_MISSED_MAX: u32 = 3;
/// How long a stream that ends may take to say what became of the answers it took, and the word
/// after: one slow round trip. Whatever is not said is asked again.
pub const FAREWELL_PATIENCE: Duration = Duration::from_secs(5);
/// Time that a terminal whose place was taken has to hear so, before its connections are cut: it
/// must be off within 5 s.
pub const REVOKED_GRACE: Duration = Duration::from_secs(2);
/// When terminals shall come back after a server that drains; each adds its own jitter.
pub const RECONNECT_AFTER_DRAIN: Duration = Duration::from_secs(2);

// --- the officers' doors

/// Bytes of one request to an officers' service: 500 units with the longest names are 270 KiB.
pub const OFFICER_REQUEST_LEN_MAX: usize = 512 * 1024;
/// Bytes of one answer of an officers' service: a response report over 20,000 endpoints with the
/// longest names takes 10 MiB. Pages are much smaller; see the next one.
pub const OFFICER_ANSWER_LEN_MAX: usize = 16 * 1024 * 1024;
/// Bytes after which a page ends early: one page fits every client's default of 4 MiB, and takes a
/// minute on the slowest office line.
pub const PAGE_LEN_MAX: usize = 1024 * 1024;
/// Ledger entries about refused calls of one caller within an hour: a person who mistakes their role
/// makes a few, a program that tries doors is seen by less.
pub const REFUSALS_PER_CALLER_MAX: u32 = 20;
/// The same of all callers together: at 200 bytes each, a year of them takes a gigabyte.
pub const REFUSALS_MAX: u32 = 500;
/// That hour, in ms.
pub const REFUSALS_HOUR_MS: i64 = 3_600_000;
/// Callers of whom that is remembered: all terminals of the largest province, and its officers.
pub const REFUSED_CALLERS_MAX: usize = 25_000;
/// Between two looks at whether those who are connected are still who they were: somebody whose
/// retirement was dated ahead is off within 5 s of it.
pub const STANDING_LOOK_EVERY: Duration = Duration::from_secs(2);
/// Calls in flight that change something: far more than the officers of a province can make, and
/// all of their requests together fit in memory.
pub const CHANGING_CALLS_MAX: usize = 256;
/// Calls in flight that only read, apart from those that change, so that a rush of reading never
/// keeps an order waiting.
pub const READING_CALLS_MAX: usize = 512;
/// Open streams of order counts: every officer of a province may watch, and each costs a task.
pub const WATCHERS_MAX: usize = 512;
/// Time from a call's arrival to its answer, or to the beginning of its stream: longer than any
/// commit should take, shorter than a person's patience.
pub const CALL_DEADLINE: Duration = Duration::from_secs(30);
/// The same for backups and checks, which read everything there is.
pub const UPKEEP_DEADLINE: Duration = Duration::from_secs(3_600);
/// Shortest and longest time between two messages of a watched order, and the usual one: a person
/// cannot read faster than the first, nor wait longer than the second.
pub const WATCH_INTERVAL_MS: (u32, u32, u32) = (100, 60_000, 1_000);
/// After this long a watched order is looked at again unasked: its end passes without an event.
pub const WATCH_LOOK: Duration = Duration::from_secs(5);
/// Characters of the text of an error: one screen; offending values in it are cut shorter already.
pub const ERROR_CHARS_MAX: usize = 500;
/// Life of an enrolment code: a courier reaches every commune within a day.
pub const CODE_VALIDITY: Duration = days(1);
/// Problems named by one check of the store: a person has seen enough.
pub const PROBLEMS_MAX: usize = 100;
/// The part of its life left to the server's certificate at which it is issued anew, as a divisor: a
/// third is four months, in which somebody sees the alarm if that fails.
pub const SERVER_RENEWAL_PART: i64 = 3;
/// Between two looks at it while serving: soon after a clock that was wrong is right again.
pub const SERVER_CERTIFICATE_LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// How long a revocation list counts: past that it lets nobody in, so a week bridges whatever keeps the
/// server from signing the next, and others do not go by an older one for longer.
pub const REVOCATIONS_VALIDITY: Duration = days(7);
/// In milliseconds: so old, a list is made anew although nothing changed.
pub const REVOCATIONS_RENEWED_AFTER_MS: i64 = 86_400_000;
/// Between two looks at who is revoked: what counts no more is out of the handshake, and its open
/// connections are ended, well within five seconds.
pub const REVOCATIONS_LOOK_EVERY: Duration = Duration::from_secs(2);

const _: () = {
    assert!(PAGE_LEN_MAX + MESSAGE_LEN_MAX * 2 <= 4 * 1024 * 1024, "a page and one more entry");
    assert!(PAGE_LEN_MAX < OFFICER_ANSWER_LEN_MAX && MESSAGE_LEN_MAX <= OFFICER_REQUEST_LEN_MAX);
    assert!(CALL_DEADLINE.as_secs() < CALL_PATIENCE.as_secs());
    assert!(WATCH_INTERVAL_MS.0 < WATCH_INTERVAL_MS.2 && WATCH_INTERVAL_MS.2 < WATCH_INTERVAL_MS.1);
    assert!(REVOKED_GRACE.as_secs() < FAREWELL_PATIENCE.as_secs());
    assert!(STANDING_LOOK_EVERY.as_secs() < 5, "revoking takes effect within 5 s");
    assert!(REFUSALS_PER_CALLER_MAX < REFUSALS_MAX, "one caller leaves room for others");
};

// --- the background care of a serving store

/// Between two looks whether the ledger has grown and its head is to be signed: what others hold of
/// the ledger is never older.
pub const SIGN_EVERY: Duration = Duration::from_secs(1);
/// Between two writings of the signed head to its file, each of which costs a sync.
pub const PUBLISH_EVERY: Duration = Duration::from_secs(10);
/// How long after an order's end its call-up sheets are kept, in ms: 30 days, for reports and disputes.
/// The root that was signed stays in the ledger.
pub const SHEETS_KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// How long a terminal keeps the call-up sheets of a cancelled order that was acknowledged, in ms: a
/// day, to call off whoever was called.
pub const CALL_OFF_MS: i64 = 24 * 3_600_000;
/// Between two looks for call-up sheets that are past that.
pub const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// Between two looks at the store: what a start must replay stays a matter of moments.
pub const STORE_CARE_EVERY: Duration = Duration::from_secs(5);
/// After care that failed, before it is tried again and logged again.
pub const CARE_PAUSE: Duration = Duration::from_secs(60);
/// Between two comparisons of the time of day with the time that passed.
pub const CLOCK_WATCH_EVERY: Duration = Duration::from_secs(10);
/// How far the two may part before a person must look, in ms: time synchronisation corrects less.
pub const CLOCK_JUMP_MS: i64 = 5 * 60_000;
