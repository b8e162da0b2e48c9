//! What must be found nowhere outside the sealed store.

use super::*;

/// Where the log goes during one test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_personal_is_in_the_store_the_log_or_any_debug_output() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // Another test of this process may have been first; then the store is looked at all the same.
    let logged = tracing::subscriber::set_global_default(subscriber).is_ok();
    let mut house = House::new().await;
    let mut who = people(1).remove(0);
    who.full_name = "Lường Thị Canary".to_owned();
    who.hamlet = "Bản Chim Hoàng Yến".to_owned();
    who.phones = vec!["+84987123456".to_owned()];
    let secrets = [&who.full_name, &who.hamlet, &who.citizen_id, &who.phones[0]].map(Clone::clone);
    let stored = house.create("c-1", &who).await.expect("created");
    house.create("c-2", &who).await.expect_err("the same person");
    who.full_name.push('7');
    house.create("c-3", &who).await.expect_err("no name");
    house.list(10, "", "").await.expect("listed");
    let command = Command::ReadRecords { kind: RecordKind::Reservist, records: Vec::new() };
    let mut places: Vec<Vec<u8>> = vec![
        format!("{stored:?} {:?} {command:?}", house.engine).into_bytes(),
        log.0.lock().expect("no writer panics").clone(),
    ];
    for (key, value) in house.store.scan(b"", b"", 10_000).expect("in memory") {
        places.extend([key, value]);
    }
    // What a panic would say: the value it tripped over, whole.
    let tripped: Result<(), _> = Err(stored.clone());
    let panicked = std::panic::catch_unwind(|| tripped.clone().expect("a panic"));
    let said = panicked.expect_err("it panicked").downcast::<String>().expect("with a text");
    assert!(said.contains("a panic"), "{said}");
    places.push(said.into_bytes());
    assert!(!logged || !places[1].is_empty(), "the log was listened to");
    for secret in secrets {
        let found = |place: &Vec<u8>| place.windows(secret.len()).any(|at| at == secret.as_bytes());
        assert!(!places.iter().any(found), "{secret}");
    }
}
