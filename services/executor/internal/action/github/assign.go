package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-github/v88/github"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Assign is github.assign. GitHub leaves out, without a word, whoever can't be
// assigned: its answer is read for that.
//
// Source: https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue
type Assign struct{ *GitHub }

var _ action.Action = Assign{}

// Input returns an empty GithubAssignInput.
func (Assign) Input() proto.Message { return &toolsv1.GithubAssignInput{} }

// Run assigns the issue or pull request.
func (a Assign) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubAssignInput)
	if !ok {
		return nil, fmt.Errorf("github.assign: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{URL: t.issue(""), Why: "all of them assigned already is done"}},
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			issue, _, err := h.Issues.Get(ctx, h.owner, h.repo, h.number)
			if err != nil || len(missing(in.GetAssignees(), logins(issue.Assignees))) > 0 {
				return nil, err
			}
			return h.itself(issue.GetHTMLURL()), nil
		},
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			issue, _, err := h.Issues.AddAssignees(ctx, h.owner, h.repo, h.number, in.GetAssignees())
			if err != nil {
				return nil, err
			}
			return h.partly(issue.GetHTMLURL(), in.GetAssignees(), missing(in.GetAssignees(), logins(issue.Assignees)),
				"GitHub does not let %s be assigned here: they need access to the repository")
		},
	})
}

func logins(all []*github.User) []string { return names(all, (*github.User).GetLogin) }

func names[T any](all []T, name func(T) string) []string {
	out := make([]string, len(all))
	for i, one := range all {
		out[i] = name(one)
	}
	return out
}

// missing are the wanted that are not there; GitHub's names have no case.
func missing(wanted, there []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(w string) bool {
		return slices.ContainsFunc(there, func(t string) bool { return strings.EqualFold(w, t) })
	})
}

// partly is what came of a request for several: GitHub does it for some and leaves out
// the others, which the sentence is about, without a word. What is there is done, and
// stays so; where nothing is, nothing was done.
func (h hand) partly(url string, wanted, without []string, sentence string) (*action.Found, error) {
	if len(without) == len(wanted) {
		return nil, action.Conclude(sentence, list(without))
	}
	found := h.itself(url)
	if len(without) > 0 {
		found.LeftOut = fmt.Sprintf(sentence, list(without))
	}
	return found, nil
}

func list(all []string) string { return strings.Join(all, ", ") }
