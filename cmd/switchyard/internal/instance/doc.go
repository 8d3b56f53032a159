// Package instance is the data folder of a `switchyard dev`: who runs on it,
// where that one listens, and the secrets that were made for it.
package instance
