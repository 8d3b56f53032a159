package postgres_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// A wrong connection string in each way is told with setting, host and class, at
// once, and never with the password.
func TestWrongConnectionStrings(t *testing.T) {
	server := testkit.Postgres(t)
	given, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(u *url.URL)
		class  connection.Class
	}{
		{"host", func(u *url.URL) { u.Host = "nowhere.invalid:5432" }, connection.DNS},
		{"port", func(u *url.URL) { u.Host = fmt.Sprintf("127.0.0.1:%d", freePort(t)) }, connection.Refused},
		{"database", func(u *url.URL) { u.Path = "/nosuchdatabase" }, connection.MissingDatabase},
		{"user", func(u *url.URL) { u.User = url.UserPassword("nosuchuser", "not-a-password") }, connection.Auth},
		{"tls", func(u *url.URL) { u.RawQuery = "sslmode=require" }, connection.TLS},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u := *given
			u.User = url.UserPassword(u.User.Username(), "not-a-password")
			tc.change(&u)
			s := open(t, u.String(), postgres.Options{})
			err := s.Ping(t.Context())
			var failed *connection.Error
			if !errors.As(err, &failed) || !errors.Is(err, ledger.ErrUnavailable) || failed.Setting != "DATABASE_URL" || failed.Host != u.Host || failed.Class != tc.class {
				t.Fatalf("%v is not unavailable, DATABASE_URL, %s, %s", err, u.Host, tc.class)
			}
			if strings.Contains(err.Error(), "not-a-password") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error tells the password, or has lines: %v", err)
			}
			// For a moment nobody tries again.
			begun := time.Now()
			if err := s.Ping(t.Context()); !errors.Is(err, ledger.ErrUnavailable) || time.Since(begun) > 100*time.Millisecond {
				t.Errorf("the second answer took %v: %v", time.Since(begun), err)
			}
		})
	}
	t.Run("no string", func(t *testing.T) {
		if _, err := postgres.New("postgres://u:not-a-password@h:port/d", postgres.Options{}); err == nil || strings.Contains(err.Error(), "not-a-password") || !strings.Contains(err.Error(), "DATABASE_URL") {
			t.Errorf("%v", err)
		}
	})
}

// A parameter that the driver refuses, or a file that is not there, is named: it was said
// that the whole string is none, and that the password may have to be escaped.
func TestARefusedParameterIsNamed(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(broken, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"sslmode=verify-full&sslrootcert=/nope/ca.pem": "DATABASE_URL: db.example:5432: tls: sslrootcert=/nope/ca.pem can't be read: no such file or directory",
		"sslcert=/nope/a.pem&sslkey=/nope/a.key":       "DATABASE_URL: db.example:5432: tls: sslkey=/nope/a.key can't be read: no such file or directory",
		"sslcert=/nope/a.pem":                          "DATABASE_URL: db.example:5432: tls: sslcert=/nope/a.pem holds no such thing in PEM, or stands without the other one: set sslcert and sslkey together",
		"sslmode=verify-full&sslrootcert=" + broken:    "DATABASE_URL: db.example:5432: tls: sslrootcert=" + broken + " is not one that PostgreSQL's driver takes: a file has to hold PEM",
		"sslmode=full":                        "DATABASE_URL: db.example:5432: tls: sslmode=full is none of disable, allow, prefer, require, verify-ca and verify-full",
		"pool_max_conns=many&sslmode=disable": "DATABASE_URL: db.example:5432: pool_max_conns=many is not one that PostgreSQL's driver takes: mend it, or leave it out",
	} {
		_, err := postgres.New("postgres://app:not-a-password@db.example:5432/app?"+query, postgres.Options{})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", query, err, want)
		}
	}
}

// The server asks for a password that is wrong.
func TestWrongPassword(t *testing.T) {
	server := testkit.Postgres(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	// A server that answers as PostgreSQL does: the tests' own may trust everybody.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			fields := "SFATAL\x00VFATAL\x00C28P01\x00Mpassword authentication failed for user \"app\"\x00\x00"
			_, _ = conn.Write(append([]byte{'E', 0, 0, 0, byte(4 + len(fields))}, fields...))
			_ = conn.Close()
		}
	}()
	u.Host = l.Addr().String()
	u.User = url.UserPassword("app", "not-a-password")
	u.RawQuery = "sslmode=disable"
	err = open(t, u.String(), postgres.Options{}).Ping(t.Context())
	var failed *connection.Error
	if !errors.As(err, &failed) || failed.Class != connection.Auth || strings.Contains(err.Error(), "not-a-password") {
		t.Errorf("%v", err)
	}
}

// The store is made while its database is away, fails at once, and works when it
// comes; and again after it went.
func TestDatabaseComesAndGoes(t *testing.T) {
	dsn := kit.Schema(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	door := newDoor(t, u.Host)
	u.Host = door.address
	s := open(t, u.String(), postgres.Options{})
	begun := time.Now()
	if _, err := s.Open(t.Context(), opening(1)); !errors.Is(err, ledger.ErrUnavailable) || time.Since(begun) > time.Second {
		t.Fatalf("away: %v after %v", err, time.Since(begun))
	}
	for range 2 {
		door.open(t)
		eventually(t, func() error { _, err := s.Open(t.Context(), opening(1)); return err })
		door.shut()
		eventually(t, func() error {
			begun := time.Now()
			if err := s.Ping(t.Context()); !errors.Is(err, ledger.ErrUnavailable) || time.Since(begun) > time.Second {
				return fmt.Errorf("gone, after %v: %w", time.Since(begun), err)
			}
			return nil
		})
	}
}
