// Package command is the command line: what each command takes, does and prints.
package command
