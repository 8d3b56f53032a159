// Package secret reads secrets from AWS Secrets Manager.
package secret
