# `make help` lists what there is. Everything runs from this folder.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The modules of the workspace, as go.work names them.
MODULES := $(shell sed -n 's|^\t\./||p' go.work)
PACKAGES := $(MODULES:%=./%/...)
SERVICES := agent executor ingress tools

# The race detector needs cgo, which Go turns off where there is no C compiler.
# It watches all but SQLite's own code, which is C that was translated to Go and
# keeps its memory to itself: watching that takes five times as long as all else.
RACE := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race -gcflags=modernc.org/sqlite/lib=-race=false)

FUZZTIME ?= 10s
EACH ?= 5s

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start all services in one process on 127.0.0.1:8000-8003
	go run ./cmd/switchyard dev

.PHONY: build
build: ## Build the command and the services into dist/
	go build -trimpath -o dist/ ./cmd/switchyard $(foreach s,$(SERVICES),./services/$(s)/cmd/$(s))

.PHONY: test
test: ## Vet and test every module, on real stores where they can be had (build/stores.sh)
	$(if $(RACE),,@echo "make test: cgo is off (no C compiler?), so the race detector is off")
	@[ -n "$$SWITCHYARD_OPENAPI" ] || echo "make test: NOT TESTED: requests to providers against the providers' own descriptions: SWITCHYARD_OPENAPI names no folder of them"
	go vet work
	go vet -tags faultpoints ./internal/faultpoint
	@# Three packages at a time on two cores: the longest wait for leases and servers more than they compute.
	build/stores.sh run go test $(RACE) -p 3 -timeout 30m work

.PHONY: check
check: fresh lint build alone test ## What CI runs: fresh, lint, build, alone, test, fuzz for seconds
	# A count, not a time: go test at times calls its own deadline a failure.
	build/fuzz.sh 3000x

.PHONY: fresh
fresh: .bin/.installed ## Prove generated code, module files and .env.example up to date
	build/settings.sh
	build/fresh.sh

.PHONY: lint
lint: .bin/.installed ## Lint every module, and prove that the linter holds the walls
	.bin/golangci-lint run $(PACKAGES)
	go test -count=1 ./build/walls

.PHONY: alone
alone: ## Build each module outside the workspace, as its image does
	@for m in $(MODULES); do echo "GOWORK=off go -C $$m build ./..."; GOWORK=off go -C $$m build ./...; done

.PHONY: generate
generate: .bin/.installed ## Write gen/ from proto/, and the lexicon from its words
	build/generate.sh

.PHONY: tidy
tidy: ## Bring every go.mod and go.sum up to date
	build/tidy.sh

.PHONY: bench
bench: ## Measure the whole path and the ledger (EACH=5s a measurement)
	PGT_FSYNC=on build/stores.sh run go run ./cmd/switchyard/internal/bench -each $(EACH)
	PGT_FSYNC=on build/stores.sh run go test -run '^$$' -bench . -benchmem ./services/tools/internal/ledger/sqlite ./services/tools/internal/ledger/postgres

.PHONY: prove
prove: FUZZTIME = 2m
prove: .bin/.installed ## Run the proofs at length: processes and stores killed under load, random schedules, the images, floods, minutes of fuzzing (FUZZTIME=2m each)
	SWITCHYARD_PROVE=1 go test -count=1 -v -timeout 60m ./cmd/switchyard/internal/proof
	build/stores.sh run go test -count=1 -v -timeout 180m -run TestSchedules ./services/tools -args -schedules 10000 -real-schedules 500 | grep -v '^ *\(=== \|--- PASS: TestSchedules.*/\)'
	SWITCHYARD_PROVE=1 go test -count=1 -v -timeout 30m ./cmd/switchyard/internal/proof/deployment
	SWITCHYARD_PROVE=1 go test -count=1 -v -run 'TestUploadsStayWithinMemory|TestSlowClientsOfAProcess' ./services/ingress
	build/fuzz.sh $(FUZZTIME)

.PHONY: fuzz
fuzz: ## Fuzz each fuzz target (FUZZTIME=10s each)
	build/fuzz.sh $(FUZZTIME)

.PHONY: tools
tools: .bin/.installed ## Install the pinned development tools into .bin/

# The stamp is younger than the pins, or the tools are installed again.
.bin/.installed: build/tools/go.mod build/tools/go.sum gen/go.mod
	GOWORK=off GOBIN=$(CURDIR)/.bin go -C build/tools install tool
	GOWORK=off GOBIN=$(CURDIR)/.bin go -C gen install tool
	@touch $@

.PHONY: clean
clean: ## Remove what the other targets built (data of `make run` stays)
	rm -rf .bin .bufdeps dist
