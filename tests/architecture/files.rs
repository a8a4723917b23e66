//! Finds the dependencies between the files of `src/`: which file names something that another one defines.
//!
//! An import through a re-export leads to the file that defines the item, so `pub use` in a `mod.rs` is no dependency of its own.
//! Unit tests and comments do not count. A method call on a value can't be seen in the text.

use std::collections::BTreeMap;
use std::path::Path;

/// A module, as the path of names from the crate's root.
pub(super) type Module = Vec<String>;

/// One file, parsed as far as needed to find its dependencies.
pub(super) struct Source {
    /// The path from the package's root.
    pub(super) path: String,
    /// The code without comments, string literals and unit tests.
    pub(super) code: String,
    uses: Vec<Use>,
}

/// One name that a `use` imports.
struct Use {
    path: Vec<String>,
    name: String,
    /// Whether other modules can import the name from here.
    is_exported: bool,
}

/// The library, by module. The root is `lib.rs`.
pub(super) struct Library(pub(super) BTreeMap<Module, Source>);

impl Library {
    pub(super) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeMap::new();
        let mut folders = vec![root.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.extend(source(&name, &std::fs::read_to_string(path).unwrap()));
            }
        }
        Self(files)
    }

    /// The modules that a file's text refers to, each with one path that does.
    pub(super) fn arrows(&self, from: &Module) -> BTreeMap<Module, String> {
        let source = &self.0[from];
        let mut found = BTreeMap::new();
        let mut names = self.children(from);
        let mut add = |target: Module, path: &[String]| {
            if target != *from && !target.is_empty() {
                found.entry(target).or_insert_with(|| path.join("::"));
            }
        };
        for Use { path, name, is_exported } in &source.uses {
            let Some((base, rest)) = self.base(from, path) else { continue };
            let target = [base.clone(), rest.clone()].concat();
            match self.0.contains_key(&target) {
                true => drop(names.insert(name.clone(), target)),
                false if !is_exported => add(self.definer(from, base, &rest), path),
                false => {}
            }
        }
        for path in paths(&source.code) {
            let target = match names.get(&path[0]) {
                Some(module) => Some((module.clone(), path[1..].to_vec())),
                None => self.base(from, &path),
            };
            if let Some((base, rest)) = target {
                add(self.definer(from, base, &rest), &path);
            }
        }
        found
    }

    fn children(&self, module: &Module) -> BTreeMap<String, Module> {
        let is_child = |other: &&Module| other.split_last().is_some_and(|(_, parent)| parent == &module[..]);
        self.0.keys().filter(is_child).map(|child| (child[child.len() - 1].clone(), child.clone())).collect()
    }

    /// The module where a path begins, and the rest of the path; `None` for a path outside the library.
    fn base(&self, from: &Module, path: &[String]) -> Option<(Module, Vec<String>)> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path[0].as_str() {
            "crate" => Some((Vec::new(), path[1..].to_vec())),
            "self" => Some((from.clone(), path[1..].to_vec())),
            "super" => Some((from[..from.len().checked_sub(ups)?].to_vec(), path[ups..].to_vec())),
            child => {
                let child = [from.as_slice(), &[child.to_owned()]].concat();
                self.0.contains_key(&child).then(|| (from.clone(), path.to_vec()))
            }
        }
    }

    /// The module that defines the item at a path from `base`, through re-exports. A private import is visible only to submodules.
    fn definer(&self, from: &Module, base: Module, rest: &[String]) -> Module {
        let Some((part, behind)) = rest.split_first() else { return base };
        let child = [base.as_slice(), std::slice::from_ref(part)].concat();
        if self.0.contains_key(&child) {
            return self.definer(from, child, behind);
        }
        let is_seen = |used: &&Use| used.name == *part && (used.is_exported || from.starts_with(&base));
        let brought = self.0[&base].uses.iter().find(is_seen);
        match brought.and_then(|used| self.base(&base, &used.path)) {
            Some((next, path)) => self.definer(from, next, &[path.as_slice(), behind].concat()),
            None => base,
        }
    }
}

/// A file and its module; `None` for the binary, which uses the library from outside.
pub(super) fn source(path: &str, text: &str) -> Option<(Module, Source)> {
    Some((module(path)?, Source::new(path.to_owned(), text)))
}

