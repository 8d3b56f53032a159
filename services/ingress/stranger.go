package ingress

import (
	"net/http"
	"time"
)

const (
	// answerTime is what a client has to take its answer, beyond the deadline
	// that the answer was made in.
	answerTime = 1500 * time.Millisecond

	// linger is how long the rest of a refused body is read after the answer: to
	// close on one that is under way would reset the connection, and the client
	// would not see why.
	linger = 500 * time.Millisecond
)

// guarded keeps no connection of a client that has not proved itself, and does
// not wait for the rest of a body that nobody reads.
func (s *Server) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		h.ServeHTTP(w, r)
		if r.ContentLength != 0 {
			// net/http reads on, up to 256 KiB, once the answer is sent.
			_ = http.NewResponseController(w).SetReadDeadline(s.now().Add(linger))
		}
	})
}

// keepConnection is said once a request is verified.
func keepConnection(w http.ResponseWriter) { w.Header().Del("Connection") }
