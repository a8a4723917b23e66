//! The RAM permissions that livevod's calls need: the table of actions with their resources, and the least statements
//! for each use of livevod. `trust` says which jobs of a pipeline may assume the role that has them. Pure: no I/O, no text
//! for people.

mod trust;

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::ValueEnum;

pub(crate) use self::trust::{Condition, Host, Role, Trust, is_repository};
use crate::store::BucketUrl;
use crate::wire::{
    APP_SPACES, Action, DOMAIN_DETAIL, DOMAIN_MAPPING, LIVE_VIDEOS, LOOKUP_EVENTS, NOTIFY_RECORDS,
    ONLINE_LIST, OSS_RECORDINGS, PUBLISH_LIST, Product, TRANSCODE_GROUP, USER_DOMAINS,
};

/// One call that RAM must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    /// List a domain's configurations.
    ListConfigs,
    /// Create a configuration.
    AddConfig,
    /// Change a configuration.
    UpdateConfig,
    /// Delete a configuration.
    DeleteConfig,
    /// List the account's domains.
    ListDomains,
    /// Read status, type and region of a domain.
    ReadDomain,
    /// List what a domain records to OSS.
    ListOssRecordings,
    /// Read a transcode group.
    ReadGroup,
    /// Read app spaces.
    ReadSpaces,
    /// List past calls.
    ListEvents,
    /// List the streams that are on air.
    ListOnAir,
    /// List who published when.
    ListPublishes,
    /// Read which ingest domains feed a domain.
    ReadMapping,
    /// List what VOD recorded.
    ListRecordings,
    /// List the notifications of recordings.
    ListNotifications,
    /// Read an object of the store.
    GetObject,
    /// List objects of the store.
    ListObjects,
    /// Create or replace an object of the store.
    PutObject,
    /// Remove an object of the store.
    DeleteObject,
}

/// What a permission allows, as its service names it.
enum Call {
    /// A call of one of the services with an RPC API.
    OfProduct(Product, &'static str),
    /// A call of OSS.
    OfObjects(&'static str),
}

impl Permission {
    const ALL: [Permission; 19] = [
        Permission::ListConfigs,
        Permission::AddConfig,
        Permission::UpdateConfig,
        Permission::DeleteConfig,
        Permission::ListDomains,
        Permission::ReadDomain,
        Permission::ListOssRecordings,
        Permission::ReadGroup,
        Permission::ReadSpaces,
        Permission::ListEvents,
        Permission::ListOnAir,
        Permission::ListPublishes,
        Permission::ReadMapping,
        Permission::ListRecordings,
        Permission::ListNotifications,
        Permission::GetObject,
        Permission::ListObjects,
        Permission::PutObject,
        Permission::DeleteObject,
    ];

    /// The action as RAM names it, such as `live:AddLiveRecordVodConfig`.
    pub(crate) fn action(self) -> String {
        match self.call() {
            Call::OfProduct(product, call) => product.ram_action(call),
            Call::OfObjects(call) => format!("oss:{call}"),
        }
    }

    /// The permission with that action; `None` for an action that livevod does not use.
    pub(crate) fn find(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.action() == action)
    }

    fn call(self) -> Call {
        match self {
            Permission::ListConfigs => Call::OfProduct(Product::Live, Action::Describe.name()),
            Permission::AddConfig => Call::OfProduct(Product::Live, Action::Add.name()),
            Permission::UpdateConfig => Call::OfProduct(Product::Live, Action::Update.name()),
            Permission::DeleteConfig => Call::OfProduct(Product::Live, Action::Delete.name()),
            Permission::ListDomains => Call::OfProduct(Product::Live, USER_DOMAINS),
            Permission::ReadDomain => Call::OfProduct(Product::Live, DOMAIN_DETAIL),
            Permission::ListOssRecordings => Call::OfProduct(Product::Live, OSS_RECORDINGS),
            Permission::ReadGroup => Call::OfProduct(Product::Vod, TRANSCODE_GROUP),
            Permission::ReadSpaces => Call::OfProduct(Product::Vod, APP_SPACES),
            Permission::ListEvents => Call::OfProduct(Product::ActionTrail, LOOKUP_EVENTS),
            Permission::ListOnAir => Call::OfProduct(Product::Live, ONLINE_LIST),
            Permission::ListPublishes => Call::OfProduct(Product::Live, PUBLISH_LIST),
            Permission::ReadMapping => Call::OfProduct(Product::Live, DOMAIN_MAPPING),
            Permission::ListRecordings => Call::OfProduct(Product::Vod, LIVE_VIDEOS),
            Permission::ListNotifications => Call::OfProduct(Product::Live, NOTIFY_RECORDS),
            Permission::GetObject => Call::OfObjects("GetObject"),
            Permission::ListObjects => Call::OfObjects("ListObjects"),
            Permission::PutObject => Call::OfObjects("PutObject"),
            Permission::DeleteObject => Call::OfObjects("DeleteObject"),
        }
    }

    /// Whether it can be granted for single domains. Reads have no resource to name.
    pub(crate) fn is_by_domain(self) -> bool {
        matches!(self, Permission::AddConfig | Permission::UpdateConfig | Permission::DeleteConfig)
    }
}

/// The RAM resource of a domain. The documentation names it after the CDN, to which these domains once belonged.
pub(crate) fn domain_resource(account: Option<&str>, domain: &str) -> String {
    format!("acs:cdn:*:{}:domain/{domain}", account.unwrap_or("*"))
}

/// A use of livevod that gets a policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Purpose {
    /// plan, drift and snapshot
    Plan,
    /// apply and restore
    Apply,
    /// import
    Import,
    /// audit, sessions and explain --at
    Audit,
}

