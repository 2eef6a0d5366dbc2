//! See `fuzzing::session_cookie`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::session_cookie(data));
