// Package scope says which service may call what of another: the roles, the
// token of each, and the one table of procedures that every service enforces.
package scope
