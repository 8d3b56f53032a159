// Package config reads a service's settings into one struct: flags, then the
// environment, then what lies below it (a .env file, made secrets), then defaults.
package config
