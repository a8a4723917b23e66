"""What a careful person would write with the vendor's SDK: read the files, list the domains, compare, write; 16 calls at once, and
PyYAML's parser in C. It checks nothing before a write and reads nothing back.

script.py plan|apply HOST FOLDER
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

KEY = ("emulator", "emulator")
PAGE = 100


def call(client, host, action, **parameters):
    request = RpcRequest("live", "2016-11-01", action)
    request.set_endpoint(host)
    request.set_method("POST")
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return json.loads(client.do_action_with_exception(request))


def listing(client, host, domain):
    found, page = [], 1
    while True:
        answer = call(client, host, "DescribeLiveRecordVodConfigs", DomainName=domain, PageNum=page, PageSize=PAGE)
        items = answer["LiveRecordVodConfigs"]["LiveRecordVodConfig"]
        found += items
        if len(items) < PAGE:
            return {(domain, item["AppName"], item["StreamName"]): item for item in found}
        page += 1


def wanted(folder):
    defaults, found = {}, {}
    for file in sorted(Path(folder).iterdir()):
        document = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        defaults |= document.get("defaults", {})
        for domain, tree in document.get("domains", {}).items():
            for app, below in tree["apps"].items():
                for stream, settings in below["streams"].items():
                    found[domain, app, stream] = settings
    return {address: parameters(defaults | settings) for address, settings in found.items()}


def parameters(settings):
    return {
        "VodTranscodeGroupId": settings["vod_transcode_group"],
        "CycleDuration": int(settings["cycle_duration"].removesuffix("m")) * 60,
        "AutoCompose": "ON" if settings["auto_compose"] else "OFF",
        "ComposeVodTranscodeGroupId": settings["compose_vod_transcode_group"],
    }


def main(what, host, folder):
    client = AcsClient(*KEY, "cn-shanghai")
    want = wanted(folder)
    with ThreadPoolExecutor(16) as pool:
        have = {}
        for found in pool.map(lambda domain: listing(client, host, domain), sorted({key[0] for key in want})):
            have |= found

        def settle(address):
            domain, app, stream = address
            action = "UpdateLiveRecordVodConfig" if address in have else "AddLiveRecordVodConfig"
            call(client, host, action, DomainName=domain, AppName=app, StreamName=stream, **want[address])

        def differs(address):
            held = have.get(address)
            return held is None or any(held[name] != value for name, value in want[address].items())

        changes = [address for address in want if differs(address)]
        if what == "apply":
            list(pool.map(settle, changes))
    print(f"{len(changes)} changes")


main(*sys.argv[1:])
