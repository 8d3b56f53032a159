package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

// Write writes the agent's answer: 200, or 202 with Location while the run is
// in process. It returns the code; an error means that nothing was written.
func Write(w http.ResponseWriter, a *agentv1.Answer) (code int, err error) {
	body, err := Marshal(a)
	if err != nil {
		return 0, err
	}
	code = http.StatusOK
	if a.GetStatus() == "processing" {
		code = http.StatusAccepted
		w.Header().Set("Location", a.GetUrl())
	}
	header(w, code)
	_, _ = w.Write(body) // as in JSON
	return code, nil
}

// Marshal returns the answer as one line of JSON with proto names and every
// field. protojson varies its white space on purpose; here the same answer is
// the same bytes.
func Marshal(a *agentv1.Answer) ([]byte, error) {
	loose, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	var out bytes.Buffer
	out.Grow(len(loose) + 1)
	if err := json.Compact(&out, loose); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
