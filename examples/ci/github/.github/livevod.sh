#!/usr/bin/env bash
# Talks to GitHub for the workflows beside this file: `livevod.sh COMMAND ARGUMENT…`, one function below per command. Needs bash, curl, jq
# and unzip, which GitHub's runners have.
#
# Plans, reports and comments are files, and the script reads what comes from a pull request from the event's file: neither ever
# becomes an argument, a variable or part of a script. The token is never an argument, which other processes could read.
set -euo pipefail
shopt -s inherit_errexit
umask 077

# The user that a workflow's own token writes as. Accounts can't have brackets in their names.
readonly BOT='github-actions[bot]'
readonly CONTEXT='livevod/plan'
readonly RUN="${GITHUB_SERVER_URL:?}/${GITHUB_REPOSITORY:?}/actions/runs/${GITHUB_RUN_ID:?}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Fetches a URL, with retries. The token is passed in a file descriptor.
get() { # URL
    curl --silent --show-error --fail-with-body --location --retry 3 --max-time 60 --output "$folder/answer" \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "${GITHUB_TOKEN:?}") \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' "$1" || complain "$1" || return
    cat "$folder/answer"
}

# Writes once, without retries: a POST that got no answer may have arrived, and a second one would add a second comment.
send() { # METHOD PATH BODY-FILE
    curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --data-binary "@$3" --output "$folder/answer" \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "${GITHUB_TOKEN:?}") \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
        --header 'Content-Type: application/json' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$2" || complain "$1 $2" || return
}

# Prints what the host answered. Always fails.
complain() {
    printf 'livevod.sh: %s: %s\n' "$1" "$(head -c 500 "$folder/answer" 2>/dev/null)" >&2
    return 1
}

path() {
    get "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$1"
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

event() {
    jq --raw-output "$1" "$GITHUB_EVENT_PATH"
}

refuse() {
    printf '::error title=livevod::%s\n' "$1" >&2
    printf '> [!CAUTION]\n> **Nothing was applied.** %s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
    exit 1
}

# token FILE: saves this job's OIDC token for Alibaba Cloud's STS, and tells later steps where it is.
token() {
    curl --silent --show-error --fail-with-body --retry 3 --max-time 60 \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:?}") \
        "${ACTIONS_ID_TOKEN_REQUEST_URL:?}&audience=sts.aliyuncs.com" |
        jq --exit-status --join-output .value >"$1"
    echo "ALIBABA_CLOUD_OIDC_TOKEN_FILE=$1" >>"$GITHUB_ENV"
}

# The newest comment or issue in a list that starts with a marker and was written by a workflow: others can write a marker too.
mine() { # LIST-FILE MARKER
    jq --compact-output --arg bot "$BOT" --arg marker "$2" \
        'map(select(.user.login == $bot and ((.body // "") | startswith($marker)))) | last // empty' "$1"
}

same() { # ITEM BODY-FILE
    jq --exit-status --rawfile body "$2" '(.body | gsub("\r"; "") | rtrimstr("\n")) == ($body | rtrimstr("\n"))' <<<"$1" >/dev/null
}

# comment FILE: shows the plan on the pull request, always in the same comment. A plan without changes adds no comment, and an unchanged
# comment is left alone.
comment() {
    local number found
    number=$(event .pull_request.number)
    list "issues/$number/comments?" "$folder/comments"
    found=$(mine "$folder/comments" "$(head -n 1 "$1")")
    jq --null-input --rawfile body "$1" '{body: $body}' >"$folder/body"
    if [ -z "$found" ]; then
        grep --quiet '^\*\*No changes\.' "$1" || send POST "issues/$number/comments" "$folder/body"
    elif ! same "$found" "$1"; then
        send PATCH "issues/comments/$(jq .id <<<"$found")" "$folder/body"
    fi
}

# no-plan: replaces a plan that was shown before, since this commit could not be planned.
no_plan() {
    local number found
    number=$(event .pull_request.number)
    list "issues/$number/comments?" "$folder/comments"
    found=$(mine "$folder/comments" '<!-- livevod:plan:')
    [ -n "$found" ] || return 0
    {
        jq --raw-output '.body | split("\n")[0]' <<<"$found"
        printf '## livevod plan\n\n> [!CAUTION]\n> %s could not be planned: [the run](%s) says why.\n' \
            "$(event .pull_request.head.sha)" "$RUN"
    } >"$folder/comment"
    jq --null-input --rawfile body "$folder/comment" '{body: $body}' >"$folder/body"
    send PATCH "issues/comments/$(jq .id <<<"$found")" "$folder/body"
}

