//! Turns the text of `--store` into the address of a store.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `file:DIR`: a folder.
    Folder(PathBuf),
    /// A bucket of object storage.
    Bucket(BucketUrl),
}

/// A bucket of object storage, and the part of it that the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketUrl {
    /// Whose bucket it is.
    pub scheme: Scheme,
    /// The bucket's name; a container's on Azure.
    pub bucket: String,
    /// What the names of all objects begin with: parts between `/`, none at the ends; may be empty.
    pub prefix: String,
}

/// The object storage that a bucket is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Alibaba Cloud Object Storage Service.
    Oss,
    /// Amazon S3, and what speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage.
    Az,
}

/// Why a text is not the address of a store. No text repeats a user name or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreUrlError {
    /// Nothing that looks like a scheme.
    #[error(
        "`{0}` is not the URL of a store; write a folder as `file:DIR`, a bucket as `oss://BUCKET/PREFIX`"
    )]
    NotUrl(String),
    /// An unknown scheme.
    #[error("`{found}:` is not a scheme of a store; {}", meant(.near))]
    Scheme {
        /// The scheme.
        found: String,
        /// The scheme that was probably meant.
        near: Option<&'static str>,
    },
    /// A folder without a path.
    #[error("`file:` needs the path of a folder, such as `file:.livevod`")]
    NoFolder,
    /// `file://` with a host.
    #[error("a folder on another machine can't be a store; write `file:DIR` or `file:///DIR`")]
    FolderHost,
    /// `oss:BUCKET` instead of `oss://BUCKET`.
    #[error("write `{0}://BUCKET/PREFIX`, with two slashes")]
    Slashes(Scheme),
    /// A user name or a password.
    #[error("the URL of a store has no user name or password; livevod finds the credentials itself")]
    User,
    /// A query or a fragment.
    #[error("the URL of a store has no `?` or `#`; settings such as the region come from variables")]
    Query,
    /// No bucket.
    #[error("the URL names no bucket: write `{0}://BUCKET/PREFIX`")]
    NoBucket(Scheme),
    /// A name that no bucket can have.
    #[error("`{name}` can't be the name of a bucket: {}", .scheme.bucket_rule())]
    Bucket {
        /// Whose bucket it would be.
        scheme: Scheme,
        /// The name.
        name: String,
    },
    /// `//`, `.` or `..` within the prefix.
    #[error("the prefix `{0}` has an empty part, `.` or `..`; write names with one `/` between them")]
    Parts(String),
    /// A character that names of objects can't have.
    #[error("the prefix has the character {0:?}; use letters, digits, `.`, `-`, `_`, `*` and `@`")]
    Character(char),
}

/// The schemes, as messages list them.
const SCHEMES: &str = "`file:`, `oss://`, `s3://`, `gs://` and `az://`";

fn meant(near: &Option<&'static str>) -> String {
    near.map_or(format!("use one of {SCHEMES}"), |near| format!("did you mean `{near}:`?"))
}

impl Scheme {
    const ALL: [Scheme; 4] = [Scheme::Oss, Scheme::S3, Scheme::Gs, Scheme::Az];

    fn name(self) -> &'static str {
        match self {
            Scheme::Oss => "oss",
            Scheme::S3 => "s3",
            Scheme::Gs => "gs",
            Scheme::Az => "az",
        }
    }

    /// The characters and the length that names of buckets have, for messages.
    fn bucket_rule(self) -> &'static str {
        match self {
            Scheme::Oss | Scheme::Az => {
                "3 to 63 lowercase letters, digits and `-`, with a letter or digit at both ends"
            }
            Scheme::S3 => {
                "3 to 63 lowercase letters, digits, `-` and `.`, with a letter or digit at both ends"
            }
            Scheme::Gs => {
                "3 to 222 lowercase letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
            }
        }
    }

    /// Whether a bucket can have this name.
    fn permits(self, name: &str) -> bool {
        let (most, others): (usize, &[char]) = match self {
            Scheme::Oss | Scheme::Az => (63, &['-']),
            Scheme::S3 => (63, &['-', '.']),
            Scheme::Gs => (222, &['-', '_', '.']),
        };
        let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
        (3..=most).contains(&name.len())
            && name.chars().all(|char| is_plain(char) || others.contains(&char))
            && name.starts_with(is_plain)
            && name.ends_with(is_plain)
            && !name.contains("..")
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        let (scheme, rest) = split(text)?;
        if scheme == "file" {
            return Ok(StoreUrl::Folder(folder(rest)?));
        }
        match Scheme::ALL.into_iter().find(|known| known.name() == scheme) {
            Some(scheme) => Ok(StoreUrl::Bucket(bucket(scheme, rest)?)),
            None => Err(StoreUrlError::Scheme { near: near(scheme), found: scheme.to_owned() }),
        }
    }
}

