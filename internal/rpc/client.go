package rpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"

	"github.com/switchyard-dev/switchyard/internal/reach"
)

// ClientOptions are the options of a client with one token for good. An empty
// one is not sent.
func ClientOptions(token string) ([]connect.ClientOption, error) {
	return ClientOptionsShowing(func() string { return token })
}

// ClientOptionsShowing are the options of every client between services. The
// token is asked for anew with each call. Compression is off: on one network it
// costs more than it saves.
func ClientOptionsShowing(token func() string) ([]connect.ClientOption, error) {
	otel, err := otelconnect.NewInterceptor()
	if err != nil {
		return nil, fmt.Errorf("rpc: telemetry: %w", err)
	}
	return []connect.ClientOption{
		connect.WithInterceptors(otel, bearer(token)),
		connect.WithAcceptCompression("gzip", nil, nil),
		connect.WithReadMaxBytes(MaxMessageBytes),
	}, nil
}

// NewHTTPClient makes the client that calls between services share: HTTP/1.1
// with kept connections, which for unary calls is at least as fast as h2c.
// Deadlines come from contexts. Certificates are verified as the system has it.
func NewHTTPClient() *http.Client { return newHTTPClient(nil) }

// NewTrustingHTTPClient makes a service's client. It verifies the certificates of
// https URLs against those of the file that SERVICE_CA_FILE names, in PEM, and
// nothing else; with "" as the system has it. It follows no redirect: what is
// sent is for the service that a setting names, and for no other.
func NewTrustingHTTPClient(caFile string) (*http.Client, error) {
	cfg, err := trusting(caFile)
	if err != nil {
		return nil, err
	}
	client := newHTTPClient(cfg)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, nil
}

func trusting(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("SERVICE_CA_FILE: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("SERVICE_CA_FILE=%s: want certificates in PEM", caFile)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, nil
}

func newHTTPClient(cfg *tls.Config) *http.Client {
	return &http.Client{Transport: reach.Transport(&http.Transport{
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:        512,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSClientConfig:     cfg,
		DisableCompression:  true,
	})}
}

// bearer puts a token on each request.
type bearer func() string

func (b bearer) show(h http.Header) {
	if token := b(); token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
}

func (b bearer) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		b.show(req.Header())
		return next(ctx, req)
	}
}

func (b bearer) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		conn := next(ctx, spec)
		b.show(conn.RequestHeader())
		return conn
	}
}

func (b bearer) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}
