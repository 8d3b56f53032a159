package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/internal/reach"
)

// askTime bounds one question to a service. Its own answer takes 2 s at most.
const askTime = 3 * time.Second

// answer is a service's /readyz.
type answer struct {
	url  string
	err  error // no answer, or not one of Switchyard's
	code int
	// ready is nil if the answer was another program's.
	ready *readiness
	// date is the server's clock in whole seconds, zero if it told none; at is
	// ours when the answer came.
	date, at time.Time
}

type readiness struct {
	Status       string `json:"status"`
	Dependencies []struct {
		Name   string `json:"name"`
		State  string `json:"state"`
		Detail string `json:"detail"`
		// The service is ready without it.
		Optional bool `json:"optional"`
	} `json:"dependencies"`
}

// client is who asks a service: agent, tools and executor may have a
// certificate of an authority that the settings name.
func (e *exam) client(service string) *http.Client {
	if service != "ingress" {
		if client, err := e.caller.Client(e.o.Client); err == nil {
			return client
		} // reported with the settings
	}
	return e.o.Client
}

func (e *exam) ask(ctx context.Context, service, base string) answer {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	a := answer{url: strings.TrimRight(base, "/")}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/readyz", nil)
	if err != nil {
		a.err = err
		return a
	}
	resp, err := e.client(service).Do(req)
	if err != nil {
		a.err = cause(err)
		return a
	}
	defer func() { _ = resp.Body.Close() }()
	a.code, a.at = resp.StatusCode, e.o.Now()
	a.date, _ = http.ParseTime(resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var r readiness
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	if err != nil || r.Status != "ok" && r.Status != "not_ready" {
		a.err = fmt.Errorf("the answer (%s) is not Switchyard's", resp.Status)
		return a
	}
	a.ready = &r
	return a
}

// service is the name of the service that answered: each depends on another thing.
func (a answer) service() string {
	if a.ready == nil {
		return ""
	}
	for _, d := range a.ready.Dependencies {
		switch d.Name {
		case "agent":
			return "ingress"
		case "tools":
			return "agent"
		case "ledger":
			return "tools"
		}
	}
	return "executor"
}

// cause drops the method and the URL from a client's error: the finding names them.
func cause(err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // the client's own wrapping and no other
		return u.Err
	}
	return err
}

// peer is a service with where the others reach it.
type peer struct{ name, setting, url string }

func (e *exam) peers() []peer {
	all := []peer{{"ingress", "WEBHOOK_SERVER_PORT", e.ingressURL()}}
	if e.apart() != "" {
		all[0].setting = "INGRESS_URL"
	}
	if e.remote() {
		return all
	}
	agentURL, _ := e.lookup("AGENT_URL")
	toolsURL, _ := e.lookup("TOOLS_URL")
	all = append(all,
		peer{"agent", "AGENT_URL", cmp.Or(agentURL, e.base("agent", e.agent.Listen))},
		peer{"tools", "TOOLS_URL", cmp.Or(toolsURL, e.base("tools", e.tools.Listen))})
	if e.tools.ExecutorEndpoint != "" || e.tools.ExecutorFunction == "" {
		all = append(all, peer{"executor", "EXECUTOR_ENDPOINT", cmp.Or(e.tools.ExecutorEndpoint, e.base("executor", e.executor.Listen))})
	}
	return all
}

// services asks each service for its state and returns the answers by name.
func (e *exam) services(ctx context.Context) map[string]answer {
	answers, there := map[string]answer{}, 0
	for _, p := range e.peers() {
		a := e.ask(ctx, p.name, p.url)
		if a.ready != nil && a.service() != p.name {
			a.err = fmt.Errorf("%s answers there", a.service())
		}
		if a.err == nil {
			there++
		}
		answers[p.name] = a
	}
	if there == 0 && e.o.URL == "" && !e.up && e.apart() == "" {
		e.found("services", Warning, "", "none is running, so nothing was sent and no clock compared", "start them with `switchyard dev` and run doctor again, or name a running ingress with --url")
		return answers
	}
	for _, p := range e.peers() {
		e.state(p, answers[p.name])
	}
	if !e.remote() {
		e.executorState()
	}
	return answers
}

func (e *exam) executorState() {
	switch {
	case e.tools.ExecutorEndpoint != "":
	case e.tools.ExecutorFunction != "":
		e.found("services", OK, "EXECUTOR_FUNCTION", "executor is the Lambda function "+e.tools.ExecutorFunction+", which tools asks and this command does not", "")
	default:
		e.found("services", Warning, "EXECUTOR_ENDPOINT", "EXECUTOR_ENDPOINT and EXECUTOR_FUNCTION are not set: calls stay queued", "set EXECUTOR_ENDPOINT to the executor's URL where tools runs")
	}
}

func (e *exam) state(p peer, a answer) {
	if a.err != nil {
		remedy := fmt.Sprintf("start %s there, or correct %s", p.name, p.setting)
		_, certificate := errors.AsType[*tls.CertificateVerificationError](a.err)
		trouble := reach.Explain(p.setting, a.url, a.err)
		switch {
		case p.name != "ingress" && trouble.Class == reach.TLS:
			remedy = trouble.Remedy
		case certificate:
			remedy = "give --url with the name that the certificate is for, name the file of one of your own (SSL_CERT_FILE=cert.pem), or mend the certificate"
		case p.name == "ingress" && e.o.URL != "":
			remedy = "correct --url"
		}
		e.found("services", Problem, p.setting, fmt.Sprintf("%s does not answer at %s: %v", p.name, a.url, a.err), remedy)
		return
	}
	var fine []string
	for _, d := range a.ready.Dependencies {
		about := d.Name + " " + d.State
		if d.Detail != "" {
			about += " (" + d.Detail + ")"
		}
		switch {
		case d.State != "ok" && d.Optional:
			e.found("services", Warning, followed(d.Name), fmt.Sprintf("%s at %s: %s", p.name, a.url, about), "the ledger answers meanwhile; `switchyard memory status` says more")
		case d.State != "ok":
			e.found("services", Problem, "", fmt.Sprintf("%s at %s needs %s", p.name, a.url, about), "its log says more")
		case strings.Contains(d.Detail, "not loaded"):
			setting, file := "RULES_FILE", "rules file"
			if d.Name == "policy" {
				setting, file = "POLICY_FILE", "policy file"
			}
			e.found("services", Warning, setting, fmt.Sprintf("%s at %s: %s", p.name, a.url, about), "mend the "+file+"; it is read again by itself")
		case strings.HasPrefix(d.Detail, "not configured"):
			fine = append(fine, d.Name+" not configured")
		default:
			fine = append(fine, d.Name+" ok")
		}
	}
	message := fmt.Sprintf("%s answers at %s", p.name, a.url)
	if len(fine) > 0 {
		message += ": " + strings.Join(fine, ", ")
	}
	e.found("services", OK, "", message, "")
}

// followed is the setting of a store that follows the ledger.
func followed(store string) string {
	return map[string]string{"clickhouse": "CLICKHOUSE_URL", "neo4j": "NEO4J_URI"}[store]
}
