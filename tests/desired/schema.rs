//! The committed schemas are equal to those that the code generates.

use crate::transcripts::World;

/// An argument of `livevod schema`, and the beginning of the name of its committed file.
const SCHEMAS: [(&str, &str); 13] = [
    ("files", "livevod"),
    ("plan", "plan"),
    ("drift", "drift"),
    ("report", "report"),
    ("events", "events"),
    ("diagnostics", "diagnostics"),
    ("snapshot", "snapshot"),
    ("notification", "notification"),
    ("journal", "journal"),
    ("leases", "leases"),
    ("audit", "audit"),
    ("sessions", "sessions"),
    ("sessions-file", "sessions-file"),
];

#[test]
fn the_committed_files_are_fresh() {
    let world = World::new();
    let stale = SCHEMAS.iter().filter(|(of, file)| {
        let path = format!("{}/schema/{file}.schema.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap_or_default() != world.run(&format!("schema {of}")).stdout
    });
    let cures: Vec<String> =
        stale.map(|(of, file)| format!("livevod schema {of} > schema/{file}.schema.json")).collect();
    assert!(cures.is_empty(), "stale; run:\n{}", cures.join("\n"));
}

#[test]
fn every_schema_is_committed_and_every_document_has_one() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schema")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = names.filter(|name| name != "catalog.json").collect();
    let mut named = SCHEMAS.map(|(_, file)| format!("{file}.schema.json"));
    files.sort();
    named.sort();
    assert_eq!(files, named);
    let world = World::new();
    assert_eq!(world.run("schema").stdout, world.run("schema files").stdout);
}
