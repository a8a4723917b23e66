//! Turns paths into [`Sources`]: the only part of `config` that touches the file system.
//!
//! Files may come from a stranger's pull request while credentials are at hand. So only regular files inside the given
//! roots are opened, and never more than the limits below.

use std::collections::BTreeSet;
use std::fs::{self, File, FileType};
use std::io::{self, BufRead, Read};
use std::path::{Component, Path, PathBuf};

use super::{Document, parse};
use crate::diag::{self, Code, Diagnostic};
use crate::source::{STDIN, Source, Sources};

/// The largest file; ten thousand configurations written out take half of it.
const FILE_BYTES: u64 = 8 << 20;

/// Most bytes of all files together.
const ALL_BYTES: u64 = 64 << 20;

/// Most files.
const FILES: usize = 10_000;

/// Deepest folder below an argument.
const DEPTH: usize = 32;

/// Folders whose files the kernel makes up. Reading some of them, such as `/proc/kmsg`, never ends.
const KERNEL: [&str; 2] = ["/proc", "/sys"];

/// The result of reading files.
#[derive(Debug)]
pub struct Loaded {
    /// The files' texts.
    pub sources: Sources,
    /// The canonical path of each file, with every link followed.
    pub paths: Vec<PathBuf>,
    /// What they say.
    pub document: Document,
    /// What is wrong with them, in the order it is shown.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads files and folders as one document, the files of a folder in the order of their names.
///
/// In folders, only `*.yaml` and `*.yml` (in any case) are read, and hidden files and folders are skipped. A file that
/// is reached twice is read once. The path `-` is standard input.
pub fn load(paths: &[PathBuf]) -> Loaded {
    let Texts { sources, paths, mut problems } = read(paths);
    let (mut document, found) = parse(&sources);
    document.partial |= !problems.is_empty();
    problems.extend(found);
    diag::sort(&mut problems);
    Loaded { sources, paths, document, diagnostics: problems }
}

/// Files' texts, and where they came from.
#[derive(Debug)]
pub struct Texts {
    /// The texts.
    pub sources: Sources,
    /// The canonical path of each file, with every link followed.
    pub paths: Vec<PathBuf>,
    /// What could not be read.
    pub problems: Vec<Diagnostic>,
}

/// Reads the same files as [`load`], without parsing them.
pub fn read(paths: &[PathBuf]) -> Texts {
    let mut reader = Reader::default();
    for path in paths {
        reader.argument(path);
    }
    if reader.sources.iter().next().is_none() && reader.problems.is_empty() {
        reader.report_none(paths);
    }
    let Reader { sources, paths, problems, read: _, entered: _, bytes: _ } = reader;
    Texts { sources, paths, problems }
}

/// The path that means standard input.
const STANDARD_INPUT: &str = "-";

/// Whether a name is that of a YAML file.
pub fn is_yaml(path: &Path) -> bool {
    let extension = path.extension();
    extension
        .is_some_and(|extension| ["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// Whether a path means standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// Whether a file begins with these bytes. False for a file that [`load`] would not open because of its kind, and for
/// one that can't be read: reading all of it gives a better error. Nothing is consumed from standard input.
pub fn begins_with(path: &Path, beginning: &[u8]) -> bool {
    if is_standard_input(path) {
        return io::stdin().lock().fill_buf().is_ok_and(|first| first.starts_with(beginning));
    }
    let begins = || -> io::Result<bool> {
        let canonical = fs::canonicalize(path)?;
        let mut bytes = Vec::new();
        if can_be_read(&canonical, fs::metadata(&canonical)?.file_type()) {
            File::open(canonical)?.take(beginning.len() as u64).read_to_end(&mut bytes)?;
        }
        Ok(bytes == beginning)
    };
    begins().unwrap_or_default()
}

/// Whether a canonical path is a file that can be read to its end.
fn can_be_read(canonical: &Path, kind: FileType) -> bool {
    kind.is_file() && !KERNEL.iter().any(|folder| canonical.starts_with(folder))
}

/// What an argument or a link leads to.
enum Target {
    Folder(PathBuf),
    File(PathBuf),
}

#[derive(Default)]
struct Reader {
    sources: Sources,
    paths: Vec<PathBuf>,
    problems: Vec<Diagnostic>,
    /// Canonical paths of the files that were read.
    read: BTreeSet<PathBuf>,
    /// Canonical paths of the folders that were entered. Without them, links between folders would multiply the paths
    /// to visit.
    entered: BTreeSet<PathBuf>,
    bytes: u64,
}

impl Reader {
    fn argument(&mut self, path: &Path) {
        if is_standard_input(path) {
            return self.file(path, STDIN.to_owned());
        }
        let name = shown(path);
        let target = match root_of(path).and_then(|root| follow(path, &root)) {
            Ok(target) => target,
            Err(problem) => return self.problem(&name, problem),
        };
        match target {
            Target::File(path) => self.file(&path, name),
            Target::Folder(folder) => {
                let name = name.trim_end_matches('/').to_owned();
                self.folder(&folder.clone(), &mut vec![folder], &name);
            }
        }
    }

    /// Reads a folder; `above` holds the canonical paths from the root to this folder, both included.
    fn folder(&mut self, folder: &Path, above: &mut Vec<PathBuf>, name: &str) {
        if !self.entered.insert(folder.to_owned()) {
            return;
        }
        let mut entries: Vec<PathBuf> =
            match fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
                Err(error) => return self.problem(name, Problem::Io(error)),
            };
        entries.sort_unstable();
        for path in entries {
            let Some(file_name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
                continue;
            };
            if !file_name.starts_with('.') {
                self.entry(&path, above, &format!("{name}/{file_name}"));
            }
        }
    }

    fn entry(&mut self, path: &Path, above: &mut Vec<PathBuf>, name: &str) {
        let is_yaml = is_yaml(path);
        match follow(path, &above[0]) {
            Ok(Target::File(path)) if is_yaml => self.file(&path, name.to_owned()),
            Ok(Target::File(_)) => {}
            Ok(Target::Folder(_)) if is_yaml => self.problem(name, Problem::FolderNamedFile),
            Ok(Target::Folder(folder)) if above.contains(&folder) => self.problem(name, Problem::Circle),
            Ok(Target::Folder(_)) if above.len() > DEPTH => self.problem(name, Problem::Depth),
            Ok(Target::Folder(folder)) => {
                above.push(folder.clone());
                self.folder(&folder, above, name);
                above.pop();
            }
            // A broken link or a socket is ignored unless its name ends in `.yaml` or `.yml`.
            Err(problem @ (Problem::Io(_) | Problem::DeadLink(_) | Problem::Special)) if !is_yaml => {
                drop(problem)
            }
            Err(problem) => self.problem(name, problem),
        }
    }

    fn file(&mut self, path: &Path, name: String) {
        if !self.read.insert(path.to_owned()) {
            return;
        }
        match self.text(path) {
            Ok(text) => {
                self.sources.add(Source::new(name, text));
                self.paths.push(path.to_owned());
            }
            Err(problem) => self.problem(&name, problem),
        }
    }

    fn text(&mut self, path: &Path) -> Result<String, Problem> {
        if self.read.len() > FILES {
            return Err(Problem::Files);
        }
        let mut bytes = Vec::new();
        match is_standard_input(path) {
            true => io::stdin().lock().take(FILE_BYTES + 1).read_to_end(&mut bytes)?,
            false => File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?,
        };
        self.bytes += bytes.len() as u64;
        if bytes.len() as u64 > FILE_BYTES {
            return Err(Problem::FileBytes);
        }
        if self.bytes > ALL_BYTES {
            return Err(Problem::AllBytes);
        }
        String::from_utf8(bytes).map_err(|error| Problem::NotUtf8 {
            at: error.utf8_error().valid_up_to(),
            is_utf16: matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]),
        })
    }

    fn problem(&mut self, name: &str, problem: Problem) {
        self.problems.push(problem.diagnostic(name));
    }

    fn report_none(&mut self, paths: &[PathBuf]) {
        let names: Vec<String> = paths.iter().map(|path| format!("`{}`", shown(path))).collect();
        self.problems.push(
            Diagnostic::new(Code::NoFiles, format!("no `.yaml` or `.yml` file in {}", names.join(", ")))
                .help("name a file, or a folder that holds one"),
        );
    }
}

/// Why a path gave no text.
enum Problem {
    Io(io::Error),
    DeadLink(io::Error),
    Special,
    Outside,
    Circle,
    FolderNamedFile,
    Depth,
    Files,
    FileBytes,
    AllBytes,
    NotUtf8 { at: usize, is_utf16: bool },
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Problem::Io(error)
    }
}

