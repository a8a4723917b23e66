//! RAM policies: what livevod may do, and whose jobs may assume a role, as policy documents, for Terraform and for people.

use clap::ValueEnum;
use serde::Serialize;

use super::documents::pretty;
use super::layout::Layout;
use super::lines::{Line, laid_out};
use super::printed::Printed;
use super::style::wrap;
use super::{Format, Style};
use crate::permissions::{Condition, Needs, Purpose, Role, Statement, Task, Trust, statements};

/// The most characters of a custom policy (RAM: limits, November 2026).
const MOST_CHARACTERS: usize = 6144;

/// `--format` of `ram-policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// What each statement is for
    Human,
    /// The policy document alone
    Json,
    /// Resources of the Terraform provider alicloud
    Terraform,
}

impl From<PolicyFormat> for Format {
    fn from(format: PolicyFormat) -> Self {
        match format {
            PolicyFormat::Json => Format::Json,
            PolicyFormat::Human | PolicyFormat::Terraform => Format::Human,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<S> {
    version: &'static str,
    statement: Vec<S>,
}

impl<S: Serialize> Document<S> {
    fn text(statement: Vec<S>) -> String {
        pretty(&Self { version: "1", statement })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Allowed<'a> {
    effect: &'static str,
    action: Vec<String>,
    resource: &'a [String],
    #[serde(skip_serializing_if = "Condition::is_empty")]
    condition: &'a Condition,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trusted {
    effect: &'static str,
    action: &'static str,
    principal: Principal,
    condition: Condition,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Principal {
    federated: [String; 1],
}

/// The policies that allow livevod what it does. As JSON, one policy allows all of it.
pub(crate) fn policies(
    purposes: &[Purpose],
    needs: &Needs,
    format: PolicyFormat,
    layout: &Layout,
) -> Printed {
    let each = || purposes.iter().map(|purpose| (*purpose, statements(&[*purpose], needs)));
    let (text, lengths) = match format {
        PolicyFormat::Json => {
            let text = policy(&statements(purposes, needs));
            let length = text.len();
            (text, vec![length])
        }
        PolicyFormat::Terraform => {
            let (texts, lengths): (Vec<String>, Vec<usize>) = each().map(terraform_policy).unzip();
            (texts.join("\n"), lengths)
        }
        PolicyFormat::Human => (human(each(), layout.stdout), Vec::new()),
    };
    let writes = statements(purposes, needs).iter().any(|statement| statement.task == Task::Write);
    let unknown = (writes && needs.account.is_none()).then_some(WITHOUT_ACCOUNT.to_owned());
    let too_long = lengths.into_iter().max().filter(|length| *length > MOST_CHARACTERS).map(too_long);
    let notes = unknown.into_iter().chain(too_long).map(|note| noted(&note, layout.stderr)).collect();
    Printed { notes, text, ..Printed::default() }
}

const WITHOUT_ACCOUNT: &str = "warning: the account is not known, so the resources do not name it: write `account:` into \
    the files, or give `--account ID`";

fn too_long(length: usize) -> String {
    format!(
        "warning: a policy has {length} characters, and RAM accepts at most {MOST_CHARACTERS}: make one policy for each \
         part of the files with `livevod ram-policy PATH`, and attach all of them"
    )
}

fn noted(text: &str, style: Style) -> String {
    wrap(text, style.width).into_iter().map(|line| line + "\n").collect()
}

/// The trust policies of the roles. As JSON, there is one role.
pub(crate) fn trusts(roles: &[Role], trust: &Trust, format: PolicyFormat) -> Printed {
    let texts: Vec<String> = roles
        .iter()
        .map(|role| {
            let (name, text) = (role_name(*role), trust_policy(trust, *role));
            match format {
                PolicyFormat::Json => text,
                PolicyFormat::Terraform => terraform_role(name, &text),
                PolicyFormat::Human => {
                    format!("Trust policy of the role `{name}`, which {}:\n{text}", trusted(*role))
                }
            }
        })
        .collect();
    Printed { text: texts.join("\n"), ..Printed::default() }
}

fn policy(statements: &[Statement]) -> String {
    Document::text(statements.iter().map(allowed).collect())
}

fn allowed(statement: &Statement) -> Allowed<'_> {
    let Statement { task: _, permissions, resources, condition } = statement;
    let action = permissions.iter().map(|permission| permission.action()).collect();
    Allowed { effect: "Allow", action, resource: resources, condition }
}

fn trust_policy(trust: &Trust, role: Role) -> String {
    let principal = Principal { federated: [trust.provider_arn()] };
    let condition = trust.condition(role);
    Document::text(vec![Trusted { effect: "Allow", action: "sts:AssumeRole", principal, condition }])
}

/// A resource, and the length of its policy. Nothing in the policy needs to be escaped: no name has a `$`, a `%` or a
/// line break.
fn terraform_policy((purpose, statements): (Purpose, Vec<Statement>)) -> (String, usize) {
    let (name, uses, document) = (policy_name(purpose), uses(purpose), policy(&statements));
    let label = name.replace('-', "_");
    let text = format!(
        "resource \"alicloud_ram_policy\" \"{label}\" {{\n  policy_name     = \"{name}\"\n  description     = \"livevod: \
         {uses}\"\n  policy_document = <<EOT\n{document}EOT\n}}\n"
    );
    (text, document.len())
}

fn terraform_role(name: &str, document: &str) -> String {
    let label = name.replace('-', "_");
    format!(
        "resource \"alicloud_ram_role\" \"{label}\" {{\n  role_name                   = \"{name}\"\n  \
         assume_role_policy_document = <<EOT\n{document}EOT\n}}\n"
    )
}

fn policy_name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Plan => role_name(Role::Plan),
        Purpose::Apply => role_name(Role::Apply),
        Purpose::Import => "livevod-import",
        Purpose::Audit => "livevod-audit",
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Plan => "livevod-plan",
        Role::Apply => "livevod-apply",
    }
}

/// The commands of a purpose.
fn uses(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Plan => "plan, drift and snapshot",
        Purpose::Apply => "apply and restore",
        Purpose::Import => "import",
        Purpose::Audit => "audit, sessions and explain --at",
    }
}

fn trusted(role: Role) -> &'static str {
    match role {
        Role::Plan => "plans and checks for drift",
        Role::Apply => "writes",
    }
}

