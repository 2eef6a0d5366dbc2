//! See `fuzzing::token_structured`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::token_structured(data));
