"""Texts that are hard to sign: each SDK sends them as values, and livevod's emulator must read the same."""

from sdks import Refusal

# Each kind of character that the signatures encode, or that forms and queries can encode in several ways.
TEXTS = ["直播 録画", "a b", "*", "~", "/", "+", "=", "&", "%", "%41", "a+b c%20d", "x=1&y=2", "!'()\"#?;:@$,<>[]\\^`{|}"]
WHOLE = "直播 *~/+=&%"
# Invalid names of apps and streams; `*` is a valid name.
NAMES = [text for text in [*TEXTS, WHOLE] if text != "*"]
GROUP = "e2d796d3bb5fd8049d32bff62f94e4c1"


def check_awkward(tally, name, sdk):
    domain = f"awkward-{name.replace(' ', '-')}.example.com"

    def at(stream, **settings):
        return {"DomainName": domain, "AppName": "show", "StreamName": stream, **settings}

    check_echo(tally, name, sdk, domain, at)
    check_names(tally, name, sdk, at)


def check_echo(tally, name, sdk, domain, at):
    """SpaceId may be any text here, and is listed unchanged."""
    for number, text in enumerate(TEXTS):
        sdk.add(**at(f"cam{number:02}", VodTranscodeGroupId=GROUP, SpaceId=text))
    page = sdk.page(DomainName=domain, PageSize=100)
    held = sorted(page["LiveRecordVodConfigs"]["LiveRecordVodConfig"], key=lambda item: item["StreamName"])
    tally.check(f"{name}: awkward values come back as they were", [item["SpaceId"] for item in held], TEXTS)
    for item in held:
        sdk.delete(**at(item["StreamName"]))


def check_names(tally, name, sdk, at):
    """Names have an alphabet: a correct signature gets the documented error, never a signature mismatch."""
    for parameter, refusal, texts in [
        ("StreamName", ("InvalidStreamName.Malformed", 400), NAMES),
        ("AppName", ("InvalidAppName.Malformed", 400), NAMES),
        ("DomainName", ("InvalidDomain.NotFound", 404), TEXTS),
        ("StorageLocation", ("InvalidStorage.NotFound", 404), TEXTS),
        ("VodTranscodeGroupId", ("InvalidTemplateGroupId.NotFound", 404), TEXTS),
    ]:
        good = at("cam", VodTranscodeGroupId=GROUP)
        seen = {text: outcome(sdk, {**good, parameter: text}) for text in texts}
        tally.check(f"{name}: no awkward text is a {parameter}", seen, dict.fromkeys(texts, refusal))
    found = sdk.ask("live", "DescribeLiveUserDomains", DomainName=WHOLE)
    tally.check(f"{name}: a search for an awkward name finds nothing", found["TotalCount"], 0)


def outcome(sdk, parameters):
    try:
        return sdk.add(**parameters)
    except Refusal as refusal:
        return refusal.code, refusal.status
