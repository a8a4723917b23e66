"""Plays as much of GitHub's API as the workflows use. A token may only do what the `permissions` of its job allow."""

import io
import re
import zipfile

from web import Host, Redirect, Refused

REPOSITORY = "platform/recordings"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
PERSON = {"login": "mallory", "type": "User"}
COMMENT_LIMIT = 65536


class Blobs(Host):
    """The download server of artifacts: a signed URL on another host, which must not see any token."""

    def __init__(self):
        super().__init__()
        self.held = {}

    def admit(self, call, permission):
        if call.headers.get("Authorization"):
            raise Refused(400, "a token was sent to another host")

    def blob(self, _call, number):
        if int(number) not in self.held:
            raise Refused(404, "gone")
        return self.held[int(number)]

    routes = [("GET", r"/blob/(\d+)", None, blob)]


class GitHub(Host):
    def __init__(self):
        super().__init__()
        self.tokens = {}
        self.comments, self.issues, self.statuses, self.pulls, self.artifacts = [], [], [], [], []
        self.blobs = Blobs()
        self.heartbeats = 0
        self.number = 1000

    def next(self):
        self.number += 1
        return self.number

    # Permissions.

    def grant(self, token, permissions):
        self.tokens[token] = permissions

    def admit(self, call, permission):
        if permission == "public":
            return
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        if scheme not in ("Bearer", "bearer") or token not in self.tokens:
            raise Refused(401, "Bad credentials")
        scopes, level = permission
        granted = [self.tokens[token].get(scope, "none") for scope in scopes]
        if not any(one == "write" or one == level for one in granted):
            raise Refused(403, f"Resource not accessible by integration: {scopes} {level}")

    # Comments and issues.

    def get_comments(self, call, issue):
        return call.page([one for one in self.comments if one["issue"] == int(issue)], 30)

    def post_comment(self, call, issue):
        self.add_comment(int(issue), self.text(call.json()), BOT)

    def patch_comment(self, call, number):
        comment = next(one for one in self.comments if one["id"] == int(number))
        if comment["user"] != BOT:
            raise Refused(403, "that comment is another's")
        comment["body"] = self.text(call.json())

    def add_comment(self, issue, body, user):
        self.comments.append({"id": self.next(), "issue": issue, "body": body, "user": user})

    @staticmethod
    def text(fields):
        if not 0 < len(fields["body"]) <= COMMENT_LIMIT:
            raise Refused(422, "body is too long or blank")
        return fields["body"]

    def get_issues(self, call):
        state, label = call.query.get("state", "open"), call.query.get("labels")
        found = [one for one in self.issues if state in ("all", one["state"]) and (label is None or label in one["labels"])]
        return call.page(found, 30)

    def post_issue(self, call):
        fields = call.json()
        issue = {"number": self.next(), "state": "open", "user": BOT, "body": self.text(fields)}
        self.issues.append({**issue, "title": fields["title"], "labels": fields["labels"]})

    def patch_issue(self, call, number):
        issue = next(one for one in self.issues if one["number"] == int(number))
        fields = call.json()
        if "body" in fields:
            self.text(fields)
        issue.update(fields)

    # Commits.

    def get_pulls(self, call, sha):
        return call.page([one for one in self.pulls if sha in one["commits"]], 30)

    def get_statuses(self, call, sha):
        return call.page([one for one in reversed(self.statuses) if one["sha"] == sha], 30)

    def post_status(self, call, sha):
        fields = call.json()
        if len(fields["description"]) > 140 or fields["state"] not in ("error", "failure", "pending", "success"):
            raise Refused(422, "no such status")
        self.add_status(sha, fields, BOT)

    def add_status(self, sha, fields, creator):
        assert re.fullmatch("[0-9a-f]{40}", sha), sha
        self.statuses.append({**fields, "sha": sha, "creator": creator, "id": self.next()})

    # Artifacts.

    def add_artifact(self, name, files, foreign=False):
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        number = self.next()
        self.blobs.held[number] = zipped.getvalue()
        run = {"repository_id": 1, "head_repository_id": 2 if foreign else 1}
        self.artifacts.insert(0, {"id": number, "name": name, "expired": False, "workflow_run": run})

    def get_artifacts(self, call):
        name = call.query.get("name")
        return {"artifacts": call.page([one for one in self.artifacts if name in (None, one["name"])], 30)}

    def get_zip(self, _call, number):
        raise Redirect(f"{self.blobs.url}/blob/{number}")

    def get_heartbeat(self, _call):
        self.heartbeats += 1
        return {}

    def get_token(self, call):
        if call.query.get("audience") != "sts.aliyuncs.com":
            raise Refused(400, "another audience")
        return {"count": 1, "value": self.oidc}

    repository = rf"/repos/{REPOSITORY}"
    talk = ("pull-requests", "issues")
    routes = [
        ("GET", rf"{repository}/issues/(\d+)/comments", (talk, "read"), get_comments),
        ("POST", rf"{repository}/issues/(\d+)/comments", (talk, "write"), post_comment),
        ("PATCH", rf"{repository}/issues/comments/(\d+)", (talk, "write"), patch_comment),
        ("GET", rf"{repository}/issues", (("issues",), "read"), get_issues),
        ("POST", rf"{repository}/issues", (("issues",), "write"), post_issue),
        ("PATCH", rf"{repository}/issues/(\d+)", (("issues",), "write"), patch_issue),
        ("GET", rf"{repository}/commits/(\w+)/pulls", (("pull-requests",), "read"), get_pulls),
        ("GET", rf"{repository}/commits/(\w+)/statuses", (("statuses",), "read"), get_statuses),
        ("POST", rf"{repository}/statuses/(\w+)", (("statuses",), "write"), post_status),
        ("GET", rf"{repository}/actions/artifacts", (("actions",), "read"), get_artifacts),
        ("GET", rf"{repository}/actions/artifacts/(\d+)/zip", (("actions",), "read"), get_zip),
        ("GET", r"/oidc", (("request-token",), "read"), get_token),
        ("GET", r"/heartbeat", "public", get_heartbeat),
    ]
