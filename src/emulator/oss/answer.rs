//! Carries out a signed request of Object Storage Service on the state of the account.

use jiff::{SignedDuration, Timestamp};

use super::operation::{OssOperation, claimed};
use super::refusal::OssRefusal;
use super::reply::{Reply, Surroundings, iso_date};
use super::scene::OssScene;
use super::signature::{Signed, is_signed, verify};
use crate::emulator::state::Record;
use crate::emulator::{Answer, Emulator};
use crate::wire::{Key, Request, decode_pairs};

/// How far the time of a signature may be from the service's.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

impl Emulator {
    /// The answer of Object Storage Service, if the request is for it.
    pub(in crate::emulator) fn answer_oss(
        &self,
        request: &Request,
        now: Timestamp,
        request_id: &str,
    ) -> Option<Answer> {
        claimed(request, |bucket| self.state.buckets().has(bucket))?;
        let surroundings = Surroundings { request, request_id, now };
        Some(match self.visit_bucket(request, now, request_id) {
            Ok(reply) => {
                let (response, changes) = surroundings.accept(reply);
                Answer { response, records: changes.into_iter().map(Record::bucket).collect() }
            }
            Err(refusal) => Answer { response: surroundings.refuse(refusal), records: Vec::new() },
        })
    }

    fn visit_bucket(&self, request: &Request, now: Timestamp, request_id: &str) -> Result<Reply, OssRefusal> {
        if !is_signed(request) {
            return Err(OssRefusal::anonymous());
        }
        let Signed { key_id, token, time, target } =
            verify(request, |id| self.key(id).map(|key| key.secret.clone()))?;
        self.check_oss_token(&key_id, token.as_ref().map(|token| token.expose()), now)?;
        if now.duration_since(time).abs() > SKEW {
            return Err(OssRefusal::skewed()
                .with("MaxAllowedSkewMilliseconds", SKEW.as_millis().to_string())
                .with("RequestTime", iso_date(time))
                .with("ServerTime", iso_date(now)));
        }
        let query = decode_pairs(&request.query).unwrap_or_default();
        let operation = OssOperation::find(request, &target, &query)?;
        let scene = OssScene {
            request,
            target: &target,
            query: &query,
            buckets: self.state.buckets(),
            account: &self.settings.account,
            now,
            request_id,
        };
        carry_out(operation, &scene)
    }

    /// A temporary key is valid only with its own token, and only for a time.
    fn check_oss_token(&self, key_id: &str, given: Option<&str>, now: Timestamp) -> Result<(), OssRefusal> {
        let expected = self.key(key_id).and_then(|key: &Key| key.token.as_ref());
        let expected = expected.map(|token| token.expose());
        let expiration = self.sessions.get(key_id).map(|session| session.expiration);
        match (expected, given) {
            // As the service does, both ways round.
            (Some(_), None) | (None, Some(_)) => Err(OssRefusal::unknown_key()),
            (expected, given) if expected != given => Err(OssRefusal::token_mismatch()),
            _ if expiration.is_some_and(|expiration| expiration <= now) => Err(OssRefusal::token_expired()),
            _ => Ok(()),
        }
    }
}

fn carry_out(operation: OssOperation, scene: &OssScene<'_>) -> Result<Reply, OssRefusal> {
    match operation {
        OssOperation::ListBuckets => scene.list_buckets(),
        OssOperation::PutBucket => scene.put_bucket(),
        OssOperation::DeleteBucket => scene.delete_bucket(),
        OssOperation::GetBucketInfo => scene.bucket_info(),
        OssOperation::GetBucketLocation => scene.bucket_location(),
        OssOperation::GetBucketAcl => scene.bucket_acl(),
        OssOperation::GetBucketVersioning => scene.versioning(),
        OssOperation::PutBucketVersioning => scene.put_versioning(),
        OssOperation::GetBucketWorm => scene.worm(),
        OssOperation::InitiateBucketWorm => scene.initiate_worm(),
        OssOperation::CompleteBucketWorm => scene.complete_worm(),
        OssOperation::AbortBucketWorm => scene.abort_worm(),
        OssOperation::ListObjects => scene.list_objects(),
        OssOperation::ListObjectsV2 => scene.list_objects_v2(),
        OssOperation::DeleteMultipleObjects => scene.delete_objects(),
        OssOperation::PutObject => scene.put_object(),
        OssOperation::AppendObject => scene.append_object(),
        OssOperation::GetObject => scene.get_object(false),
        OssOperation::HeadObject => scene.get_object(true),
        OssOperation::DeleteObject => scene.delete_object(),
    }
}
