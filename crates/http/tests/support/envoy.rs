//! Asks over gRPC as Envoy does. The messages are written down a second time here, by their field numbers.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::{BufMut as _, Bytes};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// One connection of Envoy's.
pub(crate) struct Envoy {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) http_status: u16,
    pub(crate) grpc_status: String,
    pub(crate) message: Option<CheckResponse>,
}

/// How header fields are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each name once, values joined by commas.
    Joined,
    /// `encode_raw_headers`.
    Raw,
}

impl Envoy {
    pub(crate) fn connect(gate: SocketAddr) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (sender, connection) = runtime.block_on(async {
            let stream = TcpStream::connect(gate).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            (sender, tokio::spawn(connection))
        });
        Self { runtime, sender, connection }
    }

    /// Waits until the gate has ended the connection in good order.
    pub(crate) fn wait_for_the_end(self) {
        self.runtime.block_on(self.connection).unwrap().unwrap();
    }

    /// Calls `Check`.
    pub(crate) fn check(&mut self, request: &CheckRequest, metadata: &[(&str, &str)]) -> Told {
        self.call("/envoy.service.auth.v3.Authorization/Check", &framed(&request.encode_to_vec()), metadata)
    }

    /// Begins so many calls at once and takes each back before it is answered.
    pub(crate) fn give_up(&mut self, request: &CheckRequest, count: usize) {
        let body = framed(&request.encode_to_vec());
        let Self { runtime, sender, .. } = self;
        runtime.block_on(async {
            for _ in 0..count {
                let request = Request::post("http://gate/envoy.service.auth.v3.Authorization/Check");
                let request = request.header("content-type", "application/grpc").body(Full::new(Bytes::copy_from_slice(&body)));
                let call = sender.send_request(request.unwrap());
                let _ = tokio::time::timeout(std::time::Duration::ZERO, call).await;
                tokio::task::yield_now().await;
            }
        });
    }

    /// Calls any method with any bytes.
    pub(crate) fn call(&mut self, path: &str, body: &[u8], metadata: &[(&str, &str)]) -> Told {
        let mut request = Request::post(format!("http://gate{path}")).header("te", "trailers");
        if !metadata.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/grpc");
        }
        for (name, value) in metadata {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
        let Self { runtime, sender, .. } = self;
        runtime.block_on(async {
            let response = sender.send_request(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let collected = body.collect().await.unwrap();
            let trailers = collected.trailers().cloned().unwrap_or_default();
            let status = |fields: &HeaderMap| fields.get("grpc-status").map(|value| value.to_str().unwrap().to_owned());
            let bytes = collected.to_bytes();
            Told {
                http_status: parts.status.as_u16(),
                grpc_status: status(&trailers).or_else(|| status(&parts.headers)).unwrap_or_default(),
                message: bytes.get(5..).map(|message| CheckResponse::decode(message).unwrap()),
            }
        })
    }
}

/// A message behind its prefix.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.put_u32(message.len().try_into().unwrap());
    framed.extend(message);
    framed
}

