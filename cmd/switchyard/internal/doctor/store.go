package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/switchyard-dev/switchyard/services/tools"
)

const (
	// writable is access(2)'s W_OK.
	writable = 2
	// Below these the disk is short, and nearly full: SQLite writes a log of a
	// few MB beside the ledger before it commits.
	littleSpace, noSpace = 1 << 30, 64 << 20
)

// stores examines where the ledger is, which answers for the stores that nobody set.
func (e *exam) stores(ctx context.Context) {
	if e.tools.Postgres() {
		e.database(ctx)
	} else if path, err := e.tools.LedgerFile(); err != nil {
		e.found("stores", Problem, "DATABASE_URL", err.Error(), "for instance DATABASE_URL=sqlite:"+filepath.Join(e.o.Data, "switchyard.db"))
	} else {
		e.ledger(path)
	}
	for _, store := range []struct{ setting, value, of, name string }{
		{"CLICKHOUSE_URL", e.tools.ClickHouseURL, "facts", "ClickHouse"},
		{"NEO4J_URI", e.tools.Neo4jURI, "graph", "Neo4j"},
	} {
		if store.value == "" {
			e.found("stores", OK, "", fmt.Sprintf("questions about %s are answered by the ledger", store.of), "")
			continue
		}
		e.found("stores", OK, store.setting, fmt.Sprintf("%s names a %s that follows the ledger and answers questions about %s", store.setting, store.name, store.of), "")
	}
	if err := tools.CheckStores(e.tools); err != nil {
		e.found("stores", Problem, "", err.Error(), "tools does not start with it: correct the setting, or leave it out")
	}
}

// database examines a ledger in PostgreSQL.
func (e *exam) database(ctx context.Context) {
	about, err := tools.CheckLedger(ctx, e.tools)
	if err != nil {
		e.found("stores", Problem, "DATABASE_URL", err.Error(), "start the database, or mend the part of DATABASE_URL that the error names: meanwhile webhooks are answered 503")
		return
	}
	e.found("stores", OK, "DATABASE_URL", about, "")
}

func (e *exam) ledger(path string) {
	about := "DATABASE_URL=sqlite:" + path
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		e.found("stores", Problem, "DATABASE_URL", about+" is a folder", "name a file in it")
		return
	case err == nil:
		if err := syscall.Access(path, writable); err != nil {
			e.found("stores", Problem, "DATABASE_URL", fmt.Sprintf("%s can't be written: %v", about, err), "give the file to the user that tools runs as")
			return
		}
		about += fmt.Sprintf(": %s", size(uint64(info.Size())))
	case errors.Is(err, fs.ErrNotExist):
		about += " is not there yet: tools makes it"
	default:
		e.found("stores", Problem, "DATABASE_URL", fmt.Sprintf("%s: %v", about, bare(err)), "name a file in a folder that tools can write")
		return
	}
	e.folder(about, filepath.Dir(path))
}

// folder examines the nearest folder that is there: tools makes those below it.
func (e *exam) folder(about, dir string) {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	if err := syscall.Access(dir, writable); err != nil {
		e.found("stores", Problem, "DATABASE_URL", fmt.Sprintf("%s: the folder %s can't be written: %v", about, dir, err), "name a file in a folder that tools can write")
		return
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		e.found("stores", Warning, "DATABASE_URL", fmt.Sprintf("%s: free space unknown: %v", about, err), "look at the disk by hand")
		return
	}
	e.space(about, disk.Bavail*uint64(disk.Bsize)) //nolint:gosec // a block's size is positive
}

func (e *exam) space(about string, free uint64) {
	message := fmt.Sprintf("%s, %s free on its disk", about, size(free))
	switch {
	case free < noSpace:
		e.found("stores", Problem, "DATABASE_URL", message, "make room: without it webhooks are answered 503")
	case free < littleSpace:
		e.found("stores", Warning, "DATABASE_URL", message, "make room soon: without it webhooks are answered 503")
	default:
		e.found("stores", OK, "DATABASE_URL", message, "")
	}
}

func size(n uint64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	if n < 10<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d GiB", n>>30)
}
