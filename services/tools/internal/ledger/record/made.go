package record

import (
	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// MostMade bounds what Made returns.
const MostMade = 100

// Effect is the call as an effect of ours.
func (c *Call) Effect() (ledger.Effect, error) {
	shown, err := c.Decoded()
	if err != nil {
		return ledger.Effect{}, err
	}
	payload, err := c.Input()
	return ledger.Effect{
		Key: ledger.EffectKey(shown.GetEffectKey()), Tool: shown.GetTool(), Target: shown.GetTarget(), Ref: shown.GetResultRef(),
		Payload: payload, Latest: ledger.Time(max(c.PlannedAt, c.NotAfter)),
	}, err
}

// Remembered is a delta of a run, encoded; false where such a run remembers nothing.
func (r *Run) Remembered(d project.Delta) (m Memory, ok bool, err error) {
	run := &toolsv1.Run{}
	if err := proto.Unmarshal(r.Opened, run); err != nil {
		return m, false, err
	}
	if run.GetAuthn() == ledger.Operator {
		return m, false, nil
	}
	m, err = newMemory(d, texts{}, run.GetAuthn())
	return m, err == nil, err
}
