// Package executor performs actions at the providers: one Command in, one
// Result out. It runs as an AWS Lambda function, or locally as an HTTP server
// that takes the same invocations.
package executor
