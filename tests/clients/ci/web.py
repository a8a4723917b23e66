"""Plays a web service on this machine: routes, pages, refusals, and a log of every call."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Refused(Exception):
    """An unsuccessful answer."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Redirect(Exception):
    """An answer that redirects the client."""


class Call:
    """One request, as handlers see it."""

    def __init__(self, method, target, headers, body):
        parts = urlsplit(target)
        self.method, self.path = method, parts.path
        self.query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.headers, self.body = headers, body

    def json(self):
        if self.headers.get("Content-Type") != "application/json":
            raise Refused(415, "a body is JSON")
        return json.loads(self.body)

    def page(self, items, default=20):
        """The page that the query asks for."""
        size, number = int(self.query.get("per_page", default)), int(self.query.get("page", 1))
        if not 1 <= size <= 100 or number < 1:
            raise Refused(422, "no such page")
        return items[(number - 1) * size : number * size]


class Host:
    """A server with routes that are methods of the class: `routes` names them by HTTP method and path."""

    routes = []

    def __init__(self):
        self.calls = []
        self.lock = threading.Lock()
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                call = Call(self.command, self.path, self.headers, self.rfile.read(length))
                with host.lock:
                    status, headers, body = host.answer(call)
                    host.calls.append((call.method, call.path, status))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_PUT = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, call):
        try:
            found = self.dispatch(call)
        except Redirect as elsewhere:
            return 302, {"Location": str(elsewhere)}, b""
        except Refused as refusal:
            return refusal.status, {}, json.dumps({"message": str(refusal)}).encode()
        if isinstance(found, bytes):
            return 200, {"Content-Type": "application/octet-stream"}, found
        status = 201 if call.method == "POST" else 200
        return status, {"Content-Type": "application/json"}, json.dumps(found).encode()

    def dispatch(self, call):
        for method, pattern, permission, handler in self.routes:
            if matched := re.fullmatch(pattern, call.path):
                if method == call.method:
                    self.admit(call, permission)
                    return handler(self, call, *matched.groups())
        raise Refused(404, f"no route for {call.method} {call.path}")

    def admit(self, call, permission):
        """Refuses calls without a token that has this permission."""
        raise NotImplementedError

    def writes(self):
        """The writes since the last call of this method."""
        with self.lock:
            seen = [(method, path) for method, path, status in self.calls if method != "GET" and status < 300]
            refused = [call for call in self.calls if call[2] >= 400]
            self.calls.clear()
        assert not refused, refused
        return seen
