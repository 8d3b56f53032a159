package actiontest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// EffectKey is the effect_key of the suite's commands.
const EffectKey = "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10"

// Case is a valid command to an action and what its request is.
type Case struct {
	Tool    string
	Class   string
	Target  string
	Payload map[string]any
	// Request is the whole request that a dry run shows, as JSON.
	Request string
	// Invalid are payloads that the input's rules refuse, by what is wrong.
	Invalid map[string]map[string]any
	// OtherTarget is a well-formed ref that the tool can't act on.
	OtherTarget string
}

// Run holds an action to its promises.
func Run(t *testing.T, act action.Action, c Case) {
	t.Helper()
	entries := map[string]func(*testing.T, action.Action, Case){
		"without a token, dry_run shows the request": shows("dry_run"),
		"without a token, act shows the request":     shows("act"),
		"without a token, look is unknown":           lookIsUnknown,
		"invalid payloads are refused":               refusesPayloads,
		"another kind of target is refused":          refusesTarget,
		"an upsert carries its effect_key":           upsertIsMarked,
		"a foreign input is an error":                refusesForeignInput,
	}
	for name, entry := range entries {
		t.Run(name, func(t *testing.T) { entry(t, act, c) })
	}
}

// Command is the case's command in a mode.
func Command(t *testing.T, c Case, mode string) *executorv1.Command {
	t.Helper()
	payload, err := structpb.NewStruct(c.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return &executorv1.Command{
		CallId:    "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11",
		EffectKey: EffectKey,
		Mode:      mode,
		Class:     c.Class,
		Tool:      c.Tool,
		Target:    c.Target,
		Payload:   payload,
		NotAfter:  timestamppb.New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
	}
}

func shows(mode string) func(*testing.T, action.Action, Case) {
	return func(t *testing.T, act action.Action, c Case) {
		t.Helper()
		got := perform(t, act, Command(t, c, mode))
		if got.GetOutcome() != action.DryRun || got.GetReason() != action.ReasonNoToken {
			t.Errorf("outcome %s/%s, want dry_run/no_token", got.GetOutcome(), got.GetReason())
		}
		if got, want := normal(t, render(t, got.GetRequest())), normal(t, c.Request); got != want {
			t.Errorf("request\n got %s\nwant %s", got, want)
		}
	}
}

func lookIsUnknown(t *testing.T, act action.Action, c Case) {
	t.Helper()
	got := perform(t, act, Command(t, c, "look"))
	if got.GetOutcome() != action.Unknown || got.GetRequest() != nil {
		t.Errorf("got %v, want unknown and no request", got)
	}
}

func refusesPayloads(t *testing.T, act action.Action, c Case) {
	t.Helper()
	for name, payload := range c.Invalid {
		c := c
		c.Payload = payload
		if err := action.Decode(Command(t, c, "act"), act.Input()); err == nil {
			t.Errorf("%s: %v is taken", name, payload)
		}
	}
	cmd := Command(t, c, "act")
	cmd.Payload = nil
	// A tool that takes nothing but its target takes no payload.
	if err := action.Decode(cmd, act.Input()); err == nil && len(c.Payload) > 0 {
		t.Error("a command without payload is taken")
	}
}

func refusesTarget(t *testing.T, act action.Action, c Case) {
	t.Helper()
	if act.Input().ProtoReflect().Descriptor().Fields().ByName("target") == nil {
		t.Skip("the target is a choice: the payload's rules hold it")
	}
	for _, target := range []string{"", "nonsense", c.OtherTarget} {
		c := c
		c.Target = target
		if err := action.Decode(Command(t, c, "act"), act.Input()); err == nil {
			t.Errorf("target %q is taken", target)
		}
	}
}

func upsertIsMarked(t *testing.T, act action.Action, c Case) {
	t.Helper()
	if c.Class != "upsert" {
		t.Skip("only an upsert is found again by a marker")
	}
	got := perform(t, act, Command(t, c, "act"))
	if !strings.Contains(render(t, got.GetRequest()), EffectKey) {
		t.Errorf("the request has no effect_key: %v", got.GetRequest())
	}
}

func refusesForeignInput(t *testing.T, act action.Action, c Case) {
	t.Helper()
	if _, err := act.Run(context.Background(), Command(t, c, "act"), &executorv1.Result{}); err == nil {
		t.Error("a message of another type is taken")
	}
}

func perform(t *testing.T, act action.Action, cmd *executorv1.Command) *executorv1.Result {
	t.Helper()
	input := act.Input()
	if err := action.Decode(cmd, input); err != nil {
		t.Fatal(err)
	}
	before := proto.Clone(cmd)
	got, err := act.Run(context.Background(), cmd, input)
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(before, cmd) {
		t.Error("the action changed its command")
	}
	return got
}

func render(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func normal(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
