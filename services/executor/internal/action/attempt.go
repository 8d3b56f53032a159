package action

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/switchyard-dev/switchyard/internal/faultpoint"
)

var (
	errLate     = errors.New("not_after has passed")
	errTooLarge = errors.New("the answer is too large")
)

// attempt is the transport of one command's requests. It answers a request with
// an error, a Failure, unless the provider took it: http.RoundTripper asks to leave
// statuses to the client, but the clients of libraries each have their own idea of
// them, and an outcome must not depend on whose client it was.
//
// No redirect is followed, so that credentials stay with the host they are for:
// a target that has moved is another one, which policy has not seen.
type attempt struct {
	p        *Provider
	notAfter time.Time // zero for none
	// acted: a request that changes something was taken, or may have been.
	acted  atomic.Bool
	status atomic.Uint32 // of the answer to the last request; 0 for none
	// shown takes the first request that changes something instead of sending it.
	shown *Request
}

func (a *attempt) client() *http.Client { return &http.Client{Transport: a} }

// RoundTrip implements http.RoundTripper. Where the credentials are no longer good, and
// others may be had, it sends the request once more: with 401 it was not applied.
// Source: https://www.rfc-editor.org/rfc/rfc9110#name-401-unauthorized
func (a *attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.send(req)
	if f, ok := errors.AsType[*Failure](err); ok && f.renewed && f.Status == http.StatusUnauthorized {
		if again, ok := rewound(req); ok {
			return a.send(again)
		}
	}
	return resp, err
}

// rewound is a request whose body was read, from the beginning; false where it can't be had again.
func rewound(req *http.Request) (*http.Request, bool) {
	again := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err == nil
}

func (a *attempt) send(req *http.Request) (*http.Response, error) {
	reads := a.p.o.Reads(req)
	if a.shown != nil {
		return nil, a.show(req)
	}
	ctx, cancel := context.WithTimeout(req.Context(), RequestTimeout)
	sent := &sending{}
	signed := req.Clone(httptrace.WithClientTrace(ctx, sent.trace()))
	if err := a.p.o.Sign(signed); err != nil {
		cancel()
		return nil, a.p.unsigned(err)
	}
	secrets := credentials(signed.Header)
	if !reads {
		if !a.p.o.Now().Before(a.notAfter) {
			cancel()
			return nil, late()
		}
		a.timely(signed)
		faultpoint.Reached("action.before_request")
	}
	a.status.Store(0)
	resp, err := a.p.o.Transport.RoundTrip(signed)
	if !reads {
		faultpoint.Reached("action.after_request")
	}
	if err != nil {
		cancel()
		return nil, a.undelivered(req, err, sent.wrote.Load(), reads)
	}
	a.status.Store(uint32(resp.StatusCode)) //nolint:gosec // three digits
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer cancel()
		f := a.refused(resp, secrets, reads)
		if denied := f.Status == http.StatusUnauthorized || f.Status == http.StatusForbidden; denied && f.Outcome == Rejected && a.p.o.Refused != nil {
			f.renewed = a.p.o.Refused(signed, f.Status)
		}
		return nil, f
	}
	if !reads {
		a.acted.Store(true)
	}
	resp.Body = &answer{Reader: io.LimitReader(resp.Body, answerLimit+1), Closer: resp.Body, cancel: cancel}
	return resp, nil
}

// timely makes a request's body one that is not read after not_after: it is read
// once there is a connection, right before it is written, and a request without its
// whole body is none. Dialling takes its time, and a process may be frozen meanwhile.
func (a *attempt) timely(req *http.Request) {
	if req.Body == nil || req.Body == http.NoBody {
		return
	}
	late := func() bool { return !a.p.o.Now().Before(a.notAfter) }
	req.Body = &timely{ReadCloser: req.Body, late: late}
	if again := req.GetBody; again != nil {
		// For a connection that was closed before anything was written into it.
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			return &timely{ReadCloser: body, late: late}, err
		}
	}
}

type timely struct {
	io.ReadCloser
	late    func() bool
	checked bool
}

func (t *timely) Read(p []byte) (int, error) {
	if !t.checked && t.late() {
		return 0, errLate
	}
	t.checked = true
	return t.ReadCloser.Read(p)
}

// sending notes whether a byte of a request may have gone out. Each connection
// that is asked for begins anew: net/http asks for another one only if nothing was
// written into the one before, or the request may be repeated.
type sending struct{ wrote atomic.Bool }

func (s *sending) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { s.wrote.Store(false) },
		WroteHeaders: func() { s.wrote.Store(true) },
	}
}

// answer is a body that is bounded, and whose request's time ends with it.
type answer struct {
	io.Reader
	io.Closer
	cancel context.CancelFunc
	read   int
}

func (b *answer) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.read += n; b.read > answerLimit {
		return n, errTooLarge
	}
	return n, err
}

func (b *answer) Close() error {
	defer b.cancel()
	return b.Closer.Close()
}

// show notes what a request would be.
func (a *attempt) show(req *http.Request) error {
	shown, err := describe(req)
	if err != nil {
		return err
	}
	*a.shown = shown
	return errShown
}

func drained(body io.Reader) []byte {
	if body == nil {
		return nil
	}
	var out bytes.Buffer
	// What can't be read is not told.
	_, _ = io.Copy(&out, io.LimitReader(body, refusalLimit))
	return out.Bytes()
}