/// The scheme, and what follows its `:`. One letter is a drive of Windows, not a scheme.
fn split(text: &str) -> Result<(&str, &str), StoreUrlError> {
    let is_scheme = |scheme: &str| {
        scheme.len() > 1
            && scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
    };
    match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => Ok((scheme, rest)),
        Some(_) if text.contains('@') => Err(StoreUrlError::User),
        Some(_) | None => Err(StoreUrlError::NotUrl(text.to_owned())),
    }
}

/// The scheme that a misspelled one most likely means. Other tools have other names for some.
fn near(scheme: &str) -> Option<&'static str> {
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "gcs" | "gcp" => return Some("gs"),
        "azure" | "azblob" | "abfs" | "abfss" | "wasb" | "wasbs" => return Some("az"),
        "s3a" | "s3n" | "aws" => return Some("s3"),
        "dir" | "fs" | "folder" | "path" => return Some("file"),
        "aliyun" | "alioss" => return Some("oss"),
        _ => {}
    }
    let known = Scheme::ALL.into_iter().map(Scheme::name).chain(["file"]);
    known
        .map(|known| (strsim::osa_distance(&scheme, known), known))
        .filter(|(distance, known)| distance * 2 <= known.len().max(scheme.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn folder(rest: &str) -> Result<PathBuf, StoreUrlError> {
    let path = match rest.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        Some(_) => return Err(StoreUrlError::FolderHost),
        None => rest,
    };
    if path.is_empty() { Err(StoreUrlError::NoFolder) } else { Ok(PathBuf::from(path)) }
}

fn bucket(scheme: Scheme, rest: &str) -> Result<BucketUrl, StoreUrlError> {
    let Some(rest) = rest.strip_prefix("//") else { return Err(StoreUrlError::Slashes(scheme)) };
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // First, so that no message repeats a password.
    if name.contains('@') {
        return Err(StoreUrlError::User);
    }
    if rest.contains(['?', '#']) {
        return Err(StoreUrlError::Query);
    }
    if name.is_empty() {
        return Err(StoreUrlError::NoBucket(scheme));
    }
    if !scheme.permits(name) {
        return Err(StoreUrlError::Bucket { scheme, name: name.to_owned() });
    }
    let prefix = if prefix.is_empty() { prefix } else { parts(prefix.strip_suffix('/').unwrap_or(prefix))? };
    Ok(BucketUrl { scheme, bucket: name.to_owned(), prefix: prefix.to_owned() })
}

fn parts(prefix: &str) -> Result<&str, StoreUrlError> {
    if let Some(char) = prefix.chars().find(|char| *char != '/' && !super::is_in_names(*char)) {
        return Err(StoreUrlError::Character(char));
    }
    match prefix.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        true => Err(StoreUrlError::Parts(prefix.to_owned())),
        false => Ok(prefix),
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Folder(path) => write!(f, "file:{}", path.display()),
            StoreUrl::Bucket(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, bucket, prefix } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(f, "{scheme}://{bucket}{slash}{prefix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StoreUrl, StoreUrlError> {
        text.parse()
    }

    fn told(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_store_is_a_folder_or_a_bucket_with_an_optional_prefix() {
        for text in [
            "file:.livevod",
            "file:/var/lib/livevod",
            "file:C:\\livevod",
            "oss://livevod",
            "oss://livevod/team-a/live_1",
            "s3://my.bucket/a.b",
            "gs://my_bucket",
            "az://container/x",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        let plain = BucketUrl { scheme: Scheme::Oss, bucket: "abc".into(), prefix: "a/b".into() };
        assert_eq!(parse("oss://abc/a/b/"), Ok(StoreUrl::Bucket(plain)));
        assert_eq!(parse("oss://abc/").unwrap().to_string(), "oss://abc");
        assert_eq!(parse("file:///srv/store"), Ok(StoreUrl::Folder("/srv/store".into())));
    }

    #[test]
    fn another_scheme_is_refused_with_the_one_that_was_meant() {
        for (text, meant) in [
            ("oos://abc", "oss"),
            ("OSS://abc", "oss"),
            ("s4://abc", "s3"),
            ("gcs://abc", "gs"),
            ("azblob://abc", "az"),
            ("files:abc", "file"),
        ] {
            assert!(told(text).contains(&format!("did you mean `{meant}:`?")), "{}", told(text));
        }
        assert_eq!(
            told("https://abc.oss-cn-hangzhou.aliyuncs.com"),
            format!("`https:` is not a scheme of a store; use one of {SCHEMES}")
        );
        for text in ["", ".livevod", "livevod/store", "C:\\livevod", ":x"] {
            assert_eq!(parse(text), Err(StoreUrlError::NotUrl(text.to_owned())), "{text}");
        }
        assert_eq!(parse("oss:livevod"), Err(StoreUrlError::Slashes(Scheme::Oss)));
    }

    #[test]
    fn a_bucket_has_a_name_that_its_service_permits() {
        assert_eq!(parse("oss://"), Err(StoreUrlError::NoBucket(Scheme::Oss)));
        assert_eq!(parse("oss:///team"), Err(StoreUrlError::NoBucket(Scheme::Oss)));
        let long = "a".repeat(64);
        for name in ["ab", "Abc", "abc-", "-abc", "a.bc", "a_b", "abc:80", "a b", "a%20b", &long] {
            let error = StoreUrlError::Bucket { scheme: Scheme::Oss, name: name.to_owned() };
            assert_eq!(parse(&format!("oss://{name}/x")), Err(error));
        }
        for (text, permitted) in [
            ("s3://a.bc", true),
            ("s3://a..bc", false),
            ("s3://a_bc", false),
            ("gs://a_b.c", true),
            ("az://a.bc", false),
        ] {
            assert_eq!(parse(text).is_ok(), permitted, "{text}");
        }
    }

    #[test]
    fn no_message_repeats_a_password_and_no_url_has_settings() {
        for text in ["oss://id:hush@abc/team", "s3://hush@abc", "://hush:hush@abc"] {
            assert_eq!(parse(text), Err(StoreUrlError::User), "{text}");
        }
        for text in ["oss://abc?region=cn-hangzhou", "oss://abc/x?y", "oss://abc/x#y"] {
            assert_eq!(parse(text), Err(StoreUrlError::Query), "{text}");
        }
    }

    #[test]
    fn a_prefix_is_made_of_names() {
        for prefix in ["a//b", "/a", "a/../b", "..", ".", "a/.", "/"] {
            let error = parse(&format!("oss://abc/{prefix}")).unwrap_err();
            assert!(matches!(error, StoreUrlError::Parts(_)), "{prefix}: {error}");
        }
        for (prefix, wrong) in [("a b", ' '), ("a%2Fb", '%'), ("中", '中'), ("a\\b", '\\'), ("a:b", ':')] {
            assert_eq!(parse(&format!("oss://abc/{prefix}")), Err(StoreUrlError::Character(wrong)));
        }
        assert_eq!(parse("file:"), Err(StoreUrlError::NoFolder));
        assert_eq!(parse("file://"), Err(StoreUrlError::FolderHost));
        assert_eq!(parse("file://host/share"), Err(StoreUrlError::FolderHost));
    }
}
