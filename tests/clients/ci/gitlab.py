"""Plays as much of GitLab's API as the pipeline uses, for the token of one project bot."""

import re

from web import Host, Refused

PROJECT = 77
BOT = {"id": 501, "username": "project_77_bot"}
PERSON = {"id": 9, "username": "mallory"}


class GitLab(Host):
    def __init__(self):
        super().__init__()
        self.token = "glpat-project-bot"
        self.notes, self.issues, self.requests, self.jobs = [], [], [], []
        self.number = 1000
        self.heartbeats = 0

    def next(self):
        self.number += 1
        return self.number

    def admit(self, call, permission):
        if permission == "public":
            return
        if call.headers.get("PRIVATE-TOKEN") != self.token:
            raise Refused(401, "401 Unauthorized")

    def get_heartbeat(self, _call):
        self.heartbeats += 1
        return {}

    def get_user(self, _call):
        return BOT

    # Notes and issues.

    def get_notes(self, call, request):
        return call.page([one for one in self.notes if one["request"] == int(request)])

    def post_note(self, call, request):
        self.add_note(int(request), call.json()["body"], BOT)

    def put_note(self, call, request, number):
        note = next(one for one in self.notes if (one["request"], one["id"]) == (int(request), int(number)))
        if note["author"] != BOT:
            raise Refused(403, "403 Forbidden")
        note["body"] = call.json()["body"]

    def add_note(self, request, body, author):
        assert body
        self.notes.append({"id": self.next(), "request": request, "body": body, "author": author, "system": False})

    def get_issues(self, call):
        return call.page([one for one in self.issues if call.query["labels"] in one["labels"]])

    def post_issue(self, call):
        fields = call.json()
        fields["labels"] = fields["labels"].split(",")
        self.issues.append({"iid": self.next(), "state": "opened", "author": BOT, **fields})

    def put_issue(self, call, number):
        issue = next(one for one in self.issues if one["iid"] == int(number))
        fields = call.json()
        change = fields.pop("state_event", None)
        issue.update(fields)
        issue["state"] = {"close": "closed", "reopen": "opened", None: issue["state"]}[change]

    # Merge requests and what their pipelines kept.

    def get_merged(self, call, sha):
        return call.page([one for one in self.requests if sha in one["commits"]])

    def get_request(self, _call, number):
        return next(one for one in self.requests if one["iid"] == int(number))

    def get_jobs(self, call, pipeline):
        if call.query.get("include_retried") != "true":
            raise Refused(400, "jobs that ran before are left out")
        return call.page([{k: job[k] for k in ("id", "name", "status")} for job in self.jobs if job["pipeline"] == int(pipeline)])

    def get_artifact(self, _call, number, path):
        job = next(one for one in self.jobs if one["id"] == int(number))
        if path not in job["files"]:
            raise Refused(404, "404 Not Found")
        return job["files"][path]

    project = rf"/api/v4/projects/{PROJECT}"
    routes = [
        ("GET", r"/api/v4/user", None, get_user),
        ("GET", r"/heartbeat", "public", get_heartbeat),
        ("GET", rf"{project}/merge_requests/(\d+)/notes", None, get_notes),
        ("POST", rf"{project}/merge_requests/(\d+)/notes", None, post_note),
        ("PUT", rf"{project}/merge_requests/(\d+)/notes/(\d+)", None, put_note),
        ("GET", rf"{project}/issues", None, get_issues),
        ("POST", rf"{project}/issues", None, post_issue),
        ("PUT", rf"{project}/issues/(\d+)", None, put_issue),
        ("GET", rf"{project}/repository/commits/(\w+)/merge_requests", None, get_merged),
        ("GET", rf"{project}/merge_requests/(\d+)", None, get_request),
        ("GET", rf"{project}/pipelines/(\d+)/jobs", None, get_jobs),
        ("GET", rf"{project}/jobs/(\d+)/artifacts/([\w./-]+)", None, get_artifact),
    ]


def expand(value, variables):
    """A value with the variables that it names, as GitLab fills them in."""
    return re.sub(r"\$(\w+)", lambda found: variables.get(found[1], ""), str(value))


def holds(rule, variables, paths):
    """Does a rule of a job take it in?"""
    words = re.findall(r'"[^"]*"|\$\w+|==|!=|&&', rule["if"])
    source = []
    for word in words:
        if word.startswith("$"):
            source.append(repr(variables.get(word[1:], "")))
        else:
            source.append({"&&": "and"}.get(word, word))
    changed = "changes" not in rule or any(path.startswith("livevod/") for path in paths)
    return bool(eval(" ".join(source), {"__builtins__": {}})) and changed