fn module(file: &str) -> Option<Module> {
    let parts: Vec<&str> = file.strip_prefix("src/")?.strip_suffix(".rs")?.split('/').collect();
    match parts.as_slice() {
        ["main"] => None,
        ["lib"] => Some(Vec::new()),
        [folder @ .., "mod"] | folder => Some(folder.iter().map(|part| (*part).to_owned()).collect()),
    }
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let code = code(text);
        let mut uses = Vec::new();
        let mut rest = String::new();
        for statement in code.split_inclusive(';') {
            match used(statement) {
                Some((before, visibility, tree)) => {
                    rest.push_str(before);
                    let is_exported = !visibility.is_empty();
                    uses.extend(leaves(tree).into_iter().map(|leaf| Use::new(&leaf, is_exported)));
                }
                None => rest.push_str(statement),
            }
        }
        // In an inline module, `super::*` is the file itself.
        uses.retain(|one| one.name != "*");
        Self { path, code: rest, uses }
    }
}

impl Use {
    fn new(leaf: &str, is_exported: bool) -> Self {
        let (path, alias) = leaf.split_once(" as ").map_or((leaf, None), |(path, alias)| (path, Some(alias)));
        let mut path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
        path.pop_if(|last| last == "self");
        let name = alias.map_or(path[path.len() - 1].clone(), |alias| alias.trim().to_owned());
        Self { path, name, is_exported }
    }
}

/// The last `use` in a text: the text before it, its visibility and its tree.
fn used(statement: &str) -> Option<(&str, &str, &str)> {
    let at = statement.rfind("use ").filter(|at| statement[..*at].ends_with(['\n', ' ', ')']) || *at == 0)?;
    let line = statement[..at].rfind('\n').map_or(0, |at| at + 1);
    let visibility = statement[line..at].trim();
    let is_use = visibility.is_empty() || visibility.starts_with("pub");
    is_use.then(|| (&statement[..line], visibility, statement[at + 4..].trim_end_matches(';')))
}

/// The paths of a tree, `a::{b, c::{d as e}}`.
fn leaves(tree: &str) -> Vec<String> {
    let Some((prefix, group)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut part, mut found) = (0, String::new(), Vec::new());
    for character in group.chars().chain([',']) {
        depth += i32::from(character == '{') - i32::from(character == '}');
        if character != ',' || depth > 0 {
            part.push(character);
            continue;
        }
        let whole = std::mem::take(&mut part);
        let nested = leaves(&whole).into_iter().filter(|leaf| !leaf.is_empty());
        found.extend(nested.map(|leaf| format!("{}{leaf}", prefix.trim())));
    }
    found
}

/// Code without comments, string literals and unit tests.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut is_test = false;
    for line in text.lines() {
        let is_module = line.starts_with("mod ") && line.ends_with('{');
        if code.trim_end().ends_with("#[cfg(test)]") && is_module {
            is_test = true;
        }
        if !is_test {
            code.push_str(&without_visibility(&without_texts(line)));
            code.push('\n');
        }
        is_test &= line != "}";
    }
    code
}

fn without_texts(line: &str) -> String {
    let (mut kept, mut is_text, mut is_escaped) = (String::new(), false, false);
    let mut before = ' ';
    for character in line.chars() {
        match character {
            '"' if !is_escaped && before != '\'' => is_text = !is_text,
            '/' if !is_text && before == '/' => {
                kept.pop();
                break;
            }
            _ if !is_text => kept.push(character),
            _ => {}
        }
        is_escaped = is_text && character == '\\' && !is_escaped;
        before = character;
    }
    kept
}

/// `pub(in crate::api)` names a module without using it.
fn without_visibility(line: &str) -> String {
    let Some((before, rest)) = line.split_once("pub(in ") else { return line.to_owned() };
    format!("{before}pub {}", rest.split_once(')').map_or("", |(_, behind)| behind))
}

/// Every path of two parts or more in some code.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    code.split(|character| !is_part(character))
        .filter(|word| word.contains("::"))
        .map(|word| {
            word.split("::")
                .take_while(|part| !part.is_empty())
                .map(|part| part.trim_matches(':').to_owned())
                .collect()
        })
        .filter(|path: &Vec<String>| path.len() > 1)
        .collect()
}
