// Package graphtest is the suite that every implementation of graph.Graph
// passes, and the proof that each of its tests can fail.
package graphtest
