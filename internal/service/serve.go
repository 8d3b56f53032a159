package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

// drainTime bounds how long requests in flight may still run once a service is told to go.
const drainTime = 20 * time.Second

// Listen listens on host:port. Without any of the tokens it refuses to listen beyond loopback.
func Listen(setting, addr string, tokens scope.Tokens) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%s=%s: want host:port: %w", setting, addr, err)
	}
	if !tokens.Set() && !Loopback(host) {
		return nil, fmt.Errorf("%s=%s is beyond loopback and no token is set: set %s (`switchyard secret` prints one) or listen on 127.0.0.1", setting, addr, tokens.Settings("or"))
	}
	return ListenOpen(setting, addr, addr)
}

// ListenOpen listens on host:port, also beyond loopback: for a service whose
// callers prove themselves with each request. The setting with
// this value is what moves it elsewhere.
func ListenOpen(setting, value, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s=%s: %w: another program listens there: stop it, or set %s to a free one", setting, value, err, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("%s=%s: %w", setting, value, err)
	}
	return ln, nil
}

// Loopback tells whether a host, a name or an address, is this machine itself.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

type drainKey struct{}

// Draining is closed when the service is told to go: a stream that lives as
// long as its client ends then. Without Serve it never is.
func Draining(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(drainKey{}).(chan struct{})
	return c
}

// Option changes how Serve serves.
type Option func(*serving)

type serving struct {
	http.Server
	pair    *KeyPair
	secrets []*credential.Set
}

// Secrets makes Serve read the sets' files again while it serves.
func Secrets(sets ...[]*credential.Set) Option {
	return func(s *serving) { s.secrets = append(s.secrets, slices.Concat(sets...)...) }
}

// TLS makes Serve speak TLS 1.2 or later, with HTTP/1.1 and HTTP/2, by the pair
// as its files are at the time. A nil pair changes nothing.
func TLS(pair *KeyPair) Option {
	return func(s *serving) {
		if pair == nil {
			return
		}
		s.pair = pair
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.certificate}
	}
}

// Serve serves HTTP/1.1 and h2c until ctx is done, then lets requests in
// flight finish for at most 20 s.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, options ...Option) error {
	draining := make(chan struct{})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	srv := &serving{Server: http.Server{
		Handler:           h,
		Protocols:         protocols,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          errorLog(log),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.WithoutCancel(ctx), drainKey{}, draining)
		},
	}}
	for _, option := range options {
		option(srv)
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.listen(ctx, ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("service: %w", err)
	case <-ctx.Done():
	}
	close(draining)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return errors.Join(fmt.Errorf("service: requests still ran after %v: %w", drainTime, err), srv.Close())
	}
	return nil
}

func (s *serving) listen(ctx context.Context, ln net.Listener) error {
	if len(s.secrets) > 0 {
		go credential.Watch(ctx, s.secrets)
	}
	if s.pair == nil {
		return s.Serve(ln)
	}
	go s.pair.follow(ctx)
	return s.ServeTLS(ln, "", "")
}
