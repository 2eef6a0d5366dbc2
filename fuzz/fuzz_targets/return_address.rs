//! See `fuzzing::return_address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::return_address(data));
