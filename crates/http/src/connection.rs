//! One connection: TLS if configured, then HTTP/1 requests one after the other.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::admin;
use crate::gate::Gate;
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
    Auth,
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

async fn requests(stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, door: Arc<Door>, mut stop: Stop) {
    let limits = door.limits;
    let service = service_fn(move |request: Request<Incoming>| {
        let door = Arc::clone(&door);
        async move {
            let body_announced = !request.body().is_end_stream();
            let (parts, body) = request.into_parts();
            drop(body);
            Ok::<_, Infallible>(match door.role {
                Role::Auth => door.gate.answer(peer, &parts, body_announced).await,
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

/// hyper's smallest read buffer.
const MIN_BUFFER: usize = 8192;
