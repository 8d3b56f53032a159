package providertest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// client sends requests as an action of ours does.
type client struct {
	t      *testing.T
	url    string
	header http.Header
	// check looks at every answer; nil for no look.
	check *description
	// strip is the part of the URL's path that the description's paths lack.
	strip string
}

func (c *client) with(name, value string) *client {
	out := *c
	out.header = c.header.Clone()
	out.header.Set(name, value)
	if value == "" {
		out.header.Del(name)
	}
	return &out
}

type answer struct {
	status int
	header http.Header
	body   string
	// err is set where the connection was dropped.
	err error
}

// field is a value of the answer's JSON by its path: body.0.id.
func (a answer) field(path string) any {
	var v any
	if json.Unmarshal([]byte(a.body), &v) != nil {
		return nil
	}
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			n := 0
			for _, digit := range key {
				n = n*10 + int(digit-'0')
			}
			if n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

func (c *client) do(method, path, body string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = c.header.Clone()
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{err: err}
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(out)}
	if c.check != nil && a.status != http.StatusUnauthorized && a.status != http.StatusNoContent {
		req.URL.Path = strings.TrimPrefix(req.URL.Path, c.strip)
		if err := c.check.response(req, []byte(body), a.status, a.header, out); err != nil && !strings.Contains(err.Error(), "no such operation") {
			c.t.Errorf("%s %s: %v", method, path, err)
		}
	}
	return a
}

// want demands a status, and that the body has a text.
func (a answer) want(t *testing.T, status int, having string) answer {
	t.Helper()
	if a.err != nil {
		t.Fatal(a.err)
	}
	if a.status != status || !strings.Contains(a.body, having) {
		t.Fatalf("got %d %.1500s, want %d with %q", a.status, a.body, status, having)
	}
	return a
}
