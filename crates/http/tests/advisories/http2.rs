//! Frames of HTTP/2 that ended others, sent to the listener for gRPC.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::envoy::{Envoy, Mode, question};
use crate::support::gate::Gate;
use crate::support::raw::connect;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

fn gate() -> Gate {
    Gate::start("grpc = \"127.0.0.1:0\"")
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `:method POST`, `:scheme http`, `:path /`, as indexed fields of HPACK.
const POST: [u8; 3] = [0x83, 0x86, 0x84];

fn begun(gate: &Gate) -> TcpStream {
    let mut stream = connect(gate.grpc());
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
    stream
}

/// Sends until the other end has had enough, then waits for the end of the connection.
fn send_until_the_end(mut stream: TcpStream, frames: impl Iterator<Item = Vec<u8>>) {
    for frame in frames {
        if stream.write_all(&frame).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn still_answers(gate: &Gate) {
    let request = question(b"GET", b"https", b"app.example.com", b"/public/a", &[], None, Mode::Raw);
    assert!(Envoy::connect(gate.grpc()).check(&request, &[]).message.unwrap().ok.is_some());
}

#[test]
fn cve_2021_39162_two_frames_of_http_2_in_a_row_end_no_process() {
    let gate = gate();
    let none_at_once = [0, 3, 0, 0, 0, 0]; // SETTINGS_MAX_CONCURRENT_STREAMS = 0
    let frames = [frame(HEADERS, 4, 1, &POST), frame(GOAWAY, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &none_at_once)];
    send_until_the_end(begun(&gate), frames.into_iter());
    still_answers(&gate);
}

#[test]
fn cve_2021_39204_streams_that_are_reset_by_the_thousand_end_their_own_connection_alone() {
    let gate = gate();
    let resets = (0..20_000).map(|number| {
        let stream = number * 2 + 1;
        [frame(HEADERS, 4, stream, &POST), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    });
    send_until_the_end(begun(&gate), resets);
    still_answers(&gate);
}

#[test]
fn rustsec_2024_0332_headers_without_end_end_their_own_connection_alone() {
    let gate = gate();
    let field = [&[0x40, 0x7f, 0x00][..], &[b'a'; 127], &[0x7f, 0x00], &[b'b'; 127]].concat();
    let begin = std::iter::once(frame(HEADERS, 0, 1, &POST));
    send_until_the_end(begun(&gate), begin.chain((0..20_000).map(|_| frame(CONTINUATION, 0, 1, &field))));
    still_answers(&gate);
}
