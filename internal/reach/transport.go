package reach

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// errPlain is what a server that speaks TLS says to one who does not.
var errPlain = errors.New("plain HTTP to a server that speaks TLS")

// Transport is a transport whose errors Explain understands.
func Transport(t *http.Transport) http.RoundTripper { return schemes{t} }

// schemes tells by Go's answer to plain HTTP that a server speaks TLS: it would
// be one more bad request. The opposite net/http tells by itself.
type schemes struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (s schemes) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.Transport.RoundTrip(req)
	if err != nil || req.URL.Scheme != "http" || resp.StatusCode != http.StatusBadRequest || resp.ProtoAtLeast(1, 1) {
		return resp, err
	}
	const told = "Client sent an HTTP request to an HTTPS server."
	head, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(told))))
	if err == nil && string(head) == told {
		_ = resp.Body.Close() // nothing else comes
		return nil, errPlain
	}
	// Another server's answer stays whole.
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	return resp, nil
}
