#!/bin/sh
# Judges once what was on air in the last 25 hours. Exits with 0 if all is recorded, with 2 if something is not, with 1 if it is incomplete.
#
#   livevod-audit.sh [PATH or option of `livevod audit`]...
#
# If a heartbeat is configured, it is sent after each complete audit, whether anything is missing or not. Its address may hold a secret, so it is in a
# file that curl reads: `url = "https://…"`. LIVEVOD_HEARTBEAT_FILE names that file; systemd passes it as the credential `heartbeat`.
set -eu

code=0
livevod audit --since 25h "$@" || code=$?
case $code in
0 | 2)
    file=${LIVEVOD_HEARTBEAT_FILE:-${CREDENTIALS_DIRECTORY:+$CREDENTIALS_DIRECTORY/heartbeat}}
    if [ -n "$file" ] && [ -f "$file" ]; then
        curl --silent --show-error --fail --retry 3 --max-time 60 --output /dev/null --config "$file" || echo 'the heartbeat was not sent' >&2
    fi
    ;;
esac
exit "$code"
