package sink

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// digest tells rows apart. Those of many rows are put together by exclusive or, in any order.
type digest [16]byte

func (d *digest) add(o digest) {
	for i := range d {
		d[i] ^= o[i]
	}
}

// digested is a row without what it says.
type digested struct {
	keys ledger.Keys // of the one row
	key  string      // the same as text
	hour int64       // since 1970
	sum  digest
}

// digestRows takes what rows say together, the same for equal rows whichever store they
// come from. What a link is gone by lies in the entity's row.
func digestRows(rows ledger.Rows) ([]digested, error) {
	list := make([]digested, 0, rows.Len())
	for _, e := range rows.Events {
		var c canon
		c.words(e.ID, e.Authn)
		if err := c.message(e.Head); err != nil {
			return nil, err
		}
		list = append(list, c.digested(ledger.Keys{Events: []string{e.ID}}, e.ID, e.Head.GetReceivedAt().AsTime()))
	}
	for _, e := range rows.Entities {
		var c canon
		c.entity(e)
		list = append(list, c.digested(ledger.Keys{Entities: []string{e.Ref}}, e.Ref, e.Version.At))
	}
	for _, l := range rows.Links {
		var c canon
		if err := c.link(l); err != nil {
			return nil, err
		}
		key := ledger.LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: l.Authn}
		list = append(list, c.digested(ledger.Keys{Links: []ledger.LinkKey{key}}, fmt.Sprintf("%q", key), l.Last))
	}
	for _, o := range rows.Observations {
		var c canon
		c.observation(o)
		key := ledger.ObservationKey{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey}
		list = append(list, c.digested(ledger.Keys{Observations: []ledger.ObservationKey{key}}, fmt.Sprintf("%q", key), o.At))
	}
	return list, nil
}

// canon is a row written so that two that differ are never written alike.
type canon struct{ b []byte }

func (c *canon) number(n int64) { c.b = binary.AppendVarint(c.b, n) }

func (c *canon) words(words ...string) {
	for _, w := range words {
		c.number(int64(len(w)))
		c.b = append(c.b, w...)
	}
}

func (c *canon) flag(set bool) {
	if set {
		c.number(1)
	} else {
		c.number(0)
	}
}

func (c *canon) version(v project.Version) {
	c.number(ledger.Micros(v.At))
	c.number(int64(v.KindRank))
	c.words(v.EventID)
}

func (c *canon) message(m proto.Message) error {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("sink: encode a row: %w", err)
	}
	c.words(string(b))
	return nil
}

func (c *canon) account(a *eventv1.Account) error {
	c.flag(a != nil)
	return c.message(a)
}

func (c *canon) entity(e ledger.EntityRow) {
	c.words(e.Ref, e.Kind, e.NativeID, e.Place)
	c.flag(e.Stub)
	c.flag(e.Vouched)
	c.version(e.Version)
	c.number(int64(len(e.Attributes)))
	for _, a := range e.Attributes {
		c.words(a.Name, a.Value)
		c.version(a.Version)
	}
	c.number(int64(len(e.Texts)))
	for _, where := range slices.Sorted(maps.Keys(e.Texts)) {
		c.words(where)
		c.number(e.Texts[where])
	}
	c.words(slices.Sorted(slices.Values(e.Unvouched))...)
}

func (c *canon) link(l graph.Related) error {
	c.words(l.From, l.To, l.Kind, l.Rule, l.Confidence, l.Where, l.EventID, l.Authn)
	c.number(ledger.Micros(l.First))
	c.number(ledger.Micros(l.Last))
	if err := c.account(l.Author); err != nil {
		return err
	}
	return c.account(l.Editor)
}

func (c *canon) observation(o fact.Observed) {
	c.words(o.Subject, o.Name, o.SubKey, o.Value, o.Place, o.Actor, o.EventID, o.Authn)
	c.number(ledger.Micros(o.At))
}

func (c *canon) digested(keys ledger.Keys, key string, at time.Time) digested {
	d := digested{keys: keys, key: key, hour: floor(ledger.Micros(at), time.Hour.Microseconds())}
	sum := sha256.Sum256(c.b)
	copy(d.sum[:], sum[:])
	return d
}

// floor divides downwards, also before 1970.
func floor(n, by int64) int64 {
	if n < 0 {
		n -= by - 1
	}
	return n / by
}
