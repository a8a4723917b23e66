#!/usr/bin/env bash
# Talks to GitLab for the component beside this file: `livevod.sh COMMAND ARGUMENT…`, one function below per command. Releases hold it as
# `ci/gitlab.sh`, so it is covered by their checksum. Needs bash, curl and jq.
#
# Plans, reports and notes are files and never become an argument, a variable or part of a script. Tokens are never arguments, which
# other processes could read.
set -euo pipefail
shopt -s inherit_errexit
umask 077

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Fetches a URL, with retries. The token is passed in a file descriptor.
get() { # URL
    curl --silent --show-error --fail-with-body --location --retry 3 --max-time 60 --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") "$1" || complain "$1" || return
    cat "$folder/answer"
}

# Writes once, without retries: a POST that got no answer may have arrived, and a second one would add a second note.
send() { # METHOD PATH BODY-FILE
    curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --data-binary "@$3" --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") \
        --header 'Content-Type: application/json' "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$2" || complain "$1 $2" || return
}

# Prints what the host answered. Always fails.
complain() {
    printf 'livevod.sh: %s: %s\n' "$1" "$(head -c 500 "$folder/answer" 2>/dev/null)" >&2
    return 1
}

path() {
    get "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$1"
}

# Saves all pages of a list as one array.
list() { # PATH?QUERY FILE
    local page=1
    : >"$folder/pages"
    while path "$1&per_page=100&page=$page" >"$folder/page"; do
        cat "$folder/page" >>"$folder/pages"
        if [ "$(jq length "$folder/page")" -lt 100 ]; then
            jq --slurp add "$folder/pages" >"$2"
            return
        fi
        page=$((page + 1))
    done
    return 1
}

refuse() {
    printf 'Nothing was applied. %s\n' "$1" >&2
    exit 1
}

# token: saves this job's OIDC token for Alibaba Cloud's STS and prints the file's name.
token() {
    local file
    file=$(mktemp)
    printf '%s' "${LIVEVOD_ID_TOKEN:?}" >"$file"
    echo "$file"
}

# The newest note or issue in a list that starts with a marker and was written by this token's user: others can write a marker too.
mine() { # LIST-FILE FIELD MARKER
    get "$CI_API_V4_URL/user" >"$folder/me"
    jq --compact-output --slurpfile me "$folder/me" --arg field "$2" --arg marker "$3" \
        'map(select(.author.id == $me[0].id and ((.[$field] // "") | startswith($marker)))) | last // empty' "$1"
}

same() { # ITEM FIELD BODY-FILE
    jq --exit-status --arg field "$2" --rawfile body "$3" \
        '(.[$field] | gsub("\r"; "") | rtrimstr("\n")) == ($body | rtrimstr("\n"))' <<<"$1" >/dev/null
}

# note FILE: shows the plan on the merge request, always in the same note. A plan without changes adds no note, and an unchanged note is
# left alone.
note() {
    local notes found
    notes="merge_requests/$CI_MERGE_REQUEST_IID/notes"
    list "$notes?sort=asc" "$folder/notes"
    found=$(mine "$folder/notes" body "$(head -n 1 "$1")")
    jq --null-input --rawfile body "$1" '{body: $body}' >"$folder/body"
    if [ -z "$found" ]; then
        grep --quiet '^\*\*No changes\.' "$1" || send POST "$notes" "$folder/body"
    elif ! same "$found" body "$1"; then
        send PUT "$notes/$(jq .id <<<"$found")" "$folder/body"
    fi
}

# no-plan: replaces a plan that was shown before, since this commit could not be planned.
no_plan() {
    local notes found
    notes="merge_requests/$CI_MERGE_REQUEST_IID/notes"
    list "$notes?sort=asc" "$folder/notes"
    found=$(mine "$folder/notes" body '<!-- livevod:plan:')
    [ -n "$found" ] || return 0
    {
        jq --raw-output '.body | split("\n")[0]' <<<"$found"
        printf '## livevod plan\n\n> [!CAUTION]\n> %s could not be planned: [the job](%s) says why.\n' "$CI_COMMIT_SHA" "$CI_JOB_URL"
    } >"$folder/note"
    jq --null-input --rawfile body "$folder/note" '{body: $body}' >"$folder/body"
    send PUT "$notes/$(jq .id <<<"$found")" "$folder/body"
}

