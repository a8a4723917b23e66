//! ListObjects and ListObjectsV2.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::bucket::Object;
use super::refusal::OssRefusal;
use super::reply::{Reply, iso_date};
use super::scene::OssScene;
use crate::wire::encode;

/// How many entries a page has if the request does not say, and at most.
const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
struct PageOf<'a> {
    objects: Vec<(&'a str, &'a Object)>,
    /// What the names have in common that are listed as one, up to the delimiter.
    prefixes: Vec<&'a str>,
    /// The last entry, if there are more.
    next: Option<&'a str>,
}

/// Which entries a page has.
struct Wanted<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    /// Only entries behind this name; a common prefix that is this one is not listed again.
    after: &'a str,
    most: usize,
}

impl OssScene<'_> {
    /// ListObjects.
    pub(super) fn list_objects(&self) -> Result<Reply, OssRefusal> {
        let marker = self.param("marker").unwrap_or_default();
        let wanted = self.wanted(marker)?;
        let page = page(&self.held()?.objects, &wanted);
        let mut content = self.content(&wanted, &page, true)?;
        content.insert("Marker".to_owned(), self.name(marker)?.into());
        if let Some(next) = page.next {
            content.insert("NextMarker".to_owned(), self.name(next)?.into());
        }
        Ok(Reply::xml("ListBucketResult", &content.into()))
    }

    /// ListObjectsV2.
    pub(super) fn list_objects_v2(&self) -> Result<Reply, OssRefusal> {
        let start = self.param("start-after").unwrap_or_default();
        let token = self.param("continuation-token").filter(|token| !token.is_empty());
        let read = |token: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok();
        let invalid = |token| {
            let message = "The continuation token provided is incorrect.";
            OssRefusal::invalid_argument("continuation-token", token, message)
        };
        let next = token.map(|token| read(token).ok_or_else(|| invalid(token))).transpose()?;
        let wanted = self.wanted(next.as_deref().unwrap_or(start))?;
        let page = page(&self.held()?.objects, &wanted);
        let with_owner = self.param("fetch-owner") == Some("true");
        let mut content = self.content(&wanted, &page, with_owner)?;
        content.insert("StartAfter".to_owned(), self.name(start)?.into());
        content.insert("KeyCount".to_owned(), (page.objects.len() + page.prefixes.len()).into());
        if let Some(token) = token {
            content.insert("ContinuationToken".to_owned(), token.into());
        }
        if let Some(next) = page.next {
            content.insert("NextContinuationToken".to_owned(), URL_SAFE_NO_PAD.encode(next).into());
        }
        Ok(Reply::xml("ListBucketResult", &content.into()))
    }

    fn wanted<'a>(&'a self, after: &'a str) -> Result<Wanted<'a>, OssRefusal> {
        let text = self.param("max-keys").unwrap_or_default();
        let most = if text.is_empty() { Some(USUAL_PAGE) } else { text.parse().ok() };
        let most = most.filter(|most| (1..=LARGEST_PAGE).contains(most)).ok_or_else(|| {
            let message = "Argument max-keys must be an integer between 1 and 1000.";
            OssRefusal::invalid_argument("max-keys", text, message)
        })?;
        let prefix = self.param("prefix").unwrap_or_default();
        let delimiter = self.param("delimiter").unwrap_or_default();
        Ok(Wanted { prefix, delimiter, after, most })
    }

    /// What both versions of the answer have.
    fn content(
        &self,
        wanted: &Wanted<'_>,
        page: &PageOf<'_>,
        with_owner: bool,
    ) -> Result<Map<String, Value>, OssRefusal> {
        let object = |(key, object): &(&str, &Object)| {
            let mut one = Map::from_iter([
                ("Key".to_owned(), self.name(key)?.into()),
                ("LastModified".to_owned(), iso_date(object.facts.last_modified).into()),
                ("ETag".to_owned(), object.etag().into()),
                ("Type".to_owned(), object.facts.object_type.name().into()),
                ("Size".to_owned(), object.content().len().into()),
                ("StorageClass".to_owned(), "Standard".into()),
            ]);
            if with_owner {
                one.insert("Owner".to_owned(), self.owner());
            }
            Ok(Value::Object(one))
        };
        let objects: Vec<Value> = page.objects.iter().map(object).collect::<Result<_, OssRefusal>>()?;
        let prefixes: Vec<Value> = page
            .prefixes
            .iter()
            .map(|prefix| Ok(json!({ "Prefix": self.name(prefix)? })))
            .collect::<Result<_, OssRefusal>>()?;
        let mut content = Map::from_iter([
            ("Name".to_owned(), self.target.bucket.as_str().into()),
            ("Prefix".to_owned(), self.name(wanted.prefix)?.into()),
            ("Delimiter".to_owned(), self.name(wanted.delimiter)?.into()),
            ("MaxKeys".to_owned(), wanted.most.into()),
            ("IsTruncated".to_owned(), page.next.is_some().into()),
            ("Contents".to_owned(), objects.into()),
            ("CommonPrefixes".to_owned(), prefixes.into()),
        ]);
        if self.is_url_encoded()? {
            content.insert("EncodingType".to_owned(), "url".into());
        }
        Ok(content)
    }

    /// A name as this answer has it.
    fn name(&self, name: &str) -> Result<String, OssRefusal> {
        Ok(if self.is_url_encoded()? { encode(name).to_string() } else { name.to_owned() })
    }
}

