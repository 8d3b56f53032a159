package program

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// gcPercent saves a sixth or more of a request's CPU for some 15 MB of memory.
const gcPercent = 400

// Settings are a service's, with what every program needs of them. Those of a
// service that may speak TLS itself also have Secure() bool.
type Settings interface {
	// Address is host:port that the service listens on, for the probe.
	Address() string
	// Level is the least level that is logged: debug, info, warn or error.
	Level() string
}

// Task is something that a program does instead of serving, with the same settings:
// its name is the single argument.
type Task struct {
	Name string
	// Help begins with a small letter: "brings … up to date".
	Help string
	Run  func(context.Context, *slog.Logger) error
}

// Main runs a service's program and exits. The description says what the service
// does and how it is started, for its help. With the single argument `health` it
// asks the running service's /livez instead and exits 1 if it does not answer.
func Main(name, description string, settings Settings, run func(context.Context, *slog.Logger) error, tasks ...Task) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := start(ctx, name, description, settings, os.Args[1:], os.LookupEnv, run, tasks...)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start(ctx context.Context, name, description string, settings Settings, args []string, lookup config.Lookup, run func(context.Context, *slog.Logger) error, tasks ...Task) error {
	health := slices.Equal(args, []string{"health"})
	if health {
		args = nil
	}
	for _, t := range tasks {
		description += fmt.Sprintf("\n\nThis %s, and exits:\n\n  %s %s", t.Help, name, t.Name)
		if slices.Equal(args, []string{t.Name}) {
			args, run = nil, t.Run
		}
	}
	if err := config.Parse(settings, name, description+usage(name), args, lookup); err != nil {
		return err
	}
	if health {
		tls, ok := settings.(interface{ Secure() bool })
		return probe(ctx, settings.Address(), ok && tls.Secure())
	}
	TuneGC(lookup)
	log, err := NewLog(os.Stderr, settings.Level())
	if err != nil {
		return err
	}
	return run(ctx, log.With("service", name))
}

// usage is what the help of every service says.
func usage(name string) string {
	return fmt.Sprintf(`

Then this asks it whether it lives, and exits with 1 if not:

  %s health

Each setting is a flag or a variable. NAME_FILE instead of NAME names a file that
holds the value, as secrets of containers come.`, name)
}

// TuneGC trades memory for CPU unless GOGC says otherwise.
func TuneGC(lookup config.Lookup) {
	if _, ok := lookup("GOGC"); !ok {
		debug.SetGCPercent(gcPercent)
	}
}

// NewLog logs JSON from a level on.
func NewLog(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("LOG_LEVEL=%s: want debug, info, warn or error", level)
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})), nil
}

// probe asks the service on this machine; an address for every interface is asked on loopback.
func probe(ctx context.Context, addr string, secure bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	at := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
	if secure {
		at.Scheme = "https"
	}
	return Probe(ctx, at.String())
}

// Probe asks the service at a base URL on this machine whether it lives, for at
// most 3 s.
func Probe(ctx context.Context, base string) error {
	// The certificate is for the service's public name, which is not asked here.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/livez", nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if err := resp.Body.Close(); err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New("health: " + resp.Status)
	}
	return nil
}
