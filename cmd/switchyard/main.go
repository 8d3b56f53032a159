// Command switchyard runs Switchyard on one machine, sends it webhooks and
// shows what it did and why.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/switchyard-dev/switchyard/internal/rpc"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends what takes too long to drain.
	context.AfterFunc(ctx, stop)
	code := command.Main(ctx, command.Env{
		Args:   os.Args[1:],
		Lookup: os.LookupEnv,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Now:    time.Now,
		Random: rand.Reader,
		Client: rpc.NewHTTPClient(),
		Self:   self(),
	})
	stop()
	os.Exit(code)
}

// self is how the user runs this program: an image knows what stands before its
// name, and `go run` leaves it in a folder of its own.
func self() string {
	if named := os.Getenv("SWITCHYARD_SELF"); named != "" {
		return named
	}
	if path, err := os.Executable(); err == nil && strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/switchyard"
	}
	return filepath.Base(os.Args[0])
}
