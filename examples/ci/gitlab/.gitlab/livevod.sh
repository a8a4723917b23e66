#!/usr/bin/env bash
# The calls to GitLab that the pipeline in .gitlab-ci.yml makes: `livevod.sh COMMAND ARGUMENT…`, with one function below for each
# command. Needs bash, curl and jq.
#
# Plans, reports and notes are in files: no part of them is ever an argument, a variable or part of a script. Tokens are never
# arguments, which other processes could read.
set -euo pipefail
shopt -s inherit_errexit
umask 077

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A GET, which is safe to retry. The token is in a file descriptor.
get() { # URL
    curl --silent --show-error --fail-with-body --location --retry 3 --max-time 60 --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") "$1" || complain "$1" || return
    cat "$folder/answer"
}

# Sends once: an unanswered POST may have arrived, and a second one would create a second note.
send() { # METHOD PATH BODY-FILE
    curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --data-binary "@$3" --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") \
        --header 'Content-Type: application/json' "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$2" || complain "$1 $2" || return
}

# Prints the host's response. Always fails.
complain() {
    printf 'livevod.sh: %s: %s\n' "$1" "$(head -c 500 "$folder/answer" 2>/dev/null)" >&2
    return 1
}

path() {
    get "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$1"
}

# All pages of a list, as one array in a file.
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

# install FOLDER: livevod in FOLDER/bin, built once per revision, and jq if the image has none. There is no release to download
# yet, so it is built from the revision in .gitlab-ci.yml.
install_livevod() {
    command -v jq >/dev/null || { apt-get update --quiet=2 && apt-get install --quiet=2 --yes jq; }
    [ -x "$1/bin/livevod" ] ||
        cargo install --locked --git "${LIVEVOD_REPOSITORY:?}" --rev "${LIVEVOD_REVISION:?}" --root "$1" livevod
}

# token: writes this job's OIDC token for Alibaba Cloud's STS to a file, and the file's name to standard output.
token() {
    local file
    file=$(mktemp)
    printf '%s' "${LIVEVOD_ID_TOKEN:?}" >"$file"
    echo "$file"
}

# The note or issue in a list that begins with the marker and was written with this token: others may write a marker too.
mine() { # LIST-FILE FIELD MARKER
    get "$CI_API_V4_URL/user" >"$folder/me"
    jq --compact-output --slurpfile me "$folder/me" --arg field "$2" --arg marker "$3" \
        'map(select(.author.id == $me[0].id and ((.[$field] // "") | startswith($marker)))) | last // empty' "$1"
}

same() { # ITEM FIELD BODY-FILE
    jq --exit-status --arg field "$2" --rawfile body "$3" \
        '(.[$field] | gsub("\r"; "") | rtrimstr("\n")) == ($body | rtrimstr("\n"))' <<<"$1" >/dev/null
}

# note FILE: writes the plan to the merge request, always in the same note. A plan without changes creates no note, and an unchanged
# plan leaves the note alone.
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

# no-plan: if the note shows an earlier plan, replaces it with the message that this commit has none.
no_plan() {
    local notes found
    notes="merge_requests/$CI_MERGE_REQUEST_IID/notes"
    list "$notes?sort=asc" "$folder/notes"
    found=$(mine "$folder/notes" body '<!-- livevod:plan:')
    [ -n "$found" ] || return 0
    {
        jq --raw-output '.body | split("\n")[0]' <<<"$found"
        printf '## livevod plan\n\n> [!CAUTION]\n> %s could not be planned: see [the job](%s) for the reason.\n' "$CI_COMMIT_SHA" "$CI_JOB_URL"
    } >"$folder/note"
    jq --null-input --rawfile body "$folder/note" '{body: $body}' >"$folder/body"
    send PUT "$notes/$(jq .id <<<"$found")" "$folder/body"
}

