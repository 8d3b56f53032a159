#!/usr/bin/env bash
# Proves that .env.example names the settings that the code reads, and no others.
set -euo pipefail
cd "$(dirname "$0")/.."

# AWS and the shell set their own variables; nobody configures them.
read=$(git ls-files --cached --others --exclude-standard '*.go' ':!*_test.go' | xargs grep -hoE '\benv:"[A-Z_,]+"' |
	sed 's/env:"//; s/"//' | tr ',' '\n' | grep -vE '^(AWS_LAMBDA_RUNTIME_API|USER)$' | sort -u)
named=$(grep -oE '^#?[A-Z_]+=' .env.example | tr -d '#=' | sort -u)
if ! diff <(echo "$named") <(echo "$read"); then
	echo "build/settings.sh: .env.example (<) and the env tags of the settings (>) differ" >&2
	exit 1
fi
