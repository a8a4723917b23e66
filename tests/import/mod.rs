//! Import: files that declare what an account holds, and change nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use livevod::config;
use livevod::import::{Account, Division, File, Imported, import};
use livevod::model::{Address, Remote, Snapshot};
use livevod::snapshot;
use livevod::source::{Source, Sources};

use crate::accounts::{
    self, any_state, changed_lines, region, rendered_lines, scripts, undeclarable, with_one_changed,
    with_one_more,
};
use crate::apply::drawn::number_of_cases;

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

fn assert_canonical(file: &File) {
    let mut sources = Sources::default();
    let id = sources.add(Source::new(file.name.as_str(), file.text.as_str()));
    assert_eq!(config::format(&sources, id).as_deref(), Ok(file.text.as_str()));
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
            let comments = text
                .lines()
                .filter(|line| line.trim_start().starts_with("# left alone, can't be managed: "))
                .count();
            assert_eq!(comments, expected.len(), "{name}");
        }
    }
}

#[test]
fn every_file_is_in_canonical_form() {
    for (_, account) in accounts::all() {
        for file in imported(&account, Division::ByDomain).files {
            assert_canonical(&file);
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

/// Any state that an account may hold is declared as far as files can, and its text is what `fmt` writes.
#[test]
fn any_state_is_imported_and_plans_empty() {
    let (mut declared, mut left_out) = (0, 0);
    for seed in 0..number_of_cases(60).into() {
        let account = any_state(seed);
        for division in [Division::Whole, Division::ByDomain] {
            let imported = imported(&account, division);
            let expected = |(address, remote): &(&Address, &Remote)| undeclarable(address, remote).is_some();
            let all = account.domains.values().flat_map(|domain| &domain.configs);
            let expected: Vec<&Address> = all.filter(expected).map(|(address, _)| address).collect();
            assert_eq!(imported.left_out.keys().collect::<Vec<_>>(), expected, "seed {seed}");
            imported.files.iter().for_each(assert_canonical);
            declared += imported.declared;
            left_out += imported.left_out.len();
        }
    }
    assert!(declared > 1_000 && left_out > 50, "{declared} declared, {left_out} left out");
}

/// What owners do every day changes a line or two. Now and then one more occurrence makes a tier or a block pay.
#[test]
fn a_small_edit_changes_a_line_or_two() {
    let mut table = "account: lines changed by one more stream, by another value\n".to_owned();
    for (name, account) in accounts::all() {
        let account = if name == "scripts" { scripts(300) } else { account };
        let before = whole(&account);
        let count = |edited: Snapshot| changed_lines(&before, &whole(&edited));
        let mut more: Vec<usize> = (0..6).map(|seed| count(with_one_more(&account, seed))).collect();
        let mut other: Vec<usize> = (0..6).map(|seed| count(with_one_changed(&account, seed))).collect();
        more.sort_unstable();
        other.sort_unstable();
        table.push_str(&format!("{name}: {more:?}, {other:?}\n"));
    }
    insta::assert_snapshot!(table);
}

/// The text follows from the state alone: neither the files of before nor the time of the import change it.
#[test]
fn the_same_state_gives_the_same_text() {
    for (name, account) in accounts::all() {
        let again = snapshot::read(&accounts::saved(&account)).unwrap().snapshot;
        assert_eq!(whole(&account), whole(&again), "{name}");
    }
}

/// A domain whose region nobody knows is given none: the files would send its calls elsewhere.
#[test]
fn a_region_that_is_not_known_is_not_another_domains() {
    let snapshot = accounts::all().into_iter().next().unwrap().1;
    let known = snapshot.domains.keys().next().unwrap();
    let regions = BTreeMap::from([(known.clone(), "cn-shanghai".to_owned())]);
    let account = Account { snapshot: &snapshot, regions: &regions, id: None, group_names: &BTreeMap::new() };
    let text = import(account, Division::Whole).unwrap().files.remove(0).text;
    let regions: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("region:")).collect();
    assert_eq!(regions, ["    region: cn-shanghai"], "only the domain's own");
}
