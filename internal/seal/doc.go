// Package seal is what makes an event trustworthy behind ingress: an HMAC over
// its bytes with a key that only ingress and tools have. The agent passes the
// bytes on and can't make or change one.
package seal