# reviewed FILE: prints the reviewed digest on standard output, and saves the plan itself in FILE. In a pipeline that was started
# manually, the digest is the typed one; otherwise the plan is the one that the merged request's pipeline kept.
reviewed() {
    local request pipeline
    if [ -n "${LIVEVOD_DIGEST:-}" ]; then
        [[ $LIVEVOD_DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] || refuse 'LIVEVOD_DIGEST is not a digest (sha256: and 64 hex digits).'
        echo "$LIVEVOD_DIGEST"
        return
    fi
    request=$(merged_request)
    path "merge_requests/$request" >"$folder/request"
    pipeline=$(jq 'select(.source_project_id == .project_id) | .head_pipeline.id // empty' "$folder/request")
    [ -n "$pipeline" ] || refuse "Merge request !$request was never planned (merge requests from forks are not)."
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
    [ -n "$request" ] || refuse "$CI_COMMIT_SHA does not come from a merge request, so nobody reviewed a plan of it."
    echo "$request"
}

# The plan that the `plan` jobs of a request's last pipeline kept. If they kept different plans, none is used.
kept_plan() { # REQUEST PIPELINE FILE
    local job
    list "pipelines/$2/jobs?include_retried=true" "$folder/jobs"
    jq 'map(select(.name == "plan")) | sort_by(.id)' "$folder/jobs" >"$folder/plans"
    jq --exit-status 'length > 0 and last.status == "success"' "$folder/plans" >/dev/null ||
        refuse "The last pipeline of merge request !$1 has no plan."
    : >"$folder/digests"
    for job in $(jq '.[] | select(.status == "success") | .id' "$folder/plans"); do
        path "jobs/$job/artifacts/plan.lvp" >"$3" || refuse "The plan of job $job is no longer available."
        livevod show "$3" --format json | jq --raw-output .digest >>"$folder/digests"
    done
    [ "$(sort --unique "$folder/digests" | wc -l)" -eq 1 ] ||
        refuse "Merge request !$1 was planned more than once, with different digests, and it is not known which one was reviewed."
    head -n 1 "$folder/digests"
}

# verdict CODE REPORT: prints the report of an apply, and what to do for its exit code.
verdict() {
    cat "$2"
    case $1 in
    0) ;;
    3) echo 'REFUSED, and nothing was written (exit code 3). The service or the files have changed since the review, or a guard' \
        'refused the plan; see above. Read the plan above. If it is right, start a pipeline manually on the default branch, with' \
        'the digest of the plan in LIVEVOD_DIGEST and, if a guard refused it, the flag that allows it in LIVEVOD_RELEASE.' ;;
    4) echo 'HALF DONE (exit code 4). Some changes were written and read back, others were not made; the report says which. Fix' \
        'the cause, then retry this job: it continues with the remaining changes.' ;;
    5) echo 'CHECK NEEDED (exit code 5). The outcome of at least one write is unknown, even after reading back. Check the addresses' \
        'in the report, then retry this job: it reads before it writes.' ;;
    130 | 143) echo "INTERRUPTED (exit code $1). Writes in flight were finished and reported. Retry this job: it continues with" \
        'the remaining changes.' ;;
    *) echo "FAILED before any write (exit code $1). The log above shows the reason." ;;
    esac
}

# issue CODE FILE: one issue per target. Drift opens it, different drift updates it, no drift closes it.
issue() {
    local found number
    list 'issues?labels=livevod-drift&order_by=created_at&sort=asc&scope=all' "$folder/issues"
    found=$(mine "$folder/issues" description "$(head -n 1 "$2")")
    number=$(jq .iid <<<"${found:-null}")
    case "$1 $(jq --raw-output .state <<<"${found:-null}")" in
    '2 null') jq --null-input --rawfile text "$2" \
        '{title: "Recordings are not configured as declared", labels: "livevod-drift", description: $text}' >"$folder/body" ;;
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
token | note | reviewed | verdict | issue) "$@" ;;
install) install_livevod "${2:?}" ;;
no-plan) no_plan ;;
*)
    echo "livevod.sh: no command $1" >&2
    exit 1
    ;;
esac
