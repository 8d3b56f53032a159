// Package webhook signs and verifies webhook bodies the way the three
// providers do. Ingress verifies with it and the command line signs with it.
package webhook
