//! See `fuzzing::forward_headers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::forward_headers(data));
