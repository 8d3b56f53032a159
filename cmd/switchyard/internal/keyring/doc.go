// Package keyring makes the secrets of a deployment whose services run apart: a
// folder for each container, with what that container may know and no more.
package keyring
