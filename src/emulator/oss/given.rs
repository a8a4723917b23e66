//! Buckets that exist from the start, as `livevod emulator --bucket` names them.

use std::str::FromStr;

use jiff::Timestamp;

use super::bucket::{Bucket, BucketChange, Buckets, Versioning, Worm, WormState, is_bucket_name};

/// A bucket that exists from the start: `NAME` or `NAME=KIND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBucket {
    name: String,
    kind: Kind,
}

/// What distinguishes a bucket from a usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usual,
    Versioned,
    Suspended,
    Locked,
}

impl NewBucket {
    /// What makes it exist as it is wanted.
    pub(in crate::emulator) fn changes(&self, buckets: &Buckets, now: Timestamp) -> Option<BucketChange> {
        let wanted = self.bucket(now);
        let bucket = match buckets.get(&self.name).map(|held| &held.bucket) {
            Some(_) if self.kind == Kind::Usual => return None,
            Some(Bucket { creation_date, .. }) => Bucket { creation_date: *creation_date, ..wanted },
            None => wanted,
        };
        Some(BucketChange::Bucket(self.name.clone(), bucket))
    }

    /// The bucket, if it is created at this time.
    fn bucket(&self, now: Timestamp) -> Bucket {
        let versioning = match self.kind {
            Kind::Usual | Kind::Locked => None,
            Kind::Versioned => Some(Versioning::Enabled),
            Kind::Suspended => Some(Versioning::Suspended),
        };
        let worm = (self.kind == Kind::Locked).then(|| Worm {
            worm_id: "1666E2CFB2B3418".to_owned(),
            state: WormState::Locked,
            retention_period_in_days: 1,
            creation_date: now,
        });
        Bucket { creation_date: now, versioning, worm }
    }
}

impl FromStr for NewBucket {
    /// Why the text is not a bucket.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, kind) = text.split_once('=').unwrap_or((text, ""));
        let kind = match kind {
            "" if text == name => Kind::Usual,
            "versioned" => Kind::Versioned,
            "suspended" => Kind::Suspended,
            "locked" => Kind::Locked,
            _ => return Err(format!("expected `{name}=versioned`, `{name}=suspended` or `{name}=locked`")),
        };
        if !is_bucket_name(name) {
            let rule = "has 3 to 63 lower-case letters, digits and `-`, and no `-` at its ends";
            return Err(format!("the name of a bucket {rule}"));
        }
        Ok(Self { name: name.to_owned(), kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_have_a_kind() {
        let bucket = |text: &str| text.parse::<NewBucket>().unwrap().bucket(Timestamp::UNIX_EPOCH);
        assert_eq!((bucket("demo").versioning, bucket("demo").worm), (None, None));
        assert_eq!(bucket("demo=versioned").versioning, Some(Versioning::Enabled));
        assert_eq!(bucket("demo=suspended").versioning, Some(Versioning::Suspended));
        assert_eq!(bucket("demo=locked").worm.unwrap().state, WormState::Locked);
        for bad in ["", "De", "demo=", "demo=frozen", "-demo", "=locked"] {
            assert!(bad.parse::<NewBucket>().is_err(), "{bad}");
        }
    }
}