# status PLAN.json: writes the digest to the planned commit. Red if apply would be refused after the merge; a plan above the limits is not,
# since a reviewed digest releases them. Without a file: there is no plan.
status() {
    if [ $# -eq 0 ]; then
        jq --null-input '{state: "error", description: "no plan"}' >"$folder/said"
    else
        jq '([.held[].guard] | unique - ["limits"]) as $held
            | {state: (if $held == [] then "success" else "failure" end),
               description: ("\(.digest): +\(.summary.create) ~\(.summary.update) -/+\(.summary.replace) -\(.summary.delete)"
                 + (if $held == [] then "" else "; held: \($held | join(", "))" end))[:140]}' "$1" >"$folder/said"
    fi
    jq --arg context "$CONTEXT" --arg url "$RUN" '. + {context: $context, target_url: $url}' "$folder/said" >"$folder/body"
    send POST "statuses/$(event .pull_request.head.sha)" "$folder/body"
}

# reviewed FILE: sets the output `digest` to the reviewed digest. In a run that was started by hand, the digest is the one that was typed.
# Otherwise it comes from the status of the merged pull request. With a store, livevod finds the reviewed plan there; without one, the plan
# is saved in FILE if it is still kept.
reviewed() {
    local digest head
    if [ "$GITHUB_EVENT_NAME" = workflow_dispatch ]; then
        digest=$(event .inputs.digest)
        [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || refuse 'The typed digest is not a digest: sha256: and 64 hex digits.'
    else
        head=$(merged_head)
        digest=$(reviewed_digest "$head")
        [ -n "${LIVEVOD_STORE:-}" ] || artifact "$head" "$1"
    fi
    echo "digest=$digest" >>"$GITHUB_OUTPUT"
}

# The head of the pull request whose merge, squash or rebase created the pushed commit.
merged_head() {
    local head
    path "commits/$GITHUB_SHA/pulls?per_page=100" >"$folder/pulls"
    head=$(jq --raw-output --arg sha "$GITHUB_SHA" --arg base "$GITHUB_REF_NAME" \
        'map(select(.merged_at != null and .base.ref == $base and .merge_commit_sha == $sha))
         | if length == 1 then .[0].head.sha else empty end' "$folder/pulls")
    [ -n "$head" ] || refuse "No merged pull request created $GITHUB_SHA, so no plan of it was reviewed."
    echo "$head"
}

# The digest in the statuses of a commit. All must be written by a workflow and hold the same digest.
reviewed_digest() { # COMMIT
    list "commits/$1/statuses?" "$folder/statuses"
    jq --arg context "$CONTEXT" 'map(select(.context == $context)) | sort_by(.id)' "$folder/statuses" >"$folder/plans"
    jq --exit-status 'length > 0' "$folder/plans" >/dev/null ||
        refuse "$1 has no status $CONTEXT: it was never planned. Pull requests from forks are not planned."
    jq --exit-status --arg bot "$BOT" 'last | .creator.login == $bot and .creator.type == "Bot"' "$folder/plans" >/dev/null ||
        refuse "The status $CONTEXT of $1 was not written by this repository's workflow."
    jq --arg bot "$BOT" 'map(select(.creator.login == $bot and .creator.type == "Bot" and .state != "pending")
        | {state, digest: (.description // "" | capture("^(?<digest>sha256:[0-9a-f]{64})(:|$)").digest? // null)})' \
        "$folder/plans" >"$folder/digests"
    jq --exit-status 'length > 0 and last.state != "error" and last.digest != null' "$folder/digests" >/dev/null ||
        refuse "The status $CONTEXT of $1 has no digest: its last plan failed."
    jq --exit-status '[.[].digest | values] | unique | length == 1' "$folder/digests" >/dev/null ||
        refuse "$1 was planned more than once, with different digests. It is not known which one was reviewed."
    jq --raw-output 'last.digest' "$folder/digests"
}

# The reviewed plan: with it a refusal shows what differs, and an incomplete apply can continue. Without it only the digest is compared.
artifact() { # COMMIT FILE
    local id
    path "actions/artifacts?name=livevod-plan-$1&per_page=100" >"$folder/artifacts"
    id=$(jq '[.artifacts[] | select((.expired | not) and .workflow_run.repository_id == .workflow_run.head_repository_id)]
        | max_by(.id).id // empty' "$folder/artifacts")
    if [ -n "$id" ] && path "actions/artifacts/$id/zip" >"$folder/zip" && unzip -p "$folder/zip" plan.lvp >"$2"; then
        return
    fi
    rm -f "$2"
    echo '::warning title=livevod::the reviewed plan has expired; only its digest is compared'
}

# verdict CODE REPORT: shows the report of an apply, and what to do about its exit code.
verdict() {
    {
        cat "$2"
        printf '\n'
        case $1 in
        0) ;;
        3)
            printf '> [!CAUTION]\n> **Refused, nothing was written** (exit code 3). The service or the files changed since the review, '
            printf 'or a guard refuses the plan: see the plan above. If it is right, start this workflow by hand with its digest, '
            printf 'and tick the guard to release if the refusal names one.\n'
            ;;
        4)
            printf '> [!CAUTION]\n> **Incomplete** (exit code 4). Some changes were written and read back, others were not made: '
            printf 'see the report. When the cause is fixed, re-run this job: it continues with the rest.\n'
            ;;
        5)
            printf '> [!CAUTION]\n> **Unknown** (exit code 5). The outcome of at least one write is not known, even after '
            printf 'reading back. Check the addresses in the report, then re-run this job: it reads before it writes.\n'
            ;;
        130 | 143)
            printf '> [!WARNING]\n> **Interrupted** (exit code %s). Writes in flight were finished and reported. ' "$1"
            printf 'Re-run this job: it continues with the rest.\n'
            ;;
        *)
            printf '> [!CAUTION]\n> **Failed before any write** (exit code %s). See the log of the step.\n' "$1"
            ;;
        esac
    } >>"$GITHUB_STEP_SUMMARY"
}

