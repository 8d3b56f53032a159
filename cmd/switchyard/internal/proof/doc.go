// Package proof holds tests of whole deployments: real processes, killed in the
// middle of their work, and what must hold afterwards. It has no code of its own.
package proof
