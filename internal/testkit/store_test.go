package testkit_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
)

func TestClickHouseDatabasesAreApart(t *testing.T) {
	first, second := testkit.ClickHouse(t), testkit.ClickHouse(t)
	if first == second {
		t.Fatalf("twice %s", first)
	}
	for _, address := range []string{first, second} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.RawQuery = url.Values{"database": {strings.TrimPrefix(u.Path, "/")}}.Encode()
		u.Path = "/"
		// It fails where it is there already.
		resp, err := http.Post(u.String(), "text/plain", strings.NewReader("CREATE TABLE mine (n Int64) ENGINE = MergeTree ORDER BY n"))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", address, body)
		}
	}
}

// Tests that share Neo4j's one database never run at the same time.
func TestNeo4jIsHadAlone(t *testing.T) {
	t.Setenv("SWITCHYARD_TEST_NEO4J", "bolt://127.0.0.1:1")
	var inside atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			t.Run("alone", func(t *testing.T) {
				testkit.Neo4j(t)
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d tests at once", n)
				}
				t.Cleanup(func() { inside.Add(-1) })
			})
		})
	}
	wg.Wait()
}
