package proof

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync/atomic"
	"testing"
)

// balancer stands before several processes of a service, as a load balancer
// does: each in turn, and the next one where nobody listens. What was sent to one
// that then died is never sent again by itself.
func balancer(t *testing.T, addrs ...string) string {
	t.Helper()
	b := &backends{addrs: addrs, transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", addrs[0]
			r.Out.Host = r.In.Host
		},
		Transport:    b,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

type backends struct {
	addrs     []string
	transport *http.Transport
	turn      atomic.Uint64
}

// RoundTrip implements http.RoundTripper.
func (b *backends) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	first := b.turn.Add(1)
	for i := range b.addrs {
		out := req.Clone(req.Context())
		out.URL.Host = b.addrs[(first+uint64(i))%uint64(len(b.addrs))]
		out.Body = io.NopCloser(bytes.NewReader(body)) // One that was not sent is closed all the same.
		resp, err = b.transport.RoundTrip(out)
		var op *net.OpError
		if err == nil || !errors.As(err, &op) || op.Op != "dial" {
			return resp, err
		}
	}
	return nil, err
}
