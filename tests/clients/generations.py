"""Both generations of the API, each as the SDK of its time calls it.

`alibabacloud-live20161101` 3 knows recording by format and the other parameters of 2026; `aliyun-python-sdk-live` knows none of them.
"""

from sdks import Core, Key, Tea

DOMAIN = "generations.example.com"
KEY = Key("emulator", "emulator")
GROUP = "e2d796d3bb5fd8049d32bff62f94e4c1"
ARCHIVE = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"

M3U8 = {
    "Format": "m3u8",
    "AutoCompose": "ON",
    "ProcessMethod": "transcode",
    "ProcessTemplateId": GROUP,
    "SliceDuration": 10,
    "Tags": "sports,live",
    "VideoProcess": "origin,compose",
}
MP4 = {"Format": "mp4", "ProcessMethod": "workflow", "ProcessTemplateId": "wf-1"}

# Everything of 2026 that an Update can't change, then what it can.
FIXED = {"RecordContent": "raw,transcode", "SpaceId": "app-1000000"}
NEWER = {"CycleDuration": 900, "OnDemand": 0, "DelayTime": 60, "TranscodeTemplates": ["lld", "lsd"]}

# The SDK's two signatures.
ALGORITHMS = [("v3", None), ("v1", "v2")]

# The same as livevod's own file, whose plan must then be empty; `%s` is the stream.
BY_FORMAT = """
version: 1
domains:
  generations.example.com:
    apps:
      show:
        streams:
          %s:
            cycle_duration: 40m
            delay_time: 60
            record_content: [raw, transcode]
            transcode_templates: [lld, lsd]
            space_id: app-1000000
            record_format:
              m3u8:
                process: { transcode: e2d796d3bb5fd8049d32bff62f94e4c1 }
                slice_duration: 20s
                auto_compose: on
                video: [origin, compose]
                tags: "sports,live"
              mp4: { process: { workflow: wf-1 } }
"""


def only(sdk, stream):
    """The one configuration of a stream, without its key and its time."""
    items = sdk.page(DomainName=DOMAIN, AppName="show", StreamName=stream)["LiveRecordVodConfigs"]["LiveRecordVodConfig"]
    [item] = items
    plumbing = ("DomainName", "AppName", "StreamName", "CreateTime")
    return {name: value for name, value in item.items() if name not in plumbing}


def listed(formats, **settings):
    """How a by-format configuration is listed: templates as a text, formats one level deeper than they are sent."""
    return {
        **FIXED,
        **NEWER,
        "TranscodeTemplates": "lld,lsd",
        "FormatConfig": True,
        "RecordFormatList": {"RecordFormat": formats},
        **settings,
    }


def check_2026(tally, port, plan):
    """The newer SDK on a strict server of 2026; `plan(yaml)` is what livevod's plan says."""
    for name, algorithm in ALGORITHMS:
        sdk, at = Tea(port, KEY, algorithm), {"DomainName": DOMAIN, "AppName": "show", "StreamName": name}
        sdk.add(**at, **FIXED, **NEWER, RecordFormat=[M3U8, MP4])
        tally.check(f"2026 {name}: a by-format add shows", only(sdk, name), listed([M3U8, MP4]))
        slower = {**M3U8, "SliceDuration": 20}
        sdk.update(**at, **NEWER, RecordFormat=[MP4, slower])
        tally.check(f"2026 {name}: an update of every format shows", only(sdk, name), listed([slower, MP4]))
        sdk.update(**at, **{**NEWER, "CycleDuration": 2400})
        kept = listed([slower, MP4], CycleDuration=2400)
        tally.check(f"2026 {name}: an update without formats keeps them", only(sdk, name), kept)
        tally.check(f"2026 {name}: livevod sees no difference", plan(BY_FORMAT % name), True)
        fewer = {**at, **NEWER, "RecordFormat": [MP4]}
        malformed = "InvalidRecordFormat.Malformed"
        tally.refused(f"2026 {name}: an update with fewer formats is refused", lambda: sdk.update(**fewer), malformed, 400)
        twice = {**at, "StreamName": "twice", "RecordFormat": [MP4, MP4]}
        tally.refused(f"2026 {name}: two items of one format are refused", lambda: sdk.add(**twice), malformed, 400)
        sdk.delete(**at)


def check_2025(tally, port):
    """The older SDK on a strict server of 2025: it sends nothing that the server does not know."""
    sdk, at = Core(port, KEY), {"DomainName": DOMAIN, "AppName": "show", "StreamName": "cam"}
    classic = {"VodTranscodeGroupId": GROUP, "CycleDuration": 900, "AutoCompose": "ON", "ComposeVodTranscodeGroupId": ARCHIVE}
    sdk.add(**at, **classic, StorageLocation="b.oss-cn-shanghai.aliyuncs.com", OnDemand=7)
    wanted = {**classic, "StorageLocation": "b.oss-cn-shanghai.aliyuncs.com", "OnDemand": 7}
    tally.check("2025: an add shows, and nothing newer", only(sdk, "cam"), wanted)
    sdk.update(**at, **{**classic, "CycleDuration": 2400}, OnDemand=7)
    tally.check("2025: an update shows", only(sdk, "cam"), {**wanted, "CycleDuration": 2400})
    missing = "MissingVodTranscodeGroupId"
    tally.refused("2025: an update needs a group", lambda: sdk.update(**at, CycleDuration=900), missing, 400)
    newer = {**at, "StreamName": "newer", "VodTranscodeGroupId": GROUP, "DelayTime": 60}
    for name, algorithm in ALGORITHMS:
        stranger = Tea(port, KEY, algorithm)
        tally.refused(f"2025: the newer SDK's {name} is refused", lambda: stranger.add(**newer), "InvalidParameter", 400)
    sdk.delete(**at)
