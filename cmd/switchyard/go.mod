module github.com/switchyard-dev/switchyard/cmd/switchyard

go 1.26.0

require (
	github.com/switchyard-dev/switchyard/gen v0.0.0
	github.com/switchyard-dev/switchyard/internal v0.0.0
	github.com/switchyard-dev/switchyard/services/agent v0.0.0
	github.com/switchyard-dev/switchyard/services/executor v0.0.0
	github.com/switchyard-dev/switchyard/services/ingress v0.0.0
	github.com/switchyard-dev/switchyard/services/tools v0.0.0
)

require github.com/rogpeppe/go-internal v1.16.0 // indirect

replace (
	github.com/switchyard-dev/switchyard/gen => ../../gen
	github.com/switchyard-dev/switchyard/internal => ../../internal
	github.com/switchyard-dev/switchyard/services/agent => ../../services/agent
	github.com/switchyard-dev/switchyard/services/executor => ../../services/executor
	github.com/switchyard-dev/switchyard/services/ingress => ../../services/ingress
	github.com/switchyard-dev/switchyard/services/tools => ../../services/tools
)