impl Problem {
    fn diagnostic(self, name: &str) -> Diagnostic {
        let (code, message, help) = match self {
            Problem::Io(error) => return unreadable(name, &error),
            Problem::DeadLink(error) => (
                Code::Unreadable,
                format!("`{name}` is a broken symbolic link: {error}"),
                "remove the link, or fix its target",
            ),
            Problem::Special => (
                Code::Unreadable,
                format!("`{name}` is neither a regular file nor a folder"),
                "name a regular file",
            ),
            Problem::Outside => (
                Code::LinkOutside,
                format!("`{name}` is a symbolic link that leads outside the folder it was found in"),
                "replace the link with the file, or name its target as an argument",
            ),
            Problem::Circle => (
                Code::Unreadable,
                format!("`{name}` is a symbolic link to a folder that contains it"),
                "remove the link",
            ),
            Problem::FolderNamedFile => (
                Code::Unreadable,
                format!("`{name}` is a folder with the name of a file"),
                "rename the folder",
            ),
            Problem::Depth => {
                (Code::Limit, format!("`{name}` is more than {DEPTH} folders deep"), "use fewer folders")
            }
            Problem::Files => (
                Code::Limit,
                format!("`{name}` is one file too many: the limit is {FILES}"),
                "join files, or name fewer",
            ),
            Problem::FileBytes => {
                let most = FILE_BYTES >> 20;
                (
                    Code::Limit,
                    format!("`{name}` is larger than {most} MiB"),
                    "split it: several files are read as one document",
                )
            }
            Problem::AllBytes => {
                let most = ALL_BYTES >> 20;
                (
                    Code::Limit,
                    format!("with `{name}`, all files together are larger than {most} MiB"),
                    "name fewer files",
                )
            }
            Problem::NotUtf8 { at, is_utf16: false } => (
                Code::NotUtf8,
                format!("`{name}` is not UTF-8: invalid byte at offset {at}"),
                "save it as UTF-8",
            ),
            Problem::NotUtf8 { is_utf16: true, .. } => {
                (Code::NotUtf8, format!("`{name}` looks like UTF-16"), "save it as UTF-8")
            }
        };
        Diagnostic::new(code, message).help(help)
    }
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let message = format!("can't read `{name}`: {}", error);
    Diagnostic::new(Code::Unreadable, message).help(match error.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "make it readable for the user who runs livevod",
        _ => "name a file that can be read",
    })
}

