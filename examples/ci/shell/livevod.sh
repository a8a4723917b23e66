#!/bin/sh
# Plans, applies, checks for drift and audits recordings in any CI system that runs a shell, such as Jenkins and Yunxiao Flow.
#
#   livevod.sh install   downloads the pinned release, verifies it, and prints the folder that holds it
#   livevod.sh plan      checks the files and plans; writes plan.lvp, plan.md, plan.html, plan.tf.json, plan.digest and plan.code
#   livevod.sh apply     applies the reviewed plan, or the digest in LIVEVOD_DIGEST; writes report.md and events.ndjson
#   livevod.sh drift     exits with 0 without drift, with 2 with drift, with another code if the check is incomplete; writes drift.md
#   livevod.sh audit     exits with 0 if what was on air in the last 25 hours is recorded, with 2 if something is not, with another code if
#                        the audit is incomplete; writes audit.md, audit.html and, as evidence, audit.json
#
# Variables:
#   LIVEVOD_VERSION        version to install
#   LIVEVOD_RELEASES       address that releases are downloaded from, without /vVERSION/FILE
#   LIVEVOD_SHA256         SHA-256 of the archive; without it, the checksum beside the archive is used
#   LIVEVOD_PATHS          files and folders of livevod, separated by spaces
#   LIVEVOD_ARGUMENTS      extra arguments of plan, apply, drift and audit, separated by spaces
#   LIVEVOD_STORE          store that all machines share, such as oss://BUCKET/PREFIX: it keeps journals and the published plans. Without it,
#                          `.livevod` in the workspace does, for this workspace alone
#   LIVEVOD_STORE_REGION   region of its bucket
#   LIVEVOD_DIGEST         for apply: a digest that was typed instead of a plan.lvp
#   LIVEVOD_GUARD          for apply: the guard to release, such as allow-recording-gap
#   LIVEVOD_HEARTBEAT_URL  for drift and audit: address that is called when the check is complete
#
# Credentials come from where `livevod` looks for them: a role of the machine, an OIDC token, or a key in variables. Give `plan`,
# `drift` and `audit` an identity that can only read.
set -eu
umask 077

: "${LIVEVOD_VERSION:=0.1.0}"
: "${LIVEVOD_RELEASES:=https://github.com/OWNER/livevod/releases/download}"
: "${LIVEVOD_PATHS:=livevod}"
: "${LIVEVOD_GUARD:=none}"

fail() {
    printf 'livevod.sh: %s\n' "$1" >&2
    exit 1
}

checksum() { # FILE
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch() { # FILE
    curl --silent --show-error --fail --location --proto '=https' --retry 3 --max-time 300 \
        --output "$home/$1" "$LIVEVOD_RELEASES/v$LIVEVOD_VERSION/$1"
}

# Sets `home` to a new folder with the verified release.
install_release() {
    case $(uname -s) in
    Linux) system=unknown-linux-musl ;;
    Darwin) system=apple-darwin ;;
    *) fail "livevod is not released for $(uname -s)" ;;
    esac
    case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "livevod is not released for $(uname -m)" ;;
    esac
    name="livevod-$LIVEVOD_VERSION-$machine-$system"
    home=$(mktemp -d)
    fetch "$name.tar.gz"
    wanted=${LIVEVOD_SHA256:-}
    if [ -z "$wanted" ]; then
        fetch "$name.tar.gz.sha256"
        wanted=$(cut -d ' ' -f 1 "$home/$name.tar.gz.sha256")
    fi
    found=$(checksum "$home/$name.tar.gz")
    [ "$found" = "$wanted" ] || fail "checksum mismatch: $name.tar.gz has $found, expected $wanted"
    attest "$home/$name.tar.gz"
    tar -xzf "$home/$name.tar.gz" -C "$home" --strip-components 1
    rm -f "$home/$name.tar.gz"
    PATH="$home:$PATH"
}

# Verifies who built the archive, where GitHub's own tool is logged in.
attest() { # ARCHIVE
    case $LIVEVOD_RELEASES in
    https://github.com/*/releases/download) ;;
    *) return 0 ;;
    esac
    [ -n "${GH_TOKEN:-}" ] && command -v gh >/dev/null || return 0
    repository=${LIVEVOD_RELEASES#https://github.com/}
    repository=${repository%/releases/download}
    gh attestation verify "$1" --repo "$repository" --signer-workflow "$repository/.github/workflows/release.yml" >&2
}

