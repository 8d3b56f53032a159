package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// The outbox outlives programs: its format is written down here, with short
// names, and not in the types that it carries.
type (
	entryDelta struct {
		// How the event proved itself, unless by a signature.
		Authn        string             `json:"p,omitempty"`
		Entities     []entryEntity      `json:"e,omitempty"`
		Links        []entryLink        `json:"l,omitempty"`
		Observations []entryObservation `json:"o,omitempty"`
	}
	entryEntity struct {
		Ref        string           `json:"r"`
		Kind       string           `json:"k,omitempty"`
		NativeID   string           `json:"i,omitempty"`
		Place      string           `json:"p,omitempty"`
		Stub       bool             `json:"s,omitempty"`
		Attributes []entryAttribute `json:"a,omitempty"`
	}
	entryAttribute struct {
		Name    string `json:"n"`
		Value   string `json:"v,omitempty"`
		At      int64  `json:"t,omitempty"`
		Rank    int    `json:"k,omitempty"`
		EventID string `json:"e,omitempty"`
	}
	entryLink struct {
		From       string        `json:"f"`
		To         string        `json:"t"`
		Kind       string        `json:"k"`
		Rule       string        `json:"r,omitempty"`
		Confidence string        `json:"c,omitempty"`
		Where      string        `json:"w,omitempty"`
		Author     *entryAccount `json:"a,omitempty"`
		Editor     *entryAccount `json:"e,omitempty"`
		At         int64         `json:"at,omitempty"`
	}
	entryAccount struct {
		ID          string `json:"i,omitempty"`
		Login       string `json:"l,omitempty"`
		Type        string `json:"t,omitempty"`
		Association string `json:"a,omitempty"`
	}
	entryObservation struct {
		Subject string `json:"s"`
		Name    string `json:"n"`
		SubKey  string `json:"k,omitempty"`
		At      int64  `json:"t,omitempty"`
		Value   string `json:"v,omitempty"`
		Place   string `json:"p,omitempty"`
		Actor   string `json:"a,omitempty"`
	}
)

// EncodeDelta returns what the outbox keeps of a delta, and of how the event
// proved itself that it rests on; nil for an empty one. Times are kept in microseconds, as everywhere in the ledger.
func EncodeDelta(d project.Delta, authn string) ([]byte, error) {
	if len(d.Entities)+len(d.Links)+len(d.Observations) == 0 {
		return nil, nil
	}
	var out entryDelta
	if authn != Signature {
		out.Authn = authn
	}
	for _, e := range d.Entities {
		entity := entryEntity{Ref: e.Ref, Kind: e.Kind, NativeID: e.NativeID, Place: e.Place, Stub: e.Stub}
		for _, a := range e.Attributes {
			entity.Attributes = append(entity.Attributes, entryAttribute{
				Name: a.Name, Value: a.Value, At: Micros(a.Version.At), Rank: a.Version.KindRank, EventID: a.Version.EventID,
			})
		}
		out.Entities = append(out.Entities, entity)
	}
	for _, l := range d.Links {
		out.Links = append(out.Links, entryLink{
			From: l.From, To: l.To, Kind: l.Kind, Rule: l.Rule, Confidence: l.Confidence, Where: l.Where,
			Author: encodeAccount(l.Author), Editor: encodeAccount(l.Editor), At: Micros(l.At),
		})
	}
	for _, o := range d.Observations {
		out.Observations = append(out.Observations, entryObservation{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey, At: Micros(o.At), Value: o.Value, Place: o.Place, Actor: o.Actor})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("ledger: encode a delta: %w", err)
	}
	return b, nil
}

// DecodeDelta is the reverse of EncodeDelta.
func DecodeDelta(b []byte) (d project.Delta, authn string, err error) {
	if len(b) == 0 {
		return d, "", nil
	}
	var in entryDelta
	if err := json.Unmarshal(b, &in); err != nil {
		return d, "", fmt.Errorf("ledger: decode a delta: %w", err)
	}
	for _, e := range in.Entities {
		entity := project.Entity{Ref: e.Ref, Kind: e.Kind, NativeID: e.NativeID, Place: e.Place, Stub: e.Stub}
		for _, a := range e.Attributes {
			entity.Attributes = append(entity.Attributes, project.Attribute{
				Name: a.Name, Value: a.Value, Version: project.Version{At: Time(a.At), KindRank: a.Rank, EventID: a.EventID},
			})
		}
		d.Entities = append(d.Entities, entity)
	}
	for _, l := range in.Links {
		d.Links = append(d.Links, project.Link{
			From: l.From, To: l.To, Kind: l.Kind, Rule: l.Rule, Confidence: l.Confidence, Where: l.Where,
			Author: decodeAccount(l.Author), Editor: decodeAccount(l.Editor), At: Time(l.At),
		})
	}
	for _, o := range in.Observations {
		d.Observations = append(d.Observations, project.Observation{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey, At: Time(o.At), Value: o.Value, Place: o.Place, Actor: o.Actor})
	}
	return d, cmp.Or(in.Authn, Signature), nil
}

func encodeAccount(a *eventv1.Account) *entryAccount {
	if a == nil {
		return nil
	}
	return &entryAccount{ID: a.GetId(), Login: a.GetLogin(), Type: a.GetType(), Association: a.GetAssociation()}
}

func decodeAccount(a *entryAccount) *eventv1.Account {
	if a == nil {
		return nil
	}
	return &eventv1.Account{Id: a.ID, Login: a.Login, Type: a.Type, Association: a.Association}
}

// Micros is how the ledger keeps a time: microseconds since 1970, 0 for none.
// Unlike nanoseconds they hold whatever year a provider's body claims.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the reverse of Micros, in UTC.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
