package erasure

import (
	"context"
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// maxBody is the most that a body unpacks to, in bytes.
const maxBody = 32 << 20

// cases takes the subject out of events and their runs.
func (e *erasing) cases(ctx context.Context) error {
	for after := int64(0); ; {
		cases, err := e.store.Cases(ctx, after, e.through, page)
		if err != nil || len(cases) == 0 {
			return err
		}
		after = cases[len(cases)-1].Seq
		e.read("events", after, e.through)
		var named []int64
		for i := range cases {
			c := &cases[i]
			had := c.HasBody
			changed, err := e.scrubCase(c, e.needles)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			named = append(named, c.Seq)
			if e.dry {
				e.found.Events++
				if had {
					e.found.Bodies++
				}
			}
		}
		if e.dry {
			continue
		}
		for chunk := range slices.Chunk(named, caseChunk) {
			if err := e.write(ctx, func(tx Tx, found *ledger.Forgotten) error { return e.eraseCases(tx, chunk, found) }); err != nil {
				return err
			}
		}
	}
}

func (e *erasing) eraseCases(tx Tx, seqs []int64, found *ledger.Forgotten) error {
	for _, seq := range seqs {
		c, ok, err := tx.Case(seq)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		changed, err := e.scrubCase(&c, e.needles)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		bodies, err := tx.SaveCase(c)
		if err != nil {
			return err
		}
		if found.Through, err = tx.Enter(seq, project.Delta{}, ledger.Signature); err != nil {
			return err
		}
		found.Events++
		found.Bodies += uint64(bodies) //nolint:gosec // 0 or 1
	}
	return nil
}

// bodies removes those that name the subject though their events don't.
func (e *erasing) bodies(ctx context.Context) error {
	for after := int64(0); ; {
		bodies, err := e.store.Bodies(ctx, after, e.through, bodyPage)
		if err != nil || len(bodies) == 0 {
			return err
		}
		after = bodies[len(bodies)-1].Seq
		e.read("bodies", after, e.through)
		var named []int64
		for _, b := range bodies {
			if e.inBody(b.Bytes) {
				named = append(named, b.Seq)
			}
		}
		if e.dry {
			// Those of events that name it were counted with them.
			n, err := e.apart(ctx, named)
			if err != nil {
				return err
			}
			e.found.Bodies += n
			continue
		}
		for chunk := range slices.Chunk(named, caseChunk) {
			err := e.write(ctx, func(tx Tx, found *ledger.Forgotten) error {
				for _, seq := range chunk {
					n, err := tx.DeleteBody(seq)
					if err != nil {
						return err
					}
					found.Bodies += uint64(n) //nolint:gosec // 0 or 1
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
}

// apart counts events that don't name the subject themselves.
func (e *erasing) apart(ctx context.Context, seqs []int64) (n uint64, err error) {
	for _, seq := range seqs {
		cases, err := e.store.Cases(ctx, seq-1, seq, 1)
		if err != nil || len(cases) == 0 {
			return n, err
		}
		changed, err := e.scrubCase(&cases[0], e.needles)
		if err != nil {
			return n, err
		}
		if !changed {
			n++
		}
	}
	return n, nil
}

// inBody: a body is the provider's JSON, in which an account stands as its login
// and id. One that can't be unpacked may hold anything.
func (e *erasing) inBody(packed []byte) bool {
	if n, err := s2.DecodedLen(packed); err != nil || n > maxBody {
		return true
	}
	body, err := s2.Decode(nil, packed)
	if err != nil {
		return true
	}
	_, named := redact(string(body), e.needles, values)
	return named
}

// deltas rewrites what entries tell: their places in the outbox stay. What newer
// events tell stays whole, for whoever has not followed yet.
func (e *erasing) deltas(ctx context.Context) error {
	done := int64(0)
	for after := int64(0); ; {
		rows, err := e.store.Deltas(ctx, after, e.through, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].Seq
		done += int64(len(rows))
		e.read("entries", done, 0)
		var named []int64
		for _, row := range rows {
			_, changed, err := e.rewritten(row.Bytes)
			if err != nil {
				return fmt.Errorf("ledger: entry %d: %w", row.Seq, err)
			}
			if changed {
				named = append(named, row.Seq)
			}
		}
		err = e.rewrite(ctx, named, func(tx Tx, seq int64) error {
			old, ok, err := tx.Delta(seq)
			if err != nil || !ok {
				return err
			}
			delta, changed, err := e.rewritten(old)
			if err != nil || !changed {
				return err
			}
			return tx.SaveDelta(seq, delta)
		})
		if err != nil {
			return err
		}
	}
}

func (e *erasing) rewritten(old []byte) (delta []byte, changed bool, err error) {
	d, authn, err := ledger.DecodeDelta(old)
	if err != nil || !e.delta(&d, e.needles) {
		return nil, false, err
	}
	delta, err = ledger.EncodeDelta(d, authn)
	return delta, true, err
}

// rewrite changes rows that only repeat what others say.
func (e *erasing) rewrite(ctx context.Context, seqs []int64, one func(tx Tx, seq int64) error) error {
	e.echoes += len(seqs)
	if e.dry {
		return nil
	}
	for chunk := range slices.Chunk(seqs, rowChunk) {
		err := e.write(ctx, func(tx Tx, _ *ledger.Forgotten) error {
			for _, seq := range chunk {
				if err := one(tx, seq); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reports takes names out of what was checked of deliveries.
func (e *erasing) reports(ctx context.Context) error {
	done := int64(0)
	for after := int64(0); ; {
		rows, err := e.store.Reports(ctx, after, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].Seq
		done += int64(len(rows))
		e.read("deliveries", done, 0)
		var named []int64
		for _, row := range rows {
			_, changed, err := e.reported(row.Bytes)
			if err != nil {
				return err
			}
			if changed {
				named = append(named, row.Seq)
			}
		}
		err = e.rewrite(ctx, named, func(tx Tx, seq int64) error {
			old, ok, err := tx.Report(seq)
			if err != nil || !ok {
				return err
			}
			record, changed, err := e.reported(old)
			if err != nil || !changed {
				return err
			}
			return tx.SaveReport(seq, record)
		})
		if err != nil {
			return err
		}
	}
}

func (e *erasing) reported(old []byte) (record []byte, changed bool, err error) {
	d := &toolsv1.DeliveryRecord{}
	if err := proto.Unmarshal(old, d); err != nil {
		return nil, false, fmt.Errorf("ledger: delivery: %w", err)
	}
	if !(&scrub{subject: e.subject, needles: e.needles}).message(d) {
		return nil, false, nil
	}
	record, err = proto.Marshal(d)
	return record, true, err
}

// reasons takes names out of what stores said of entries that they could not take.
func (e *erasing) reasons(ctx context.Context) error {
	list, err := e.store.Reasons(ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		text, named := (&scrub{subject: e.subject, needles: e.needles}).text(r.Reason, words)
		if !named {
			continue
		}
		e.echoes++
		if e.dry {
			continue
		}
		r.Reason = text
		if err := e.write(ctx, func(tx Tx, _ *ledger.Forgotten) error { return tx.SaveReason(r) }); err != nil {
			return err
		}
	}
	return nil
}