# reviewed FILE: prints the reviewed digest and saves the plan in FILE. In a pipeline that was started by hand, the digest is the one that
# was typed, and there is no file. Otherwise both come from the pipeline of the merge request.
reviewed() {
    local request pipeline
    if [ -n "${LIVEVOD_DIGEST:-}" ]; then
        [[ $LIVEVOD_DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] || refuse 'The typed digest is not a digest: sha256: and 64 hex digits.'
        echo "$LIVEVOD_DIGEST"
        return
    fi
    request=$(merged_request)
    path "merge_requests/$request" >"$folder/request"
    pipeline=$(jq 'select(.source_project_id == .project_id) | .head_pipeline.id // empty' "$folder/request")
    [ -n "$pipeline" ] || refuse "Merge request !$request was never planned. Merge requests from forks are not planned."
    kept_plan "$request" "$pipeline" "$1"
}

# The merge request whose merge, squash or rebase created the pushed commit.
merged_request() {
    local request
    list "repository/commits/$CI_COMMIT_SHA/merge_requests?" "$folder/requests"
    request=$(jq --arg sha "$CI_COMMIT_SHA" --arg branch "$CI_DEFAULT_BRANCH" \
        'map(select(.state == "merged" and .target_branch == $branch
             and ([.merge_commit_sha, .squash_commit_sha, .sha] | index($sha))))
         | if length == 1 then .[0].iid else empty end' "$folder/requests")
    [ -n "$request" ] || refuse "No merge request created $CI_COMMIT_SHA, so no plan of it was reviewed."
    echo "$request"
}

# The plan that the last pipeline of a merge request kept. If the plan job ran more than once, all its plans must have the same digest.
kept_plan() { # REQUEST PIPELINE FILE
    local job
    list "pipelines/$2/jobs?include_retried=true" "$folder/jobs"
    jq --arg name "${LIVEVOD_PLAN_JOB:?}" 'map(select(.name == $name)) | sort_by(.id)' "$folder/jobs" >"$folder/plans"
    jq --exit-status 'length > 0 and last.status == "success"' "$folder/plans" >/dev/null ||
        refuse "The last pipeline of merge request !$1 has no plan."
    : >"$folder/digests"
    for job in $(jq '.[] | select(.status == "success") | .id' "$folder/plans"); do
        path "jobs/$job/artifacts/plan.lvp" >"$3" || refuse "The plan of job $job has expired."
        livevod show "$3" --format json | jq --raw-output .digest >>"$folder/digests"
    done
    [ "$(sort --unique "$folder/digests" | wc -l)" -eq 1 ] ||
        refuse "Merge request !$1 was planned more than once, with different digests. It is not known which one was reviewed."
    head -n 1 "$folder/digests"
}

# verdict CODE REPORT: prints the report of an apply, and what to do about its exit code.
verdict() {
    cat "$2"
    case $1 in
    0) ;;
    3) echo 'REFUSED, nothing was written (exit code 3). The service or the files changed since the review, or a guard refuses the plan:' \
        'see the plan above. If it is right, start a pipeline on the default branch by hand (Build, Pipelines, New pipeline) with' \
        'its digest, and with the guard to release if the refusal names one.' ;;
    4) echo 'INCOMPLETE (exit code 4). Some changes were written and read back, others were not made: see the report. When the' \
        'cause is fixed, retry this job: it continues with the rest.' ;;
    5) echo 'UNKNOWN (exit code 5). The outcome of at least one write is not known, even after reading back. Check the addresses in' \
        'the report, then retry this job: it reads before it writes.' ;;
    130 | 143) echo "INTERRUPTED (exit code $1). Writes in flight were finished and reported. Retry this job: it continues with the" \
        'rest.' ;;
    *) echo "FAILED before any write (exit code $1). See the log above." ;;
    esac
}

# heartbeat: tells a monitor that the drift check ran to its end. Does nothing without the variable.
heartbeat() {
    [ -n "${LIVEVOD_HEARTBEAT_URL:-}" ] || return 0
    curl --silent --show-error --fail --retry 3 --max-time 60 --output /dev/null \
        --config <(printf 'url = "%s"\n' "$LIVEVOD_HEARTBEAT_URL")
}

# issue CODE FILE: keeps one issue per environment. Drift opens it, different drift rewrites it, no drift closes it.
issue() {
    local found number
    list 'issues?labels=livevod-drift&order_by=created_at&sort=asc&scope=all' "$folder/issues"
    found=$(mine "$folder/issues" description "$(head -n 1 "$2")")
    number=$(jq .iid <<<"${found:-null}")
    case "$1 $(jq --raw-output .state <<<"${found:-null}")" in
    '2 null') jq --null-input --rawfile text "$2" \
        '{title: "Recording configurations differ from the files", labels: "livevod-drift", description: $text}' >"$folder/body" ;;
    '2 closed') jq --null-input --rawfile text "$2" '{state_event: "reopen", description: $text}' >"$folder/body" ;;
    '2 opened')
        ! same "$found" description "$2" || return 0
        jq --null-input --rawfile text "$2" '{description: $text}' >"$folder/body"
        ;;
    '0 opened') jq --null-input --rawfile text "$2" '{state_event: "close", description: $text}' >"$folder/body" ;;
    *) return 0 ;;
    esac
    if [ "$number" = null ]; then
        send POST issues "$folder/body"
    else
        send PUT "issues/$number" "$folder/body"
    fi
}

case ${1:?which command?} in
token | note | reviewed | verdict | issue | heartbeat) "$@" ;;
no-plan) no_plan ;;
*)
    echo "livevod.sh: unknown command $1" >&2
    exit 1
    ;;
esac
