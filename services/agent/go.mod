module github.com/switchyard-dev/switchyard/services/agent

go 1.26.0

require (
	github.com/switchyard-dev/switchyard/gen v0.0.0
	github.com/switchyard-dev/switchyard/internal v0.0.0
)

require (
	cel.dev/cel-go v0.32.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
)

replace (
	github.com/switchyard-dev/switchyard/gen => ../../gen
	github.com/switchyard-dev/switchyard/internal => ../../internal
)
