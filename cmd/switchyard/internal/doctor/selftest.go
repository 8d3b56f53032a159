package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
)

// sendTime is longer than any provider waits.
const sendTime = 30 * time.Second

// verdict is what a webhook was answered with.
type verdict struct {
	code   int
	Status string `json:"status"`
	Reason string `json:"reason"`
	RunID  string `json:"run_id"`
	took   time.Duration
}

// selfTest sends each configured source's webhook through the running ingress:
// signed with a wrong secret, which must be refused, then with each right one.
func (e *exam) selfTest(ctx context.Context, reachable bool) {
	if !reachable {
		return // the services' findings say so
	}
	var left []string
	for _, s := range e.sources() {
		secrets := e.values(s.setting)
		if len(secrets) == 0 {
			continue // tokens are not tried
		}
		if !e.refusesStrangers(ctx, s) {
			continue
		}
		for i, secret := range secrets {
			which := s.setting
			if len(secrets) > 1 {
				which = fmt.Sprintf("%s, secret %d of %d", s.setting, i+1, len(secrets))
			}
			if id := e.accepts(ctx, s, secret, which); id != "" {
				left = append(left, id)
			}
		}
	}
	if len(left) > 0 {
		e.found("self-test", OK, "", fmt.Sprintf("it left %s in the ledger, without calls, and a refused delivery of each source: %s", plural(len(left), "run"), strings.Join(left, ", ")), "")
	}
}

// refusesStrangers proves that the signature is checked at all.
func (e *exam) refusesStrangers(ctx context.Context, s source) bool {
	id, err := uuid.NewRandomFromReader(e.o.Random)
	if err != nil {
		e.found("self-test", Problem, "", err.Error(), "")
		return false
	}
	v, err := e.send(ctx, s, "wrong "+id.String())
	switch {
	case err != nil:
		e.found("self-test", Problem, "", fmt.Sprintf("%s: no answer from %s: %v", s.title, e.ingressURL(), err), "look at ingress's log")
	case v.code == http.StatusUnauthorized:
		return true
	case v.code >= 200 && v.code < 300:
		e.found("self-test", Problem, s.setting, fmt.Sprintf("%s: a wrong signature was answered %s: signatures are not checked", s.title, v), "take this server off the network: it is not Switchyard's ingress, or a broken one")
	default:
		e.found("self-test", v.level(), s.setting, fmt.Sprintf("%s: a wrong signature was answered %s instead of 401", s.title, v), e.remedy(s, v))
	}
	return false
}

// accepts proves that one secret is right, and the way to the ledger and back.
// It returns the run's id.
func (e *exam) accepts(ctx context.Context, s source, secret, which string) string {
	v, err := e.send(ctx, s, secret)
	switch {
	case err != nil:
		e.found("self-test", Problem, "", fmt.Sprintf("%s: no answer from %s: %v", s.title, e.ingressURL(), err), "look at ingress's log")
	case v.code == http.StatusOK && v.Status != "":
		e.found("self-test", OK, s.setting, fmt.Sprintf("%s: a wrong signature is refused, one with %s answered %s in %v", s.title, which, v, v.took.Round(time.Millisecond)), "")
		return v.RunID
	case v.code == http.StatusAccepted:
		e.found("self-test", Warning, s.setting, fmt.Sprintf("%s: answered %s after %v: the event is durable, and not decided in time", s.title, v, v.took.Round(time.Millisecond)), "look at agent's and tools' logs: something is slow")
		return v.RunID
	default:
		e.found("self-test", v.level(), s.setting, fmt.Sprintf("%s: signed with %s (%s) and answered %s", s.title, which, e.where(s.setting), v), e.remedy(s, v))
	}
	return ""
}

// level is that of an unexpected answer: some say nothing of the providers' webhooks.
func (v verdict) level() Level {
	switch v.Reason {
	case "address_not_allowed", "rate_limited", "overloaded":
		return Warning
	}
	return Problem
}

func (e *exam) remedy(s source, v verdict) string {
	switch {
	case v.code == http.StatusUnauthorized:
		return "the running ingress has another secret: restart it with this " + s.setting + ", or name the data folder of its instance with --data"
	case v.Reason == "source_not_configured":
		return "the running ingress has no secret of " + s.title + ": restart it with " + s.setting
	case v.Reason == "unavailable":
		return "agent, tools or the ledger is away, or SEAL_KEY or SERVICE_TOKEN differs between services: their logs say which"
	case v.Reason == "overloaded" || v.Reason == "rate_limited":
		return "try again in a minute"
	case v.Reason == "address_not_allowed":
		return "run doctor from an address that ingress takes this source's webhooks from, or add this one"
	case v.Reason == "":
		return "this is no answer of Switchyard's: what stands between here and ingress, and does --url name ingress?"
	}
	return "look at ingress's log"
}

func (v verdict) String() string {
	word := v.Reason
	if word == "" {
		word = v.Status
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", v.code, word))
}

func (e *exam) send(ctx context.Context, s source, secret string) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	header, body, err := e.webhook(s.name, secret)
	if err != nil {
		return verdict{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(e.ingressURL(), "/")+"/webhooks/"+s.path, bytes.NewReader(body))
	if err != nil {
		return verdict{}, fmt.Errorf("self-test: %w", err)
	}
	req.Header = header
	start := e.o.Now()
	resp, err := e.o.Client.Do(req)
	if err != nil {
		return verdict{}, cause(err)
	}
	defer func() { _ = resp.Body.Close() }()
	v := verdict{code: resp.StatusCode, took: e.o.Now().Sub(start)}
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return v, fmt.Errorf("read the answer: %w", err)
	}
	// What is no JSON has neither status nor reason, and is judged by that.
	_ = json.Unmarshal(b, &v)
	return v, nil
}

// webhook makes a body that no rule is made for: GitHub's ping, and an event
// type that Jira and Notion don't have. A fresh id in it keeps it from being a
// repetition.
func (e *exam) webhook(name, secret string) (http.Header, []byte, error) {
	id, err := uuid.NewRandomFromReader(e.o.Random)
	if err != nil {
		return nil, nil, fmt.Errorf("self-test: %w", err)
	}
	now := e.o.Now()
	var body any
	switch name {
	case "github":
		body = map[string]any{
			"zen":     "Switchyard's doctor looks after you (" + id.String() + ").",
			"hook_id": 1,
			"hook":    map[string]any{"type": "App", "id": 1, "name": "switchyard doctor", "active": true, "events": []string{}},
		}
	case "jira":
		body = map[string]any{"timestamp": now.UnixMilli(), "webhookEvent": "switchyard_doctor", "id": id.String()}
	default:
		body = map[string]any{"id": id.String(), "timestamp": now.UTC().Format(time.RFC3339Nano), "type": "switchyard.doctor", "attempt_number": 1}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, nil, fmt.Errorf("self-test: %w", err)
	}
	switch name {
	case "github":
		return github.Headers([]byte(secret), "ping", id.String(), b), b, nil
	case "jira":
		return jira.Headers([]byte(secret), id.String(), b), b, nil
	default:
		return notion.Headers([]byte(secret), b), b, nil
	}
}
