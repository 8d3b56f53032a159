package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/types/known/structpb"
)

// Request is an HTTP request to a provider, as it is sent and as it is shown to
// people. It has no credentials: they are added when it is sent.
type Request struct {
	Method string
	URL    string
	Header map[string]string
	// Body is what JSON has, as encoding/json reads it: maps, lists, strings, numbers;
	// nil for none.
	Body any
	// Before lists the reads that come first and decide how, or whether, the
	// request is sent.
	Before []Read
}

// Read is a GET that comes before the request.
type Read struct {
	URL string
	// Why says in a few words what it decides.
	Why string
}

func (r Request) render() (*structpb.Struct, error) {
	out := map[string]any{"method": r.Method, "url": r.URL}
	header := make(map[string]any, len(r.Header))
	for k, v := range r.Header {
		header[k] = v
	}
	out["headers"] = header
	if r.Body != nil {
		out["body"] = r.Body
	}
	before := make([]any, len(r.Before))
	for i, read := range r.Before {
		before[i] = map[string]any{"method": "GET", "url": read.URL, "why": read.Why}
	}
	if len(before) > 0 {
		out["before"] = before
	}
	s, err := structpb.NewStruct(out)
	if err != nil {
		return nil, fmt.Errorf("render %s %s: %w", r.Method, r.URL, err)
	}
	return s, nil
}

// build makes the request that is sent.
func (r Request) build(ctx context.Context) (*http.Request, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Method, err)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	return req, nil
}

// Do sends a request and reads the answer, JSON, into a value; nil reads none.
// Its errors are those of a Provider's client, to be handed back as they are.
func Do(ctx context.Context, client *http.Client, r Request, into any) error {
	req, err := r.build(ctx)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or nobody wants it
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("answer to %s: %w", r.Method, err)
	}
	return nil
}
