//! See `fuzzing::cookie_header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::cookie_header(data));
