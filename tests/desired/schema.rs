//! The committed schema is the one that the code generates.

#[test]
fn the_committed_file_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/livevod.schema.json");
    let generated = serde_json::to_string_pretty(&livevod::config::schema()).unwrap() + "\n";
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == generated, "run `livevod schema > schema/livevod.schema.json`");
}
