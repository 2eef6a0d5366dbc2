//! One connection: TLS if configured, then HTTP/1 requests one after the other, or calls of gRPC over HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::admin;
use crate::dialect::check;
use crate::gate::Gate;
use crate::grpc;
use crate::listener::Accepted;
use crate::peer::Peer;
use crate::stop::Stop;
use crate::tls::Tls;

/// What all connections of one kind of listener share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) gate: Arc<Gate>,
    pub(crate) role: Role,
    pub(crate) tls: Option<Tls>,
    pub(crate) limits: Limits,
    /// Room for connections.
    pub(crate) slots: Arc<Semaphore>,
}

/// Which questions a listener answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Proxies that ask over HTTP/1.
    Auth,
    /// Envoy over gRPC.
    Check,
    Admin,
}

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For a request's head to arrive whole, for a TLS handshake, and for an idle connection.
    pub(crate) timeout: Duration,
    pub(crate) max_header_bytes: usize,
}

/// Serves a connection until it ends, or until it has answered what it was asked when `stop` turns true.
pub(crate) async fn serve(accepted: Accepted, door: Arc<Door>, stop: Stop) {
    match accepted {
        Accepted::Tcp(stream, address) => {
            let _ = stream.set_nodelay(true); // only latency depends on it
            let peer = Peer::tcp(address);
            let Some(tls) = &door.tls else { return requests(stream, peer, door, stop).await };
            let (acceptor, problem) = tls.acceptor(door.gate.live.current().config.http());
            if let Some(problem) = problem {
                door.gate.log.note("certificate_not_changed", &problem);
            }
            if let Ok(Ok(stream)) = timeout(door.limits.timeout, acceptor.accept(stream)).await {
                requests(stream, peer, door, stop).await;
            }
        }
        #[cfg(unix)]
        Accepted::Unix(stream) => requests(stream, Peer::Unix, door, stop).await,
    }
}

async fn requests(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, door: Arc<Door>, mut stop: Stop) {
    if door.role == Role::Check {
        return calls(stream, peer, door, stop).await;
    }
    let limits = door.limits;
    let service = service_fn(move |request: Request<Incoming>| {
        let door = Arc::clone(&door);
        async move {
            let body_announced = !request.body().is_end_stream();
            let (parts, body) = request.into_parts();
            drop(body);
            Ok::<_, Infallible>(match door.role {
                Role::Auth | Role::Check => door.gate.answer(peer, &parts, body_announced).await,
                Role::Admin => admin::answer(&door.gate, &parts),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.timeout)
        .max_buf_size(limits.max_header_bytes.max(MIN_BUFFER))
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // An error is the peer's: hyper has answered 400, 431 or closed. There is nothing to decide and nothing to say.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.told() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Serves calls over HTTP/2, many at a time. Envoy keeps a connection for as long as it lives, idle or not; one that never asks is
/// closed, and one whose other end is gone is found out by pings.
async fn calls(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, door: Arc<Door>, mut stop: Stop) {
    if !door.gate.admits(peer) {
        return;
    }
    let limits = door.limits;
    let asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&asked);
    let service = service_fn(move |request: Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        let door = Arc::clone(&door);
        async move {
            let (parts, body) = request.into_parts();
            if let Err(answer) = grpc::recognise(&parts) {
                return Ok::<_, Infallible>(*answer);
            }
            let message = timeout(limits.timeout, grpc::read(body)).await.ok().flatten();
            let question = check::Call::new(message);
            Ok(grpc::write(&door.gate.check(peer, &parts.headers, &question).await))
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_CALLS)
        // Envoy multiplexes its clients: what one of them does must not end the calls of the others.
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .max_header_list_size(MAX_METADATA)
        .keep_alive_interval(PING)
        .keep_alive_timeout(limits.timeout)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let silent = async {
        sleep(limits.timeout).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = connection.as_mut() => return,
        () = silent => return,
        _ = stop.told() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Calls at once on one connection; Envoy waits for the others to be answered.
const MAX_CALLS: u32 = 100;
/// Calls that Envoy takes back because their clients went away, before they were looked at.
const MAX_RESETS: usize = 10_000;
/// Bytes of metadata of one call. Envoy copies a client's trace headers into it, so that more than it takes of a client must fit.
const MAX_METADATA: u32 = 1 << 17;
/// How often an idle connection is asked whether its other end still lives.
const PING: Duration = Duration::from_secs(60);
/// hyper's smallest read buffer.
const MIN_BUFFER: usize = 8192;
