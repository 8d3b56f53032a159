// Package service runs one service: where it listens, what every service
// serves beside its own API, and how it goes.
package service
