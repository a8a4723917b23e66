"""Checks the emulator's buckets with the vendor's SDKs for Object Storage Service, `oss2` and `alibabacloud-oss-v2`.

    buckets.py BINARY

1. Each SDK, with signatures of version 1 and 4, puts, creates once, appends, lists, reads and deletes, and gets its own typed
   exceptions. Both check the CRC-64 of what they send and receive.
2. 64 callers in 8 processes, of both SDKs and both versions, create the same object at the same moment, 20 times: one of them
   succeeds each time, and its content is the one that stays.
3. Everything is there after a restart.
"""

import hashlib
import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import alibabacloud_oss_v2 as v2
import oss2
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdksts.request.v20150401.AssumeRoleRequest import AssumeRoleRequest
from check import Tally, emulator

KEY = ("emulator", "emulator")
REGION = "cn-shanghai"
PROCESSES, THREADS, RACES = 8, 8, 20
AWKWARD = ["a b", "a+b", "a%2Fb", "a&b=c", "中/文", "deep/er/and/deeper", "~tilde*star'quote", "question?", "x" * 200]


@dataclass
class Refused(Exception):
    """The fields of an SDK's typed exception."""

    code: str
    status: int
    request_id: str = ""


class Oss2:
    """`oss2`, on one bucket."""

    def __init__(self, port, bucket, version, key=KEY, token=None):
        if token:
            auth = oss2.StsAuth(*key, token, auth_version=version)
        else:
            auth = oss2.make_auth(*key, auth_version=version)
        self.bucket = oss2.Bucket(auth, f"http://127.0.0.1:{port}", bucket, region=REGION)

    def call(self, method, *arguments, **named):
        try:
            return getattr(self.bucket, method)(*arguments, **named)
        except oss2.exceptions.ServerError as error:
            raise Refused(error.code, error.status, error.request_id) from error

    def put(self, key, content, once=False):
        headers = {"x-oss-forbid-overwrite": "true"} if once else {}
        return self.call("put_object", key, content, headers=headers).etag

    def get(self, key, part=None):
        return self.call("get_object", key, byte_range=part).read()

    def size(self, key):
        return self.call("head_object", key).content_length

    def exists(self, key):
        return self.call("object_exists", key)

    def append(self, key, position, content):
        return self.call("append_object", key, position, content).next_position

    def delete(self, key):
        self.call("delete_object", key)

    def delete_all(self, keys):
        return self.call("batch_delete_objects", keys).deleted_keys

    def list(self, prefix, page=1000):
        return [one.key for one in oss2.ObjectIterator(self.bucket, prefix, max_keys=page)]

    def list_v2(self, prefix, page=1000, after=""):
        return [one.key for one in oss2.ObjectIteratorV2(self.bucket, prefix, start_after=after, max_keys=page)]

    def groups(self, prefix):
        found = oss2.ObjectIteratorV2(self.bucket, prefix, delimiter="/")
        return [one.key for one in found if one.is_prefix()]

    def versioning(self):
        return self.call("get_bucket_versioning").status

    def enable_versions(self):
        self.call("put_bucket_versioning", oss2.models.BucketVersioningConfig(oss2.BUCKET_VERSIONING_ENABLE))

    def worm(self):
        return self.call("get_bucket_worm").state

    def make(self):
        self.call("create_bucket")

    def remove(self):
        self.call("delete_bucket")

    def info(self):
        info = self.call("get_bucket_info")
        return info.name, info.acl.grant


