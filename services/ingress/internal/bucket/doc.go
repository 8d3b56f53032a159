// Package bucket counts what addresses may still do, in a table of fixed size.
package bucket
