#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| livevod_fuzz::targets::snapshot(bytes));
