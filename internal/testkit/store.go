package testkit

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Postgres returns the address of a real server, or skips the test, loudly, where
// there is none: `build/stores.sh run go test …` starts one. What a test does
// there, it does in a database of its own: testkit/postgres makes one.
func Postgres(t testing.TB) string {
	t.Helper()
	return store(t, "SWITCHYARD_TEST_POSTGRES")
}

// ClickHouse returns the connection string of a database of the test's own on a real
// server, over HTTP, dropped when the test ends; or it skips the test as Postgres does.
func ClickHouse(t testing.TB) string {
	t.Helper()
	given := store(t, "SWITCHYARD_TEST_CLICKHOUSE")
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		t.Fatalf("SWITCHYARD_TEST_CLICKHOUSE=%s: want the server's HTTP address, http://HOST:PORT/DATABASE", given)
	}
	name := Name()
	clickhouse(t, *u, "CREATE DATABASE "+name)
	t.Cleanup(func() { clickhouse(t, *u, "DROP DATABASE IF EXISTS "+name) })
	u.Path = "/" + name
	return u.String()
}

// ClickHouseNative returns the address of a real server over ClickHouse's own
// protocol, which may be an old one; or it skips the test as Postgres does.
func ClickHouseNative(t testing.TB) string {
	t.Helper()
	return store(t, "SWITCHYARD_TEST_CLICKHOUSE_NATIVE")
}

// Neo4j returns the address of a real server, user and password in it, or skips
// the test as Postgres does. It has one database: the test has it alone, whatever
// process others run in, until it ends, and empties it by itself.
func Neo4j(t testing.TB) string {
	t.Helper()
	address := store(t, "SWITCHYARD_TEST_NEO4J")
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("SWITCHYARD_TEST_NEO4J: %v", err)
	}
	alone(t, "neo4j-"+strings.ReplaceAll(u.Host, ":", "-"))
	return address
}

// Name is a name for a database that no other test has.
func Name() string { return "t" + strings.ReplaceAll(uuid.NewString(), "-", "") }

func store(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skipf("NOT TESTED on a real store: %s is not set; `build/stores.sh run go test …` starts one and sets it", variable)
	}
	return address
}

// alone holds a lock of the machine until the test ends.
func alone(t testing.TB, name string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "switchyard-test-"+name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // Closed is unlocked.
}

func clickhouse(t testing.TB, server url.URL, statement string) {
	t.Helper()
	server.Path = "/"
	if err := post(server.String(), statement); err != nil {
		t.Fatalf("ClickHouse at %s: %v", server.Host, err)
	}
}

func post(address, statement string) error {
	client := &http.Client{Timeout: 30 * time.Second}
	resp, err := client.Post(address, "text/plain", strings.NewReader(statement))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", statement, resp.Status, body)
	}
	return err
}