/// What livevod does with the permissions of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// Read the configurations.
    Read,
    /// Find out which of the streams that a plan concerns are on air.
    SeeOnAir,
    /// List what was published, for a replay.
    ListPast,
    /// Look up the domains of the files with `--online`.
    LookUpDomains,
    /// Look up the transcode groups and app spaces of the files with `--online`.
    LookUpVod,
    /// Find the regions of the domains to import.
    FindRegions,
    /// Name the transcode groups of an import.
    NameGroups,
    /// List the account's domains.
    ListDomains,
    /// Find out who changed a configuration.
    FindAuthors,
    /// Read what aired, and what is recorded of it.
    ReadAired,
    /// Read what the notifications of recordings say.
    ReadNotifications,
    /// Change the configurations.
    Write,
    /// Read what the store keeps.
    ReadStore,
    /// List what the store keeps.
    ListStore,
    /// Write and remove what the store keeps. Before [`Task::KeepInStore`], which allows a part of it.
    WriteStore,
    /// Keep published plans, files that are named `store:NAME`, and the states of checks in the store.
    KeepInStore,
}

/// What the files and the commands to run ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// The account, if it is known.
    pub(crate) account: Option<String>,
    /// The domains of the files.
    pub(crate) domains: Vec<Arc<str>>,
    /// Whether the files use transcode groups that VOD can look up.
    pub(crate) groups: bool,
    /// Whether the files use app spaces that VOD can look up.
    pub(crate) spaces: bool,
    /// Whether `validate` and `explain` are run with `--online`.
    pub(crate) online: bool,
    /// Whether `plan` and `drift` are run with `--all-domains`, or `import` with `--all`.
    pub(crate) all_domains: bool,
    /// Whether `drift` and `explain` are run with `--who`.
    pub(crate) who: bool,
    /// Whether `plan` and `apply` are run with `--replay`.
    pub(crate) replay: bool,
    /// The store, if it is a bucket of OSS.
    pub(crate) store: Option<BucketUrl>,
}

/// Permissions that are granted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// What they are for.
    pub(crate) task: Task,
    /// In the order of the table, at least one.
    pub(crate) permissions: Vec<Permission>,
    /// RAM resources, at least one.
    pub(crate) resources: Vec<String>,
    /// What else must hold of a call; may be empty.
    pub(crate) condition: Condition,
}

/// The least statements for all of `purposes`. No permission is granted twice.
pub(crate) fn statements(purposes: &[Purpose], needs: &Needs) -> Vec<Statement> {
    let tasks: BTreeSet<Task> = purposes.iter().flat_map(|purpose| purpose.tasks(needs)).collect();
    let mut granted = BTreeSet::new();
    let statement = |task: Task| {
        let permissions: Vec<Permission> =
            task.permissions(needs).into_iter().filter(|permission| granted.insert(*permission)).collect();
        let resources = task.resources(needs);
        let condition = task.condition(needs);
        (!permissions.is_empty() && !resources.is_empty()).then_some(Statement {
            task,
            permissions,
            resources,
            condition,
        })
    };
    tasks.into_iter().filter_map(statement).collect()
}