fn human(policies: impl Iterator<Item = (Purpose, Vec<Statement>)>, style: Style) -> String {
    let of_statement = |statement: &Statement| {
        let Statement { task, permissions, resources, condition } = statement;
        let only = condition.values().flatten().flat_map(|(key, values)| {
            values.iter().map(move |value| Line::detail(format!("only where {key} is {value}")))
        });
        let actions = permissions.iter().map(|permission| Line::detail(permission.action()));
        let resources = resources.iter().map(|resource| Line::detail(format!("on {resource}")));
        [Line::fact(reason(*task))]
            .into_iter()
            .chain(actions)
            .chain(resources)
            .chain(only)
            .collect::<Vec<Line>>()
    };
    let of_policy = |(purpose, statements): (Purpose, Vec<Statement>)| {
        let heading = [Line::flush(format!("{}: {}", policy_name(purpose), uses(purpose)))];
        let lines =
            heading.into_iter().chain(statements.iter().flat_map(of_statement)).collect::<Vec<Line>>();
        laid_out(&lines, style)
    };
    let next = Line::flush(
        "`--format json` prints a policy document, `--format terraform` resources for Terraform.",
    );
    policies.map(of_policy).chain([laid_out(&[next], style)]).collect::<Vec<_>>().join("\n")
}

