//! Which jobs of a repository may assume a role of RAM: the conditions of its trust policy. Pure.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// A host of pipelines whose tokens STS exchanges for a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Host {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
}

impl Host {
    /// The name of the identity provider in RAM.
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Host::Github => "github",
            Host::Gitlab => "gitlab",
        }
    }

    /// The issuer of the tokens, unless the host is the user's own.
    fn issuer(self) -> &'static str {
        match self {
            Host::Github => "https://token.actions.githubusercontent.com",
            Host::Gitlab => "https://gitlab.com",
        }
    }
}

/// The role of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Plans and checks for drift.
    Plan,
    /// Writes.
    Apply,
}

/// The audience of the tokens that livevod's pipelines ask for.
const AUDIENCE: &str = "sts.aliyuncs.com";

/// Who may assume a role: the jobs of one repository.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    /// The host of the pipelines.
    pub(crate) host: Host,
    /// `OWNER/NAME`, or the path of a GitLab project; see [`is_repository`].
    pub(crate) repository: String,
    /// The issuer, if it is not the usual one of the host.
    pub(crate) issuer: Option<String>,
    /// The account that holds the role and the identity provider.
    pub(crate) account: String,
}

/// The condition of a policy: the values of each key, by operator.
pub(crate) type Condition = BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>;

impl Trust {
    /// The ARN of the identity provider.
    pub(crate) fn provider_arn(&self) -> String {
        format!("acs:ram::{}:oidc-provider/{}", self.account, self.host.provider())
    }

    /// What a token must say so that its job gets the role.
    pub(crate) fn condition(&self, role: Role) -> Condition {
        let Self { host, repository, issuer, account: _ } = self;
        let issuer = issuer.clone().unwrap_or_else(|| host.issuer().to_owned());
        let (operator, subjects) = match (host, role) {
            (Host::Github, Role::Plan) => {
                let subject = |what: &str| format!("repo:{repository}:{what}");
                ("StringEquals", vec![subject("pull_request"), subject("ref:refs/heads/main")])
            }
            (Host::Github, Role::Apply) => {
                ("StringEquals", vec![format!("repo:{repository}:environment:production")])
            }
            (Host::Gitlab, Role::Plan) => {
                ("StringLike", vec![format!("project_path:{repository}:ref_type:branch:ref:*")])
            }
            (Host::Gitlab, Role::Apply) => {
                ("StringEquals", vec![format!("project_path:{repository}:ref_type:branch:ref:main")])
            }
        };
        let mut condition = Condition::new();
        let equals = condition.entry("StringEquals").or_default();
        equals.insert("oidc:iss", vec![issuer]);
        equals.insert("oidc:aud", vec![AUDIENCE.to_owned()]);
        condition.entry(operator).or_default().insert("oidc:sub", subjects);
        condition
    }
}

/// Whether a text names one repository of the host. Anything else could trust more than one: `*` and `?` match any text in
/// a condition, and `:` separates the parts of a subject.
pub(crate) fn is_repository(host: Host, text: &str) -> bool {
    // GitHub's newer subjects have ids after `@`.
    let is_part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|char| {
                char.is_ascii_alphanumeric()
                    || matches!(char, '-' | '_' | '.')
                    || (char == '@' && host == Host::Github)
            })
    };
    let parts: Vec<&str> = text.split('/').collect();
    let count = match host {
        Host::Github => parts.len() == 2,
        Host::Gitlab => parts.len() >= 2,
    };
    count && parts.into_iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_one_repository() {
        for (host, good) in
            [(Host::Github, "acme/tv"), (Host::Github, "acme@12/tv@34"), (Host::Gitlab, "acme/video/tv_1.x")]
        {
            assert!(is_repository(host, good), "{good}");
        }
        for (host, bad) in [
            (Host::Github, "acme"),
            (Host::Github, "acme/tv/x"),
            (Host::Github, "acme/*"),
            (Host::Github, "acme/tv:ref"),
            (Host::Gitlab, "acme@12/tv"),
            (Host::Gitlab, "acme/?"),
            (Host::Gitlab, "acme//tv"),
            (Host::Gitlab, "acme/${x}"),
        ] {
            assert!(!is_repository(host, bad), "{bad}");
        }
    }

    #[test]
    fn the_role_that_writes_trusts_no_pull_request() {
        for host in [Host::Github, Host::Gitlab] {
            let trust =
                Trust { host, repository: "acme/tv".to_owned(), issuer: None, account: "1".to_owned() };
            let condition = trust.condition(Role::Apply);
            assert_eq!(condition.keys().collect::<Vec<_>>(), [&"StringEquals"]);
            assert_eq!(
                condition["StringEquals"].keys().collect::<Vec<_>>(),
                [&"oidc:aud", &"oidc:iss", &"oidc:sub"]
            );
            assert_eq!(condition["StringEquals"]["oidc:sub"].len(), 1);
        }
    }
}
