//! What users see, word for word: the binary runs in its own folder, without the environment of this machine.

mod accept;
mod account;
mod all_domains;
mod apply;
mod audit;
mod base;
mod command_line;
#[cfg(unix)]
mod credentials;
#[cfg(unix)]
mod doctor;
mod drift;
mod emulated_account;
mod events;
mod explain;
#[cfg(unix)]
mod gate;
#[cfg(unix)]
mod golden;
#[cfg(unix)]
mod hostile;
mod import;
mod init;
mod journal;
#[cfg(unix)]
mod kept;
mod live;
#[cfg(unix)]
mod metrics;
#[cfg(unix)]
mod month;
#[cfg(unix)]
mod night;
mod notify;
mod online;
#[cfg(unix)]
mod outputs;
mod plan;
mod ram_policy;
mod readme;
mod saved_plan;
pub(crate) mod server;
mod sessions;
#[cfg(unix)]
mod teams;
mod terminal;
mod validate;
mod who;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder, and the only variables that the binary sees.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    variables: Vec<(String, String)>,
}

/// The output and the exit code of a run.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let alone = [
            ("LANG", "C.UTF-8"),
            ("HOME", &home),
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
            // How fast this machine is must not decide how often livevod reads.
            ("LIVEVOD_FRESHNESS", "1m"),
        ];
        let variables = alone.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { folder, variables }
    }

    /// A world whose `livevod.yaml` holds `text`.
    pub(crate) fn with(text: &str) -> Self {
        let world = Self::new();
        world.write("livevod.yaml", text);
        world
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_livevod"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command.envs(self.variables());
        command
    }

    /// Runs the binary with the arguments in `line`, split at spaces.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.pipe(line, "")
    }

    /// The same with `input` on standard input.
    pub(crate) fn pipe(&self, line: &str, input: &str) -> Run {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut command = self.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A process that does not read its input may close the pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            stdout: self.scrub(&String::from_utf8(output.stdout).unwrap()),
            stderr: self.scrub(&String::from_utf8(output.stderr).unwrap()),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Applies, and asserts that everything was done and that a second plan is empty.
    pub(crate) fn converge(&self, arguments: &str) -> Run {
        let run = self.run(&format!("apply {arguments} --auto-approve"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        let allowed = ["--max-", "--allow-", "--settle"];
        let plain: Vec<&str> = arguments
            .split_whitespace()
            .filter(|word| !allowed.iter().any(|flag| word.starts_with(flag)))
            .collect();
        let second = self.run(&format!("plan {} --detailed-exitcode", plain.join(" ")));
        assert_eq!(second.code, 0, "a second plan is not empty:\n{}", second.transcript());
        assert!(second.stdout.contains("No changes."), "{}", second.transcript());
        run
    }

    /// Replaces what differs from run to run and from machine to machine: the folder's name, the machine's name, the ids of requests,
    /// times to the minute, and durations.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let text = scrub_host(&text.replace(self.path().to_str().unwrap(), "[folder]"));
        let text = scrub_number(&scrub_ids(&scrub_minutes(&text)), " call in ");
        scrub_number(&scrub_number(&text, " calls in "), "\"seconds\": ")
    }
}

impl Run {
    /// Standard output without its line breaks.
    pub(crate) fn flowing(&self) -> String {
        self.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Everything printed, and the exit code.
    pub(crate) fn transcript(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(&self.stderr);
        }
        text.push_str(&format!("--- exit {}\n", self.code));
        text
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.transcript()))
    }
}

/// Replaces the decimals that follow `mark`; a whole number stays.
fn scrub_number(text: &str, mark: &str) -> String {
    let mut parts = text.split(mark);
    let mut scrubbed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && !".e-".contains(c)).unwrap_or(part.len());
        let number = if part[..end].contains('.') { "0.0" } else { &part[..end] };
        scrubbed.extend([mark, number, &part[end..]]);
    }
    scrubbed
}

/// Replaces every `2026-11-27 10:02 UTC` by one of the same length.
fn scrub_minutes(text: &str) -> String {
    let mut parts = text.split(" UTC");
    let mut scrubbed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let at = scrubbed.len().saturating_sub("2026-11-27 10:02".len());
        let is_minute = scrubbed.get(at..).is_some_and(|time| {
            let form = time.bytes().map(|byte| if byte.is_ascii_digit() { 'd' } else { char::from(byte) });
            form.collect::<String>() == "dddd-dd-dd dd:dd"
        });
        if is_minute {
            scrubbed.replace_range(at.., "YYYY-MM-DD hh:mm");
        }
        scrubbed.extend([" UTC", part]);
    }
    scrubbed
}

/// Replaces the name of this machine where a journal says it.
#[cfg(unix)]
fn scrub_host(text: &str) -> String {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    let forms = [("on ", "\n"), ("on ", ","), ("on ", " ("), ("\"host\": \"", "\"")];
    forms.iter().fold(text.to_owned(), |text, (front, back)| {
        text.replace(&format!("{front}{host}{back}"), &format!("{front}[host]{back}"))
    })
}

#[cfg(not(unix))]
fn scrub_host(text: &str) -> String {
    text.to_owned()
}

/// Replaces every upper case UUID.
fn scrub_ids(text: &str) -> String {
    const FORM: &[u8] = b"HHHHHHHH-HHHH-HHHH-HHHH-HHHHHHHHHHHH";
    let bytes = text.as_bytes();
    let is_id = |at: usize| {
        bytes.get(at..at + FORM.len()).is_some_and(|part| {
            part.iter().zip(FORM).all(|(byte, form)| match form {
                b'H' => byte.is_ascii_digit() || (b'A'..=b'F').contains(byte),
                _ => byte == form,
            })
        })
    };
    let mut scrubbed = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if is_id(at) {
            scrubbed.extend_from_slice(b"[request id]");
            at += FORM.len();
        } else {
            scrubbed.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(scrubbed).unwrap()
}

/// Runs `script` in a shell in the world's folder, with the binary as `$0`.
#[cfg(unix)]
pub(crate) fn shell(world: &World, script: &str) -> Run {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_livevod")]).current_dir(world.path()).env_clear();
    command.envs(world.variables()).env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    Run {
        stdout: world.scrub(&String::from_utf8(output.stdout).unwrap()),
        stderr: world.scrub(&String::from_utf8(output.stderr).unwrap()),
        code: output.status.code().unwrap_or(-1),
    }
}
