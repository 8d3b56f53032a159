package neo4j_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func mark(number uint64) sink.Mark { return sink.Mark{Ledger: "a", Number: number} }

func write(t *testing.T, s *neo4j.Store, number uint64, rows, gone ledger.Rows) {
	t.Helper()
	if err := s.Write(patient(t), sink.Writing{Mark: mark(number), Rows: rows, Gone: gone.Keys()}); err != nil {
		t.Fatal(err)
	}
}

// wantNodes compares what nodes there are, by ref and labels.
func wantNodes(t *testing.T, s *neo4j.Store, want ...string) {
	t.Helper()
	found, err := s.Ask(patient(t), `MATCH (n:Entity) UNWIND labels(n) AS label WITH n, label ORDER BY label
		WITH n, collect(label) AS labels RETURN n.ref AS ref, labels ORDER BY ref`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range found {
		node := r["ref"].(string)
		for _, label := range r["labels"].([]any) {
			node += " " + label.(string)
		}
		got = append(got, node)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes: %s", diff)
	}
}

const (
	pull     = "github:pr:acme/api#1"
	shared   = "jira:issue:ACME-7"
	ownIssue = "jira:issue:ACME-11"
)

func TestNodesThatOnlyLinksNameComeAndGo(t *testing.T) {
	s := open(t)
	all := rows(1, 1)
	write(t, s, 1, ledger.Rows{Links: all.Links}, ledger.Rows{})
	wantNodes(t, s, pull+" Entity Placeholder", ownIssue+" Entity Placeholder", shared+" Entity Placeholder")
	write(t, s, 2, ledger.Rows{Entities: all.Entities}, ledger.Rows{})
	wantNodes(t, s, pull+" Change Entity", ownIssue+" Entity Placeholder", shared+" Entity Placeholder")
	write(t, s, 3, ledger.Rows{}, ledger.Rows{Entities: all.Entities, Links: all.Links[:1]})
	wantNodes(t, s, pull+" Entity Placeholder", ownIssue+" Entity Placeholder")
	// Nothing of what it was is left there.
	if left, err := s.Ask(patient(t), `MATCH (n:Entity {ref: '`+pull+`'}) RETURN properties(n) AS p`); err != nil || len(left) != 1 || len(left[0]["p"].(map[string]any)) != 1 {
		t.Errorf("left of it: %v, %v", left, err)
	}
	write(t, s, 4, ledger.Rows{}, ledger.Rows{Links: all.Links})
	wantNodes(t, s)
}

func TestLabelsAreOfAClosedList(t *testing.T) {
	s := open(t)
	all := rows(1, 1)
	e := &all.Entities[0]
	for number, kind := range []string{"issue", "change", "Person) DETACH DELETE n //", "", "placeholder"} {
		e.Kind = kind
		write(t, s, uint64(number+1), ledger.Rows{Entities: all.Entities}, ledger.Rows{})
		want := pull + " Entity"
		if number < 2 {
			want = pull + " " + map[string]string{"issue": "Entity Issue", "change": "Change Entity"}[kind]
		}
		wantNodes(t, s, want)
		if got, err := s.Entities(patient(t), []string{pull}); err != nil || len(got) != 1 || got[0].Kind != kind {
			t.Errorf("kind %q: %v, %v", kind, got, err)
		}
	}
}

// A process that was stopped in front of its write wakes up after a rebuild.
func TestAWriteFromBeforeASweepBringsNothingBack(t *testing.T) {
	s := open(t)
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	write(t, s, 2, rows(2, 1), ledger.Rows{})
	if err := s.Sweep(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	if got, err := s.Entities(patient(t), []string{pull}); err != nil || len(got) != 0 {
		t.Errorf("came back: %v, %v", got, err)
	}
	// Another ledger's numbers mean nothing to it.
	if err := s.Write(patient(t), sink.Writing{Mark: sink.Mark{Ledger: "b", Number: 1}, Rows: rows(1, 1)}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Entities(patient(t), []string{pull}); err != nil || len(got) != 1 {
		t.Errorf("another ledger's: %v, %v", got, err)
	}
}

func TestASweepGoesOnWhereItWasStopped(t *testing.T) {
	s := open(t)
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	if _, err := s.Ask(patient(t), `MATCH (s:Switchyard) SET s.sweeping = 1, s.sweep_table = 1, s.sweep_after = ''`); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	// It had the links behind it.
	wantNodes(t, s, pull+" Entity Placeholder", ownIssue+" Entity Placeholder", shared+" Entity Placeholder")
	if err := s.Sweep(patient(t), 1); err != nil {
		t.Fatal(err)
	}
	wantNodes(t, s)
}

func TestRowsThatTheServerRefuses(t *testing.T) {
	s := open(t)
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	bad := rows(2, 2)
	// Longer than an index takes.
	bad.Entities[1].Ref = strings.Repeat("x", 20_000)
	if err := s.Write(patient(t), sink.Writing{Mark: mark(2), Rows: bad}); !errors.Is(err, sink.ErrRow) {
		t.Errorf("%v, want ErrRow", err)
	}
	long := graph.Related{From: pull, To: strings.Repeat("y", 20_000)}
	if err := s.Write(patient(t), sink.Writing{Mark: mark(2), Rows: ledger.Rows{Links: []graph.Related{long}}}); !errors.Is(err, sink.ErrRow) {
		t.Errorf("%v, want ErrRow", err)
	}
	// All of it or nothing.
	if got, err := s.Entities(patient(t), []string{bad.Entities[0].Ref}); err != nil || len(got) != 0 {
		t.Errorf("a part was written: %v, %v", got, err)
	}
	if m := prepare(t, s); m != mark(1) {
		t.Errorf("mark %v", m)
	}
	write(t, s, 2, ledger.Rows{Entities: bad.Entities[:1]}, ledger.Rows{})
}

// The driver doesn't repeat a commit whose answer it never got. Rows are written
// as they are, so that we may.
func TestACommitWithoutAnAnswerIsRepeated(t *testing.T) {
	u, err := url.Parse(testkit.Neo4j(t))
	if err != nil {
		t.Fatal(err)
	}
	direct := reopen(t, u.String())
	wait(t, direct)
	empty(t, direct)
	learn(t, direct)
	empty(t, direct)
	var lost atomic.Int32
	server := u.Host
	u.Host = listen(t, func(c net.Conn) { forward(t.Context(), c, server, &lost) })
	s := reopen(t, u.String())
	write(t, s, 1, rows(1, 1), ledger.Rows{})
	if lost.Load() != 1 {
		t.Fatalf("%d commits were left without an answer", lost.Load())
	}
	if m := prepare(t, direct); m != mark(1) {
		t.Errorf("mark %v", m)
	}
}

// forward passes on what both sides say, but hangs up instead of the answer to
// the first commit.
func forward(ctx context.Context, c net.Conn, server string, lost *atomic.Int32) {
	var d net.Dialer
	up, err := d.DialContext(ctx, "tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	go func() { _, _ = io.Copy(c, up) }()
	// Bolt's message COMMIT in a chunk of its own.
	commit := []byte{0, 2, 0xb0, 0x12, 0, 0}
	buffer := make([]byte, 64<<10)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], commit) && lost.CompareAndSwap(0, 1) {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
		if _, err := up.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// The link's row is not the one that is late: its end must be there all the same.
func TestALinkKeepsAnEndThatIsGone(t *testing.T) {
	s := open(t)
	all := rows(1, 1)
	write(t, s, 5, ledger.Rows{}, ledger.Rows{Entities: all.Entities})
	write(t, s, 4, all, ledger.Rows{})
	wantNodes(t, s, pull+" Entity Placeholder", ownIssue+" Entity Placeholder", shared+" Entity Placeholder")
	if got, err := s.Linked(patient(t), []string{pull}, 10); err != nil || len(got) != 2 {
		t.Errorf("links %v, %v", got, err)
	}
}
