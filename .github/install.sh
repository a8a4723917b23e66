#!/usr/bin/env bash
# Installs the release VERSION of REPOSITORY for a job of GitHub Actions. See action.yml.
#
# With SHA256 the archive must have exactly that checksum. Without it, the archive must match the checksum that was published with the
# release and carry the attestation of the workflow that built it.
set -euo pipefail

: "${VERSION:?}" "${REPOSITORY:?}" "${GITHUB_PATH:?}"
case "$(uname -s)" in
    Linux) system=unknown-linux-musl ;;
    Darwin) system=apple-darwin ;;
    *) echo "livevod is not released for $(uname -s)" >&2; exit 1 ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) echo "livevod is not released for $(uname -m)" >&2; exit 1 ;;
esac
name="livevod-$VERSION-$machine-$system"
folder=$(mktemp -d)
gh release download "v$VERSION" --repo "$REPOSITORY" --dir "$folder" --pattern "$name.tar.gz" --pattern "$name.tar.gz.sha256"
if command -v sha256sum >/dev/null; then sum=(sha256sum); else sum=(shasum -a 256); fi
# Compared as text: the published file could name another file to check.
wanted=${SHA256:-$(cut -d ' ' -f 1 "$folder/$name.tar.gz.sha256")}
found=$("${sum[@]}" "$folder/$name.tar.gz" | cut -d ' ' -f 1)
if [ "$found" != "$wanted" ]; then
    echo "checksum mismatch: $name.tar.gz has $found, expected $wanted" >&2
    exit 1
fi
if [ -z "${SHA256:-}" ]; then
    gh attestation verify "$folder/$name.tar.gz" --repo "$REPOSITORY" --signer-workflow "$REPOSITORY/.github/workflows/release.yml"
fi
bin="${RUNNER_TEMP:-/tmp}/livevod-$VERSION"
mkdir -p "$bin"
tar -xzf "$folder/$name.tar.gz" -C "$bin" --strip-components 1
echo "$bin" >> "$GITHUB_PATH"
"$bin/livevod" --version
