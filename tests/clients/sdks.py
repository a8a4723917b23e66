"""The vendor's Python SDKs behind one small interface: `page`, `add`, `update`, `delete`, each by the API's own parameter names.

Nothing of an SDK is patched. Each is only told a host and a port and to speak HTTP, by its own settings.
"""

import json
from dataclasses import dataclass

from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client as TeaClient
from alibabacloud_tea_openapi.exceptions import ClientException as TeaRefusal
from alibabacloud_tea_openapi.models import Config as TeaConfig
from aliyunsdkcore.acs_exception.exceptions import ServerException as CoreRefusal
from aliyunsdkcore.client import AcsClient
from aliyunsdklive.request.v20161101.AddLiveRecordVodConfigRequest import AddLiveRecordVodConfigRequest
from aliyunsdklive.request.v20161101.DeleteLiveRecordVodConfigRequest import DeleteLiveRecordVodConfigRequest
from aliyunsdklive.request.v20161101.DescribeLiveRecordVodConfigsRequest import DescribeLiveRecordVodConfigsRequest
from aliyunsdklive.request.v20161101.UpdateLiveRecordVodConfigRequest import UpdateLiveRecordVodConfigRequest


@dataclass
class Refusal(Exception):
    """What an SDK's typed exception carried."""

    code: str
    status: int
    request_id: str


class Tea:
    """`alibabacloud-live20161101`: ACS3-HMAC-SHA256, or HMAC-SHA1 where `algorithm` is `v2`."""

    def __init__(self, port, key, secret, algorithm=None):
        self.client = TeaClient(
            TeaConfig(
                access_key_id=key,
                access_key_secret=secret,
                endpoint=f"127.0.0.1:{port}",
                protocol="HTTP",
                signature_algorithm=algorithm,
            )
        )

    def page(self, **parameters):
        request = models.DescribeLiveRecordVodConfigsRequest()
        return self._call(self.client.describe_live_record_vod_configs, request, parameters)

    def add(self, **parameters):
        return self._call(self.client.add_live_record_vod_config, models.AddLiveRecordVodConfigRequest(), parameters)

    def update(self, **parameters):
        request = models.UpdateLiveRecordVodConfigRequest()
        return self._call(self.client.update_live_record_vod_config, request, parameters)

    def delete(self, **parameters):
        request = models.DeleteLiveRecordVodConfigRequest()
        return self._call(self.client.delete_live_record_vod_config, request, parameters)

    @staticmethod
    def _call(method, request, parameters):
        try:
            return method(request.from_map(parameters)).body.to_map()
        except TeaRefusal as refusal:
            raise Refusal(refusal.code, refusal.status_code, refusal.request_id) from refusal


class Core:
    """`aliyun-python-sdk-core` with `aliyun-python-sdk-live`: HMAC-SHA1."""

    def __init__(self, port, key, secret):
        self.client = AcsClient(key, secret, "cn-shanghai", port=port)

    def page(self, **parameters):
        return self._call(DescribeLiveRecordVodConfigsRequest(), parameters)

    def add(self, **parameters):
        return self._call(AddLiveRecordVodConfigRequest(), parameters)

    def update(self, **parameters):
        return self._call(UpdateLiveRecordVodConfigRequest(), parameters)

    def delete(self, **parameters):
        return self._call(DeleteLiveRecordVodConfigRequest(), parameters)

    def _call(self, request, parameters):
        request.set_endpoint("127.0.0.1")
        request.set_protocol_type("http")
        for name, value in parameters.items():
            getattr(request, f"set_{name}")(value)
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except CoreRefusal as refusal:
            raise Refusal(refusal.error_code, refusal.http_status, refusal.request_id) from refusal


# By name: how each is made from a port, a key id and a secret.
SDKS = {
    "live20161101 v3": Tea,
    "live20161101 v1": lambda port, key, secret: Tea(port, key, secret, "v2"),
    "sdk-core v1": Core,
}