/// The folder that an argument must not lead out of: the working folder for a relative path without `..`, else the
/// folder that contains the argument's last part.
fn root_of(path: &Path) -> Result<PathBuf, Problem> {
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_below {
        return Ok(fs::canonicalize(".")?);
    }
    match (path.file_name(), path.parent()) {
        (Some(_), Some(parent)) => Ok(fs::canonicalize(parent)?),
        _ => Ok(fs::canonicalize(path)?),
    }
}

/// Follows every link of a path and returns what is there, if it is still inside `root`.
fn follow(path: &Path, root: &Path) -> Result<Target, Problem> {
    let is_link = || fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_symlink());
    let canonical = fs::canonicalize(path).map_err(|error| match is_link() {
        true => Problem::DeadLink(error),
        false => Problem::Io(error),
    })?;
    if !canonical.starts_with(root) {
        return Err(Problem::Outside);
    }
    let kind = fs::metadata(&canonical)?.file_type();
    if kind.is_dir() {
        Ok(Target::Folder(canonical))
    } else if can_be_read(&canonical, kind) {
        Ok(Target::File(canonical))
    } else {
        Err(Problem::Special)
    }
}

/// The path as the user wrote it, with `/` between its parts.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(files: &[(&str, &[u8])]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, content) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            Self(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// File names below the folder, and codes.
        fn load(&self, argument: &str) -> (Vec<String>, Vec<Code>) {
            let loaded = load(&[self.path(argument)]);
            let prefix = format!("{}/", self.0.path().display());
            let names = loaded.sources.iter().map(|(_, source)| source.name().replace(&prefix, "")).collect();
            (names, loaded.diagnostics.iter().map(|found| found.code).collect())
        }
    }

    const GOOD: &[u8] = b"version: 1\n";

    #[test]
    fn folders_are_read_in_name_order() {
        let folder = Folder::new(&[
            ("b.yaml", GOOD),
            ("a/z.yml", GOOD),
            ("a.yaml", GOOD),
            (".hidden.yaml", b"nonsense"),
            (".git/x.yaml", b"nonsense"),
            ("README.md", b"nonsense"),
        ]);
        let expected: Vec<String> = ["a/z.yml", "a.yaml", "b.yaml"].map(String::from).into();
        assert_eq!(folder.load(""), (expected, vec![]));
    }

    #[test]
    fn a_file_named_twice_is_read_once() {
        let folder = Folder::new(&[("a.yaml", b"version: 1\naccount: \"1\"\n")]);
        let loaded = load(&[folder.path("a.yaml"), folder.path(""), folder.path("./a.yaml")]);
        assert_eq!(loaded.sources.iter().count(), 1);
        assert_eq!(loaded.diagnostics, []);
    }

    #[test]
    fn windows_text_is_text() {
        let folder = Folder::new(&[("a.yaml", "\u{feff}version: 1\r\nregion: cn-shanghai\r\n".as_bytes())]);
        let loaded = load(&[folder.path("a.yaml")]);
        assert_eq!(loaded.diagnostics, []);
        assert_eq!(loaded.document.region.unwrap().value, "cn-shanghai");
    }

    #[test]
    fn each_trouble_is_one_finding() {
        let large = vec![b'#'; FILE_BYTES as usize + 1];
        let folder = Folder::new(&[
            ("latin.yaml", b"version: 1\n# caf\xe9\n"),
            ("nul.yaml", b"version: 1\n# \0\n"),
            ("utf16.yaml", b"\xff\xfev\0e\0"),
            ("large.yaml", &large),
            ("empty.yaml", b""),
            ("named.yaml/a.yaml", GOOD),
            ("none/readme", b""),
        ]);
        for (argument, code) in [
            ("latin.yaml", Code::NotUtf8),
            ("nul.yaml", Code::Syntax),
            ("utf16.yaml", Code::NotUtf8),
            ("large.yaml", Code::Limit),
            ("empty.yaml", Code::EmptyFile),
            ("none", Code::NoFiles),
            ("missing.yaml", Code::Unreadable),
        ] {
            assert_eq!(folder.load(argument).1, [code], "{argument}");
        }
        assert!(folder.load("").1.contains(&Code::Unreadable), "a folder named like a file");
        assert_eq!(load(&[]).diagnostics[0].code, Code::NoFiles);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_of_the_system_are_not_waited_for() {
        for name in ["/proc/version", "/proc/kmsg"] {
            let codes: Vec<Code> = load(&[name.into()]).diagnostics.iter().map(|one| one.code).collect();
            assert_eq!(codes, [Code::Unreadable], "{name}");
            assert!(!begins_with(Path::new(name), b"Linux"), "{name}");
        }
    }

    #[test]
    fn a_beginning_is_told_without_the_rest() {
        let folder = Folder::new(&[("a.yaml", b"version: 1\n"), ("short.yaml", b"ver")]);
        let begins = |name: &str| begins_with(&folder.path(name), b"version");
        assert_eq!(["a.yaml", "short.yaml", "missing.yaml", "."].map(begins), [true, false, false, false]);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_inside() {
        use std::os::unix::fs::symlink;
        let folder =
            Folder::new(&[("in/a.yaml", GOOD), ("in/sub/b.yaml", GOOD), ("out/secret.yaml", b"secret")]);
        let link = |from: &str, to: &str| symlink(to, folder.path(from)).unwrap();
        link("in/inside.yaml", "sub/b.yaml");
        assert_eq!(folder.load("in"), (vec!["in/a.yaml".into(), "in/inside.yaml".into()], vec![]));
        link("in/also", "sub");
        assert_eq!(folder.load("in").0.len(), 2);
        for (from, to, code) in [
            ("in/leak.yaml", "../out/secret.yaml", Code::LinkOutside),
            ("in/leak", "../out", Code::LinkOutside),
            ("in/back", "..", Code::LinkOutside),
            ("in/self.yaml", "self.yaml", Code::Unreadable),
            ("in/sub/up", "../sub", Code::Unreadable),
            ("in/broken.yaml", "nothing", Code::Unreadable),
        ] {
            link(from, to);
            let (names, codes) = folder.load("in");
            assert_eq!((names.len(), codes), (2, vec![code]), "{from} -> {to}");
            fs::remove_file(folder.path(from)).unwrap();
        }
        link("leak.yaml", "/etc/passwd");
        assert_eq!(folder.load("leak.yaml"), (vec![], vec![Code::LinkOutside]));
    }
}
