// Package connection says why a store can't be reached, in the words that all of
// them share: the setting, the host and a class.
package connection