plan() {
    # shellcheck disable=SC2086 # paths are several words
    livevod validate $LIVEVOD_PATHS
    code=0
    # shellcheck disable=SC2086 # paths and arguments are several words
    livevod plan $LIVEVOD_PATHS ${LIVEVOD_ARGUMENTS:-} ${LIVEVOD_STORE:+--publish} --out plan.lvp --detailed-exitcode || code=$?
    case $code in
    0 | 2 | 3) ;; # no changes, changes, changes that a guard holds
    *) exit "$code" ;;
    esac
    livevod show plan.lvp --format markdown >plan.md
    livevod show plan.lvp --format html >plan.html
    livevod show plan.lvp --format terraform-json >plan.tf.json # for policies: examples/policy
    plan_digest >plan.digest
    echo "$code" >plan.code
}

# The digest of plan.lvp, recomputed by livevod.
plan_digest() {
    livevod show plan.lvp --format json | sed -n 's/^  "digest": "\(sha256:[0-9a-f]*\)",\{0,1\}$/\1/p'
}

apply() {
    digest=${LIVEVOD_DIGEST:-}
    set --
    if [ -z "$digest" ]; then
        [ -f plan.lvp ] || fail "nothing was reviewed: there is neither plan.lvp nor LIVEVOD_DIGEST"
        digest=$(plan_digest)
        set -- --reviewed plan.lvp
    fi
    printf '%s\n' "$digest" | grep -Eqx 'sha256:[0-9a-f]{64}' || fail "not a digest: sha256: and 64 hex digits"
    case $LIVEVOD_GUARD in
    none) ;;
    allow-recording-gap | allow-recording-stop | allow-app-wide | allow-empty) set -- "$@" "--$LIVEVOD_GUARD" ;;
    *) fail "unknown guard in LIVEVOD_GUARD" ;;
    esac
    code=0
    # shellcheck disable=SC2086 # paths and arguments are several words
    livevod apply $LIVEVOD_PATHS ${LIVEVOD_ARGUMENTS:-} --expect-digest "$digest" "$@" --lease-wait 10m --format markdown \
        --json-into events.ndjson >report.md || code=$?
    cat report.md
    verdict "$code"
    exit "$code"
}

verdict() { # CODE
    case $1 in
    0) ;;
    3) echo 'REFUSED, nothing was written (exit code 3). The service or the files changed since the review, or a guard refuses the' \
        'plan: see the plan above. If it is right, apply again with its digest in LIVEVOD_DIGEST, and with the guard to release in' \
        'LIVEVOD_GUARD if the refusal names one.' ;;
    4) echo 'INCOMPLETE (exit code 4). Some changes were written and read back, others were not made: see the report. When the' \
        'cause is fixed, apply again: it continues with the rest.' ;;
    5) echo 'UNKNOWN (exit code 5). The outcome of at least one write is not known, even after reading back. Check the addresses in' \
        'the report, then apply again: it reads before it writes.' ;;
    130 | 143) echo "INTERRUPTED (exit code $1). Writes in flight were finished and reported. Apply again: it continues with the" \
        'rest.' ;;
    *) echo "FAILED before any write (exit code $1). See the log above." ;;
    esac
}

drift() {
    code=0
    # shellcheck disable=SC2086 # paths and arguments are several words
    livevod drift $LIVEVOD_PATHS ${LIVEVOD_ARGUMENTS:-} --format markdown >drift.md || code=$?
    cat drift.md
    case $code in
    0 | 2) heartbeat ;;
    esac
    exit "$code"
}

audit() {
    rm -f audit.json
    code=0
    # shellcheck disable=SC2086 # paths and arguments are several words
    livevod audit $LIVEVOD_PATHS ${LIVEVOD_ARGUMENTS:-} --since 25h --out audit.json --format markdown >audit.md || code=$?
    cat audit.md
    [ ! -f audit.json ] || livevod show audit.json --format html >audit.html
    case $code in
    0 | 2) heartbeat ;;
    esac
    exit "$code"
}

# The address may hold a secret, so it is no argument.
heartbeat() {
    [ -n "${LIVEVOD_HEARTBEAT_URL:-}" ] || return 0
    printf 'url = "%s"\n' "$LIVEVOD_HEARTBEAT_URL" |
        curl --silent --show-error --fail --retry 3 --max-time 60 --output /dev/null --config -
}

case ${1:-} in
install)
    install_release
    echo "$home"
    ;;
plan | apply | drift | audit)
    install_release
    trap 'rm -rf "$home"' EXIT
    "$1"
    ;;
*) fail "unknown command ${1:-}: install, plan, apply, drift or audit" ;;
esac
