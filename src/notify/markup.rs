//! Escapes text for the markup of each receiver. Names may hold any character, and must not mention people, make links or
//! end the markup around them.

/// For a code span of Slack's mrkdwn, which a backtick would end.
pub(super) fn slack_code(text: &str) -> String {
    format!("`{}`", slack(&text.replace('`', "'")))
}

/// For Slack's mrkdwn: no links and no mentions.
pub(super) fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// For DingTalk's markdown: a backslash makes a character mean itself.
pub(super) fn dingtalk(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_{}[]()<>#+!|~&".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// For a code span of WeCom's markdown. Its `<@name>` mentions a person even there, and nothing escapes a character, so that
/// such characters are shown as codes.
pub(super) fn wecom_code(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace('`', "'").chars() {
        match character {
            '<' | '>' => escaped.extend(character.escape_unicode()),
            other => escaped.push(other),
        }
    }
    format!("`{escaped}`")
}

/// The beginning of a text that has at most `most` bytes.
pub(super) fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
