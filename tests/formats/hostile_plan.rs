//! Hostile plans: names and values that try to break out of their place in a document.

use std::collections::BTreeMap;

use livevod::apply::journal::{LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow};
use livevod::model::{Address, Field, RecordConfig, StreamSpelling};
use livevod::plan::{
    AcceptedDrift, AcceptedField, ActionKind, Budget, Change, ChangeNote, Contingent, Coverage, Decisions,
    Difference, FieldOrigin, GroupName, Guard, Held, Notes, OnAir, OnAirStream, Plan, Reason, Recorder,
    SinceBase, Transition, UndeclaredDomain, Unmanaged, Unsupported, Warning,
};
use livevod::resolve::OriginKind;
use livevod::source::{Place, Position};
use proptest::prelude::*;

/// Pieces with a meaning in Markdown, HTML or on a code host, and any other text.
pub(super) fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "@octocat",
        "#12",
        "GH-7",
        "me/you#3",
        "deadbeefdeadbeef",
        "https://evil.example",
        "www.evil.example",
        "[x](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<script>alert(1)</script>",
        "</details>",
        "</script>",
        "<!--",
        "-->",
        "\n\n# heading\n",
        "\n```\n",
        "````",
        "`",
        "|",
        "\\",
        "*a*",
        ":tada:",
        "$x$",
        "&lt;&#64;",
        "\"'>",
        "\u{202e}\u{2028}\u{1b}[31m\0",
        "\u{e0041}\u{e007f}\u{61c}\u{ad}",
        "\nINJECTED\r\n::error::x\n",
        "##[group]x",
        " ",
        "plain",
    ];
    let piece = prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn place() -> impl Strategy<Value = Place> {
    (text(), 1..99_u32).prop_map(|(file, line)| {
        let at = Position { line, column: 1, byte: 0 };
        Place { file, start: at, end: at }
    })
}

fn config() -> impl Strategy<Value = RecordConfig> {
    (text(), 300..21600_u32, any::<bool>(), proptest::option::of(text()), text()).prop_map(
        |(group, cycle_duration, auto_compose, storage_location, unknown)| RecordConfig {
            vod_transcode_group: group,
            cycle_duration,
            auto_compose,
            storage_location,
            unknown: BTreeMap::from([(unknown.clone(), unknown.into())]),
            ..RecordConfig::default()
        },
    )
}

prop_compose! {
    fn change()(
        domain in text(), app in text(), stream in text(), action in 0..4_usize, before in config(), after in config(),
    ) -> Change {
        use ActionKind::{Create, Delete, Replace, Update};
        let action = [Create, Update, Replace, Delete][action];
        Change {
            address: Address::new(domain, app, stream),
            transition: match action {
                Create => Transition::Create { after },
                Update => Transition::Update { before, after },
                Replace => Transition::Replace { before, after },
                Delete => Transition::Delete { before },
            },
            reason: match action {
                Create => Reason::Missing,
                Update => Reason::Differs,
                Replace => Reason::CreateOnly,
                Delete => Reason::Pruned,
            },
            is_protected: false,
            spelling: StreamSpelling::Named,
            contingent: vec![Contingent::AddBack],
            siblings: Vec::new(),
        }
    }
}

prop_compose! {
    fn note()(
        place in place(), reason_place in place(), run in text(), tier in text(), is_written in any::<bool>(),
        is_covered in any::<bool>(), names in (text(), text(), text()),
    ) -> ChangeNote {
        let (domain, app, stream) = names;
        let ruler = Recorder { other: Some(Address::new(domain, app, stream)), records_by_itself: is_written };
        let origin = FieldOrigin {
            kind: OriginKind::Tier, tier: Some(tier.clone()), place: is_written.then(|| place.clone()),
            via: vec![(tier, place.clone())],
        };
        let fields = [Field::VodTranscodeGroup, Field::CycleDuration, Field::StorageLocation, Field::Unknown];
        ChangeNote {
            place: Some(place),
            reason_place: Some(reason_place),
            run: Some(run),
            origins: fields.map(|field| (field, origin.clone())).into(),
            coverage: Coverage { before: Some(ruler.clone()), after: is_covered.then_some(ruler) },
        }
    }
}

