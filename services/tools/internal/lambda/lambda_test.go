package lambda_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/lambda"
)

// authority writes a certificate for 127.0.0.1 and returns its file, and how a server shows it.
func authority(t *testing.T, until time.Time) (string, *tls.Config) {
	t.Helper()
	cert, key := testkit.CertificateUntil(t, 1, until, "127.0.0.1")
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return file, &tls.Config{Certificates: []tls.Certificate{pair}}
}

// executor is a local one that lets in who shows the token.
func executor(t *testing.T, cfg *tls.Config, token string, code int) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case code != http.StatusOK:
			w.WriteHeader(code)
		default:
			_, _ = io.WriteString(w, `{"outcome":"done"}`)
		}
	}))
	if srv.TLS = cfg; cfg != nil {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv.URL
}

// Why a local executor was not invoked is told with the setting and the class,
// and that it was not decides that the call may be made again.
func TestInvocationsThatDoNotArrive(t *testing.T) {
	file, cfg := authority(t, time.Now().Add(time.Hour))
	other, _ := authority(t, time.Now().Add(time.Hour))
	lateFile, late := authority(t, time.Now().Add(-time.Minute))
	const token = "MARKED-token"
	secure, plain := executor(t, cfg, token, 200), executor(t, nil, token, 200)
	swap := func(url string) string {
		if rest, ok := strings.CutPrefix(url, "https"); ok {
			return "http" + rest
		}
		return "https" + strings.TrimPrefix(url, "http")
	}
	for _, tc := range []struct {
		name, url, ca, token string
		sent                 bool
		want                 []string
	}{
		{"over TLS", secure, file, token, true, nil},
		{"without", plain, "", token, true, nil},
		{"another authority", secure, other, token, false, []string{"EXECUTOR_ENDPOINT=", "(tls)", "SERVICE_CA_FILE here"}},
		{"expired", executor(t, late, token, 200), lateFile, token, false, []string{"EXECUTOR_ENDPOINT=", "(tls)", "expired"}},
		{"plain HTTP to TLS", swap(secure), file, token, false, []string{"(tls)", "write https:// in EXECUTOR_ENDPOINT"}},
		{"TLS to plain HTTP", swap(plain), file, token, false, []string{"(tls)", "write http:// in EXECUTOR_ENDPOINT"}},
		{"nobody there", "http://127.0.0.1:1", "", token, false, []string{"EXECUTOR_ENDPOINT=http://127.0.0.1:1", "(refused)"}},
		{"no such host", "http://switchyard.invalid", "", token, false, []string{"(dns)", "correct the host in EXECUTOR_ENDPOINT"}},
		{"another token", plain, "", "MARKED-other", false, []string{"EXECUTOR_ENDPOINT", "set TOOLS_TOKEN"}},
		{"a token of another role", executor(t, nil, token, 403), "", token, false, []string{"EXECUTOR_ENDPOINT", "set TOOLS_TOKEN"}},
		{"busy", executor(t, nil, token, 429), "", token, false, []string{"lambda: invoke"}},
		{"failing", executor(t, nil, token, 500), "", token, true, []string{"lambda: invoke"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, err := rpc.NewTrustingHTTPClient(tc.ca)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			l, err := lambda.New(t.Context(), lambda.Options{Endpoint: tc.url, Token: func() string { return tc.token }, Client: client})
			if err != nil {
				t.Fatal(err)
			}
			result, err := l.Invoke(t.Context(), &executorv1.Command{CallId: "c"})
			if tc.want == nil {
				if err != nil || result.GetOutcome() != "done" {
					t.Fatalf("%v, %v", result, err)
				}
				return
			}
			invoke, ok := errors.AsType[*call.InvokeError](err)
			if !ok || invoke.NotSent == tc.sent {
				t.Fatalf("%+v", err)
			}
			// One that has no room is there, and is not to be taken for away.
			if invoke.Busy != (tc.name == "busy") {
				t.Errorf("busy %v: %v", invoke.Busy, err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "MARKED") {
				t.Errorf("the error tells a token: %v", err)
			}
		})
	}
}

// A token that was replaced is shown with the next invocation.
func TestInvocationShowsThePresentToken(t *testing.T) {
	token := "first"
	url := executor(t, nil, "second", 200)
	client, err := rpc.NewTrustingHTTPClient("")
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	l, err := lambda.New(t.Context(), lambda.Options{Endpoint: url, Token: func() string { return token }, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Invoke(t.Context(), &executorv1.Command{CallId: "c"}); err == nil {
		t.Fatal("the wrong token was taken")
	}
	token = "second"
	if _, err := l.Invoke(t.Context(), &executorv1.Command{CallId: "c"}); err != nil {
		t.Fatal(err)
	}
}
