#!/usr/bin/env bash
# Installs the release VERSION of REPOSITORY for a job of GitHub Actions; see action.yml.
set -euo pipefail

: "${VERSION:?}" "${REPOSITORY:?}" "${GITHUB_PATH:?}"
case "$(uname -s)" in
    Linux) system=unknown-linux-musl ;;
    Darwin) system=apple-darwin ;;
    *) echo "there is no livevod for $(uname -s)" >&2; exit 1 ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) echo "there is no livevod for $(uname -m)" >&2; exit 1 ;;
esac
name="livevod-$VERSION-$machine-$system"
folder=$(mktemp -d)
gh release download "v$VERSION" --repo "$REPOSITORY" --dir "$folder" --pattern "$name.tar.gz" --pattern "$name.tar.gz.sha256"
(
    cd "$folder"
    if command -v sha256sum >/dev/null; then sum=(sha256sum); else sum=(shasum -a 256); fi
    "${sum[@]}" --check "$name.tar.gz.sha256"
)
gh attestation verify "$folder/$name.tar.gz" --repo "$REPOSITORY" --signer-workflow "$REPOSITORY/.github/workflows/release.yml"
bin="${RUNNER_TEMP:-/tmp}/livevod-$VERSION"
mkdir -p "$bin"
tar -xzf "$folder/$name.tar.gz" -C "$bin" --strip-components 1
echo "$bin" >> "$GITHUB_PATH"
"$bin/livevod" --version
