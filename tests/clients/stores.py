"""Runs the tests of buckets (tests/bucket) on servers that are not livevod's own and on one that is.

usage: stores.py LIVEVOD PYTHON

moto plays S3, with conditional writes; PYTHON has it. LIVEVOD's emulator plays OSS.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

# moto looks whether an object exists and creates it in two steps: one request at a time, so that a race is one of clients.
MOTO = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""

# The tests of tests/bucket. One that is not run is an error: a filter that fits nothing would pass, too.
TESTS = 6


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(url, server):
    """Until the server answers, whatever it says."""
    for _ in range(300):
        try:
            return urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return None
        except OSError:
            assert server.poll() is None, f"the server of {url} ended with {server.returncode}"
            time.sleep(0.1)
    raise SystemExit(f"no answer from {url}")


def main():
    livevod, python = (Path(argument).absolute() for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        log = open(Path(folder) / "servers.log", "w+")
        port = free_port()
        s3 = f"http://127.0.0.1:{port}"
        servers = [subprocess.Popen([python, "-c", MOTO, str(port)], stdout=log, stderr=log)]
        try:
            wait(s3, servers[0])
            urllib.request.urlopen(urllib.request.Request(f"{s3}/livevod", method="PUT"))
            port_file = Path(folder) / "port"
            kinds = [f"--bucket=livevod-{kind}={kind}" for kind in ("versioned", "suspended", "locked")]
            command = [livevod, "emulator", "--listen", "127.0.0.1:0", "--port-file", port_file, "--bucket", "livevod", *kinds]
            servers.append(subprocess.Popen(command, stdout=log, stderr=log))
            for _ in range(300):
                if port_file.exists() and port_file.read_text().strip():
                    break
                assert servers[1].poll() is None, f"the emulator ended with {servers[1].returncode}"
                time.sleep(0.1)
            oss = f"http://127.0.0.1:{port_file.read_text().strip()}"
            environment = os.environ | {"LIVEVOD_TEST_S3": s3, "LIVEVOD_TEST_OSS": oss}
            ran = subprocess.run(["cargo", "test", "--test", "all", "--", "bucket::"], env=environment, capture_output=True, text=True)
            passed = re.search(r"^test result: ok\. (\d+) passed; 0 failed; 0 ignored", ran.stdout, re.MULTILINE)
            if ran.returncode != 0 or not passed or int(passed[1]) != TESTS:
                log.seek(0)
                print(ran.stdout, ran.stderr, log.read()[-5000:], sep="\n", file=sys.stderr)
                raise SystemExit(f"stores: {TESTS} tests of buckets must pass on moto's S3 and on the emulator's OSS")
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    print(f"stores: {TESTS} tests of buckets passed on moto's S3 and on the emulator's OSS")


main()