class Second:
    """`alibabacloud-oss-v2`, on one bucket."""

    def __init__(self, port, bucket, version, key=KEY, token=None):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(*key, token)
        config.region, config.signature_version = REGION, version
        config.endpoint, config.use_path_style = f"http://127.0.0.1:{port}", True
        self.client, self.bucket = v2.Client(config), bucket

    def call(self, operation, **fields):
        request = getattr(v2, "".join(part.capitalize() for part in operation.split("_")) + "Request")
        try:
            return getattr(self.client, operation)(request(bucket=self.bucket, **fields))
        except v2.exceptions.OperationError as error:
            error = error.unwrap()
            raise Refused(error.code, error.status_code, error.request_id) from error

    def put(self, key, content, once=False):
        named = {"forbid_overwrite": "true"} if once else {}
        return self.call("put_object", key=key, body=content, **named).etag.strip('"')

    def get(self, key, part=None):
        named = {"range_header": f"bytes={part[0]}-{part[1]}"} if part else {}
        return self.call("get_object", key=key, **named).body.content

    def size(self, key):
        return self.call("head_object", key=key).content_length

    def exists(self, key):
        return self.client.is_object_exist(self.bucket, key)

    def append(self, key, position, content):
        return self.call("append_object", key=key, position=position, body=content).next_position

    def delete(self, key):
        self.call("delete_object", key=key)

    def delete_all(self, keys):
        objects = [v2.DeleteObject(key=key) for key in keys]
        done = self.call("delete_multiple_objects", objects=objects, encoding_type="url")
        return [one.key for one in done.deleted_objects]

    def pages(self, paginator, request):
        return [one.key for page in paginator.iter_page(request) for one in page.contents or []]

    def list(self, prefix, page=1000):
        request = v2.ListObjectsRequest(bucket=self.bucket, prefix=prefix, max_keys=page, encoding_type="url")
        return self.pages(self.client.list_objects_paginator(), request)

    def list_v2(self, prefix, page=1000, after=None):
        named = {"prefix": prefix, "max_keys": page, "start_after": after or None}
        request = v2.ListObjectsV2Request(bucket=self.bucket, encoding_type="url", **named)
        return self.pages(self.client.list_objects_v2_paginator(), request)

    def groups(self, prefix):
        page = self.call("list_objects_v2", prefix=prefix, delimiter="/", encoding_type="url")
        return [one.prefix for one in page.common_prefixes]

    def versioning(self):
        return self.call("get_bucket_versioning").version_status

    def enable_versions(self):
        self.call("put_bucket_versioning", versioning_configuration=v2.VersioningConfiguration(status="Enabled"))

    def worm(self):
        return self.call("get_bucket_worm").worm_configuration.state

    def make(self):
        self.call("put_bucket")

    def remove(self):
        self.call("delete_bucket")

    def info(self):
        info = self.call("get_bucket_info").bucket_info
        return info.name, info.acl


# By name: how to create each for a port and a bucket.
SDKS = {
    f"{name} {version}": lambda *given, make=make, version=version, **named: make(*given, version, **named)
    for (name, make), version in itertools.product((("oss2", Oss2), ("oss-v2", Second)), ("v1", "v4"))
}


def refused(call):
    """Code, status and whether there is a request id, of the exception that the call raises."""
    try:
        return call()
    except Refused as refusal:
        return refusal.code, refusal.status, bool(refusal.request_id)


def check_objects(tally, name, sdk):
    tally.check(f"{name}: an object has its MD5 as ETag", sdk.put("a", b"one"), hashlib.md5(b"one").hexdigest().upper())
    tally.check(f"{name}: it is read", sdk.get("a"), b"one")
    tally.check(f"{name}: so is a part of it", sdk.get("a", (1, 2)), b"ne")
    tally.check(f"{name}: its size is told", sdk.size("a"), 3)
    tally.check(f"{name}: what exists is told", (sdk.exists("a"), sdk.exists("none")), (True, False))
    tally.check(f"{name}: a missing one is refused", refused(lambda: sdk.get("none")), ("NoSuchKey", 404, True))
    sdk.put("a", b"another")
    tally.check(f"{name}: it is replaced", sdk.get("a"), b"another")
    sdk.put("once", b"first", once=True)
    second = refused(lambda: sdk.put("once", b"second", once=True))
    tally.check(f"{name}: an object is created once", second, ("FileAlreadyExists", 409, True))
    tally.check(f"{name}: the first content stays", sdk.get("once"), b"first")
    sdk.delete("once")
    sdk.delete("once")
    sdk.put("once", b"third", once=True)
    tally.check(f"{name}: a deleted one can be created again", sdk.get("once"), b"third")
    large = bytes(range(256)) * 4096 * 5
    sdk.put("large", large)
    tally.check(f"{name}: 5 MiB come back as they were sent", sdk.get("large") == large, True)
    for key in AWKWARD:
        sdk.put(f"awkward/{key}", key.encode())
    read = [sdk.get(f"awkward/{key}").decode() for key in AWKWARD]
    tally.check(f"{name}: awkward names are read", read, AWKWARD)
    wanted = sorted((f"awkward/{key}" for key in AWKWARD), key=str.encode)
    tally.check(f"{name}: awkward names are listed", sdk.list("awkward/"), wanted)
    tally.check(f"{name}: and in the newer listing", sdk.list_v2("awkward/"), wanted)
    tally.check(f"{name}: awkward names are deleted at once", sorted(sdk.delete_all(wanted), key=str.encode), wanted)
    tally.check(f"{name}: none is left", sdk.list("awkward/"), [])


