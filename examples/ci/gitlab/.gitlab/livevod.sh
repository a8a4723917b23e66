#!/usr/bin/env bash
# What the pipeline beside this file says to GitLab and hears from it: `livevod.sh COMMAND ARGUMENT…`, one function below for each
# command. Needs bash, curl and jq.
#
# Plans, reports and notes stand in files: nothing of them is ever an argument, a variable or a piece of a script. Tokens are
# none of the arguments that other processes could read.
set -euo pipefail
shopt -s inherit_errexit
umask 077

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Fetches what may be asked again, with the token in a file descriptor.
get() { # URL
    curl --silent --show-error --fail-with-body --location --retry 3 --max-time 60 --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") "$1" || complain "$1" || return
    cat "$folder/answer"
}

# Writes once: a POST that got no answer may have arrived, and a second one would make a second note.
send() { # METHOD PATH BODY-FILE
    curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --data-binary "@$3" --output "$folder/answer" \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "${LIVEVOD_API_TOKEN:?}") \
        --header 'Content-Type: application/json' "$CI_API_V4_URL/projects/$CI_PROJECT_ID/$2" || complain "$1 $2" || return
}

# Says what the host answered. Always fails.
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

# install FOLDER: livevod in FOLDER/bin, built once for each revision, and jq where the image has none. There is no release to
# download yet: it is built from a revision that you name.
install_livevod() {
    command -v jq >/dev/null || { apt-get update --quiet=2 && apt-get install --quiet=2 --yes jq; }
    [ -x "$1/bin/livevod" ] ||
        cargo install --locked --git "${LIVEVOD_REPOSITORY:?}" --rev "${LIVEVOD_REVISION:?}" --root "$1" livevod
}

# token: this job's OIDC token in a file for Alibaba Cloud's STS, and the file's name on standard output.
token() {
    local file
    file=$(mktemp)
    printf '%s' "${LIVEVOD_ID_TOKEN:?}" >"$file"
    echo "$file"
}

# This token's own note or issue in a list that begins with a marker: others may write a marker too.
mine() { # LIST-FILE FIELD MARKER
    get "$CI_API_V4_URL/user" >"$folder/me"
    jq --compact-output --slurpfile me "$folder/me" --arg field "$2" --arg marker "$3" \
        'map(select(.author.id == $me[0].id and ((.[$field] // "") | startswith($marker)))) | last // empty' "$1"
}

same() { # ITEM FIELD BODY-FILE
    jq --exit-status --arg field "$2" --rawfile body "$3" \
        '(.[$field] | gsub("\r"; "") | rtrimstr("\n")) == ($body | rtrimstr("\n"))' <<<"$1" >/dev/null
}

# note FILE: the plan on the merge request, always in the same note. A plan without changes makes none, and one that says what the
# note says leaves it alone.
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

# no-plan: where a plan was shown before, it says that this commit has none.
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

# reviewed FILE: the digest that was reviewed on standard output, and the plan itself in FILE. For a pipeline that was started by
# hand that is the digest somebody typed; else the plan that the merged request's pipeline kept.
reviewed() {
    local request pipeline
    if [ -n "${LIVEVOD_DIGEST:-}" ]; then
        [[ $LIVEVOD_DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] || refuse 'LIVEVOD_DIGEST is no digest: sha256: and 64 hex digits.'
        echo "$LIVEVOD_DIGEST"
        return
    fi
    request=$(merged_request)
    path "merge_requests/$request" >"$folder/request"
    pipeline=$(jq 'select(.source_project_id == .project_id) | .head_pipeline.id // empty' "$folder/request")
    [ -n "$pipeline" ] || refuse "Merge request !$request was never planned (those of forks are not)."
    kept_plan "$request" "$pipeline" "$1"
}

# The request whose merge, squash or rebase made the commit that was pushed.
merged_request() {
    local request
    list "repository/commits/$CI_COMMIT_SHA/merge_requests?" "$folder/requests"
    request=$(jq --arg sha "$CI_COMMIT_SHA" --arg branch "$CI_DEFAULT_BRANCH" \
        'map(select(.state == "merged" and .target_branch == $branch
             and ([.merge_commit_sha, .squash_commit_sha, .sha] | index($sha))))
         | if length == 1 then .[0].iid else empty end' "$folder/requests")
    [ -n "$request" ] || refuse "No merged request made $CI_COMMIT_SHA, so nobody reviewed a plan of it."
    echo "$request"
}

# What the runs of `plan` in a request's last pipeline kept: the same plan each time, or none counts.
kept_plan() { # REQUEST PIPELINE FILE
    local job
    list "pipelines/$2/jobs?include_retried=true" "$folder/jobs"
    jq 'map(select(.name == "plan")) | sort_by(.id)' "$folder/jobs" >"$folder/plans"
    jq --exit-status 'length > 0 and last.status == "success"' "$folder/plans" >/dev/null ||
        refuse "The last pipeline of merge request !$1 has no plan."
    : >"$folder/digests"
    for job in $(jq '.[] | select(.status == "success") | .id' "$folder/plans"); do
        path "jobs/$job/artifacts/plan.lvp" >"$3" || refuse "The plan of job $job is not kept any more."
        livevod show "$3" --format json | jq --raw-output .digest >>"$folder/digests"
    done
    [ "$(sort --unique "$folder/digests" | wc -l)" -eq 1 ] ||
        refuse "Merge request !$1 was planned more than once, with different digests, and which one was reviewed is not known."
    head -n 1 "$folder/digests"
}

# verdict CODE REPORT: the report of an apply, and what its exit code asks of whoever reads it.
verdict() {
    cat "$2"
    case $1 in
    0) ;;
    3) echo 'REFUSED, and nothing was written (exit code 3). The service, or the files, are not as they were when this was' \
        'reviewed, or a guard holds the plan; above stands which. Read the plan above. If it is right, start a pipeline on the' \
        'default branch by hand, with its digest in LIVEVOD_DIGEST and what releases it in LIVEVOD_RELEASE.' ;;
    4) echo 'HALF DONE (exit code 4). Some changes were written and read back, others were not made; the report says which. When' \
        'the cause is gone, retry this job: it goes on with what is left.' ;;
    5) echo 'SOMEBODY MUST LOOK (exit code 5). What became of at least one write is not known, even after reading back. Look at' \
        'the addresses in the report, then retry this job: it reads before it writes.' ;;
    130 | 143) echo "INTERRUPTED (exit code $1). Writes in flight were finished and reported. Retry this job: it goes on with what" \
        'is left.' ;;
    *) echo "FAILED before any write (exit code $1). The log above says why." ;;
    esac
}

# issue CODE FILE: one issue for one target. Drift opens it, other drift changes it, no drift closes it.
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
