package service

import (
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// headerTime is from a connection's first moment, or a kept one's next byte, to
// the end of a request's header; with TLS the handshake has as long before.
const headerTime = 10 * time.Second

// What one client that nobody vouches for may hold beside its bodies.
const (
	strangerHeaders = 64 << 10 // bytes of a request's header
	strangerStreams = 64       // requests at a time on an HTTP/2 connection
	// strangerBuffer is what HTTP/2 takes in ahead of the handlers, a connection:
	// 25 MiB still come in 8 s at a round trip of 80 ms.
	strangerBuffer = 256 << 10
)

// Strangers is for a listener that anybody can reach: a connection is gone
// `answer` after a request's header if the answer is not taken by then, or after
// 10 s without a header. Streams that live longer, as between services, are cut
// off. There is no h2c: nobody who sends webhooks speaks it.
func Strangers(answer time.Duration) Option {
	return func(s *serving) {
		s.WriteTimeout = answer
		s.MaxHeaderBytes = strangerHeaders
		s.Protocols.SetUnencryptedHTTP2(false)
		s.HTTP2 = &http.HTTP2Config{
			MaxConcurrentStreams:          strangerStreams,
			MaxReceiveBufferPerConnection: strangerBuffer,
			MaxReceiveBufferPerStream:     strangerBuffer,
			// A client that is gone without a word answers no ping.
			SendPingTimeout:  headerTime / 2,
			PingTimeout:      headerTime / 2,
			WriteByteTimeout: headerTime,
		}
	}
}

// errorLog is where net/http writes what it can tell no handler. Most of it is
// what strangers do to a connection; what is ours to mend is an error.
func errorLog(to *slog.Logger) *log.Logger {
	return log.New(serverLines{to}, "", 0)
}

type serverLines struct{ log *slog.Logger }

// Write takes one line, as log.Logger writes it.
func (l serverLines) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if strings.Contains(text, "panic serving") || strings.Contains(text, "Accept error") {
		l.log.Error("net/http", "error", text)
	} else {
		l.log.Debug("net/http", "error", text)
	}
	return len(line), nil
}
