//! Who is told: `slack`, or `slack:oncall` for a second one of its kind.

use std::str::FromStr;

/// The kind of a receiver: the shape of its messages and of its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any program that takes the JSON document of [`super::body`].
    Json,
    /// A Slack incoming webhook.
    Slack,
    /// A custom robot of a DingTalk group.
    Dingtalk,
    /// A custom bot of a Feishu or Lark group.
    Feishu,
    /// A robot of a WeCom group.
    Wecom,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Kind::Json, Kind::Slack, Kind::Dingtalk, Kind::Feishu, Kind::Wecom];

    /// The name in arguments and variables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Json => "json",
            Kind::Slack => "slack",
            Kind::Dingtalk => "dingtalk",
            Kind::Feishu => "feishu",
            Kind::Wecom => "wecom",
        }
    }

    /// Whether messages can be signed with a secret.
    pub fn is_signed(self) -> bool {
        matches!(self, Kind::Json | Kind::Dingtalk | Kind::Feishu)
    }
}

/// The longest name of a receiver, in bytes.
const LENGTH: usize = 32;

/// A receiver as it is named in an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Its kind.
    pub kind: Kind,
    /// Its own name; its kind's, unless one is given.
    pub name: String,
}

/// Why a text names no receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiverError {
    /// Not a kind.
    #[error(
        "expected `json`, `slack`, `dingtalk`, `feishu` (or `lark`) or `wecom`, and a name after a colon if there are several of one kind"
    )]
    Kind,
    /// Not a name that a variable can have.
    #[error("the name of a receiver has only letters, digits and `_`, at most {LENGTH}")]
    Name,
}

impl FromStr for Receiver {
    type Err = ReceiverError;

    fn from_str(text: &str) -> Result<Self, ReceiverError> {
        let (kind, name) = text.split_once(':').map_or((text, None), |(kind, name)| (kind, Some(name)));
        let kind = if kind == "lark" { "feishu" } else { kind };
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or(ReceiverError::Kind)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let name = name.unwrap_or(kind.name());
        match !name.is_empty() && name.len() <= LENGTH && name.bytes().all(is_plain) {
            true => Ok(Self { kind, name: name.to_ascii_lowercase() }),
            false => Err(ReceiverError::Name),
        }
    }
}

impl Receiver {
    /// The variable of a part, such as `LIVEVOD_NOTIFY_SLACK_URL`.
    pub fn variable(&self, part: &str) -> String {
        format!("LIVEVOD_NOTIFY_{}_{part}", self.name.to_ascii_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_a_kind_and_perhaps_a_name() {
        let parse = |text: &str| text.parse::<Receiver>().map(|one| (one.kind, one.variable("URL")));
        assert_eq!(parse("slack"), Ok((Kind::Slack, "LIVEVOD_NOTIFY_SLACK_URL".to_owned())));
        assert_eq!(parse("slack:OnCall_2"), Ok((Kind::Slack, "LIVEVOD_NOTIFY_ONCALL_2_URL".to_owned())));
        assert_eq!(parse("lark"), Ok((Kind::Feishu, "LIVEVOD_NOTIFY_FEISHU_URL".to_owned())));
        for bad in ["", "mail", "Slack", ":ops", "https://hooks.slack.com/x"] {
            assert_eq!(parse(bad), Err(ReceiverError::Kind), "{bad}");
        }
        for bad in ["slack:", "slack:a b", "slack:a-b", "slack:é", &format!("slack:{}", "a".repeat(33))] {
            assert_eq!(parse(bad), Err(ReceiverError::Name), "{bad}");
        }
    }
}
