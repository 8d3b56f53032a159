package main

import (
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// await asks an instance's agent, or another of its services, until its /readyz
// matches: `await DIR PATTERN [SERVICE]`.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await DIR PATTERN [SERVICE]")
	}
	service := "agent"
	if len(args) == 3 {
		service = args[2]
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	named := regexp.MustCompile(`(?m)^ +` + service + ` +(http\S+)`).FindStringSubmatch(ts.ReadFile(args[0] + ".out"))
	if named == nil {
		ts.Fatalf("%s.out names no %s", args[0], service)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for {
		body := ask(ts, named[1]+"/readyz")
		if re.MatchString(body) {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("no match for %s in %s", args[1], body)
		}
	}
}

func ask(ts *testscript.TestScript, url string) string {
	resp, err := http.Get(url) //nolint:gosec // the instance's own
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return string(body)
}