fn page<'a>(objects: &'a BTreeMap<String, Object>, wanted: &Wanted<'_>) -> PageOf<'a> {
    let Wanted { prefix, delimiter, after, most } = *wanted;
    let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    let mut page = PageOf::default();
    let mut last = None;
    let found = objects.range::<str, _>((from, Bound::Unbounded));
    for (key, object) in found.take_while(|(key, _)| key.starts_with(prefix)) {
        let end = Some(delimiter).filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
            Some(prefix.len() + key.get(prefix.len()..)?.find(delimiter)? + delimiter.len())
        });
        let common = end.and_then(|end| key.get(..end));
        if common.is_some() && (common == Some(after) || common == page.prefixes.last().copied()) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() == most {
            page.next = last;
            return page;
        }
        match common {
            Some(common) => page.prefixes.push(common),
            None => page.objects.push((key, object)),
        }
        last = common.or(Some(key));
    }
    page
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::bucket::{Facts, ObjectType};
    use super::*;

    fn objects(keys: &[&str]) -> BTreeMap<String, Object> {
        let facts = Facts {
            last_modified: Timestamp::UNIX_EPOCH,
            object_type: ObjectType::Normal,
            version_id: None,
            headers: BTreeMap::new(),
        };
        keys.iter().map(|key| ((*key).to_owned(), Object::new(b"", facts.clone()))).collect()
    }

    /// All pages of a listing: names of objects and prefixes, in the order of the pages.
    fn pages(keys: &[&str], prefix: &str, delimiter: &str, most: usize) -> Vec<Vec<String>> {
        let objects = objects(keys);
        let (mut pages, mut after) = (Vec::new(), String::new());
        loop {
            let page = page(&objects, &Wanted { prefix, delimiter, after: &after, most });
            let names = page.objects.iter().map(|(key, _)| *key).chain(page.prefixes.iter().copied());
            pages.push(names.map(str::to_owned).collect());
            match page.next {
                Some(next) => after = next.to_owned(),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_hold_every_name_once_and_in_order() {
        let keys = ["a", "b/1", "b/2", "b/3/x", "c", "d/1", "中"];
        assert_eq!(pages(&keys, "", "", 1000), [keys.to_vec()]);
        assert_eq!(pages(&keys, "", "", 3), [vec!["a", "b/1", "b/2"], vec!["b/3/x", "c", "d/1"], vec!["中"]]);
        assert_eq!(pages(&keys, "b/", "", 1000), [["b/1", "b/2", "b/3/x"]]);
        assert_eq!(pages(&keys, "x", "", 2), [[] as [&str; 0]]);
        assert_eq!(
            pages(&keys, "", "", 7),
            [keys.to_vec()],
            "a full page is the last one if nothing follows"
        );
    }

    #[test]
    fn names_with_a_delimiter_are_listed_as_one() {
        let keys = ["a", "b/1", "b/2", "b/3/x", "c", "d/1", "中"];
        assert_eq!(pages(&keys, "", "/", 1000), [["a", "c", "中", "b/", "d/"]]);
        assert_eq!(pages(&keys, "", "/", 1), [["a"], ["b/"], ["c"], ["d/"], ["中"]]);
        assert_eq!(pages(&keys, "b/", "/", 2), [vec!["b/1", "b/2"], vec!["b/3/"]]);
    }
}