def check_appends(tally, name, sdk):
    tally.check(f"{name}: an append begins at 0", sdk.append("log", 0, b"one\n"), 4)
    tally.check(f"{name}: and goes on at the length", sdk.append("log", 4, b"two\n"), 8)
    late = refused(lambda: sdk.append("log", 4, b"late\n"))
    tally.check(f"{name}: an append elsewhere is refused", late, ("PositionNotEqualToLength", 409, True))
    tally.check(f"{name}: what was appended is read", sdk.get("log"), b"one\ntwo\n")
    other = refused(lambda: sdk.append("a", 7, b"x"))
    tally.check(f"{name}: other objects take none", other, ("ObjectNotAppendable", 409, True))


def check_listings(tally, name, sdk):
    keys = [f"many/{number // 100:02}/{number:05}" for number in range(1205)]
    for key in keys:
        sdk.put(key, b"x")
    tally.check(f"{name}: 1,205 names are listed", sdk.list("many/") == keys, True)
    tally.check(f"{name}: in pages of 100, too", sdk.list("many/", page=100) == keys, True)
    tally.check(f"{name}: the newer listing lists them", sdk.list_v2("many/", page=333) == keys, True)
    tally.check(f"{name}: and those behind one", sdk.list_v2("many/", after=keys[1199]) == keys[1200:], True)
    groups = [f"many/{number:02}/" for number in range(13)]
    tally.check(f"{name}: names are grouped", sdk.groups("many/"), groups)
    for at in range(0, len(keys), 1000):
        sdk.delete_all(keys[at : at + 1000])
    tally.check(f"{name}: all are deleted", sdk.list_v2("many/"), [])


def check_buckets(tally, name, make, port):
    usual, locked = make(port, "demo"), make(port, "locked")
    fresh = make(port, f"{name.replace(' ', '-')}-fresh")
    fresh.make()
    fresh.put("a", b"one")
    tally.check(f"{name}: a bucket that holds something stays", refused(fresh.remove), ("BucketNotEmpty", 409, True))
    tally.check(f"{name}: its versions are off", fresh.versioning(), None)
    fresh.enable_versions()
    tally.check(f"{name}: its versions are on", fresh.versioning(), "Enabled")
    fresh.put("a", b"two", once=True)
    tally.check(f"{name}: then nothing is created only once", fresh.get("a"), b"two")
    fresh.delete("a")
    fresh.remove()
    tally.check(f"{name}: an empty bucket goes", refused(lambda: fresh.get("a")), ("NoSuchBucket", 404, True))
    tally.check(f"{name}: a bucket tells about itself", usual.info(), ("demo", "private"))
    tally.check(f"{name}: a usual one has no retention policy", refused(usual.worm), ("NoSuchWORMConfiguration", 404, True))
    tally.check(f"{name}: a locked one has", locked.worm(), "Locked")
    key = name.replace(" ", "-")
    locked.put(key, b"one")
    immutable = ("FileImmutable", 409, True)
    tally.check(f"{name}: there nothing is replaced", refused(lambda: locked.put(key, b"two")), immutable)
    tally.check(f"{name}: and nothing deleted", refused(lambda: locked.delete(key)), immutable)


