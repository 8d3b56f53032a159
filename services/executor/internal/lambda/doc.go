// Package lambda runs the executor as an AWS Lambda function.
package lambda
