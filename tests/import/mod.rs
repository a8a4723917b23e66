//! Import: files that declare what an account holds, and change nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use livevod::config;
use livevod::import::{Account, Division, Imported, import};
use livevod::model::{Address, Snapshot};
use livevod::source::{Source, Sources};

use crate::accounts::{self, region, rendered_lines, undeclarable};

/// What import writes for an account.
pub(crate) fn imported(snapshot: &Snapshot, division: Division) -> Imported {
    let regions: BTreeMap<Arc<str>, String> =
        snapshot.domains.keys().map(|domain| (domain.clone(), region(domain).to_owned())).collect();
    let account =
        Account { snapshot, regions: &regions, id: Some("1234567890123456"), group_names: &BTreeMap::new() };
    import(account, division).unwrap_or_else(|error| panic!("{error}: {error:#?}"))
}

/// The text of one file.
fn whole(snapshot: &Snapshot) -> String {
    let files = imported(snapshot, Division::Whole).files;
    files.into_iter().map(|file| file.text).collect()
}

/// How long the files are, beside the lines that `render` writes.
#[test]
fn the_files_hold_at_most_a_third_of_what_render_writes() {
    let mut table = "account: lines, of lines of render, longest line\n".to_owned();
    for (name, account) in accounts::all() {
        let text = whole(&account);
        let (lines, rendered) = (text.lines().count(), rendered_lines(&account));
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        table.push_str(&format!("{name}: {lines}, {rendered}, {longest}\n"));
        assert!(3 * lines <= rendered, "{name}: {lines} of {rendered}");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn everything_that_a_file_can_declare_is_declared() {
    for (name, account) in accounts::all() {
        for division in [Division::Whole, Division::ByDomain] {
            let imported = imported(&account, division);
            let all = account.domains.values().flat_map(|domain| &domain.configs);
            let expected: Vec<&Address> = all
                .filter(|(address, remote)| undeclarable(address, remote).is_some())
                .map(|(address, _)| address)
                .collect();
            assert_eq!(imported.left_out.keys().collect::<Vec<_>>(), expected, "{name}");
            let text: String = imported.files.iter().map(|file| file.text.as_str()).collect();
            let comments =
                text.lines().filter(|line| line.trim_start().starts_with("# not managed: ")).count();
            assert_eq!(comments, expected.len(), "{name}");
        }
    }
}

#[test]
fn every_file_is_in_canonical_form() {
    for (_, account) in accounts::all() {
        for file in imported(&account, Division::ByDomain).files {
            let mut sources = Sources::default();
            let id = sources.add(Source::new(file.name.as_str(), file.text.as_str()));
            assert_eq!(config::format(&sources, id), Ok(file.text));
        }
    }
}

#[test]
fn the_accounts_look_like_this() {
    for (name, account) in accounts::all() {
        let text = whole(&account);
        let shown: Vec<&str> = text.lines().take(160).collect();
        insta::assert_snapshot!(format!("import_{name}"), shown.join("\n"));
    }
}
