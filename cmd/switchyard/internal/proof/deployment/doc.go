// Package deployment holds the proofs that need a container engine: the images
// and the compose file as a user has them. It has no code of its own.
package deployment
