package actiontest

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// bare holds an action that has no world to its promises.
func bare(t *testing.T, act action.Action, c Case) {
	t.Helper()
	for name, entry := range map[string]func(*testing.T, action.Action, Case){
		"without a token, dry_run shows the request": shows("dry_run"),
		"without a token, act shows the request":     shows("act"),
		"without a token, look is unknown":           lookIsUnknown,
		"invalid payloads are refused":               bareRefusesPayloads,
		"another kind of target is refused":          bareRefusesTarget,
		"a foreign input is an error":                bareRefusesForeignInput,
	} {
		t.Run(name, func(t *testing.T) { entry(t, act, c) })
	}
}

func shows(mode string) func(*testing.T, action.Action, Case) {
	return func(t *testing.T, act action.Action, c Case) {
		t.Helper()
		got := perform(t, act, Command(t, c, mode))
		if got.GetOutcome() != action.DryRun || got.GetReason() != action.ReasonNoToken {
			t.Errorf("outcome %s/%s, want dry_run/no_token", got.GetOutcome(), got.GetReason())
		}
		if got, want := indented(t, got.GetRequest().AsMap()), indented(t, decode(t, c.Request)); got != want {
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

func bareRefusesPayloads(t *testing.T, act action.Action, c Case) {
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

func bareRefusesTarget(t *testing.T, act action.Action, c Case) {
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

func bareRefusesForeignInput(t *testing.T, act action.Action, c Case) {
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
