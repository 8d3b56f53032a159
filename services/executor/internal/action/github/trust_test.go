package github_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

// act runs a case's command once in a GitHub.
func act(t *testing.T, world actiontest.World, c actiontest.Case, mode string) *executorv1.Result {
	t.Helper()
	a := world.New(actiontest.Plain(world.URL))
	cmd := actiontest.Command(t, c, mode)
	input := a.Input()
	if err := action.Decode(cmd, input); err != nil {
		t.Fatal(err)
	}
	got, err := a.Run(t.Context(), cmd, input)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func hub(t *testing.T, w actiontest.World) *providertest.GitHub {
	t.Helper()
	g, ok := w.Fake.(*providertest.GitHub)
	if !ok {
		t.Fatalf("the fake is %T", w.Fake)
	}
	return g
}

const marker = "<!-- switchyard:" + actiontest.EffectKey + " -->"

// Anybody can paste our marker: a comment is ours by its author.
func TestAPastedMarkerProvesNothing(t *testing.T) {
	w := byToken(addComment)(t)
	g := hub(t, w)
	theirs := g.AddComment("acme/api", 42, "dev-one", "mine now\n\n"+marker)
	// Ours, and the marker is quoted, not at the end.
	g.AddComment("acme/api", 42, provider.BotLogin, "you wrote "+marker+" there")
	if got := act(t, w, comment("42"), "look"); got.GetReason() != action.ReasonNotFound {
		t.Errorf("look finds %v", got)
	}
	if got := act(t, w, comment("42"), "act"); got.GetOutcome() != action.Done {
		t.Errorf("got %v", got)
	}
	all := g.Issue("acme/api", 42).Comments
	if len(all) != 3 || all[0].ID != theirs || !strings.HasPrefix(all[0].Body, "mine now") {
		t.Errorf("comments are %+v", all)
	}
}

func TestOurCommentIsFoundBehindManyPages(t *testing.T) {
	w := byToken(addComment)(t)
	g := hub(t, w)
	for i := range 230 {
		g.AddComment("acme/api", 42, "dev-two", fmt.Sprint("comment ", i))
	}
	g.AddComment("acme/api", 42, "Switchyard-Bot", "ACME-7 is now Done.\r\n\r\n"+marker)
	if got := act(t, w, comment("42"), "act"); got.GetOutcome() != action.Already {
		t.Errorf("got %v, want already", got)
	}
}

// A list without end is no reason to comment twice.
func TestNobodyReadsForEver(t *testing.T) {
	w := byToken(addComment)(t)
	g := hub(t, w)
	for i := range 3001 {
		g.AddComment("acme/api", 42, "dev-two", fmt.Sprint("comment ", i))
	}
	if got := act(t, w, comment("42"), "act"); got.GetOutcome() != action.Rejected || !strings.Contains(got.GetReason(), "more than 3000 entries") {
		t.Errorf("act: got %v", got)
	}
	if got := act(t, w, comment("42"), "look"); got.GetOutcome() != action.Unknown {
		t.Errorf("look: got %v", got)
	}
}

// GitHub answers 201 and leaves out whoever can't be assigned.
func TestWhoCantBeAssignedIsTold(t *testing.T) {
	w := byToken(assign)(t)
	c := actiontest.Case{Tool: "github.assign", Target: "github:issue:acme/api#41", Payload: map[string]any{"assignees": []any{"dev-one", "stranger"}}}
	for range 2 { // after a lost answer the second attempt says the same
		got := act(t, w, c, "act")
		if got.GetOutcome() != action.Done || !strings.Contains(got.GetReason(), "does not let stranger be assigned") || strings.Contains(got.GetReason(), "dev-one") {
			t.Errorf("got %v", got)
		}
	}
	c.Payload = map[string]any{"assignees": []any{"stranger"}}
	if got := act(t, w, c, "act"); got.GetOutcome() != action.Rejected || !strings.Contains(got.GetReason(), "does not let stranger be assigned") {
		t.Errorf("of nobody: %v", got)
	}
}

func TestTeamsOfAnotherOrganizationAreRefused(t *testing.T) {
	w := byToken(func(g *github.GitHub) action.Action { return github.RequestReview{GitHub: g} })(t)
	c := actiontest.Case{Tool: "github.request_review", Target: "github:pr:acme/api#42", Payload: map[string]any{"reviewers": []any{"other/platform"}}}
	if got := act(t, w, c, "act"); got.GetOutcome() != action.Rejected || !strings.Contains(got.GetReason(), "other/platform") || len(hub(t, w).Requests()) != 0 {
		t.Errorf("got %v", got)
	}
}

// A check run takes an App: GitHub's own words say so.
func TestACheckRunByATokenIsRefused(t *testing.T) {
	c := check()
	if got := act(t, byToken(checkRun)(t), c, "act"); got.GetOutcome() != action.Rejected || !strings.Contains(got.GetReason(), "GitHub App") {
		t.Errorf("got %v", got)
	}
}

// The command's target is what policy saw.
func TestTheChosenPlaceIsTheCommandsTarget(t *testing.T) {
	cmd := actiontest.Command(t, issue(), "act")
	cmd.Payload.Fields["repository"] = structpb.NewStringValue("acme/web")
	if err := action.Decode(cmd, createIssue(nil).Input()); err == nil || !strings.Contains(err.Error(), "target") {
		t.Errorf("got %v", err)
	}
}
