package record_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

const ref = "jira:issue:ACME-7"

// tell is what one event says of the status: the n-th of them all, of which
// some are of one moment, some change it, and some no one vouches for.
func tell(n int, rand *rand.Rand) *record.Entity {
	told := record.NewEntity(ref)
	a := record.Attribute{Value: fmt.Sprint("status ", rand.IntN(4)), At: int64(rand.IntN(12)), Rank: int64(rand.IntN(3)), Event: fmt.Sprint("event ", n), Unvouched: rand.IntN(5) == 0}
	if !a.Unvouched && rand.IntN(2) == 0 {
		a.Changes = []record.Version{{At: a.At, Rank: a.Rank, Event: a.Event}}
	}
	told.Attributes["status"] = a
	return told
}

func merge(told ...*record.Entity) *record.Entity {
	e := record.NewEntity(ref)
	for _, t := range told {
		e.Merge(t)
	}
	return e
}

// Events come in any order, some twice, and what was merged is merged again by others:
// it is always the same, however many changes there are.
func TestChangesAreTheSameInAnyOrder(t *testing.T) {
	rand := rand.New(rand.NewPCG(7, 11))
	full := 0
	for range 300 {
		told := make([]*record.Entity, 1+rand.IntN(40))
		for i := range told {
			told[i] = tell(i, rand)
		}
		want := merge(told...).Attributes
		if len(want["status"].Changes) == 8 {
			full++
		}
		rand.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		at := rand.IntN(len(told))
		for name, got := range map[string]*record.Entity{
			"another order":  merge(told...),
			"twice":          merge(slices.Concat(told, told)...),
			"parts of parts": merge(merge(told[at:]...), merge(told[:at]...)),
		} {
			if diff := cmp.Diff(want, got.Attributes); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	}
	if full == 0 {
		t.Error("in no case were there more changes than are kept")
	}
}

// A row keeps a bounded number of changes, and the one from before they were kept is read.
func TestChangesAreBoundedAndOldRowsHaveNone(t *testing.T) {
	e := record.NewEntity(ref)
	old := `{"status":{"v":"To Do","t":5,"r":2,"e":"event 0"}}`
	if err := e.Decode([]byte(`{}`), []byte(old)); err != nil {
		t.Fatal(err)
	}
	if _, now, err := e.Encode(); err != nil || now != old {
		t.Errorf("%s, %v; want it as it was", now, err)
	}
	for n := range 100 {
		v := record.Version{At: int64(10 + n), Event: strings.Repeat("e", 36)}
		told := record.NewEntity(ref)
		told.Attributes["status"] = record.Attribute{Value: "x", At: v.At, Event: v.Event, Changes: []record.Version{v}}
		e.Merge(told)
	}
	_, now, err := e.Encode()
	if err != nil || len(now) > 700 {
		t.Errorf("%d bytes, %v: %s", len(now), err, now)
	}
}

// What newer events tell stays, without the changes that forgotten ones made.
func TestForgottenChangesAreGone(t *testing.T) {
	e := record.NewEntity(ref)
	for n, event := range []string{"old", "new"} {
		v := record.Version{At: int64(n), Event: event}
		told := record.NewEntity(ref)
		told.Attributes["status"] = record.Attribute{Value: event, At: v.At, Event: v.Event, Changes: []record.Version{v}}
		e.Merge(told)
	}
	before := e.Clone()
	if left, err := e.Forget(func(event string) (bool, error) { return event == "new", nil }); err != nil || !left {
		t.Fatalf("left %v, %v", left, err)
	}
	want := record.Attribute{Value: "new", At: 1, Event: "new", Changes: []record.Version{{At: 1, Event: "new"}}}
	if diff := cmp.Diff(want, e.Attributes["status"]); diff != "" {
		t.Error(diff)
	}
	if len(before.Attributes["status"].Changes) != 2 {
		t.Error("a copy was changed with it")
	}
}
