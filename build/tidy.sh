#!/usr/bin/env bash
# Brings every module file up to date: one version of each dependency through
# the workspace (`go work sync`), then each module as it is built alone. In this
# order, because sync leaves go.sum short of lines that tidy wants.
set -euo pipefail
cd "$(dirname "$0")/.."

go work sync
sed -n 's|^\t\./||p' go.work | while read -r module; do
	GOWORK=off go -C "$module" mod tidy
done
GOWORK=off go -C build/tools mod tidy
