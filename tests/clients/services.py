"""The other services that livevod uses, as their SDKs see them: STS, VOD, ActionTrail, domains, recordings, credentials."""

import json
import time
import urllib.request

from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.exceptions import CredentialException
from alibabacloud_credentials.models import Config as CredentialConfig

from sdks import Key, Tea

ACCOUNT = "4200000000000042"
GROUPS = ["e2d796d3bb5fd8049d32bff62f94e4c1", "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"]
DOMAINS = [f"cam{number:02}.example.com" for number in range(25)]
ROLE = f"acs:ram::{ACCOUNT}:role/deployer"
PROVIDER = f"acs:ram::{ACCOUNT}:oidc-provider/ci"

# The account that `livevod emulator` plays for these checks.
ARGUMENTS = [
    *("--account", ACCOUNT, "--role", "deployer", "--credentials-uri"),
    *(word for group in GROUPS for word in ("--group", group)),
    *(word for domain in DOMAINS for word in ("--domain", domain)),
    *("--domain", "far.example.com=ap-southeast-1", "--ingest-domain", "push.example.com"),
    *("--feeds", "push.example.com=cam02.example.com", "--admin"),
    *(word for number in range(12) for word in ("--oss-recording", f"cam00.example.com/show/s{number:02}")),
]


def check_services(tally, name, make, port, key):
    sdk = make(port, key)
    check_identity(tally, name, sdk, make, port)
    check_roles(tally, name, sdk)
    check_groups(tally, name, sdk)
    check_domains(tally, name, sdk)
    check_oss_recordings(tally, name, sdk)
    check_events(tally, name, sdk)
    check_recordings(tally, name, sdk, port)


def handed_out(answer):
    credentials = answer["Credentials"]
    return Key(credentials["AccessKeyId"], credentials["AccessKeySecret"], credentials["SecurityToken"])


def check_identity(tally, name, sdk, make, port):
    """The caller's identity, with a permanent key and in a role; the role's key works, but only with its token."""
    identity = sdk.ask("sts", "GetCallerIdentity")
    tally.check(f"{name}: STS names the account", (identity["AccountId"], identity["IdentityType"]), (ACCOUNT, "RAMUser"))
    role = {"RoleArn": ROLE, "RoleSessionName": "ci", "DurationSeconds": 900}
    session = handed_out(sdk.ask("sts", "AssumeRole", **role))
    in_role = make(port, session)
    seen = in_role.ask("sts", "GetCallerIdentity")["Arn"]
    tally.check(f"{name}: a role is assumed", seen, f"acs:ram::{ACCOUNT}:assumed-role/deployer/ci")
    page = in_role.page(DomainName=DOMAINS[0])
    tally.check(f"{name}: the role's key lists", page["LiveRecordVodConfigs"]["LiveRecordVodConfig"], [])
    forger = make(port, Key(session.id, session.secret, "forged"))
    mismatch = "InvalidSecurityToken.MismatchWithAccessKey"
    tally.refused(f"{name}: another token is refused", lambda: forger.page(DomainName=DOMAINS[0]), mismatch, 400)
    proof = {**role, "OIDCProviderArn": PROVIDER, "OIDCToken": "header.claims.signature"}
    session = handed_out(sdk.ask("sts", "AssumeRoleWithOIDC", **proof))
    identity = make(port, session).ask("sts", "GetCallerIdentity")
    tally.check(f"{name}: a role is assumed by OIDC", identity["IdentityType"], "AssumedRoleUser")


def check_roles(tally, name, sdk):
    good = {"RoleArn": ROLE, "RoleSessionName": "ci"}
    for case, more, code, status in [
        ("an unknown role", {"RoleArn": f"{ROLE}s"}, "EntityNotExist.Role", 404),
        ("a role of another account", {"RoleArn": "acs:ram::1:role/deployer"}, "NoPermission", 403),
        ("an awkward session name", {"RoleSessionName": "直播 *~/+=&%"}, "InvalidParameter.RoleSessionName", 400),
        ("a session of a second", {"DurationSeconds": 1}, "InvalidParameter.DurationSeconds", 400),
    ]:
        tally.refused(f"{name}: {case} is refused", lambda: sdk.ask("sts", "AssumeRole", **{**good, **more}), code, status)


