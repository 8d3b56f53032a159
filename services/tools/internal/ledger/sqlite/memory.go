package sqlite

import "github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"

// apply writes a delta that rests on an event.
func (b *batch) apply(m *record.Memory, eventID string) (w record.Written, err error) {
	for _, told := range m.Entities {
		changed, err := b.mergeEntity(told)
		if err != nil {
			return w, err
		}
		if changed {
			w.Records++
		}
	}
	for _, l := range m.Links {
		n, err := b.exec(upsertLink, l.From, l.Where, l.To, l.Kind, l.Rule, l.Confidence, blob(l.Author), blob(l.Editor), l.Last, eventID, l.Authn)
		if err != nil {
			return w, err
		}
		w.Links += n
	}
	for _, o := range m.Observations {
		n, err := b.exec(upsertObservation, o.Subject, o.Name, o.SubKey, o.At, o.Value, o.Place, o.Actor, eventID, o.Authn)
		if err != nil {
			return w, err
		}
		w.Facts += n
	}
	return w, nil
}

// blob is NULL for nil: the driver makes an empty one of it.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
