package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/switchyard-dev/switchyard/internal/program"
)

func main() {
	each := flag.Duration("each", 5*time.Second, "time of each measurement")
	profile := flag.String("cpuprofile", "", "write CPU profiles of the saturated path to this name, with .push and .merged behind it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	program.TuneGC(os.LookupEnv)
	if err := measure(ctx, *each, *profile); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, each time.Duration, profile string) error {
	fmt.Printf("Each line %v. Load, services and ledger share this machine's processors. Bodies of 9 KiB.\n", each)
	if err := measureDoor(ctx, each); err != nil {
		return err
	}
	alone, err := measurePath(ctx, "no rule matches, each write its own commit", push, stores{group: 1}, each, "")
	if err != nil {
		return err
	}
	grouped, err := measurePath(ctx, "no rule matches (2 writes)", push, stores{}, each, profileOf(profile, "push"))
	if err != nil {
		return err
	}
	fmt.Printf("\ngroup commit : a commit each = %.2f at saturation\n", grouped/alone)
	if _, err = measurePath(ctx, "pull_request.merged, two dry-run actions (3 writes)", merged, stores{}, each, profileOf(profile, "merged")); err != nil {
		return err
	}
	return measureStores(ctx, each)
}

// measureStores is the path on PostgreSQL, and with what follows it.
func measureStores(ctx context.Context, each time.Duration) error {
	postgres, all, ok := given(os.LookupEnv)
	if !ok {
		fmt.Println("\nNOT MEASURED: PostgreSQL, ClickHouse and Neo4j: `make bench` starts them where it can")
		return nil
	}
	single := postgres
	single.group = 1
	alone, err := measurePath(ctx, "on PostgreSQL, no rule matches, each write its own commit", push, single, each, "")
	if err != nil {
		return err
	}
	grouped, err := measurePath(ctx, "on PostgreSQL, no rule matches (2 writes)", push, postgres, each, "")
	if err != nil {
		return err
	}
	fmt.Printf("\ngroup commit : a commit each = %.2f at saturation\n", grouped/alone)
	_, err = measurePath(ctx, "on PostgreSQL, ClickHouse and Neo4j following, no rule matches", push, all, each, "")
	return err
}

func measureDoor(ctx context.Context, each time.Duration) error {
	s, err := doorAlone()
	if err != nil {
		return err
	}
	fmt.Println("\ningress alone, with an agent that answers at once")
	l := newLoad(s.url+"/webhooks/github", push)
	if err := l.send(ctx); err != nil {
		return err
	}
	l.saturate(ctx, time.Second)
	fmt.Printf("  %2d connections  %v\n", connections, l.saturate(ctx, each))
	return s.stop()
}

// measurePath prints the whole path's figures and returns its rate at saturation.
func measurePath(ctx context.Context, name string, body func(int) (http.Header, []byte), on stores, each time.Duration, profile string) (float64, error) {
	dir, err := os.MkdirTemp("", "switchyard-bench")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if on.database == "" {
		on.database = "sqlite:" + filepath.Join(dir, "ledger.db")
	}
	s, err := whole(ctx, on)
	if err != nil {
		return 0, err
	}
	fmt.Printf("\nwhole path: %s\n", name)
	l := newLoad(s.url+"/webhooks/github", body)
	if err := l.send(ctx); err != nil {
		return 0, err
	}
	l.saturate(ctx, time.Second)

	ops, commits := s.tools.Commits()
	stopProfile, err := startProfile(profile)
	if err != nil {
		return 0, err
	}
	full := l.saturate(ctx, each)
	stopProfile()
	opsAfter, commitsAfter := s.tools.Commits()
	n := float64(full.Requests)
	fmt.Printf("  %2d connections  %v\n", connections, full)
	fmt.Printf("                  %.2f writes a run, in %.2f commits: %.1f writes share one\n", float64(opsAfter-ops)/n, float64(commitsAfter-commits)/n, float64(opsAfter-ops)/float64(commitsAfter-commits))
	for _, rate := range []float64{full.Rate / 2, 50} {
		fmt.Printf("  %5.0f/s offered  %v\n", rate, l.at(ctx, rate, each))
	}
	return full.Rate, s.stop()
}

func profileOf(profile, name string) string {
	if profile == "" {
		return ""
	}
	return profile + "." + name
}

func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
