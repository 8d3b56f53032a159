package action

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/types/known/durationpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
)

// errShown ends an Act whose request is only shown.
var errShown = errors.New("shown, not sent")

// Effect is what one command is about.
type Effect struct {
	// Instance is the target's; "" for the one that the settings name. Another
	// one has no token.
	Instance string
	// Before lists the reads that Look makes, for people.
	Before []Read
	// Request is shown by a dry run where reads decide what is sent; without it,
	// what Act sends is shown.
	Request *Request
	// Prepare reads what Look and Act need; nil for nothing.
	Prepare func(context.Context, *http.Client) error
	// Look finds the effect; nil if it is certainly not there. It sends nothing
	// that changes anything.
	Look func(context.Context, *http.Client) (*Found, error)
	// LookOnly says that Look may fail where Act would not, so that only a
	// command to look asks it.
	LookOnly bool
	// Act makes the effect by one request that changes something, which is its first.
	// found is what Look found to update, or nil.
	Act func(ctx context.Context, client *http.Client, found *Found) (*Found, error)
}

// Found is an effect that is there.
type Found struct {
	// Ref and URL of what was made or changed; "" where the provider gives none.
	Ref, URL string
	// ID is the provider's own, for Act.
	ID string
	// Outdated says that it is ours and not as it should be: Act updates it.
	Outdated bool
	// Account that acted, where it is known.
	Account string
	// Observed is what a read saw.
	Observed map[string]string
	// LeftOut says, for people, which part the provider left out for good; "" where it
	// did all.
	LeftOut string
}

// Perform runs a command: it shows, looks or acts. Errors of Look and Act that
// are no Failure are answers that can't be understood.
func (p *Provider) Perform(ctx context.Context, cmd *executorv1.Command, e Effect) (*executorv1.Result, error) {
	switch {
	case !p.HasToken() || e.Instance != "":
		if cmd.GetMode() == Look {
			return &executorv1.Result{Outcome: Unknown, Reason: ReasonNoToken}, nil
		}
		return p.show(ctx, ReasonNoToken, e)
	case cmd.GetMode() == ModeDryRun:
		return p.show(ctx, "", e)
	}
	a := p.attempt(cmd)
	result, err := a.perform(ctx, cmd.GetMode() == Look, e)
	if err != nil {
		result = a.failed(ctx, cmd, err)
	}
	result.HttpStatus = cmp.Or(a.status.Load(), uint32(Status(err))) //nolint:gosec // three digits
	return result, nil
}

func (a *attempt) perform(ctx context.Context, only bool, e Effect) (*executorv1.Result, error) {
	if only && e.Look == nil {
		return &executorv1.Result{Outcome: Unknown, Reason: a.p.o.Name + " has no list that this could be found in"}, nil
	}
	if e.Prepare != nil {
		if err := e.Prepare(ctx, a.client()); err != nil {
			return nil, err
		}
	}
	var found *Found
	if only || e.Look != nil && !e.LookOnly {
		var err error
		if found, err = e.Look(ctx, a.client()); err != nil {
			return nil, err
		}
	}
	switch {
	case found != nil && !found.Outdated:
		return found.result(Already), nil
	case only:
		// What is ours and not as it should be lacks the very change that is looked for:
		// taken for done, an update that was lost would stay lost.
		return &executorv1.Result{Outcome: Rejected, Reason: ReasonNotFound}, nil
	}
	made, err := e.Act(ctx, a.client(), found)
	if err != nil {
		return nil, err
	}
	return made.result(Done), nil
}

func (f *Found) result(outcome string) *executorv1.Result {
	return &executorv1.Result{Outcome: outcome, Ref: f.Ref, Url: f.URL, Account: f.Account, Observed: f.Observed, Reason: said(f.LeftOut, nil)}
}

// failed is the result of a command that did not end well. What was done stays
// done: after a request that changed something, nothing is `retry` or `rejected`.
func (a *attempt) failed(ctx context.Context, cmd *executorv1.Command, err error) *executorv1.Result {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		f = &Failure{Outcome: Retry, Reason: ReasonProviderAway, err: err}
		if ctx.Err() != nil { // which some clients return instead of what they were told
			f.Reason = ReasonDeadline
		}
	}
	if a.acted.Load() && f.Outcome != Unknown && !f.read {
		f = &Failure{Outcome: Unknown, Reason: a.p.o.Name + " took the request and gave an answer that says nothing of it", Status: f.Status, RetryAfter: f.RetryAfter, err: err}
	}
	if f.Outcome == Rejected && cmd.GetMode() == Look {
		// What may not be looked at may be there.
		f = &Failure{Outcome: Unknown, Reason: f.Reason, Status: f.Status, err: err}
	}
	if f.Outcome != Rejected {
		a.p.o.Log.WarnContext(ctx, "provider failed", "provider", a.p.o.Name, "tool", cmd.GetTool(), "call_id", cmd.GetCallId(),
			"outcome", f.Outcome, "reason", f.Reason, "status", f.Status, "error", f.err)
	}
	result := &executorv1.Result{Outcome: f.Outcome, Reason: f.Reason, Detail: f.Detail}
	if f.RetryAfter > 0 {
		result.RetryAfter = durationpb.New(f.RetryAfter)
	}
	return result
}

// show renders the request that would act.
func (p *Provider) show(ctx context.Context, reason string, e Effect) (*executorv1.Result, error) {
	request, err := p.request(ctx, e)
	if err != nil {
		return nil, err
	}
	request.Before = e.Before
	rendered, err := request.render()
	if err != nil {
		return nil, err
	}
	return &executorv1.Result{Outcome: DryRun, Reason: reason, Request: rendered}, nil
}

func (p *Provider) request(ctx context.Context, e Effect) (Request, error) {
	if e.Request != nil {
		return *e.Request, nil
	}
	a := &attempt{p: p, shown: &Request{}}
	if _, err := e.Act(ctx, a.client(), nil); !errors.Is(err, errShown) {
		return Request{}, fmt.Errorf("%s: a dry run sent no request: %w", p.o.Name, err)
	}
	return *a.shown, nil
}

// describe is a request as it is shown. It is not signed yet.
func describe(req *http.Request) (Request, error) {
	shown := Request{Method: req.Method, URL: req.URL.String(), Header: map[string]string{}}
	for name := range req.Header {
		if name != "User-Agent" {
			shown.Header[name] = req.Header.Get(name)
		}
	}
	body := drained(req.Body)
	var err error
	switch {
	case len(body) == 0:
	case req.Header.Get("Content-Type") == "application/x-www-form-urlencoded":
		shown.Body, err = fields(body)
	default:
		err = json.Unmarshal(body, &shown.Body)
	}
	if err != nil {
		return Request{}, fmt.Errorf("show %s: %w", req.Method, err)
	}
	return shown, nil
}

// fields are those of a form that are not empty.
func fields(form []byte) (map[string]any, error) {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return nil, err
	}
	shown := map[string]any{}
	for name := range values {
		if value := values.Get(name); value != "" {
			shown[name] = value
		}
	}
	return shown, nil
}
