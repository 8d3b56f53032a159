#!/usr/bin/env bash
# Lints proto/ and writes gen/, and the agent's lexicon. Needs no schema registry: validate.proto comes
# from the Go module that publishes it, the plugins are built from pinned modules.
set -euo pipefail
cd "$(dirname "$0")/.."

protovalidate=github.com/bufbuild/protovalidate@v1.2.2
dir=$(GOWORK=off go mod download -json "$protovalidate" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
mkdir -p .bufdeps/buf/validate
cp -f "$dir/proto/protovalidate/buf/validate/validate.proto" .bufdeps/buf/validate/
chmod u+w .bufdeps/buf/validate/validate.proto

.bin/buf lint
rm -rf gen/switchyard
.bin/buf generate

lexicon=services/agent/internal/classify/lexicon
go run ./services/agent/cmd/lexicon $lexicon/words.txt $lexicon/table.go
