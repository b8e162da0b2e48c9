//! The limit: plain TLS sockets doing the same work.
//!
//! A frame is a length (u32, big-endian) and that many bytes. The server pushes an order frame to
//! every connection; each client sends an answer frame; the server appends answers to a log with one
//! `fdatasync` for each group and then says so with a frame of eight bytes.

use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use prost::bytes::Bytes;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::clock::Clock;
use crate::pki::config::{ServerTls, Trust, client_config};
use crate::sim::load::clients::{CONNECTING_MAX, Fleet, filler};
use crate::sim::load::fixture::{Fault, Fixture};
use crate::tasks::Tasks;

/// Bytes of one answer, as in the measurements of other systems.
pub const ANSWER_LEN: usize = 64;
const RECORDED: [u8; 8] = *b"recorded";
/// Answers waiting for the log: more than any fleet sends at once.
const LOG_QUEUE_LEN_MAX: usize = 65_536;
const GROUP_LEN_MAX: usize = 512;

type Logged = (Vec<u8>, oneshot::Sender<()>);

/// A raw server.
#[derive(Debug)]
pub struct RawServer {
    /// Where it listens.
    pub address: SocketAddr,
    orders: watch::Sender<(u64, Bytes)>,
}

impl RawServer {
    /// Listens on loopback, with the log in `dir`.
    ///
    /// # Errors
    /// When it cannot listen or make the log.
    pub async fn start(dir: &Path, tls: Arc<ServerTls>, tasks: &Tasks) -> Result<Self, Fault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let orders = watch::Sender::new((0, Bytes::new()));
        let (log, queue) = mpsc::channel(LOG_QUEUE_LEN_MAX);
        let file = File::create(dir.join("raw.log"))?;
        std::thread::Builder::new().name("raw-log".into()).spawn(move || write_log(file, queue))?;
        let acceptor = TlsAcceptor::from(tls.current());
        let (accepting, sender) = (tasks.clone(), orders.clone());
        tasks.spawn("raw.accept", async move {
            while let Ok((socket, _peer)) = listener.accept().await {
                let (acceptor, log, orders) = (acceptor.clone(), log.clone(), sender.subscribe());
                let tasks = accepting.clone();
                accepting.spawn("raw.connection", async move {
                    // Nothing to do for a client that does not shake hands: the run then hangs and
                    // its own time limit says so.
                    let _no_delay = socket.set_nodelay(true);
                    if let Ok(stream) = acceptor.accept(socket).await {
                        serve(stream, orders, log, &tasks).await;
                    }
                });
            }
        });
        Ok(Self { address, orders })
    }

    /// Pushes an order of this many bytes to everybody.
    pub fn issue(&self, order_len: usize) {
        let order = filler(order_len);
        self.orders.send_modify(|(number, bytes)| {
            *number += 1;
            *bytes = order;
        });
    }
}

fn write_log(mut file: File, mut queue: mpsc::Receiver<Logged>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_LEN_MAX
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let bytes: Vec<u8> = group.iter().flat_map(|(answer, _reply)| answer).copied().collect();
        if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
            return;
        }
        for (_answer, reply) in group {
            let _gone = reply.send(());
        }
    }
}

async fn serve(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    mut orders: watch::Receiver<(u64, Bytes)>,
    log: mpsc::Sender<Logged>,
    tasks: &Tasks,
) {
    let (mut reader, writer) = split(stream);
    let (acks, mut acked) = mpsc::channel::<oneshot::Receiver<()>>(16);
    tasks.spawn("raw.reader", async move {
        while let Ok(answer) = read_frame(&mut reader).await {
            let (reply, logged) = oneshot::channel();
            if log.send((answer, reply)).await.is_err() || acks.send(logged).await.is_err() {
                return;
            }
        }
    });
    let mut writer = BufWriter::new(writer);
    loop {
        let written = tokio::select! {
            Ok(()) = orders.changed() => {
                let order = orders.borrow_and_update().1.clone();
                write_frame(&mut writer, &order).await
            }
            Some(logged) = acked.recv() => {
                if logged.await.is_err() {
                    return;
                }
                write_frame(&mut writer, &RECORDED).await
            }
            else => return,
        };
        if written.is_err() {
            return;
        }
    }
}

/// Connects all clients of a fleet.
///
/// # Errors
/// When one cannot connect.
pub async fn connect(
    fixture: &Fixture,
    address: SocketAddr,
    fleet: &Arc<Fleet>,
    clock: Arc<dyn Clock>,
    tasks: &Tasks,
) -> Result<(), Fault> {
    let turns = Arc::new(Semaphore::new(CONNECTING_MAX));
    let trust = Trust::Authority(fixture.authority.certificate_pem().to_owned());
    let name = ServerName::try_from("localhost")?;
    let mut connecting = Vec::new();
    for credentials in &fixture.terminals {
        let turn = turns.clone().acquire_owned().await?;
        let tls = TlsConnector::from(client_config(&trust, Some(credentials), clock.clone())?);
        let (name, fleet) = (name.clone(), fleet.clone());
        let (ready, connected) = oneshot::channel::<Result<(), std::io::Error>>();
        connecting.push(connected);
        tasks.spawn("raw.client", async move {
            match shake(address, &tls, name).await {
                Ok(stream) => {
                    drop(turn);
                    let _counted = ready.send(Ok(()));
                    live(stream, &fleet).await;
                }
                Err(fault) => {
                    let _counted = ready.send(Err(fault));
                }
            }
        });
    }
    for connected in connecting {
        connected.await??;
    }
    Ok(())
}

type ClientStream = tokio_rustls::client::TlsStream<TcpStream>;

async fn shake(
    address: SocketAddr,
    tls: &TlsConnector,
    name: ServerName<'static>,
) -> std::io::Result<ClientStream> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    tls.connect(name, socket).await
}

async fn live(stream: ClientStream, fleet: &Fleet) {
    let mut answering = fleet.answering();
    let (mut reader, writer) = split(stream);
    let mut writer = BufWriter::new(writer);
    while let Ok(frame) = read_frame(&mut reader).await {
        if frame == RECORDED {
            fleet.recorded();
            continue;
        }
        fleet.arrived();
        if answering.wait_for(|now| *now).await.is_err()
            || write_frame(&mut writer, &[b'a'; ANSWER_LEN]).await.is_err()
        {
            return;
        }
    }
}

async fn read_frame<S>(reader: &mut ReadHalf<S>) -> std::io::Result<Vec<u8>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    let len = reader.read_u32().await?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len > crate::limits::MESSAGE_LEN_MAX {
        return Err(std::io::Error::other("a frame over the bound"));
    }
    let mut frame = vec![0; len];
    reader.read_exact(&mut frame).await?;
    Ok(frame)
}

async fn write_frame<S>(writer: &mut BufWriter<WriteHalf<S>>, frame: &[u8]) -> std::io::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite,
{
    let len = u32::try_from(frame.len()).map_err(std::io::Error::other)?;
    writer.write_u32(len).await?;
    writer.write_all(frame).await?;
    writer.flush().await
}
