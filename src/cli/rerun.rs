//! Commands that are printed for people to copy: they name the same files and the same service as the run that prints them.

use std::path::{Path, PathBuf};

use super::copies::is_copy;
use super::planning::Scope;
use super::remote::Remote;
use crate::config::is_standard_input;
use crate::gate::clean;

/// The command line of this run with other flags, in which a flag that is already there is replaced; `None` if the run
/// reads standard input.
pub(super) fn again(flags: &[&str]) -> Option<String> {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|one| one.into_string().ok()).collect::<Option<_>>()?;
    with_flags(&arguments, flags)
}

fn with_flags(arguments: &[String], flags: &[&str]) -> Option<String> {
    if arguments.iter().any(|one| is_standard_input(Path::new(one))) {
        return None;
    }
    let mut kept: Vec<&str> = vec!["livevod"];
    let mut arguments = arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let name = argument.split('=').next().unwrap_or_default();
        match flags.iter().find(|flag| flag.split(' ').next() == Some(name)) {
            Some(flag) if flag.contains(' ') && argument == name => drop(arguments.next()),
            Some(_) => {}
            None => kept.push(argument),
        }
    }
    let words = flags.iter().flat_map(|flag| flag.split(' '));
    joined(kept.into_iter().chain(words))
}

/// The command that applies a saved plan to the same service.
pub(super) fn apply(file: &Path, scope: &Scope) -> Option<String> {
    let arguments = arguments(&[file.to_owned()], &scope.remote)?;
    let store = scope.keeping.typed().filter(|_| is_copy(file));
    let store = store.map(|store| format!(" --store={store}")).unwrap_or_default();
    Some(format!("livevod apply {arguments}{store}"))
}

/// The command that applies these files to the same service, held to a plan that was published.
pub(super) fn expecting(
    files: &[PathBuf],
    scope: &Scope,
    digest: &str,
    flags: Option<Vec<&str>>,
) -> Option<String> {
    let store = scope.keeping.typed().map(|store| format!("--store={store}"));
    let arguments = arguments(files, &scope.remote);
    let rest = [Some(format!("--expect-digest {digest}")), store].into_iter().flatten();
    let flags = flags.into_iter().flatten().map(str::to_owned);
    let words: Vec<String> = arguments.into_iter().chain(rest).chain(flags).collect();
    let reads_input = files.iter().any(|file| is_standard_input(file));
    (!reads_input).then(|| format!("livevod apply {}", words.join(" ")))
}

/// The command that applies these files to the same service; `None` if the run reads standard input.
pub(super) fn applying(files: &[PathBuf], remote: &Remote) -> Option<String> {
    match files.is_empty() && remote.typed().is_empty() {
        true => Some("livevod apply".to_owned()),
        false => Some(format!("livevod apply {}", arguments(files, remote)?)),
    }
}

/// What follows the domains in the command that adds unmanaged configurations to these files, read from the same service
/// or from the same snapshot. `None` if the run reads standard input, or several files and folders: the command adds to
/// one.
pub(super) fn import(files: &[PathBuf], remote: &Remote, snapshot: Option<&Path>) -> Option<String> {
    let out = match files {
        [] => None,
        [file] => Some(named("out", file)?),
        [_, _, ..] => return None,
    };
    let source = match snapshot {
        Some(snapshot) => vec![named("from", snapshot)?],
        None => remote.typed(),
    };
    let words: Vec<String> = ["--merge".to_owned()].into_iter().chain(out).chain(source).collect();
    joined(words.iter().map(String::as_str))
}

/// A flag with a path, unless the path is standard input or not Unicode.
fn named(flag: &str, path: &Path) -> Option<String> {
    let path = path.to_str().filter(|_| !is_standard_input(path))?;
    Some(format!("--{flag}={path}"))
}

/// The flag for a service, by the name that every output gives it; `None` for the regions' own endpoints, and for a name
/// that can't be copied.
pub(super) fn service(name: &str) -> Option<String> {
    let flag = match name.strip_prefix("emulator ") {
        Some(file) => format!("--emulator={file}"),
        None if name.contains("://") => format!("--endpoint={name}"),
        None => return None,
    };
    joined(std::iter::once(flag.as_str())).filter(|text| clean(text) == text.as_str())
}

/// These files and the service of this run, as arguments; `None` if there are none, or if one is standard input.
pub(super) fn arguments(files: &[PathBuf], remote: &Remote) -> Option<String> {
    if files.iter().any(|file| is_standard_input(file)) {
        return None;
    }
    let files = files.iter().map(|file| file.to_str().map(str::to_owned));
    let words: Vec<String> = files.chain(remote.typed().into_iter().map(Some)).collect::<Option<_>>()?;
    joined(words.iter().map(String::as_str)).filter(|text| !text.is_empty())
}

/// One line for a shell; only words that a shell would change are quoted.
fn joined<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let is_plain =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:=@%+,-".contains(&byte));
    let word = |word: &'a str| match is_plain(word) && !word.is_empty() {
        true => Some(word.to_owned()),
        false => shlex::try_quote(word).ok().map(|quoted| quoted.into_owned()),
    };
    Some(words.map(word).collect::<Option<Vec<_>>>()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str, flags: &[&str]) -> Option<String> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        with_flags(&arguments, flags)
    }

    #[test]
    fn flags_are_added_once_and_names_are_quoted() {
        let flags = ["--max-delete 3", "--allow-empty"];
        let whole = "livevod apply p.plan --emulator=r.log --max-delete 3 --allow-empty";
        assert_eq!(command("apply p.plan --emulator=r.log", &flags).unwrap(), whole);
        assert_eq!(command("apply --max-delete 1 p.plan --emulator=r.log", &flags).unwrap(), whole);
        assert_eq!(
            command("apply p.plan --allow-empty --emulator=r.log --max-delete=1", &flags).unwrap(),
            whole
        );
        assert_eq!(command("apply --target a/*/b", &[]).unwrap(), "livevod apply --target 'a/*/b'");
        assert_eq!(command("apply -", &flags), None);
    }

    #[test]
    fn a_service_is_named_as_a_flag() {
        assert_eq!(service("emulator .livevod/emulator.log").unwrap(), "--emulator=.livevod/emulator.log");
        assert_eq!(service("emulator my $log").unwrap(), "'--emulator=my $log'");
        assert_eq!(service("http://127.0.0.1:8080").unwrap(), "--endpoint=http://127.0.0.1:8080");
        for other in ["the regions' own endpoints", "emulator a\u{202e}b", "emulator a\nb"] {
            assert_eq!(service(other), None, "{other}");
        }
    }
}
