package neo4j

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// errUnprepared: somebody emptied the store since Prepare.
var errUnprepared = errors.New("neo4j: the store has no schema, prepare it")

// Write implements sink.Target. Rows and mark are one transaction.
func (s *Store) Write(ctx context.Context, w sink.Writing) error {
	b, err := newBatch(w)
	if err != nil {
		return fmt.Errorf("%w: %w", sink.ErrRow, err)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	err = s.server.write(ctx, b.write)
	return told(err)
}

// told tells what lies in the rows, or in how many they are, from a server that is away.
func told(err error) error {
	switch {
	case errors.Is(err, errRefused):
		return fmt.Errorf("%w: %w", sink.ErrRow, err)
	case errors.Is(err, errTooMuch):
		return fmt.Errorf("%w: %w", sink.ErrTooMuch, err)
	default:
		return err
	}
}

// batch is a Writing made ready. Its write may run several times.
type batch struct {
	sink.Mark
	// By label, each by ref.
	entities map[string][]record
	links    []record // by key
	// All nodes that links end at, and those of them that are no entities of this batch.
	ends, others []string
	// Gone rows: refs, links' digests, and what they are buried under.
	goneRefs, goneLinks, buried []string
	// Nodes that may have no reason left to be there.
	left []string
}

func newBatch(w sink.Writing) (*batch, error) {
	b := &batch{Mark: w.Mark, entities: make(map[string][]record), goneRefs: sorted(w.Gone.Entities)}
	for _, e := range w.Rows.Entities {
		properties, err := encodeEntity(e, w.Number)
		if err != nil {
			return nil, err
		}
		label := labels()[e.Kind]
		b.entities[label] = append(b.entities[label], properties)
	}
	for _, rows := range b.entities {
		sortBy(rows, "ref")
	}
	for _, l := range w.Rows.Links {
		properties, err := encodeLink(l, w.Number)
		if err != nil {
			return nil, err
		}
		b.links = append(b.links, record{"key": properties["_key"], "from": l.From, "to": l.To, "properties": properties})
		b.ends = append(b.ends, l.From, l.To)
	}
	sortBy(b.links, "key")
	b.ends = sorted(b.ends)
	told := make(map[string]bool, len(w.Rows.Entities))
	for _, e := range w.Rows.Entities {
		told[e.Ref] = true
	}
	b.others = slices.DeleteFunc(slices.Clone(b.ends), func(ref string) bool { return told[ref] })
	b.left = append(b.left, b.goneRefs...)
	for _, ref := range b.goneRefs {
		b.buried = append(b.buried, tombOfEntity(ref))
	}
	for _, k := range w.Gone.Links {
		b.goneLinks = append(b.goneLinks, digest(k))
		b.buried = append(b.buried, tombOfLink(digest(k)))
		b.left = append(b.left, k.From, k.To)
	}
	b.goneLinks, b.buried, b.left = sorted(b.goneLinks), sorted(b.buried), sorted(b.left)
	return b, nil
}

// A tombstone doesn't say whose it is: what is gone may have to be forgotten.
func tombOfEntity(ref string) string { return digest(ledger.LinkKey{From: ref}) }

func tombOfLink(key string) string { return "link " + key }

// stand is what the store says of itself.
type stand struct {
	sink.Mark
	// Rows of the ledger were swept up to this number: no write up to it has any that is still wanted.
	swept int64
	// The highest number that a tombstone has.
	buried int64
}

func (b *batch) write(t *transaction) error {
	found, err := t.run(lockMark, nil)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errUnprepared
	}
	at := stand{
		Mark:  sink.Mark{Ledger: word(found[0], "ledger"), Number: uint64(number(found[0], "number"))},
		swept: number(found[0], "swept"), buried: number(found[0], "buried"),
	}
	if at.Ledger != b.Ledger {
		at.Number, at.swept = 0, 0
	}
	if int64(b.Number) > at.swept {
		if err := b.writeRows(t, at); err != nil {
			return err
		}
	}
	if len(b.buried) > 0 {
		at.buried = max(at.buried, int64(b.Number))
	}
	_, err = t.run(setMark, record{"ledger": b.Ledger, "number": int64(max(at.Number, b.Number)), "swept": at.swept, "buried": at.buried})
	return err
}

func (b *batch) writeRows(t *transaction, at stand) error {
	dead, err := b.dead(t, at)
	if err != nil {
		return err
	}
	alive := func(tomb func(record) string, rows []record) []record {
		if len(dead) == 0 {
			return rows
		}
		return slices.DeleteFunc(slices.Clone(rows), func(r record) bool { return dead[tomb(r)] })
	}
	for _, label := range slices.Sorted(maps.Keys(b.entities)) {
		rows := alive(func(r record) string { return tombOfEntity(word(r, "ref")) }, b.entities[label])
		if err := t.each(mergeEntities(label), "rows", rows); err != nil {
			return err
		}
	}
	links := alive(func(r record) string { return tombOfLink(word(r, "key")) }, b.links)
	ends := b.ends
	if len(dead) == 0 {
		ends = b.others // All rows of entities are there by now.
	}
	if len(links) > 0 {
		if err := t.each(mergePlaceholders, "refs", ends); err != nil {
			return err
		}
		if err := t.each(mergeLinks, "rows", links); err != nil {
			return err
		}
	}
	return b.bury(t)
}

// dead are the tombstones that are later than this write.
func (b *batch) dead(t *transaction, at stand) (map[string]bool, error) {
	if int64(b.Number) >= at.buried {
		return nil, nil
	}
	var keys []string
	for _, rows := range b.entities {
		for _, r := range rows {
			keys = append(keys, tombOfEntity(word(r, "ref")))
		}
	}
	for _, r := range b.links {
		keys = append(keys, tombOfLink(word(r, "key")))
	}
	found, err := t.run(selectBuried, record{"keys": keys, "number": int64(b.Number)})
	dead := make(map[string]bool, len(found))
	for _, r := range found {
		dead[word(r, "key")] = true
	}
	return dead, err
}

func (b *batch) bury(t *transaction) error {
	for _, step := range []struct {
		cypher, name string
		list         []string
	}{
		{deleteLinks, "keys", b.goneLinks},
		{deleteEntities, "refs", b.goneRefs},
		{deletePlaceholders, "refs", b.left},
		{mergeBuried, "keys", b.buried},
	} {
		if len(step.list) == 0 {
			continue
		}
		if _, err := t.run(step.cypher, record{step.name: step.list, "number": int64(b.Number)}); err != nil {
			return err
		}
	}
	return nil
}
