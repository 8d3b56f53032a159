package program

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type settings struct {
	Listen   string `env:"TEST_LISTEN" default:"127.0.0.1:1" help:"Where."`
	LogLevel string `env:"LOG_LEVEL" default:"info" help:"Level."`
}

func (s *settings) Address() string { return s.Listen }
func (s *settings) Level() string   { return s.LogLevel }

func lookup(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func TestHealthAsksTheRunningService(t *testing.T) {
	code := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/livez" {
			t.Errorf("asked %s", r.URL.Path)
		}
		w.WriteHeader(code)
	}))
	env := map[string]string{"TEST_LISTEN": strings.TrimPrefix(srv.URL, "http://"), "GOGC": "100"}
	never := func(context.Context, *slog.Logger) error { t.Fatal("ran"); return nil }
	probe := func() error { return start(t.Context(), "x", "", &settings{}, []string{"health"}, lookup(env), never) }
	if err := probe(); err != nil {
		t.Fatal(err)
	}
	code = http.StatusServiceUnavailable
	if err := probe(); err == nil {
		t.Fatal("a failing service passed")
	}
	srv.Close()
	if err := probe(); err == nil {
		t.Fatal("a service that is not there passed")
	}
}

// secure are the settings of a service that speaks TLS.
type secure struct{ settings }

func (*secure) Secure() bool { return true }

func TestHealthAsksOverTLS(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	env := map[string]string{"TEST_LISTEN": strings.TrimPrefix(srv.URL, "https://"), "GOGC": "100"}
	never := func(context.Context, *slog.Logger) error { t.Fatal("ran"); return nil }
	if err := start(t.Context(), "x", "", &secure{}, []string{"health"}, lookup(env), never); err != nil {
		t.Fatal(err)
	}
	if err := start(t.Context(), "x", "", &settings{}, []string{"health"}, lookup(env), never); err == nil {
		t.Fatal("a service that speaks TLS answered without")
	}
}

func TestLogLevelIsNamed(t *testing.T) {
	env := map[string]string{"LOG_LEVEL": "loud", "GOGC": "100"}
	err := start(t.Context(), "x", "", &settings{}, nil, lookup(env), func(context.Context, *slog.Logger) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "LOG_LEVEL=loud") {
		t.Fatalf("error %v", err)
	}
}