prop_compose! {
    /// Up to `most` changes, some of them refused, and lists of all kinds.
    pub(super) fn plan(most: usize)(
        noted in proptest::collection::vec((change(), note()), 0..most),
        account in proptest::option::of(text()), message in text(), release in proptest::option::of(text()),
        reason in text(), unread in proptest::collection::vec(text(), 0..3), names in (text(), text(), place()),
        seconds in 0..3_u64, held in 0..4_usize, base in proptest::option::of(text()), pending in 0..4_usize,
    ) -> Plan {
        let (changes, notes): (Vec<Change>, Vec<ChangeNote>) = noted.into_iter().unzip();
        let addresses: Vec<Address> = changes.iter().map(|change| change.address.clone()).collect();
        let of_change = addresses.iter().take(held).map(|address| (Guard::RecordingGap, Some(address.clone())));
        let whole = (held > 1).then_some((Guard::Limits, None));
        let (id, name, place) = names;
        let notes = Notes {
            is_rest: false,
            is_way_back: false,
            on_air: Some(OnAir {
                streams: addresses.iter().map(|address| OnAirStream {
                    address: address.clone(),
                    since: jiff::Timestamp::UNIX_EPOCH,
                    before: address.clone(),
                    after: None,
                }).collect(),
                unread: Default::default(),
            }),
            selected: unread.iter().map(|text| format!("--target {text}")).collect(),
            changes: notes,
            held: of_change.chain(whole).map(|(guard, address)| {
                Held { guard, address, message: message.clone(), release: release.clone() }
            }).collect(),
            unchanged: addresses.clone(),
            unmanaged: changes.iter().filter_map(|change| {
                let config = change.before().or(change.after())?.clone();
                Some(Unmanaged { address: change.address.clone(), config })
            }).collect(),
            ignored: addresses.clone(),
            accepted: changes.iter().filter_map(|change| {
                let config = change.before().or(change.after())?;
                let fields = [Field::VodTranscodeGroup, Field::StorageLocation].map(|field| AcceptedField {
                    field,
                    until: jiff::civil::date(2026, 12, 24),
                    reason: message.clone(),
                    place: place.clone(),
                });
                Some(AcceptedDrift {
                    address: change.address.clone(),
                    standing: config.clone(),
                    declared: change.after().unwrap_or(config).clone(),
                    fields: fields.into(),
                })
            }).collect(),
            unsupported: addresses.iter().take(3).map(|address| {
                Unsupported { address: address.clone(), reason: reason.clone(), declared: held > 2 }
            }).collect(),
            warnings: vec![Warning { message: format!("`{message}` {reason}"), address: None }],
            shadows: Vec::new(),
            undeclared_domains: Some(
                unread
                    .iter()
                    .map(|domain| UndeclaredDomain { domain: domain.clone(), configurations: pending + 1 })
                    .collect(),
            ),
            unread,
            budget: Budget { reads: 3, writes: 4, seconds },
            group_names: [(id, GroupName { regions: vec![name.clone()], name, place: Some(place) })].into(),
            since_base: base.map(|base| SinceBase {
                base,
                pending: addresses.iter().take(pending).cloned().collect(),
                otherwise: changes.iter().skip(2).cloned().collect(),
                released: addresses.clone(),
                unprotected: addresses.iter().take(pending).cloned().collect(),
                unnamed: vec![message.clone()],
            }),
        };
        Plan { decisions: Decisions { account, changes, ..Decisions::default() }, notes }
    }
}

prop_compose! {
    /// Up to `most` changes that differ from the reviewed plan.
    pub(super) fn since_review(most: usize)(
        pairs in proptest::collection::vec((change(), proptest::option::of(change())), 0..most),
    ) -> Vec<Difference> {
        pairs.into_iter().map(|(first, second)| Difference { address: first.address.clone(), first: Some(first), second }).collect()
    }
}

prop_compose! {
    /// Up to `most` changes that earlier runs left unfinished.
    pub(super) fn left_open(most: usize)(
        open in proptest::collection::vec((change(), text(), proptest::sample::select(vec![
            None, Some(LeftOpenFound::Arrived), Some(LeftOpenFound::NotArrived), Some(LeftOpenFound::Gap), Some(LeftOpenFound::Gone), Some(LeftOpenFound::Otherwise),
        ])), 0..most),
    ) -> Vec<LeftOpenNow> {
        let looked = |(change, run, found): (Change, String, Option<LeftOpenFound>)| {
            let (before, after) = (change.before().cloned(), change.after().cloned());
            let kind = LeftOpenKind::Change { action: change.action(), before, after };
            let address = change.address;
            LeftOpenNow { open: LeftOpen { run, address, kind, is_looked_at: true }, found }
        };
        open.into_iter().map(looked).collect()
    }
}