/// What a statement is for.
fn reason(task: Task) -> &'static str {
    match task {
        Task::Read => "list the configurations of a domain; RAM can't limit this to single domains",
        Task::SeeOnAir => {
            "find out which of the streams that a plan concerns are on air; without it, plans say only what is presumed"
        }
        Task::ListPast => "`--replay`: list what was published",
        Task::LookUpDomains => "`--online`: look up the domains and what they record to OSS",
        Task::LookUpVod => "`--online`: look up transcode groups and app spaces in VOD",
        Task::FindRegions => "find the regions of the domains",
        Task::NameGroups => "name the transcode groups as VOD does; without it, import numbers them",
        Task::ListDomains => "`--all-domains`, and `--all` of import: list the account's domains",
        Task::FindAuthors => "`--who`: ask ActionTrail who changed a configuration",
        Task::ReadAired => "list who published when, and what VOD recorded of it",
        Task::ReadNotifications => "`explain --at`: list the notifications of recordings",
        Task::Write => "create, update and delete configurations, only in the domains of the files",
        Task::ReadStore => "`--store`: read leases, journals and plans",
        Task::ListStore => "`--store`: list them",
        Task::WriteStore => "`--store`: write and remove leases, journals and plans",
        Task::KeepInStore => "`--store`: keep published plans, `store:NAME` and the states of checks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Host;

    /// The JSON blocks of the guide.
    fn documented() -> Vec<serde_json::Value> {
        let guide = include_str!("../../docs/pull-requests.md");
        let blocks = guide.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap());
        blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
    }

    fn parsed(printed: Printed) -> serde_json::Value {
        assert_eq!(printed.notes, "");
        serde_json::from_str(&printed.text).unwrap()
    }

    #[test]
    fn the_guide_shows_the_policies_that_are_printed() {
        let [plan_trust, plan, apply_trust, apply] = documented().try_into().unwrap();
        let needs = Needs {
            account: Some("ACCOUNT".to_owned()),
            domains: vec!["live.example.com".into(), "live.example.org".into()],
            ..Needs::default()
        };
        let layout = Layout::new(Format::Json);
        let policy = |purpose| parsed(policies(&[purpose], &needs, PolicyFormat::Json, &layout));
        assert_eq!(policy(Purpose::Plan), plan);
        assert_eq!(policy(Purpose::Apply), apply);
        let trust = Trust {
            host: Host::Github,
            repository: "OWNER/REPO".to_owned(),
            issuer: None,
            account: "ACCOUNT".to_owned(),
        };
        let trust = |role| parsed(trusts(&[role], &trust, PolicyFormat::Json));
        assert_eq!(trust(Role::Plan), plan_trust);
        assert_eq!(trust(Role::Apply), apply_trust);
    }

    #[test]
    fn the_guide_shows_the_subjects_of_gitlab() {
        let guide = include_str!("../../docs/pull-requests.md");
        let trust = Trust {
            host: Host::Gitlab,
            repository: "GROUP/PROJECT".to_owned(),
            issuer: None,
            account: "ACCOUNT".to_owned(),
        };
        for role in [Role::Plan, Role::Apply] {
            let condition = trust.condition(role);
            let (operator, subject) = condition
                .iter()
                .find_map(|(operator, keys)| Some((operator, &keys.get("oidc:sub")?[0])))
                .unwrap();
            let row = format!("| `{}` | `{subject}` | `{operator}`", role_name(role));
            assert!(guide.contains(&row), "{row}");
        }
        assert_eq!(trust.condition(Role::Plan)["StringEquals"]["oidc:iss"], ["https://gitlab.com"]);
    }

    #[test]
    fn a_policy_that_ram_would_refuse_is_a_warning() {
        let domain = |number: usize| format!("live{number}.example.com").into();
        let needs = |count| Needs {
            account: Some("1234567890123456".to_owned()),
            domains: (0..count).map(domain).collect(),
            ..Needs::default()
        };
        let notes = |count, format| {
            policies(&[Purpose::Plan, Purpose::Apply], &needs(count), format, &Layout::new(Format::Human))
                .notes
        };
        for format in [PolicyFormat::Json, PolicyFormat::Terraform] {
            assert_eq!(notes(50, format), "");
            assert!(notes(200, format).starts_with("warning: a policy has "), "{format:?}");
        }
    }
}
