package ingress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

const (
	// maxBody is the largest body taken. GitHub sends none above 25 MB.
	maxBody = 25 << 20
	// readAhead is how much is set aside for a body because its header says so.
	readAhead = 1 << 20
)

// visit is what is known of a request so far.
type visit struct {
	site        *site
	start       time.Time
	client      netip.Addr
	contentType string
	authn       forward.Authn
}

// webhook handles POST /webhooks/{source} and /webhooks/{source}/{instance}. The
// order of the checks is part of the protocol: nothing of a body is parsed
// before its request is verified.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	start := s.now()
	// The deadline is the provider's, the work is ours: a provider that hangs up
	// may never send this again, so its event is still handled.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.cfg.Deadline)
	defer cancel()
	name, instance := r.PathValue("source"), r.PathValue("instance")
	if !slices.ContainsFunc(s.sites, func(p *site) bool { return p.source == name }) {
		answer.Refuse(w, answer.NotFound)
		return
	}
	if r.Method != http.MethodPost {
		answer.RefuseMethod(w, http.MethodPost)
		return
	}
	i := slices.IndexFunc(s.sites, func(p *site) bool { return p.source == name && p.site.Instance == instance })
	if i < 0 {
		answer.Refuse(w, answer.InstanceNotConfigured)
		return
	}
	v := &visit{site: s.sites[i], start: start, client: address.Client(r, s.proxies)}
	a, reason := s.deliver(ctx, v, w, r)
	if reason == "" {
		err := answer.Write(w, s.absolute(a))
		if err == nil {
			s.log.DebugContext(ctx, "webhook answered", "source", name, "instance", instance, "run_id", a.GetRunId(), "event_id", a.GetEventId(), "status", a.GetStatus(), "took", s.now().Sub(start))
			return
		}
		s.log.ErrorContext(ctx, "answer not written", "source", name, "run_id", a.GetRunId(), "error", err)
		reason = answer.Unavailable
	}
	s.log.InfoContext(ctx, "webhook refused", "source", name, "instance", instance, "address", v.client, "reason", string(reason), "took", s.now().Sub(start))
	answer.Refuse(w, reason)
}

func (s *Server) deliver(ctx context.Context, v *visit, w http.ResponseWriter, r *http.Request) (*agentv1.Answer, answer.Reason) {
	if reason := s.knock(v, r); reason != "" {
		return nil, reason
	}
	body, reason := s.admit(v, w, r)
	if reason == answer.SignatureMissing && v.site.window != nil {
		var a *agentv1.Answer
		if a, reason = s.shake(ctx, v, body); reason == "" {
			return a, ""
		}
	}
	if reason != "" {
		return nil, s.stranger(v, reason)
	}
	meta := source.Meta{
		ReceivedAt: v.start, ContentType: v.contentType, Digest: sha256.Sum256(body),
		Site: v.site.site, Token: v.authn == forward.Token,
	}
	event, delivery, err := v.site.normalizer.Normalize(r.Header, body, meta)
	if err != nil {
		return nil, refused(err)
	}
	faultpoint.Reached("ingress.before_forward")
	a, err := s.agent.Deliver(ctx, event, delivery, body, v.authn)
	if err != nil {
		s.log.ErrorContext(ctx, "webhook not handled", "source", v.site.source, "event_id", event.GetId(), "delivery_id", delivery.GetDeliveryId(), "error", err)
		return nil, forward.Reason(err)
	}
	faultpoint.Reached("ingress.after_forward")
	return a, ""
}

// knock makes the checks before the body is read. Only who has no credential at
// all is turned away for having been wrong too often: behind one address there
// may be others, whose requests are right.
func (s *Server) knock(v *visit, r *http.Request) answer.Reason {
	if !v.site.configured() {
		return answer.SourceNotConfigured
	}
	if len(v.site.allowed) > 0 && !v.site.allowed.Has(v.client) {
		return answer.AddressNotAllowed
	}
	if !v.site.credible(r) && s.strangers.Empty(address.Group(v.client)) {
		return answer.RateLimited
	}
	return ""
}

// admit reads the body and says how the request proved itself. The body is
// returned also to one that proved nothing.
func (s *Server) admit(v *visit, w http.ResponseWriter, r *http.Request) (body []byte, reason answer.Reason) {
	var err error
	v.contentType, _, err = mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(v.site.contentTypes, v.contentType) {
		return nil, answer.ContentType
	}
	if body, reason = s.read(w, r, v.start); reason != "" {
		return nil, reason
	}
	v.authn, reason = v.site.authenticate(r, body)
	return body, reason
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
func (s *Server) shake(ctx context.Context, v *visit, body []byte) (*agentv1.Answer, answer.Reason) {
	accepted, err := v.site.window.Accept(body)
	if err != nil {
		s.log.ErrorContext(ctx, "handshake not accepted", "error", err)
		return nil, answer.Unavailable
	}
	if !accepted {
		return nil, answer.SignatureMissing
	}
	return &agentv1.Answer{Status: "success", Summary: "the verification token was received"}, ""
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

// read reads the whole body, within the deadline of its request.
func (s *Server) read(w http.ResponseWriter, r *http.Request, start time.Time) ([]byte, answer.Reason) {
	if r.ContentLength > maxBody {
		return nil, answer.BodyTooLarge
	}
	// A writer without deadlines is a test's; its body is in memory.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(start.Add(s.cfg.Deadline))
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), readAhead)) + bytes.MinRead)
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
		return body.Bytes(), ""
	}
	// The rest of the body would be taken for the next request, or waited for.
	w.Header().Set("Connection", "close")
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, answer.BodyTooLarge
	}
	if network, ok := errors.AsType[net.Error](err); ok && network.Timeout() {
		return nil, answer.BodyTimeout
	}
	// Cut off, or broken chunks: nobody may be there to read this.
	return nil, answer.InvalidPayload
}

// absolute makes the answer's link to its run absolute if ingress knows where
// it is reached from.
func (s *Server) absolute(a *agentv1.Answer) *agentv1.Answer {
	if s.cfg.PublicURL != "" && a.GetUrl() != "" && a.GetUrl()[0] == '/' {
		a.Url = s.cfg.PublicURL + a.GetUrl()
	}
	return a
}
