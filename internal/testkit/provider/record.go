package provider

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A fake keeps at most this many requests and changes, the newest.
const kept = 2000

// Request is a request that came.
type Request struct {
	// Seq counts from 1.
	Seq    int
	At     time.Time
	Method string
	// Path is the provider's, without what a proxy or a version of the URL puts before it.
	Path  string
	Query url.Values
	// Header lacks what proves who asks.
	Header http.Header
	Body   []byte
	// Status is what was answered; 0 where the connection was dropped, or as long as nothing was.
	Status int
	// Fault names what was done to it on purpose; "" for nothing.
	Fault string
	// Acted says that it reached the provider's state, to read or to change it.
	Acted bool
}

// Change is an effect on what the provider keeps.
type Change struct {
	// Seq is that of the request that made it.
	Seq int
	At  time.Time
	// What is the object and what happened to it: "comment created".
	What string
	// On is the ref of what it belongs to: github:issue:acme/api#42.
	On string
	// Key is the object's own id there.
	Key string
}

// log is what came and what it did; its owner guards it.
type log struct {
	seq        int
	requests   []*Request
	changes    []Change
	violations []string
}

func (l *log) add(r *Request) {
	l.seq++
	r.Seq = l.seq
	if len(l.requests) == kept {
		l.requests = slices.Delete(l.requests, 0, 1)
	}
	l.requests = append(l.requests, r)
}

func (l *log) change(c Change) {
	if len(l.changes) == kept {
		l.changes = slices.Delete(l.changes, 0, 1)
	}
	l.changes = append(l.changes, c)
}

func (l *log) violate(v string) {
	if len(l.violations) < kept {
		l.violations = append(l.violations, v)
	}
}
