package ingress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"mime"
	"net"
	"net/http"
	"slices"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/internal/webhook"
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

// webhook handles POST /webhooks/{source}. The order of the checks is part of
// the protocol: nothing of a body is parsed before its signature is verified.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	start := s.now()
	// The deadline is the provider's, the work is ours: a provider that hangs up
	// may never send this again, so its event is still handled.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.cfg.Deadline)
	defer cancel()
	i := slices.IndexFunc(s.providers, func(p provider) bool { return p.name == r.PathValue("source") })
	if i < 0 {
		answer.Refuse(w, answer.NotFound)
		return
	}
	if r.Method != http.MethodPost {
		answer.RefuseMethod(w, http.MethodPost)
		return
	}
	p := &s.providers[i]
	a, reason := s.deliver(ctx, p, w, r, start)
	if reason == "" {
		err := answer.Write(w, s.absolute(a))
		if err == nil {
			s.log.DebugContext(ctx, "webhook answered", "source", p.name, "run_id", a.GetRunId(), "event_id", a.GetEventId(), "status", a.GetStatus(), "took", s.now().Sub(start))
			return
		}
		s.log.ErrorContext(ctx, "answer not written", "source", p.name, "run_id", a.GetRunId(), "error", err)
		reason = answer.Unavailable
	}
	s.log.InfoContext(ctx, "webhook refused", "source", p.name, "reason", string(reason), "took", s.now().Sub(start))
	answer.Refuse(w, reason)
}

func (s *Server) deliver(ctx context.Context, p *provider, w http.ResponseWriter, r *http.Request, start time.Time) (*agentv1.Answer, answer.Reason) {
	if len(p.secrets) == 0 {
		return nil, answer.SourceNotConfigured
	}
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(p.contentTypes, contentType) {
		return nil, answer.ContentType
	}
	body, reason := s.read(w, r, start)
	if reason != "" {
		return nil, reason
	}
	if err := p.verify(p.secrets, r.Header.Get(p.signature), body); err != nil {
		return nil, refused(err)
	}
	meta := source.Meta{ReceivedAt: start, ContentType: contentType, Digest: sha256.Sum256(body)}
	event, delivery, err := p.normalizer.Normalize(r.Header, body, meta)
	if err != nil {
		return nil, refused(err)
	}
	faultpoint.Reached("ingress.before_forward")
	a, err := s.agent.Deliver(ctx, event, delivery, body, forward.Signature)
	if err != nil {
		s.log.ErrorContext(ctx, "webhook not handled", "source", p.name, "event_id", event.GetId(), "delivery_id", delivery.GetDeliveryId(), "error", err)
		return nil, forward.Reason(err)
	}
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
