module github.com/switchyard-dev/switchyard/services/executor

go 1.26.0

require (
	github.com/switchyard-dev/switchyard/gen v0.0.0
	github.com/switchyard-dev/switchyard/internal v0.0.0
)

require github.com/aws/aws-lambda-go v1.55.1 // indirect

replace (
	github.com/switchyard-dev/switchyard/gen => ../../gen
	github.com/switchyard-dev/switchyard/internal => ../../internal
)