# heartbeat: tells a monitor that the drift check ran to its end. Does nothing without the secret.
heartbeat() {
    [ -n "${LIVEVOD_HEARTBEAT_URL:-}" ] || return 0
    curl --silent --show-error --fail --retry 3 --max-time 60 --output /dev/null \
        --config <(printf 'url = "%s"\n' "$LIVEVOD_HEARTBEAT_URL")
}

# issue CODE FILE: keeps one issue per environment. Drift opens it, different drift rewrites it, no drift closes it.
issue() {
    local found number
    list 'issues?state=all&labels=livevod-drift&sort=created&direction=asc' "$folder/all"
    jq 'map(select(.pull_request == null))' "$folder/all" >"$folder/issues"
    found=$(mine "$folder/issues" "$(head -n 1 "$2")")
    number=$(jq .number <<<"${found:-null}")
    case "$1 $(jq --raw-output .state <<<"${found:-null}")" in
    '2 null') jq --null-input --rawfile body "$2" \
        '{title: "Recording configurations differ from the files", labels: ["livevod-drift"], body: $body}' >"$folder/body" ;;
    '2 closed') jq --null-input --rawfile body "$2" '{state: "open", body: $body}' >"$folder/body" ;;
    '2 open')
        ! same "$found" "$2" || return 0
        jq --null-input --rawfile body "$2" '{body: $body}' >"$folder/body"
        ;;
    '0 open') jq --null-input --rawfile body "$2" '{state: "closed", state_reason: "completed", body: $body}' >"$folder/body" ;;
    *) return 0 ;;
    esac
    if [ "$number" = null ]; then
        send POST issues "$folder/body"
    else
        send PATCH "issues/$number" "$folder/body"
    fi
}

case ${1:?which command?} in
token | comment | status | reviewed | verdict | issue | heartbeat) "$@" ;;
no-plan) no_plan ;;
*)
    echo "livevod.sh: unknown command $1" >&2
    exit 1
    ;;
esac
