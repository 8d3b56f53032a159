package actiontest

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Perform runs a case's command, which may start effects for a minute from now.
func Perform(t *testing.T, act action.Action, c Case, mode string) *executorv1.Result {
	t.Helper()
	cmd := Command(t, c, mode)
	cmd.NotAfter = timestamppb.New(time.Now().Add(time.Minute))
	return PerformCommand(t, act, cmd)
}

// PerformCommand runs a command as it is. A result that has the token fails the test.
func PerformCommand(t *testing.T, act action.Action, cmd *executorv1.Command) *executorv1.Result {
	t.Helper()
	input := act.Input()
	if err := action.Decode(cmd, input); err != nil {
		t.Fatal(err)
	}
	result, err := act.Run(t.Context(), cmd, input)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(result.String(), providertest.Token) {
		t.Errorf("the result has the token: %v", result)
	}
	return result
}

// Want compares an outcome, and the reason's beginning.
func Want(t *testing.T, got *executorv1.Result, outcome, reason string) {
	t.Helper()
	if got.GetOutcome() != outcome || !strings.HasPrefix(got.GetReason(), reason) {
		t.Errorf("got %s/%s, want %s/%s", got.GetOutcome(), got.GetReason(), outcome, reason)
	}
}
