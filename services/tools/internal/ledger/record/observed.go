package record

import (
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Observed is the observation as facts tell it.
func (o *Observation) Observed() fact.Observed {
	return fact.Observed{
		Subject: o.Subject, Name: o.Name, SubKey: o.SubKey, At: ledger.Time(o.At), Value: o.Value,
		Place: o.Place, Actor: o.Actor, EventID: o.EventID, Authn: o.Authn,
	}
}
