package ingress

import (
	"context"
	"crypto/sha256"
	"errors"
	"mime"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/body"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// visit is one request with what is known of it so far.
type visit struct {
	r           *http.Request
	start       time.Time
	site        *site
	client      netip.Addr
	proxy       bool // the client is a trusted proxy itself
	contentType string
	authn       forward.Authn
	// For those who ask later why it was answered so.
	record *report.Delivery
}

// webhook handles POST /webhooks/{source} and /webhooks/{source}/{instance}, and
// refuses, as one of theirs, a path that only looks like it. The order of the
// checks is part of the protocol: nothing of a body is parsed before its request
// is verified.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	v := s.enter(r)
	defer s.reports.Add(v.record)
	// The deadline is the provider's, the work is ours: a provider that hangs up
	// may never send this again, so its event is still handled.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.cfg.Deadline)
	defer cancel()
	a, reason := s.handle(ctx, v, w)
	if reason == "" {
		code, err := answer.Write(w, s.absolute(a))
		if err == nil {
			v.record.Answered(code, a)
			s.log.DebugContext(ctx, "webhook answered", "source", v.record.Source, "instance", v.record.Instance, "run_id", a.GetRunId(), "event_id", a.GetEventId(), "status", a.GetStatus(), "took", s.now().Sub(v.start))
			return
		}
		s.log.ErrorContext(ctx, "answer not written", "source", v.record.Source, "run_id", a.GetRunId(), "error", err)
		reason = answer.Unavailable
	}
	s.log.InfoContext(ctx, "webhook refused", "source", v.record.Source, "instance", v.record.Instance, "address", v.client, "reason", string(reason), "took", s.now().Sub(v.start))
	v.refuse(w, reason)
}

// handle makes the checks in their order and has the agent handle the event.
func (s *Server) handle(ctx context.Context, v *visit, w http.ResponseWriter) (*agentv1.Answer, answer.Reason) {
	for _, check := range []func(*visit) answer.Reason{s.find, s.knock} {
		if reason := check(v); reason != "" {
			return nil, reason
		}
	}
	if reason := s.typed(v); reason != "" {
		return nil, s.stranger(v, reason)
	}
	content, release, reason := s.bodies.Read(ctx, w, v.r, v.client, body.Clock{Start: v.start, Deadline: s.cfg.Deadline})
	// Verified or not, it takes its room until it is answered.
	defer release()
	v.record.BodyBytes = len(content)
	if reason == "" {
		v.record.Check("body", report.OK, strconv.Itoa(len(content))+" bytes", "")
		reason = s.admit(v, content)
	}
	if reason == answer.SignatureMissing && v.site.window != nil {
		var a *agentv1.Answer
		if a, reason = s.shake(ctx, v, content); reason == "" {
			return a, ""
		}
	}
	if reason != "" {
		return nil, s.stranger(v, reason)
	}
	keepConnection(w)
	return s.deliver(ctx, v, content)
}

// find finds the site that the path names.
func (s *Server) find(v *visit) answer.Reason {
	name, instance := v.r.PathValue("source"), v.r.PathValue("instance")
	if !s.has(name) {
		s.misdirected(v, name)
		return answer.NotFound
	}
	v.record.Source = name
	if v.r.Method != http.MethodPost {
		return answer.MethodNotAllowed
	}
	i := slices.IndexFunc(s.sites, func(p *site) bool { return p.source == name && p.site.Instance == instance })
	if i < 0 {
		return answer.InstanceNotConfigured
	}
	v.site, v.record.Instance = s.sites[i], instance
	return ""
}

// has tells whether a source is called so.
func (s *Server) has(name string) bool {
	return slices.ContainsFunc(s.sites, func(p *site) bool { return p.source == name })
}

// knock makes the checks before the body is read. Only who has no credential at
// all is turned away for having been wrong too often: behind one address there
// may be others, whose requests are right.
func (s *Server) knock(v *visit) answer.Reason {
	if !v.site.configured() {
		return answer.SourceNotConfigured
	}
	if len(v.site.allowed) > 0 {
		if !v.site.allowed.Has(v.client) {
			return answer.AddressNotAllowed
		}
		v.record.Check("address", report.OK, "among "+v.site.allowedBy, "")
	}
	if !v.site.credible(v.r) && s.strangers.Empty(address.Group(v.client)) {
		return answer.RateLimited
	}
	return ""
}

