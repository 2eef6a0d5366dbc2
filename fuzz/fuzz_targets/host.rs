//! See `fuzzing::host`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::host(data));
