// Package dev runs all services in one process, as deployed ones run: each
// listens on a port of its own, and they talk over loopback.
package dev
