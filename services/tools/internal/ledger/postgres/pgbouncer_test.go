package postgres_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/ledgertest"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// In transaction mode each transaction gets another connection of the server's:
// what a session keeps is lost.
func TestLedgerBehindPgBouncer(t *testing.T) {
	behind, ledger := pgBouncer(t), ledgers(t)
	places := make(map[string]string)
	ledgertest.Run(t, func(t testing.TB, place string, now func() time.Time) ledgertest.Ledger {
		t.Helper()
		if places[place] == "" {
			places[place] = behind(ledger(t))
		}
		s, err := postgres.New(places[place], postgres.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return &settled{s, connect(t, places[place]+"&default_query_exec_mode=cache_describe")}
	})
}

// pgBouncer starts one in transaction mode before the real server. What it returns gives
// the connection string of a database behind it.
func pgBouncer(t *testing.T) func(database string) string {
	t.Helper()
	server := testkit.Postgres(t)
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		if binary = "/usr/sbin/pgbouncer"; exec.Command(binary, "--version").Run() != nil {
			t.Skip("NOT TESTED behind PgBouncer: it is not installed")
		}
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // It is readable by its owner only.
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	ini := fmt.Sprintf("[databases]\n* = host=%s port=%s user=%s\n"+
		"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 500\nserver_idle_timeout = 2\n",
		u.Hostname(), u.Port(), u.User.Username(), port)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(ini), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-q", file)
	if os.Getuid() == 0 { // It refuses to be root.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	eventually(t, func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
	return func(database string) string {
		u, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		u.Host, u.RawQuery = address, "sslmode=disable"
		return u.String()
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// eventually tries for at most 20 s.
func eventually(t testing.TB, f func() error) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// connect connects beside the store.
func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// run runs a statement as another process would, also after the test.
func run(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx := t.Context()
	if ctx.Err() != nil {
		ctx = testContext()
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
