// Package graph answers questions over entities and the links between them.
package graph
