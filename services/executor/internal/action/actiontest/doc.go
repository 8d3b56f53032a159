// Package actiontest holds the promises that every action keeps.
package actiontest
