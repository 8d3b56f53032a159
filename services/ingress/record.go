package ingress

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/webhook"
	githubhook "github.com/switchyard-dev/switchyard/internal/webhook/github"
	jirahook "github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/diagnose"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// enter begins the visit of a request and its record.
func (s *Server) enter(r *http.Request) *visit {
	v := &visit{r: r, start: s.now(), client: address.Client(r, s.proxies)}
	v.proxy = s.proxies.Has(v.client)
	v.record = report.Begin(v.start)
	if v.client.IsValid() {
		v.record.Address = v.client.String()
	}
	return v
}

// refuse answers with the reason and notes what was wrong. The answer itself
// never says more than its reason.
func (v *visit) refuse(w http.ResponseWriter, reason answer.Reason) {
	v.record.Refused(reason.Code(), string(reason))
	if v.record.Header == nil {
		v.record.Type, v.record.Header = claims(v.record.Source, v.r.Header)
	}
	if c, ok := v.failure(reason); ok {
		v.record.Check(c.Name, report.Failed, c.Detail, c.Remedy)
	}
	if reason == answer.MethodNotAllowed {
		answer.RefuseMethod(w, http.MethodPost)
		return
	}
	answer.Refuse(w, reason)
}

// claims is what an unverified request's header says of its event.
func claims(from string, h http.Header) (eventType string, d *eventv1.Delivery) {
	switch from {
	case "github":
		return source.Printable(h.Get(githubhook.HeaderEvent), 100), &eventv1.Delivery{
			DeliveryId: source.Printable(h.Get(githubhook.HeaderDelivery), 200),
			HookId:     source.Printable(h.Get(githubhook.HeaderHookID), 100),
		}
	case "jira":
		return "", &eventv1.Delivery{DeliveryId: source.Printable(h.Get(jirahook.HeaderIdentifier), 200)}
	}
	return "", nil
}

// failure explains the refusals whose reason says it all. Those for want of a
// good signature, an agent or a setting are explained where they are found.
func (v *visit) failure(reason answer.Reason) (c report.Check, ok bool) {
	switch r := v.r; reason {
	case answer.SourceNotConfigured:
		return report.Check{Name: "source", Detail: v.site.secrets.Name() + " is not set", Remedy: "set it to the webhook's secret (`switchyard secret` prints a new one)"}, true
	case answer.InstanceNotConfigured:
		return v.wrongSite(), true
	case answer.AddressNotAllowed:
		return v.wrongAddress(), true
	case answer.RateLimited:
		return report.Check{Name: "address", Detail: "too many requests of this address could not be verified", Remedy: "mend what sends them, or keep the address out by " + v.site.allowedBy}, true
	case answer.MethodNotAllowed:
		return report.Check{Name: "method", Detail: "came as " + quoted(r.Method), Remedy: "webhooks are sent with POST; a redirect turns POST into GET"}, true
	case answer.ContentType:
		return report.Check{Name: "content_type", Detail: "came as " + quoted(r.Header.Get("Content-Type")), Remedy: "choose application/json in the webhook's settings at the provider"}, true
	case answer.BodyTooLarge:
		return report.Check{Name: "body", Detail: "larger than 25 MiB", Remedy: "no provider sends such a body: look at who does"}, true
	case answer.BodyTimeout:
		return report.Check{Name: "body", Detail: "did not come whole within WEBHOOK_DEADLINE", Remedy: "look at the network and the proxies between"}, true
	case answer.InvalidPayload:
		return report.Check{Name: "json", Detail: "the body was cut off, or is no JSON object (or no form with the one field payload)", Remedy: "look at what is between the provider and here, or at the program that sends"}, true
	case answer.EventMissing:
		return report.Check{Name: "event", Detail: "nothing names the event", Remedy: "GitHub names it in the header " + githubhook.HeaderEvent + ", Jira in webhookEvent, Notion in type: look at what forwards it"}, true
	case answer.EventMismatch:
		remedy := "the event's name or the body was changed on its way: look at what forwards it"
		if v.record.Source == "notion" && v.authn == forward.Token {
			remedy = "a forwarded page needs page_id, a database database_id: docs/forwarding.md"
		}
		return report.Check{Name: "event", Detail: "the body lacks the object that its event is about", Remedy: remedy}, true
	}
	return report.Check{}, false
}

// quoted shows a stranger's word.
func quoted(s string) string { return strconv.Quote(source.Printable(s, 80)) }

