// Package lambda invokes the executor: an AWS Lambda function, or a local
// server that speaks Lambda's Invoke. It is the only place that knows AWS.
package lambda