def check_groups(tally, name, sdk):
    group = sdk.ask("vod", "GetTranscodeTemplateGroup", TranscodeTemplateGroupId=GROUPS[0])["TranscodeTemplateGroup"]
    tally.check(f"{name}: VOD has the transcode group", group["TranscodeTemplateGroupId"], GROUPS[0])
    another = {"TranscodeTemplateGroupId": "no/such group"}
    code = "InvalidTranscodeTemplateGroup.NotFound"
    tally.refused(f"{name}: VOD lacks another", lambda: sdk.ask("vod", "GetTranscodeTemplateGroup", **another), code, 404)
    spaces = sdk.ask("vod", "GetAppInfos", AppIds="app-1000000,app-7")
    found = ([space["AppId"] for space in spaces["AppInfoList"]], spaces["NonExistAppIds"])
    tally.check(f"{name}: VOD names the app spaces that exist, and no other", found, (["app-1000000", "app-7"], []))
    listed = sdk.ask("vod", "ListTranscodeTemplateGroup")["TranscodeTemplateGroupList"]
    ids = sorted(group["TranscodeTemplateGroupId"] for group in listed)
    tally.check(f"{name}: VOD lists all groups", ids, sorted([*GROUPS, "VOD_NO_TRANSCODE"]))


def check_domains(tally, name, sdk):
    found, number = [], 0
    while number == 0 or len(found) % 20 == 0:
        number += 1
        page = sdk.ask("live", "DescribeLiveUserDomains", PageNumber=number)["Domains"]["PageData"]
        found += [domain["DomainName"] for domain in page]
    every = sorted([*DOMAINS, "far.example.com", "push.example.com"])
    tally.check(f"{name}: domains come in two pages", (number, sorted(found)), (2, every))
    kinds = {}
    for domain in ("cam00.example.com", "far.example.com", "push.example.com"):
        detail = sdk.ask("live", "DescribeLiveDomainDetail", DomainName=domain)["DomainDetail"]
        kinds[domain] = (detail["LiveDomainType"], detail["Region"])
    wanted = [("liveVideo", "cn-shanghai"), ("liveVideo", "ap-southeast-1"), ("liveEdge", "cn-shanghai")]
    tally.check(f"{name}: domains have kind and region", list(kinds.values()), wanted)
    stranger = {"DomainName": "stranger.example.com"}
    code = "InvalidDomain.NotFound"
    tally.refused(f"{name}: an unknown domain is refused", lambda: sdk.ask("live", "DescribeLiveDomainDetail", **stranger), code, 404)


def check_oss_recordings(tally, name, sdk):
    page = sdk.ask("live", "DescribeLiveRecordConfig", DomainName="cam00.example.com", PageNum=2)
    streams = [item["StreamName"] for item in page["LiveAppRecordList"]["LiveAppRecord"]]
    tally.check(f"{name}: recordings to OSS come in pages", (page["TotalNum"], streams), (12, ["s10", "s11"]))
    conflict = {"DomainName": "cam00.example.com", "AppName": "show", "StreamName": "s03", "VodTranscodeGroupId": GROUPS[0]}
    tally.refused(f"{name}: one conflicts with a recording to VOD", lambda: sdk.add(**conflict), "CommomLiveRcordConfigExisted", 400)


def check_events(tally, name, sdk):
    """ActionTrail lists the writes of this SDK, in pages of one."""
    at = {"DomainName": "cam01.example.com", "AppName": "show", "StreamName": name.replace(" ", "-")}
    sdk.add(**at, VodTranscodeGroupId=GROUPS[0])
    sdk.delete(**at)
    named = [{"Key": "ServiceName", "Value": "Live"}, {"Key": "User", "Value": "emulator"}]
    page, seen = {}, []
    for _ in range(2):
        # Two calls a second are allowed.
        time.sleep(0.6)
        more = {"NextToken": page["NextToken"]} if page else {}
        page = sdk.ask("actiontrail", "LookupEvents", MaxResults="1", LookupAttribute=named, **more)
        [event] = page["Events"]
        stream, user = event["requestParameters"]["StreamName"], event["userIdentity"]["userName"]
        seen.append((event["eventName"], stream, user, event.get("errorCode", "")))
    actions = ["DeleteLiveRecordVodConfig", "AddLiveRecordVodConfig"]
    wanted = [(action, at["StreamName"], "emulator", "") for action in actions]
    tally.check(f"{name}: ActionTrail lists the newest writes", seen, wanted)
    time.sleep(0.6)
    wrong = {"LookupAttribute": [{"Key": "Colour", "Value": "red"}]}
    code = "InvalidQueryParameter"
    tally.refused(f"{name}: an unknown condition is refused", lambda: sdk.ask("actiontrail", "LookupEvents", **wrong), code, 400)


