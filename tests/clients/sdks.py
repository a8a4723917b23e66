"""The vendor's SDKs behind one small interface: `call`, by the API's own action and parameter names.

Nothing of an SDK is patched. Each is only told a host and a port and to speak HTTP, by its own settings.
"""

import importlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from alibabacloud_tea_openapi.exceptions import ClientException as TeaRefusal
from alibabacloud_tea_openapi.models import Config as TeaConfig
from aliyunsdkcore.acs_exception.exceptions import ServerException as CoreRefusal
from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
from aliyunsdkcore.client import AcsClient

# By product: the version of its API.
VERSIONS = {"live": "2016-11-01", "vod": "2017-03-21", "sts": "2015-04-01", "actiontrail": "2020-07-06"}


@dataclass
class Refusal(Exception):
    """The fields of an SDK's typed exception."""

    code: str
    status: int
    request_id: str


@dataclass
class Key:
    """The key that signs calls."""

    id: str
    secret: str
    token: str = None


class Sdk:
    """Methods of every SDK, based on `call(product, action, parameters)`, which returns the answer or raises `Refusal`."""

    def ask(self, product, action, **parameters):
        return self.call(product, action, parameters)

    def page(self, **parameters):
        return self.call("live", "DescribeLiveRecordVodConfigs", parameters)

    def add(self, **parameters):
        return self.call("live", "AddLiveRecordVodConfig", parameters)

    def update(self, **parameters):
        return self.call("live", "UpdateLiveRecordVodConfig", parameters)

    def delete(self, **parameters):
        return self.call("live", "DeleteLiveRecordVodConfig", parameters)


class Tea(Sdk):
    """`alibabacloud-live20161101` and similar packages: ACS3-HMAC-SHA256, or HMAC-SHA1 if `algorithm` is `v2`."""

    def __init__(self, port, key, algorithm=None, credential=None):
        self.config = TeaConfig(
            access_key_id=key and key.id,
            access_key_secret=key and key.secret,
            security_token=key and key.token,
            credential=credential,
            endpoint=f"127.0.0.1:{port}",
            protocol="HTTP",
            signature_algorithm=algorithm,
        )

    def call(self, product, action, parameters):
        package = f"alibabacloud_{product}{VERSIONS[product].replace('-', '')}"
        client = importlib.import_module(f"{package}.client").Client(self.config)
        models = importlib.import_module(f"{package}.models")
        method = getattr(client, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", action).lower())
        # An action without parameters has no request class.
        request = getattr(models, f"{action}Request", None)
        requests = [request().from_map(parameters)] if request else []
        try:
            return method(*requests).body.to_map()
        except TeaRefusal as refusal:
            raise Refusal(refusal.code, refusal.status_code, refusal.request_id) from refusal


class Core(Sdk):
    """`aliyun-python-sdk-core` with `aliyun-python-sdk-live` and similar packages: HMAC-SHA1."""

    def __init__(self, port, key):
        if key.token:
            credential = StsTokenCredential(key.id, key.secret, key.token)
        else:
            credential = AccessKeyCredential(key.id, key.secret)
        self.client = AcsClient(region_id="cn-shanghai", port=port, credential=credential)

    def call(self, product, action, parameters):
        module = f"aliyunsdk{product}.request.v{VERSIONS[product].replace('-', '')}.{action}Request"
        request = getattr(importlib.import_module(module), f"{action}Request")()
        request.set_endpoint("127.0.0.1")
        request.set_protocol_type("http")
        for name, value in parameters.items():
            # Parameters that are newer than the generated class use the SDK's generic method.
            # Of a list, the setter has the plural's name.
            setter = getattr(request, f"set_{name}", None) or getattr(request, f"set_{name}s", None)
            if setter:
                setter(value)
            else:
                request.add_query_param(name, value)
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except CoreRefusal as refusal:
            raise Refusal(refusal.error_code, refusal.http_status, refusal.request_id) from refusal


class Pop(Sdk):
    """`@alicloud/pop-core` for Node.js: HMAC-SHA1, parameters in the query of a GET or in the body of a POST."""

    # One process for each kind of connection to a server, whatever keys sign its calls.
    processes = {}

    def __init__(self, port, key, method):
        self.key, self.way = key, (method, f"http://127.0.0.1:{port}")

    def call(self, product, action, parameters):
        call = {**vars(self.key), "key": self.key.id, "version": VERSIONS[product]}
        process = self._process()
        process.stdin.write(json.dumps({**call, "action": action, "parameters": parameters}) + "\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        if "refusal" in said:
            raise Refusal(**said["refusal"])
        return said["answer"]

    def _process(self):
        if self.way not in self.processes:
            folder = Path(os.environ["LIVEVOD_POP_CORE"])
            self.processes[self.way] = subprocess.Popen(
                ["node", folder / "pop.js", *self.way], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        return self.processes[self.way]

    @classmethod
    def stop(cls):
        for process in cls.processes.values():
            process.stdin.close()
            process.wait(timeout=10)


# By name: how to create each from a port and a key.
SDKS = {
    "live20161101 v3": Tea,
    "live20161101 v1": lambda port, key: Tea(port, key, "v2"),
    "sdk-core v1": Core,
    "pop-core get": lambda port, key: Pop(port, key, "GET"),
    "pop-core post": lambda port, key: Pop(port, key, "POST"),
}