// misdirected explains a path that is none of a source's. named is what stands
// in it for the source, "" for a path of another form.
func (s *Server) misdirected(v *visit, named string) {
	came := v.r.URL.Path
	clean := path.Clean(came)
	if below := strings.Split(clean, "/"); len(below) > 2 && s.has(below[2]) {
		v.record.Source = below[2]
	}
	detail := "nothing is at " + quoted(came)
	if named != "" {
		detail = "no source is called " + quoted(named)
	}
	remedy := "send webhooks to /webhooks/github, /webhooks/jira or /webhooks/notion, with /NAME behind it for a site of WEBHOOK_INSTANCES"
	if clean != came && slices.ContainsFunc(s.sites, func(p *site) bool { return p.path() == clean }) {
		remedy = "the path has a slash (or dots) too much: " + clean
	}
	v.record.Check("path", report.Failed, detail, remedy)
}

// wrongAddress names the address that was judged. A trusted proxy's own is
// judged only where the header does not name whom it speaks for.
func (v *visit) wrongAddress() report.Check {
	c := report.Check{Name: "address", Detail: v.client.String() + " is not among " + v.site.allowedBy, Remedy: "add the provider's range to it; where a proxy stands before ingress, name the proxy in TRUSTED_PROXIES"}
	if v.proxy {
		c.Detail = "the trusted proxy " + v.client.String() + " sent no usable X-Forwarded-For"
		c.Remedy = "have the proxy add its peer's address to X-Forwarded-For"
	}
	return c
}

// wrongSite explains a path that names no site, and a body of another one.
func (v *visit) wrongSite() report.Check {
	if v.site == nil {
		return report.Check{Name: "instance", Detail: "no site is called " + quoted(v.r.PathValue("instance")), Remedy: "name it in WEBHOOK_INSTANCES, or leave it out of the webhook's URL"}
	}
	what := "the body comes from a site that WEBHOOK_INSTANCES gives another path"
	if v.site.site.Host != "" {
		what = "the body does not come from " + v.site.site.Host
	}
	return report.Check{Name: "instance", Detail: what, Remedy: "have the site send to its own path, /webhooks/" + v.site.source + "/NAME as WEBHOOK_INSTANCES names it, or correct the host in WEBHOOK_INSTANCES"}
}

// explainer says later why a request did not prove itself, if anybody may ask.
func (s *Server) explainer(v *visit, body []byte, reason answer.Reason) func() []report.Check {
	if v.site.bears(v.r) != "" && !v.site.signed(v.r) {
		return func() []report.Check {
			return []report.Check{{Name: "token", Outcome: report.Failed, Detail: "none of " + v.site.provedBy(forward.Token), Remedy: "enter the same token there and in the webhook"}}
		}
	}
	return func() []report.Check {
		r := diagnose.Request{Source: v.site.name(), SignatureHeader: v.site.signature, Header: v.r.Header, Body: body}
		for _, other := range s.sites {
			if other == v.site {
				r.Own = other.known()
			} else {
				r.Others = append(r.Others, other.known()...)
			}
		}
		checks := diagnose.Signature(r, webhook.Refusal(reason))
		if reason == answer.SignatureMissing && v.site.tokens.Any() {
			checks = append(checks, report.Check{Name: "token", Outcome: report.Note, Detail: "nor a token, which " + v.site.provedBy(forward.Token) + " would let in: " + tokenPlace(v.site.source)})
		}
		if reason == answer.SignatureMissing && v.site.source == "notion" {
			checks = append(checks, report.Check{Name: "handshake", Outcome: report.Note, Detail: "if this is Notion's handshake: `switchyard notion connect` opens the window for it"})
		}
		return checks
	}
}

// tokenPlace is where a source's sender puts its token.
func tokenPlace(source string) string {
	if source == "jira" {
		return "Jira sends it in the URL as ?token=…"
	}
	return "forwarders send it in the header Authorization: Bearer …"
}

// verified notes what a good request says of itself.
func verified(d *report.Delivery, e *eventv1.WebhookEvent, header *eventv1.Delivery, came time.Time) {
	d.Type, d.EventID, d.Header = e.GetType(), e.GetId(), header
	d.Check("event", report.OK, strings.TrimSpace(e.GetType()+" "+e.GetAction())+" is "+e.GetKind(), "")
	if e.GetOccurredAt() != nil {
		if c, ok := diagnose.Clock(e.GetOccurredAt().AsTime(), came); ok {
			d.Check(c.Name, c.Outcome, c.Detail, c.Remedy)
		}
	}
}

// agentFailed notes what kept an event from being handled. A provider that
// tries again brings it anew; GitHub never does.
func agentFailed(d *report.Delivery, agentURL string, err error) {
	why := "an error that ingress's log has"
	if reason := fault.ReasonOf(err); reason != "" {
		why = fmt.Sprintf("%s: %s", reason, fault.Detail(err))
	}
	d.Check("agent", report.Failed, "the agent at "+agentURL+" did not handle it: "+why,
		"see what is away with `switchyard doctor`, then have the provider send it again")
}