impl Purpose {
    fn tasks(self, needs: &Needs) -> Vec<Task> {
        let only_if = |holds: bool, tasks: &[Task]| if holds { tasks.to_vec() } else { Vec::new() };
        let online = only_if(needs.online, &[Task::LookUpDomains, Task::LookUpVod]);
        let all = only_if(needs.all_domains, &[Task::ListDomains]);
        let who = only_if(needs.who, &[Task::FindAuthors]);
        let past = only_if(needs.replay, &[Task::ListPast]);
        let planning = || [vec![Task::Read, Task::SeeOnAir], past].concat();
        let stored = |more: &[Task]| {
            only_if(needs.store.is_some(), &[&[Task::ReadStore, Task::ListStore], more].concat())
        };
        match self {
            Purpose::Plan => [planning(), online, all, who, stored(&[Task::KeepInStore])].concat(),
            Purpose::Apply => [planning(), vec![Task::Write], stored(&[Task::WriteStore])].concat(),
            Purpose::Import => [vec![Task::Read, Task::FindRegions, Task::NameGroups], all].concat(),
            Purpose::Audit => {
                [vec![Task::Read, Task::ReadAired, Task::ReadNotifications], stored(&[Task::KeepInStore])]
                    .concat()
            }
        }
    }
}

impl Task {
    fn permissions(self, needs: &Needs) -> Vec<Permission> {
        match self {
            Task::Read => vec![Permission::ListConfigs],
            Task::SeeOnAir => vec![Permission::ListOnAir],
            Task::ListPast => vec![Permission::ListPublishes],
            Task::LookUpDomains => vec![Permission::ReadDomain, Permission::ListOssRecordings],
            Task::LookUpVod => {
                let groups = needs.groups.then_some(Permission::ReadGroup);
                groups.into_iter().chain(needs.spaces.then_some(Permission::ReadSpaces)).collect()
            }
            Task::FindRegions => vec![Permission::ReadDomain],
            Task::NameGroups => vec![Permission::ReadGroup],
            Task::ListDomains => vec![Permission::ListDomains],
            Task::FindAuthors => vec![Permission::ListEvents],
            Task::ReadAired => {
                vec![Permission::ListPublishes, Permission::ReadMapping, Permission::ListRecordings]
            }
            Task::ReadNotifications => vec![Permission::ListNotifications],
            Task::Write => vec![Permission::AddConfig, Permission::UpdateConfig, Permission::DeleteConfig],
            Task::ReadStore => vec![Permission::GetObject],
            Task::ListStore => vec![Permission::ListObjects],
            Task::WriteStore => vec![Permission::PutObject, Permission::DeleteObject],
            Task::KeepInStore => vec![Permission::PutObject],
        }
    }

    fn resources(self, needs: &Needs) -> Vec<String> {
        let objects = |folders: &[&str]| {
            let resource = |url: &BucketUrl, folder: &str| {
                let parts =
                    [&url.bucket, &url.prefix, folder, "*"].into_iter().filter(|part| !part.is_empty());
                format!("acs:oss:*:*:{}", parts.collect::<Vec<_>>().join("/"))
            };
            let of_store = |url| folders.iter().map(move |folder| resource(url, folder));
            needs.store.iter().flat_map(of_store).collect()
        };
        match self {
            Task::Write => {
                let account = needs.account.as_deref();
                needs.domains.iter().map(|domain| domain_resource(account, domain)).collect()
            }
            Task::ReadStore | Task::WriteStore => objects(&[""]),
            Task::KeepInStore => objects(&["plans", "kept", "states"]),
            Task::ListStore => needs.store.iter().map(|url| format!("acs:oss:*:*:{}", url.bucket)).collect(),
            _ => vec!["*".to_owned()],
        }
    }

