//! See `fuzzing::verify_headers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::verify_headers(data));