def check_keys(tally, name, make, port):
    stranger, forger = make(port, "demo", key=("nobody", "x")), make(port, "demo", key=("emulator", "x"))
    tally.check(f"{name}: an unknown key is refused", refused(lambda: stranger.get("a")), ("InvalidAccessKeyId", 403, True))
    tally.check(f"{name}: a wrong secret is refused", refused(lambda: forger.get("a")), ("SignatureDoesNotMatch", 403, True))
    id, secret, token = assumed(port)
    named = {"key": (id, secret)}
    if name == "oss-v2 v1":
        # It sends the token as `security-token`, a header that the service's documents do not have.
        without = refused(lambda: make(port, "demo", token=token, **named).get("a"))
        tally.check(f"{name}: a temporary key is refused", without, ("InvalidAccessKeyId", 403, True))
        return
    tally.check(f"{name}: a temporary key is accepted", make(port, "demo", token=token, **named).get("a"), b"another")
    other = refused(lambda: make(port, "demo", token="other", **named).get("a"))
    tally.check(f"{name}: with its own token only", other, ("InvalidSecurityToken", 403, True))


def assumed(port):
    """Id, secret and token of a temporary key."""
    client = AcsClient(region_id=REGION, port=port, credential=AccessKeyCredential(*KEY))
    request = AssumeRoleRequest()
    request.set_endpoint("127.0.0.1")
    request.set_protocol_type("http")
    request.set_accept_format("json")
    request.set_RoleArn("acs:ram::1234567890123456:role/ci")
    request.set_RoleSessionName("run")
    key = json.loads(client.do_action_with_exception(request))["Credentials"]
    return key["AccessKeyId"], key["AccessKeySecret"], key["SecurityToken"]


def race(port, names, start, results):
    """What one process does: its threads create each object as soon as all callers are there."""

    def run(caller, sdk):
        for number in range(RACES):
            start.wait()
            outcome = refused(lambda: sdk.put(f"race/{number:02}", caller.encode(), once=True) and "created")
            results.put((number, caller, outcome))

    threads = [threading.Thread(target=run, args=(f"{at}-{name}", SDKS[name](port, "demo"))) for at, name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check_race(tally, port):
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES * THREADS), context.Queue()
    callers = list(zip(range(PROCESSES * THREADS), itertools.cycle(SDKS)))
    shares = [callers[at * THREADS : (at + 1) * THREADS] for at in range(PROCESSES)]
    processes = [context.Process(target=race, args=(port, share, start, results)) for share in shares]
    for process in processes:
        process.start()
    seen = [results.get(timeout=300) for _ in range(RACES * len(callers))]
    for process in processes:
        process.join(timeout=60)
    lost = ("FileAlreadyExists", 409, True)
    for number in range(RACES):
        outcomes = {caller: outcome for at, caller, outcome in seen if at == number}
        winners = [caller for caller, outcome in outcomes.items() if outcome == "created"]
        losers = [caller for caller, outcome in outcomes.items() if outcome == lost]
        tally.check(f"race {number}: one of 64 wins", (len(winners), len(losers)), (1, len(callers) - 1))
        kept = Oss2(port, "demo", "v4").get(f"race/{number:02}")
        tally.check(f"race {number}: the winner's content stays", [kept.decode()], winners)


def main():
    binary, tally = str(Path(sys.argv[1]).resolve()), Tally()
    os.environ["NO_PROXY"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "state.log"
        with emulator(binary, data, "--bucket", "demo", "--bucket", "locked=locked", "--limit", "0") as port:
            for name, make in SDKS.items():
                sdk = make(port, "demo")
                check_objects(tally, name, sdk)
                check_appends(tally, name, sdk)
                check_listings(tally, name, sdk)
                check_buckets(tally, name, make, port)
                check_keys(tally, name, make, port)
                sdk.delete_all(["log", "once", "large"])
            check_race(tally, port)
            before = {key: sdk.get(key) for key in sdk.list("")}
        with emulator(binary, data) as port:
            sdk = Second(port, "demo", "v4")
            tally.check("everything is there after a restart", {key: sdk.get(key) for key in sdk.list("")}, before)
            again = refused(lambda: sdk.put("race/00", b"x", once=True))
            tally.check("an object is not created again", again, ("FileAlreadyExists", 409, True))
    print(f"\n{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