/// A request of a client, as Envoy describes it.
pub(crate) fn question(
    method: &[u8],
    scheme: &[u8],
    host: &[u8],
    path: &[u8],
    fields: &[(String, Vec<u8>)],
    client: Option<&str>,
    mode: Mode,
) -> CheckRequest {
    let pseudo = [(":authority", host), (":method", method), (":path", path), (":scheme", scheme)];
    let pseudo = pseudo.map(|(name, value)| (name.to_owned(), value.to_vec()));
    let forwarded = ("x-forwarded-proto".to_owned(), scheme.to_vec());
    let all = pseudo
        .into_iter()
        .chain([forwarded])
        .chain(fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
    let mut http = HttpRequest {
        method: method.to_vec(),
        path: path.to_vec(),
        host: host.to_vec(),
        scheme: scheme.to_vec(),
        ..HttpRequest::default()
    };
    match mode {
        Mode::Raw => {
            let header = |(key, raw_value)| HeaderValue { key, value: String::new(), raw_value };
            http.header_map = Some(Headers { headers: all.map(header).collect() });
        }
        Mode::Joined => {
            for (name, value) in all {
                let joined = http.headers.entry(name).or_default();
                if !joined.is_empty() {
                    joined.push(b',');
                }
                joined.extend(value);
            }
        }
    }
    let address = client
        .map(|address| Address { socket_address: Some(SocketAddressMessage { address: address.to_owned(), port_value: 1 }) });
    let attributes = AttributeContext { source: Some(Peer { address }), request: Some(AttributeRequest { http: Some(http) }) };
    CheckRequest { attributes: Some(attributes) }
}

macro_rules! messages {
    ($($name:ident { $($(#[$field:meta])* $member:ident: $kind:ty,)* })*) => {$(
        #[derive(Clone, PartialEq, Message)]
        pub(crate) struct $name { $($(#[$field])* pub(crate) $member: $kind,)* }
    )*};
}

messages! {
    CheckRequest { #[prost(message, optional, tag = "1")] attributes: Option<AttributeContext>, }
    AttributeContext {
        #[prost(message, optional, tag = "1")] source: Option<Peer>,
        #[prost(message, optional, tag = "4")] request: Option<AttributeRequest>,
    }
    Peer { #[prost(message, optional, tag = "1")] address: Option<Address>, }
    Address { #[prost(message, optional, tag = "1")] socket_address: Option<SocketAddressMessage>, }
    SocketAddressMessage {
        #[prost(string, tag = "2")] address: String,
        #[prost(uint32, tag = "3")] port_value: u32,
    }
    AttributeRequest { #[prost(message, optional, tag = "2")] http: Option<HttpRequest>, }
    HttpRequest {
        #[prost(bytes = "vec", tag = "2")] method: Vec<u8>,
        #[prost(map = "string, bytes", tag = "3")] headers: HashMap<String, Vec<u8>>,
        #[prost(bytes = "vec", tag = "4")] path: Vec<u8>,
        #[prost(bytes = "vec", tag = "5")] host: Vec<u8>,
        #[prost(bytes = "vec", tag = "6")] scheme: Vec<u8>,
        #[prost(bytes = "vec", tag = "12")] raw_body: Vec<u8>,
        #[prost(message, optional, tag = "13")] header_map: Option<Headers>,
    }
    Headers { #[prost(message, repeated, tag = "1")] headers: Vec<HeaderValue>, }
    HeaderValue {
        #[prost(string, tag = "1")] key: String,
        #[prost(string, tag = "2")] value: String,
        #[prost(bytes = "vec", tag = "3")] raw_value: Vec<u8>,
    }
    CheckResponse {
        #[prost(message, optional, tag = "1")] status: Option<Status>,
        #[prost(message, optional, tag = "2")] denied: Option<Denied>,
        #[prost(message, optional, tag = "3")] ok: Option<Allowed>,
    }
    Status { #[prost(int32, tag = "1")] code: i32, }
    Denied {
        #[prost(message, optional, tag = "1")] status: Option<Status>,
        #[prost(message, repeated, tag = "2")] headers: Vec<HeaderOption>,
    }
    Allowed {
        #[prost(message, repeated, tag = "2")] headers: Vec<HeaderOption>,
        #[prost(string, repeated, tag = "5")] headers_to_remove: Vec<String>,
        #[prost(message, repeated, tag = "6")] response_headers_to_add: Vec<HeaderOption>,
    }
    HeaderOption {
        #[prost(message, optional, tag = "1")] header: Option<HeaderValue>,
        #[prost(int32, tag = "3")] append_action: i32,
        #[prost(bool, tag = "4")] keep_empty_value: bool,
    }
}

impl CheckResponse {
    /// The answer as the adapter over HTTP would have put it: status (200 for an allow) and header fields.
    pub(crate) fn as_reply(&self) -> super::raw::Reply {
        let fields = |options: &[HeaderOption]| -> Vec<(String, String)> {
            options.iter().map(|option| option.header.clone().unwrap()).map(|header| (header.key, header.value)).collect()
        };
        let code = self.status.as_ref().map_or(0, |status| status.code);
        let (status, headers) = match (code, &self.denied, &self.ok) {
            (0, None, Some(ok)) => (200, [fields(&ok.headers), fields(&ok.response_headers_to_add)].concat()),
            (1.., Some(denied), None) => (denied.status.as_ref().unwrap().code.try_into().unwrap(), fields(&denied.headers)),
            _ => panic!("Envoy takes this in a way of its own: {self:?}"),
        };
        super::raw::Reply { status, headers, body: Vec::new(), raw: Vec::new() }
    }
}
