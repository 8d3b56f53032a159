// Package sourcetest is the suite that every source's normalizer passes.
package sourcetest
