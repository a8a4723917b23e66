#!/bin/sh
# Compares the files with the service once. Exits with 0 without drift, with 2 with drift, with 1 if the check is incomplete.
#
#   livevod-drift.sh [PATH or option of `livevod drift`]...
#
# If a heartbeat is configured, it is sent after each complete check, with or without drift. Its address may hold a secret, so it is in a
# file that curl reads: `url = "https://…"`. LIVEVOD_HEARTBEAT_FILE names that file; systemd passes it as the credential `heartbeat`.
set -eu

code=0
livevod drift "$@" || code=$?
case $code in
0 | 2)
    file=${LIVEVOD_HEARTBEAT_FILE:-${CREDENTIALS_DIRECTORY:+$CREDENTIALS_DIRECTORY/heartbeat}}
    if [ -n "$file" ] && [ -f "$file" ]; then
        curl --silent --show-error --fail --retry 3 --max-time 60 --output /dev/null --config "$file" || echo 'the heartbeat was not sent' >&2
    fi
    ;;
esac
exit "$code"