    /// Objects are listed in a bucket, of which a condition names the part.
    fn condition(self, needs: &Needs) -> Condition {
        let prefix = needs.store.as_ref().map(|url| url.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        match (self, prefix) {
            (Task::ListStore, Some(prefix)) => {
                [("StringLike", [("oss:Prefix", vec![format!("{prefix}/*")])].into())].into()
            }
            _ => Condition::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Scheme;

    fn granted(purposes: &[Purpose], needs: &Needs) -> Vec<(Task, Vec<Permission>)> {
        statements(purposes, needs).into_iter().map(|one| (one.task, one.permissions)).collect()
    }

    fn two_domains() -> Needs {
        Needs {
            account: Some("1".to_owned()),
            domains: vec!["a.com".into(), "b.com".into()],
            ..Needs::default()
        }
    }

    /// Whoever may write to the whole store can end leases, so plans, checks and audits write only what they keep themselves.
    #[test]
    fn only_applies_write_to_the_whole_store() {
        let url = BucketUrl { scheme: Scheme::Oss, bucket: "team".into(), prefix: "live/vod".into() };
        let stored = |prefix: &str, purposes: &[Purpose]| -> Vec<String> {
            let url = BucketUrl { prefix: prefix.into(), ..url.clone() };
            let needs = Needs { store: Some(url), ..two_domains() };
            let all = statements(purposes, &needs);
            let ours = all.iter().filter(|one| one.permissions[0].action().starts_with("oss:"));
            ours.map(|one| {
                let actions: Vec<String> = one.permissions.iter().map(|one| one.action()).collect();
                format!("{} on {} {:?}", actions.join(" "), one.resources.join(" "), one.condition)
            })
            .collect()
        };
        let read = "oss:GetObject on acs:oss:*:*:team/live/vod/* {}";
        let list = r#"oss:ListObjects on acs:oss:*:*:team {"StringLike": {"oss:Prefix": ["live/vod/*"]}}"#;
        let write = "oss:PutObject oss:DeleteObject on acs:oss:*:*:team/live/vod/* {}";
        let keep = "oss:PutObject on acs:oss:*:*:team/live/vod/plans/* acs:oss:*:*:team/live/vod/kept/* \
                    acs:oss:*:*:team/live/vod/states/* {}";
        assert_eq!(stored("live/vod", &[Purpose::Plan]), [read, list, keep]);
        assert_eq!(stored("live/vod", &[Purpose::Apply]), [read, list, write]);
        assert_eq!(stored("live/vod", &[Purpose::Plan, Purpose::Apply]), [read, list, write]);
        assert_eq!(stored("live/vod", &[Purpose::Audit]), [read, list, keep]);
        assert_eq!(stored("live/vod", &[Purpose::Import]), [""; 0]);
        let whole = ["oss:GetObject on acs:oss:*:*:team/* {}", "oss:ListObjects on acs:oss:*:*:team {}"];
        assert_eq!(stored("", &[Purpose::Audit])[..2], whole);
    }

    #[test]
    fn every_action_is_found_by_its_name() {
        for permission in Permission::ALL {
            assert_eq!(Permission::find(&permission.action()), Some(permission));
        }
        assert_eq!(Permission::find("live:DeleteLiveDomain"), None);
    }

    #[test]
    fn plans_read_and_only_applies_write_to_the_domains_of_the_files() {
        let read = (Task::Read, vec![Permission::ListConfigs]);
        let on_air = (Task::SeeOnAir, vec![Permission::ListOnAir]);
        assert_eq!(granted(&[Purpose::Plan], &two_domains()), [read.clone(), on_air.clone()]);
        let write = vec![Permission::AddConfig, Permission::UpdateConfig, Permission::DeleteConfig];
        assert_eq!(
            granted(&[Purpose::Plan, Purpose::Apply], &two_domains()),
            [read.clone(), on_air.clone(), (Task::Write, write)]
        );
        let all = statements(&[Purpose::Apply], &two_domains());
        assert_eq!(all[0].resources, ["*"]);
        assert_eq!(all[2].resources, ["acs:cdn:*:1:domain/a.com", "acs:cdn:*:1:domain/b.com"]);
        assert_eq!(granted(&[Purpose::Apply], &Needs::default()), [read, on_air], "no domain, no writes");
    }

    #[test]
    fn vod_is_asked_only_where_the_files_use_it() {
        let online = Needs { online: true, ..two_domains() };
        let tasks = |needs: &Needs| granted(&[Purpose::Plan], needs);
        assert!(tasks(&online).iter().all(|(task, _)| *task != Task::LookUpVod));
        let spaces = Needs { spaces: true, ..online.clone() };
        assert_eq!(tasks(&spaces).last(), Some(&(Task::LookUpVod, vec![Permission::ReadSpaces])));
        let groups = Needs { groups: true, ..online };
        assert_eq!(tasks(&groups).last(), Some(&(Task::LookUpVod, vec![Permission::ReadGroup])));
    }

    #[test]
    fn nothing_is_granted_twice() {
        let all = Needs {
            groups: true,
            spaces: true,
            online: true,
            all_domains: true,
            who: true,
            replay: true,
            store: Some(BucketUrl { scheme: Scheme::Oss, bucket: "team".into(), prefix: String::new() }),
            ..two_domains()
        };
        let purposes = [Purpose::Plan, Purpose::Apply, Purpose::Import, Purpose::Audit];
        let mut permissions: Vec<Permission> =
            statements(&purposes, &all).into_iter().flat_map(|one| one.permissions).collect();
        permissions.sort_unstable();
        assert_eq!(permissions, Permission::ALL);
    }
}
