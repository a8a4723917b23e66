//! Patterns over addresses: `ignore`, `protect`, `--target`, `--exclude`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Address, EVERY, configs_below};

/// Selects addresses part by part; missing parts select everything below.
///
/// A part that is just `*` matches only that name, `**` matches any name, `*` and `?` beside other characters are
/// globs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Any,
    Literal(String),
    Glob(String),
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// More parts than an address has, or an empty one.
    #[error("a pattern has one to three parts, `domain/app/stream`, none of them empty")]
    Parts,
    /// A character that no name can hold.
    #[error("`{0}` can't match any name: use only letters, digits, `-`, `_`, `.` (in domains), `*` and `?`")]
    Character(String),
}

impl Pattern {
    /// Whether the pattern selects `address`.
    pub fn matches(&self, address: &Address) -> bool {
        let names = [&*address.domain, &*address.app, &*address.stream];
        self.parts.iter().zip(names).all(|(part, name)| part.matches(name))
    }

    /// Whether the pattern is only a domain, and so selects all of it.
    pub fn is_whole_domain(&self) -> bool {
        self.parts.len() == 1
    }

    /// Whether it has no glob and no `**`: each part is one name.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }

    /// The configurations of a sorted map that the pattern selects. Reads only those below its leading literal parts.
    pub fn among<'m, V>(
        &self,
        configs: &'m BTreeMap<Address, V>,
    ) -> impl Iterator<Item = (&'m Address, &'m V)> + use<'_, 'm, V> {
        let literal: Vec<&str> = self.names().map_while(|name| name).collect();
        configs_below(configs, literal).filter(|(address, _)| self.matches(address))
    }

    /// The domains of a map that the pattern could select an address of. Looks a literal name up.
    pub fn domains<'m, V>(
        &self,
        domains: &'m BTreeMap<Arc<str>, V>,
    ) -> impl Iterator<Item = (&'m Arc<str>, &'m V)> + use<'_, 'm, V> {
        let literal = self.names().next().flatten();
        let looked_up = literal.and_then(|name| domains.get_key_value(name));
        let all = literal.is_none().then_some(domains).into_iter().flatten();
        looked_up.into_iter().chain(all.filter(|(name, _)| self.matches_domain(name)))
    }

    /// The name of each part, or `None` where the part is a glob or `**`.
    pub(super) fn names(&self) -> impl Iterator<Item = Option<&str>> {
        self.parts.iter().map(|part| match part {
            Part::Literal(name) => Some(&**name),
            Part::Any | Part::Glob(_) => None,
        })
    }

    /// Whether the pattern could select an address of `domain`.
    pub fn matches_domain(&self, domain: &str) -> bool {
        self.parts.first().is_none_or(|part| part.matches(domain))
    }
}

impl Part {
    fn parse(text: &str, is_domain: bool) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Parts);
        }
        let good = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'_' | b'*' | b'?')
                || (is_domain && byte == b'.')
        };
        if !text.bytes().all(good) {
            return Err(PatternError::Character(text.to_owned()));
        }
        Ok(match text {
            "**" => Part::Any,
            EVERY => Part::Literal(EVERY.to_owned()),
            _ if text.contains(['*', '?']) => Part::Glob(text.to_owned()),
            _ => Part::Literal(text.to_owned()),
        })
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Part::Any => true,
            Part::Literal(literal) => literal == name,
            Part::Glob(glob) => glob_matches(glob.as_bytes(), name.as_bytes()),
        }
    }
}

/// `*` matches any run of characters, `?` one character. Takes time proportional to `glob` times `name`: only the last
/// `*` is retried.
fn glob_matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut at_glob, mut at_name) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_name < name.len() {
        match glob.get(at_glob) {
            Some(b'*') => {
                retry = Some((at_glob, at_name));
                at_glob += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[at_name] => {
                at_glob += 1;
                at_name += 1;
            }
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                at_glob = star + 1;
                at_name = from + 1;
            }
        }
    }
    glob[at_glob..].iter().all(|byte| *byte == b'*')
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let parts: Vec<Part> = text
            .split('/')
            .enumerate()
            .map(|(at, part)| Part::parse(part, at == 0))
            .collect::<Result<_, _>>()?;
        if parts.len() > 3 {
            return Err(PatternError::Parts);
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(pattern: &str, address: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(&address.parse().unwrap())
    }

    #[test]
    fn a_printed_address_selects_exactly_itself() {
        for address in ["a.com/show/cam1", "a.com/show/*", "a.com/*/*"] {
            assert!(selects(address, address));
        }
        assert!(!selects("a.com/show/*", "a.com/show/cam1"));
        assert!(!selects("a.com/*/*", "a.com/show/*"));
    }

    #[test]
    fn missing_parts_and_globs_select_more() {
        assert!(selects("a.com", "a.com/show/*"));
        assert!(selects("a.com/show", "a.com/show/cam1"));
        assert!(selects("**/vip", "b.com/vip/x"));
        assert!(!selects("**/vip", "b.com/show/vip"));
        assert!(selects("a.com/test-*", "a.com/test-7/x"));
        assert!(selects("*.com/**/cam?", "a.com/show/cam1"));
        assert!(!selects("a.com/show/cam?", "a.com/show/cam12"));
        assert!(selects("a.com/show/*a*b", "a.com/show/xaabab"));
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for bad in ["", "a.com/", "a/b/c/d", "a.com/sh ow", "a.com/中"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
    }
}
