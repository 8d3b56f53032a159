package erasure

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Case is an event with its run and calls.
type Case struct {
	record.Run
	EventID string
	HasBody bool
}

// matter is a case decoded.
type matter struct {
	event *eventv1.WebhookEvent
	run   *toolsv1.Run
	plan  *toolsv1.Plan
}

func decode(c *Case) (m matter, err error) {
	m = matter{&eventv1.WebhookEvent{}, &toolsv1.Run{}, &toolsv1.Plan{}}
	for _, part := range []struct {
		bytes []byte
		into  proto.Message
	}{{c.Event, m.event}, {c.Opened, m.run}, {c.Plan, m.plan}} {
		if err := proto.Unmarshal(part.bytes, part.into); err != nil {
			return m, fmt.Errorf("ledger: event %s: %w", c.EventID, err)
		}
	}
	return m, nil
}

// encode puts the matter into the case. A run that nobody planned yet is closed
// with an empty plan: it can't be planned on what is left.
func (m matter) encode(c *Case) (err error) {
	if !c.Planned {
		m.plan = &toolsv1.Plan{DecidedBy: "default"}
		c.Planned = true
	}
	if c.Event, err = proto.Marshal(m.event); err == nil {
		if c.Opened, err = proto.Marshal(m.run); err == nil {
			c.Plan, err = proto.MarshalOptions{Deterministic: true}.MarshalAppend([]byte{}, m.plan)
		}
	}
	if err != nil {
		return fmt.Errorf("ledger: encode event %s: %w", c.EventID, err)
	}
	return nil
}

// scrubCase takes the subject out of a case, and reports whether there was
// anything of it.
func (s *subject) scrubCase(c *Case, needles []needle) (changed bool, err error) {
	m, err := decode(c)
	if err != nil {
		return false, err
	}
	if s.covers(m.event.GetRef()) || s.covers(m.event.GetPlace()) {
		s.refs[fold(m.event.GetRef())] = true // A page's ref does not say which workspace it is in.
		m.event, m.plan = bareEvent(m.event), barePlan(m.plan)
		m.run = bareRun(m.run, m.event)
		for i := range c.Calls {
			if err := c.Calls[i].Forget(); err != nil {
				return false, err
			}
		}
		return true, m.encode(c)
	}
	w := &scrub{subject: s, needles: needles, origin: project.Origin(m.event)}
	if w.names(m.event) || w.names(m.run) {
		w.how = words
	}
	if changed, err = w.matter(m, c.Calls); err != nil || !changed {
		return changed, err
	}
	m.run.Gaps = append(m.run.Gaps, forgottenGap())
	return true, m.encode(c)
}

func (s *scrub) matter(m matter, calls []record.Call) (changed bool, err error) {
	written := s.texts(m.event)
	if written {
		// What was made of the text may repeat it.
		for _, c := range m.plan.GetCalls() {
			for _, a := range c.GetArguments() {
				if a.GetText() != "" {
					a.Value = &toolsv1.Argument_Text{}
				}
			}
		}
	}
	changed = s.message(m.event) || written
	changed = s.links(m.run) || changed
	changed = s.message(m.run) || changed
	changed = s.message(m.plan) || changed
	for i := range calls {
		touched, err := s.call(&calls[i], written)
		if err != nil {
			return false, err
		}
		changed = changed || touched
	}
	return changed, nil
}

// texts empties those that the person wrote or edited, and those that name the
// entity in some way of which a link was made.
func (s *scrub) texts(e *eventv1.WebhookEvent) (changed bool) {
	naming := make(map[string]bool)
	if !s.person {
		for _, l := range project.Event(e).Links {
			naming[l.Where] = naming[l.Where] || s.covers(l.To)
		}
	}
	for _, p := range e.GetText().GetParts() {
		if p.GetValue() != "" && (naming[p.GetWhere()] || s.is(p.GetAuthor(), s.origin) || s.is(p.GetEditor(), s.origin)) {
			p.Value, changed = "", true
		}
	}
	return changed
}

func (s *scrub) links(run *toolsv1.Run) (changed bool) {
	var kept []*toolsv1.Link
	for _, l := range run.GetLinks() {
		if !s.covers(l.GetRef()) {
			kept = append(kept, l)
		}
	}
	changed = len(kept) < len(run.GetLinks())
	run.Links = kept
	return changed
}

// call takes the subject out of a call, and all that was to be said where that may
// repeat a text that is gone. What says something else now is not made any more.
func (s *scrub) call(c *record.Call, written bool) (changed bool, err error) {
	shown, err := c.Decoded()
	if err != nil {
		return false, err
	}
	if s.covers(shown.GetTarget()) || s.covers(shown.GetResultRef()) {
		return true, c.Forget()
	}
	payload, err := c.Input()
	if err != nil {
		return false, err
	}
	if written {
		payload.Fields, shown.Request, shown.Url = nil, nil, ""
	}
	if s.message(payload) || written {
		changed = true
		if err := c.Replace(payload); err != nil {
			return false, err
		}
	}
	changed = s.message(shown) || changed
	if changed {
		err = c.Encode()
	}
	return changed, err
}

// bareEvent is what a redelivery is known by.
func bareEvent(e *eventv1.WebhookEvent) *eventv1.WebhookEvent {
	return &eventv1.WebhookEvent{
		Id: e.GetId(), DedupKey: e.GetDedupKey(), DedupWindow: e.GetDedupWindow(), Source: e.GetSource(), Instance: e.GetInstance(),
		Kind: e.GetKind(), Type: e.GetType(), ReceivedAt: e.GetReceivedAt(),
	}
}

func bareRun(run *toolsv1.Run, e *eventv1.WebhookEvent) *toolsv1.Run {
	return &toolsv1.Run{
		RunId: run.GetRunId(), EventId: run.GetEventId(), Authn: run.GetAuthn(), OpenedAt: run.GetOpenedAt(),
		Event: ledger.Head(e), Gaps: []*toolsv1.Gap{forgottenGap()},
	}
}

func barePlan(p *toolsv1.Plan) *toolsv1.Plan {
	bare := &toolsv1.Plan{RulesHash: p.GetRulesHash(), Class: p.GetClass(), DecidedBy: p.GetDecidedBy(), Degraded: p.GetDegraded(), Confidence: p.GetConfidence()}
	for _, c := range p.GetCalls() {
		bare.Calls = append(bare.Calls, &toolsv1.PlannedCall{Rule: c.GetRule(), Step: c.GetStep(), Tool: c.GetTool()})
	}
	return bare
}

func forgottenGap() *toolsv1.Gap {
	return &toolsv1.Gap{Code: ledger.ReasonForgotten, Detail: "a part of what this event told was removed by `switchyard memory forget`"}
}