def check_recordings(tally, name, sdk, port):
    """Ten minutes on air, with a cycle of five: a row in the publish list, two recordings in VOD."""
    now = time.time()
    moment = lambda ago: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - ago))
    domain, ingest = "cam02.example.com", "push.example.com"
    key = {"DomainName": domain, "AppName": "show", "StreamName": name.replace(" ", "-")}
    began, ended = moment(3600), moment(3000)
    config = {**key, "VodTranscodeGroupId": "VOD_NO_TRANSCODE", "CycleDuration": 300}
    session = {**key, "PublishTime": began, "StopTime": ended, "Config": config}
    path = f"http://127.0.0.1:{port}/_admin/publish"
    urllib.request.urlopen(urllib.request.Request(path, json.dumps(session).encode(), method="POST")).close()
    # Three calls a second are allowed.
    time.sleep(1.1)
    window = {"StartTime": moment(7200), "EndTime": moment(0)}
    page = sdk.ask("live", "DescribeLiveStreamsPublishList", **key, **window, QueryType="strict", PageSize=10)
    rows = [(row["PublishTime"], row["StopTime"], row["PublishDomain"]) for row in page["PublishInfo"]["LiveStreamPublishInfo"]]
    tally.check(f"{name}: the publish list has the session", (page["TotalNum"], rows), (1, [(began, ended, ingest)]))
    half = {"DomainName": domain, "StartTime": moment(7200)}
    tally.refused(f"{name}: a period without an end is refused", lambda: sdk.ask("live", "DescribeLiveStreamsPublishList", **half), "MissingEndTime", 400)
    online = sdk.ask("live", "DescribeLiveStreamsOnlineList", DomainName=domain)
    tally.check(f"{name}: nothing is on air any more", online["OnlineInfo"]["LiveStreamOnlineInfo"], [])
    models = sdk.ask("live", "DescribeLiveDomainMapping", DomainName=domain)["LiveDomainModels"]["LiveDomainModel"]
    kinds = sorted((model["DomainName"], model["Type"]) for model in models)
    tally.check(f"{name}: the mapping has the ingest domain", kinds, [(domain, "vhost"), (ingest, "publish")])
    videos = sdk.ask("vod", "ListLiveRecordVideo", **key, SortBy="CreationTime:Asc", PageSize=10)
    videos = [(one["RecordStartTime"], one["Video"]["Duration"]) for one in videos["LiveRecordVideoList"]["LiveRecordVideo"]]
    tally.check(f"{name}: VOD lists both recordings", videos, [(began, 300), (moment(3300), 300)])
    told = sdk.ask("live", "DescribeLiveRecordNotifyRecords", DomainName=domain, **window, PageNumber=1, PageSize=10)
    tally.check(f"{name}: no callback was notified", (told["TotalNum"], told.get("CallbackList", [])), (0, []))


def check_credentials_uri(tally, port):
    """The vendor's credentials library fetches a key from the emulator, and the SDK signs with it."""
    uri = f"http://127.0.0.1:{port}/credentials"
    credential = CredentialClient(CredentialConfig(type="credentials_uri", credentials_uri=uri))
    identity = Tea(port, None, credential=credential).ask("sts", "GetCallerIdentity")
    tally.check("credentials: a key from a credentials URI works", identity["IdentityType"], "AssumedRoleUser")
    wrong = CredentialClient(CredentialConfig(type="credentials_uri", credentials_uri=f"{uri}/other"))
    try:
        seen = wrong.get_credential().get_access_key_id()
    except CredentialException as refusal:
        seen = "404" in str(refusal)
    tally.check("credentials: another path hands out none", seen, True)