// typed holds the content type to those that the source sends.
func (s *Server) typed(v *visit) answer.Reason {
	var err error
	v.contentType, _, err = mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(v.site.contentTypes, v.contentType) {
		return answer.ContentType
	}
	v.record.Check("content_type", report.OK, v.contentType, "")
	return ""
}

// admit says how the request proved itself, or why it did not.
func (s *Server) admit(v *visit, content []byte) (reason answer.Reason) {
	if v.authn, reason = v.site.authenticate(v.r, content); reason != "" {
		v.record.Explain = s.explainer(v, content, reason)
		return reason
	}
	v.record.Authn = string(v.authn)
	v.record.Check(string(v.authn), report.OK, "right by "+v.site.provedBy(v.authn), "")
	return ""
}

// stranger counts a request that did not prove itself, and refuses it as one of
// too many if its address has had its share.
func (s *Server) stranger(v *visit, reason answer.Reason) answer.Reason {
	if reason.Code() >= http.StatusInternalServerError {
		return reason // our fault
	}
	if !s.strangers.Take(address.Group(v.client)) && reason.Code() == http.StatusUnauthorized {
		return answer.RateLimited
	}
	return reason
}

// shake accepts Notion's handshake. Any other body is still one without a
// signature, as is a handshake that nobody waits for.
func (s *Server) shake(ctx context.Context, v *visit, content []byte) (*agentv1.Answer, answer.Reason) {
	accepted, err := v.site.window.Accept(content)
	if err != nil {
		s.log.ErrorContext(ctx, "handshake not accepted", "error", err)
		return nil, answer.Unavailable
	}
	if !accepted {
		return nil, answer.SignatureMissing
	}
	v.record.Explain = nil
	v.record.Check("token", report.OK, "Notion's verification token came and was kept", "")
	return &agentv1.Answer{Status: "success", Summary: "the verification token was received"}, ""
}

// deliver makes an event of a body that proved itself, and has it handled.
func (s *Server) deliver(ctx context.Context, v *visit, content []byte) (*agentv1.Answer, answer.Reason) {
	meta := source.Meta{
		ReceivedAt: v.start, ContentType: v.contentType, Digest: sha256.Sum256(content),
		Site: v.site.site, Token: v.authn == forward.Token,
	}
	event, delivery, err := v.site.normalizer.Normalize(v.r.Header, content, meta)
	if err != nil {
		return nil, refused(err)
	}
	verified(v.record, event, delivery, v.start)
	faultpoint.Reached("ingress.before_forward")
	a, err := s.agent.Deliver(ctx, event, delivery, content, v.authn)
	if err != nil {
		s.log.ErrorContext(ctx, "webhook not handled", "source", v.site.source, "event_id", event.GetId(), "delivery_id", delivery.GetDeliveryId(), "error", err)
		agentFailed(v.record, s.cfg.AgentURL, err)
		return nil, forward.Reason(err)
	}
	v.record.Check("agent", report.OK, a.GetStatus(), "")
	faultpoint.Reached("ingress.after_forward")
	return a, ""
}

// refused is the word of a verifier's or normalizer's refusal.
func refused(err error) answer.Reason {
	if signature, ok := errors.AsType[webhook.Refusal](err); ok {
		return answer.Reason(signature)
	}
	if body, ok := errors.AsType[source.Refusal](err); ok {
		return answer.Reason(body)
	}
	return answer.Unavailable
}

// absolute makes the answer's link to its run absolute if ingress knows where
// it is reached from.
func (s *Server) absolute(a *agentv1.Answer) *agentv1.Answer {
	if s.cfg.PublicURL != "" && a.GetUrl() != "" && a.GetUrl()[0] == '/' {
		a.Url = s.cfg.PublicURL + a.GetUrl()
	}
	return a
}
