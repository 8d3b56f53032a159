#!/usr/bin/env bash
# Runs every fuzz target for the time or the count given ($1: 10s, 3000x): Go fuzzes
# one target of one package at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-10s}
found=0
while IFS=: read -r file target; do
	found=$((found + 1))
	echo "$target in ./$(dirname "$file") for $time"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$(dirname "$file")"
done < <(git ls-files --cached --others --exclude-standard '*_test.go' |
	xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //')
echo "fuzzed $found targets"
