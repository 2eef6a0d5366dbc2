//! See `fuzzing::biscuit_bytes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::biscuit_bytes(data));
