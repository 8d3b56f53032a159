package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxBody bounds a request's body; no provider here takes a larger one of an action.
const maxBody = 1 << 20

// reply is what a provider answers.
type reply struct {
	status int
	header http.Header
	// body is marshalled, a []byte is sent as it is; nil for none.
	body any
}

// call is a request on its way through a fake.
type call struct {
	*http.Request
	body []byte
	now  time.Time
	seq  int
	// who is set by the provider's authorize.
	who string
}

// operation is one of a provider's API.
type operation struct {
	// pattern is http.ServeMux's: "GET /repos/{owner}/{repo}/issues".
	pattern string
	// query are the parameters that it takes.
	query []string
	// undescribed says that the provider's description, as tests have it, lacks the operation.
	undescribed bool
	// act is called with the fake's lock held.
	act func(*call) reply
}

// server is what the fakes have in common. The lock guards their state, too.
type server struct {
	mu     sync.Mutex
	log    log
	faults []*Planted

	now   func() time.Time
	check Check
	mux   *http.ServeMux
	// inspect says what is wrong with the headers; "" for nothing. A request that
	// it objects to is a mistake of the caller's code.
	inspect func(*http.Request) string
	// authorize lets a call in, under the lock, or answers.
	authorize func(*call) *reply
	// fail puts an error in the provider's own shape.
	fail func(status int, message string) reply
	// finish adds what every answer of the provider has, under the lock.
	finish func(*call, *reply)
}

func (s *server) serve(operations []operation) {
	s.mux = http.NewServeMux()
	for _, o := range operations {
		s.mux.HandleFunc(o.pattern, func(w http.ResponseWriter, r *http.Request) { s.run(o, w, r) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.run(operation{}, w, r)
	})
}

// ServeHTTP serves the provider's API.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// run takes a request through check, fault, authorization and action.
func (s *server) run(o operation, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // whoever sends half a request is gone
	}
	c := &call{Request: r, body: body, now: s.now()}
	wrong := s.objection(o, c)
	rec, fault := s.take(c, wrong)
	wait(r, fault.Delay)
	if fault.DropBefore {
		panic(http.ErrAbortHandler)
	}
	answer := reply{}
	switch {
	case wrong != "":
		answer = s.fail(http.StatusUnprocessableEntity, wrong)
	case fault.Status == 0 || fault.Act:
		answer = s.act(o, c, rec)
	}
	wait(r, fault.DelayAfter)
	if fault.DropAfter {
		panic(http.ErrAbortHandler)
	}
	if fault.Status != 0 && wrong == "" {
		answer = s.faulty(fault, r.Header.Get("Authorization"))
	}
	s.answer(w, rec, answer)
}

// objection is what is wrong with a request whoever sends it.
func (s *server) objection(o operation, c *call) string {
	wrong := "this fake has no such operation"
	if o.act != nil {
		wrong = s.inspect(c.Request)
	}
	for name := range c.URL.Query() {
		if wrong == "" && !slices.Contains(o.query, name) {
			wrong = "query parameter " + name + " is not one of this operation's"
		}
	}
	if wrong == "" && s.check != nil && !o.undescribed {
		r := c.Clone(c.Context())
		r.Body = io.NopCloser(bytes.NewReader(c.body))
		if err := s.check(r, c.body); err != nil {
			wrong = err.Error()
		}
	}
	if wrong == "" {
		return ""
	}
	return fmt.Sprintf("%s %s: %s", c.Method, c.URL.Path, wrong)
}

// take notes a request and finds the fault that meets it.
func (s *server) take(c *call, wrong string) (*Request, Fault) {
	header := c.Header.Clone()
	header.Del("Authorization")
	rec := &Request{At: c.now, Method: c.Method, Path: c.URL.Path, Query: c.URL.Query(), Header: header, Body: c.body}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.add(rec)
	c.seq = rec.Seq
	if wrong != "" {
		s.log.violate(wrong)
	}
	for _, p := range s.faults {
		if p.take(*rec) {
			rec.Fault = p.fault.name()
			return rec, p.fault
		}
	}
	return rec, Fault{}
}

func (s *server) act(o operation, c *call, rec *Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused := s.authorize(c); refused != nil {
		return *refused
	}
	rec.Acted = true
	answer := o.act(c)
	if s.finish != nil {
		s.finish(c, &answer)
	}
	return answer
}

func (s *server) faulty(f Fault, authorization string) reply {
	answer := s.fail(f.Status, http.StatusText(f.Status))
	if f.Body != nil {
		answer.body = bytes.ReplaceAll(f.Body, []byte("$AUTHORIZATION"), []byte(authorization))
	}
	if answer.header == nil {
		answer.header = http.Header{}
	}
	maps.Copy(answer.header, f.Header)
	answer.status = f.Status
	return answer
}

func (s *server) answer(w http.ResponseWriter, rec *Request, a reply) {
	s.mu.Lock()
	rec.Status = a.status
	s.mu.Unlock()
	maps.Copy(w.Header(), a.header)
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	out, raw := a.body.([]byte)
	if !raw {
		var err error
		if out, err = json.Marshal(a.body); err != nil {
			panic(err) // a fake that can't say what it has is no use to any test
		}
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(out)
}

// wait holds a request, at most until its caller is gone.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(min(d, maxDelay))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// Plant makes the provider do f to the requests that it matches. Of several that
// match, the one planted first meets a request.
func (s *server) Plant(f Fault) *Planted {
	p := &Planted{fault: f}
	p.left.Store(int64(max(f.Times, 1)))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, p)
	return p
}

// Requests are those that came, the last 2,000, oldest first.
func (s *server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, 0, len(s.log.requests))
	for _, r := range s.log.requests {
		out = append(out, *r)
	}
	return out
}

// Changes are the effects on what the provider keeps, the last 2,000, oldest first.
func (s *server) Changes() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.changes)
}

// Violations are the requests that no provider would take, each with the reason:
// mistakes of the caller's code. A test that has any has failed.
func (s *server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.violations)
}

func (s *server) changed(c *call, what, on, key string) {
	s.log.change(Change{Seq: c.seq, At: c.now, What: what, On: on, Key: key})
}

// decode reads a JSON body.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// bearer is the token of the header, with either word for it.
func (c *call) bearer() string {
	kind, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if strings.EqualFold(kind, "Bearer") || strings.EqualFold(kind, "token") {
		return strings.TrimSpace(token)
	}
	return ""
}

// object is a JSON object.
type object = map[string]any

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func created(body any) reply { return reply{status: http.StatusCreated, body: body} }
