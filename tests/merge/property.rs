//! Whatever the files look like, a merge keeps every line of them and every change of their plan.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use livevod::config::format;
use livevod::merge::{Ambiguous, NewFiles};
use livevod::model::{Address, Format, FormatSettings, RecordConfig, Remote, StreamSpelling, words};
use livevod::source::Sources;
use proptest::prelude::*;

use super::{ARCHIVE, Account, GROUP};
use crate::desired::{mutated, read};

/// Choices made in advance, one byte each; zero when they run out.
struct Choices<'c>(std::slice::Iter<'c, u8>);

impl Choices<'_> {
    fn pick(&mut self, among: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % among
    }

    fn one<'o>(&mut self, of: &[&'o str]) -> &'o str {
        of[self.pick(of.len())]
    }

    fn comment(&mut self, indent: usize) -> String {
        match self.pick(7) {
            1 => format!("{}# why 中\n", " ".repeat(indent)),
            2 => format!("\n{}# apart\n", " ".repeat(indent)),
            3 => "\n".to_owned(),
            _ => String::new(),
        }
    }

    /// The settings of a stream in brackets.
    fn settings(&mut self) -> &'static str {
        self.one(&[
            "{}",
            "{}",
            "{ tier: vip }",
            "{cycle_duration: 15m}",
            "{ on_demand: 7, cycle_duration: default }",
            "{ state: absent }",
            "~",
        ])
    }

    fn name(&mut self, names: &[&'static str]) -> &'static str {
        self.one(names)
    }
}

const STREAMS: [&str; 9] = ["cam1", "cam2", "cam10", "\"*\"", "'no'", "gala-1", "\"007\"", "a", "zz"];
const APPS: [&str; 4] = ["show", "news", "\"*\"", "'tv'"];

/// A block or a line in brackets with streams, behind `streams:`.
fn streams(choices: &mut Choices<'_>, indent: usize, step: usize) -> String {
    let names: BTreeSet<&str> = (0..choices.pick(5)).map(|_| choices.name(&STREAMS)).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    if choices.pick(3) == 1 {
        names.reverse();
    }
    if names.is_empty() {
        return choices.one(&[" {}\n", " { }\n", " {} # none\n"]).to_owned();
    }
    let deep = " ".repeat(indent + step);
    match choices.pick(5) {
        1 => {
            let items: Vec<String> =
                names.iter().map(|name| format!("{name}: {}", choices.settings())).collect();
            format!(" {{ {}{} }}\n", items.join(", "), choices.one(&["", "", ","]))
        }
        2 => {
            let items: Vec<String> =
                names.iter().map(|name| format!("{deep}{name}: {}", choices.settings())).collect();
            let end = choices.one(&["", ","]);
            format!(" {{\n{}{end} # last\n{}}}\n", items.join(",\n"), " ".repeat(indent))
        }
        3 => names.iter().fold("\n".to_owned(), |text, name| {
            let value = choices.one(&["\n", " {}\n", " # bare\n"]);
            text + &choices.comment(indent + step) + &format!("{deep}{name}:{value}")
        }),
        4 => names.iter().fold("\n".to_owned(), |text, name| {
            text + &format!("{deep}{name}:\n{deep}{}on_demand: 7\n", " ".repeat(step))
                + &choices.comment(indent + step)
        }),
        _ => names.iter().fold("\n".to_owned(), |text, name| {
            text + &choices.comment(indent + step) + &format!("{deep}{name}: {}\n", choices.settings())
        }),
    }
}

/// A file that declares some of two domains.
fn file(choices: &mut Choices<'_>, head: &str, domains: &[&str]) -> String {
    let step = choices.one(&["  ", "    ", " "]).len();
    let at = |level: usize| " ".repeat(level * step);
    let mut text = head.to_owned();
    text.push_str(&choices.comment(0));
    text.push_str("domains:\n");
    for domain in domains {
        write!(text, "{}{}{domain}:", choices.comment(step), at(1)).unwrap();
        text.push_str(&choices.comment(0).replace("# ", " # ").replace('\n', ""));
        match choices.pick(6) {
            0 => text.push_str(" {}\n"),
            1 => writeln!(text, "\n{}layout: tv", at(2)).unwrap(),
            _ => {
                let defaults = choices.one(&[
                    "",
                    "",
                    "defaults: { on_demand: 7 }",
                    "layout: tv",
                    "defaults: { record_format: { mp4: {} } }",
                ]);
                text.push('\n');
                if !defaults.is_empty() {
                    writeln!(text, "{}{defaults}", at(2)).unwrap();
                }
                writeln!(text, "{}apps:", at(2)).unwrap();
                let apps: BTreeSet<&str> = (0..1 + choices.pick(3)).map(|_| choices.name(&APPS)).collect();
                for app in apps {
                    write!(text, "{}{}{app}:", choices.comment(3 * step), at(3)).unwrap();
                    if choices.pick(6) == 1 {
                        text.push('\n');
                        continue;
                    }
                    write!(text, "\n{}streams:", at(4)).unwrap();
                    text.push_str(&streams(choices, 4 * step, step));
                }
            }
        }
    }
    text
}

const HEAD: &str = "version: 1
region: cn-shanghai
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 30m }
tiers: { vip: { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive } }
layouts: { tv: { apps: { show: { defaults: { on_demand: 1 }, streams: { main: {} } } } } }
ignore: [\"**/**/test-*\"]
";

/// A configuration that files can say.
fn config(choices: &mut Choices<'_>) -> RecordConfig {
    let mut config = RecordConfig { vod_transcode_group: GROUP.into(), ..RecordConfig::default() };
    config.cycle_duration = [1800, 3600, 900, 5400][choices.pick(4)];
    config.on_demand = [0, 7, 1][choices.pick(3)];
    match choices.pick(6) {
        1 => config.vod_transcode_group = ARCHIVE.into(),
        2 => {
            config.auto_compose = true;
            config.compose_vod_transcode_group = Some(ARCHIVE.into());
        }
        3 => {
            config.vod_transcode_group = String::new();
            let settings = FormatSettings { auto_compose: Some(true), ..FormatSettings::default() };
            let settings = if choices.pick(2) == 1 { settings } else { FormatSettings::default() };
            config.record_format = Some([(Format::Mp4, settings)].into());
        }
        4 => config.delay_time = Some(300),
        5 => config.transcode_templates = Some(words("lld,on")),
        _ => {}
    }
    if choices.pick(4) == 1 {
        config.storage_location = Some("chosen.oss-cn-shanghai.aliyuncs.com".into());
    }
    config
}

fn account() -> impl Strategy<Value = Account> {
    prop::collection::vec(any::<u8>(), 0..300).prop_filter_map("the files have errors", |bytes| {
        let mut choices = Choices(bytes.iter());
        let form = choices.pick(6);
        let changed = |text: String| match form {
            1 => text.replace('\n', "\r\n"),
            2 => format!("\u{feff}{text}"),
            3 => text.trim_end().to_owned(),
            _ => text,
        };
        let first = changed(file(&mut choices, HEAD, &["a.example.com", "c.example.com"]));
        let second = changed(file(&mut choices, "version: 1\n", &["b.example.com"]));
        let files = [("live/a.yaml", first.as_str()), ("live/b.yaml", &second)];
        if read(&files).diagnostics.iter().any(|one| one.is_error()) {
            return None;
        }
        let mut account = Account::agreeing(&files);
        account.new_files = NewFiles::In("live".into());
        for _ in 0..1 + choices.pick(12) {
            let address = Address::new(
                choices.one(&["a.example.com", "b.example.com", "c.example.com", "d.example.com"]),
                choices.one(&["show", "news", "tv", "*", "no", "app-9"]),
                choices.one(&["cam1", "cam3", "b", "*", "on", "null", "123", "-", "test-1", "日"]),
            );
            let remote = Remote {
                config: config(&mut choices),
                spelling: StreamSpelling::Named,
                create_time: None,
                unsupported: None,
            };
            account
                .snapshot
                .domains
                .entry(address.domain.clone())
                .or_default()
                .configs
                .insert(address, remote);
        }
        Some(account)
    })
}

/// Whether a line may be changed: it has an empty value, or it is in brackets.
fn may_change(line: &str) -> bool {
    let line = line.split(" #").next().unwrap().trim_end();
    line.ends_with(['}', '~', ','])
}

/// The lines of `before` that are not in `after` in their order.
fn lost<'t>(before: &'t str, after: &'t str) -> Vec<&'t str> {
    let mut left = after.split_inclusive('\n');
    let mut lost = Vec::new();
    for line in before.split_inclusive('\n').filter(|line| !may_change(line)) {
        let ends = |other: &&str| {
            *other == line || other.trim_end_matches(['\r', '\n']) == line.trim_end_matches(['\r', '\n'])
        };
        let mut ahead = left.clone();
        match ahead.find(|other| ends(other)) {
            Some(_) => left = ahead,
            None => lost.push(line),
        }
    }
    lost
}

/// Whether `part` can be made from `whole` by leaving characters out.
fn is_within(part: &str, whole: &str) -> bool {
    let mut left = whole.chars();
    part.chars().all(|sign| left.any(|other| other == sign))
}

fn is_canonical(sources: &Sources, at: usize) -> bool {
    let (file, source) = sources.iter().nth(at).unwrap();
    format(sources, file).is_ok_and(|text| text == source.text())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_and_every_change_stays(account in account()) {
        let before = account.plan();
        let (after, merge) = account.merged();
        let plan = after.plan();
        prop_assert_eq!(&plan.decisions.changes, &before.decisions.changes);
        prop_assert_eq!(&plan.notes.ignored.iter().filter(|one| &*one.domain != "d.example.com").collect::<Vec<_>>(), &before.notes.ignored.iter().collect::<Vec<_>>());
        for address in &merge.added {
            prop_assert!(plan.notes.unchanged.contains(address), "{} differs", address);
        }
        let refused: BTreeSet<&Address> = merge.ambiguous.iter().map(|one| &one.address).collect();
        let left: BTreeSet<&Address> = plan.notes.unmanaged.iter().map(|one| &one.address).collect();
        prop_assert!(left.is_subset(&refused), "{:?}", left);
        prop_assert!(refused.iter().all(|one| &*one.stream == "日"), "{:?}", merge.ambiguous);
        for (at, ((_, old), (_, new))) in account.sources.iter().zip(after.sources.iter()).enumerate() {
            prop_assert_eq!(lost(old.text(), new.text()), Vec::<&str>::new(), "in\n{}\nfrom\n{}", new.text(), old.text());
            // Only what means nothing is replaced.
            let kept = old.text().replace("{}", "").replace("{ }", "").replace(['~', ' '], "");
            prop_assert!(is_within(&kept, new.text()), "in\n{}\nfrom\n{}", new.text(), old.text());
            // A blank value that is not canonical may be what was replaced.
            prop_assert!(is_canonical(&after.sources, at) || !is_canonical(&account.sources, at), "{}", new.text());
            if old.text().contains("\r\n") {
                prop_assert_eq!(new.text().matches('\n').count(), new.text().matches("\r\n").count());
            }
            prop_assert_eq!(old.text().ends_with('\n'), new.text().ends_with('\n'));
        }
        for at in account.sources.iter().count()..after.sources.iter().count() {
            prop_assert!(is_canonical(&after.sources, at));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_without_errors_is_merged_into(text in mutated::text()) {
        let files = [("livevod.yaml", text.as_str())];
        if read(&files).diagnostics.iter().any(|one| one.is_error()) {
            return Ok(());
        }
        let account = Account::agreeing(&files);
        let names = ["show/cam10", "show/*", "other/on"];
        let account = names.iter().fold(account, |account, name| account.and(&format!("live.example.com/{name}")));
        let (after, merge) = account.merged();
        let (old, new) = (account.sources.iter().next().unwrap().1, after.sources.iter().next().unwrap().1);
        let kept = old.text().replace("{}", "").replace(['~', ' '], "").replace("null", "");
        prop_assert!(is_within(&kept, new.text()), "in\n{}\nfrom\n{}", new.text(), old.text());
        let is_odd = |one: &Ambiguous| {
            let is = |what, sign| one.reason.contains(what) && text.contains(sign);
            is("anchor", '&') || is("tabs", '\t') || is("marked", '?')
        };
        prop_assert!(merge.ambiguous.iter().all(is_odd), "{:?}", merge.ambiguous);
    }
}
