package ingress_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
)

// attacker holds a source's secret, so that what it sends is parsed.
type attacker struct {
	source string
	// The members of a right body, without the braces.
	members string
	sign    func(body string) http.Header
}

func attackers() []attacker {
	return []attacker{
		{"github", ping[1 : len(ping)-1], func(body string) http.Header { return signed("ping", body) }},
		{"github", `"action":"opened","issue":{"id":1,"number":42,"title":"t","user":{"login":"a","id":1}},"repository":{"id":500,"full_name":"acme/api"},"sender":{"login":"a","id":1}`,
			func(body string) http.Header { return signed("issues", body) }},
		{"jira", `"webhookEvent":"jira:issue_created","timestamp":1772271003123,"issue":{"id":"1","key":"ACME-7","fields":{"summary":"s"}}`,
			func(body string) http.Header { return jira.Headers([]byte("Jira's secret"), "id", []byte(body)) }},
		{"notion", `"id":"x","type":"page.properties_updated","timestamp":"2026-02-28T09:30:03Z","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"page"}`,
			func(body string) http.Header { return notion.Headers([]byte("Notion's token"), []byte(body)) }},
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"k` + strconv.Itoa(i) + `":1,`)
	}
	return b.String()
}

// nested is depth levels of what opens and closes, with x inside.
func nested(depth int, open, x, shut string) string {
	return strings.Repeat(open, depth) + x + strings.Repeat(shut, depth)
}

// Whatever a signed body is, it is answered 200 or 400, in bounded time.
func TestMalice(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.NotionSecret = is("Notion's token")
	cfg.Deadline = time.Minute // the race detector takes seconds for a million members
	url := start(t, cfg)
	for _, a := range attackers() {
		object := "{" + a.members + "}"
		for _, tc := range []struct {
			name, body string
			code       int // 0: 200 or 400
		}{
			{"right", object, 200},
			{"arrays 200,000 deep", `{"x":` + nested(200_000, "[", "", "]") + "," + a.members + "}", 400},
			{"objects 200,000 deep", `{"x":` + nested(200_000, `{"x":`, "1", "}") + "," + a.members + "}", 400},
			{"only 200,000 brackets", strings.Repeat("[", 200_000), 400},
			{"only 200,000 braces", strings.Repeat("{", 200_000), 400},
			{"as deep as JSON is read", `{"x":` + nested(9_990, `{"content":[`, "", "]}") + "," + a.members + "}", 0},
			{"deep document", strings.Replace(object, `"summary":"s"`, `"description":`+nested(4_900, `{"type":"doc","content":[`, `{"type":"text","text":"x"}`, "]}"), 1), 0},
			{"duplicate keys", "{" + a.members + "," + a.members + "}", 0},
			{"duplicate keys of other types", `{"action":1,"issue":[],"repository":"x","webhookEvent":{},"entity":7,"id":{},` + a.members + "}", 0},
			{"everything null", `{"action":null,"issue":null,"repository":null,"webhookEvent":null,"entity":null,"id":null,"type":null}`, 400},
			{"toString", `{"toString":"x","changelog":{"items":[{"toString":{"toString":1}}]},` + a.members + "}", 0},
			{"__proto__", `{"__proto__":{"action":"opened"},"constructor":{"prototype":{}},` + a.members + "}", 200},
			{"a million members", "{" + members(1_000_000) + a.members + "}", 0},
			{"a million elements", `{"x":[` + strings.Repeat("{},", 1_000_000) + "1]," + a.members + "}", 0},
			{"a key of a megabyte", `{"` + strings.Repeat("k", 1<<20) + `":1,` + a.members + "}", 0},
			{"a number of a million digits", `{"id":` + strings.Repeat("9", 1_000_000) + `,"timestamp":` + strings.Repeat("9", 1_000_000) + "," + a.members + "}", 0},
			{"a number beyond any float", `{"x":1e999999999,"timestamp":-1e999999999,` + a.members + "}", 0},
			{"a time beyond any year", `{"timestamp":9223372036854775807,` + a.members + "}", 0},
			{"BOM", "\xef\xbb\xbf" + object, 0},
			{"UTF-16", "\xff\xfe{\x00}\x00", 400},
			{"NUL in a string", strings.Replace(object, `:"`, `:"`+"\x00", 1), 400},
			{"NUL escaped", strings.Replace(object, `:"`, `:"\u0000`, 1), 0},
			{"NUL after", object + "\x00", 400},
			{"invalid UTF-8", strings.ReplaceAll(object, `:"`, `:"`+"\xff\xc0\x80\xed\xa0\x80"), 0},
			{"invalid UTF-8 in a key", "{\"\xff\xfe\":1," + a.members + "}", 0},
			{"half a surrogate", strings.ReplaceAll(object, `:"`, `:"\ud800`), 0},
			{"two bodies", object + object, 400},
			{"empty", "", 400},
			{"white space", " \n\t", 400},
			{"null", "null", 400},
			{"a string", `"{}"`, 400},
			{"cut off", object[:len(object)-1], 400},
			{"NaN", `{"x":NaN,` + a.members + "}", 400},
		} {
			t.Run(a.source+"/"+tc.name, func(t *testing.T) {
				before := time.Now()
				got := send(t, "POST", url+"/webhooks/"+a.source, a.sign(tc.body), strings.NewReader(tc.body))
				if got.code != 200 && got.code != 400 || tc.code != 0 && got.code != tc.code {
					t.Errorf("%d %.200s, want %d", got.code, got.body, tc.code)
				}
				if took := time.Since(before); took > 20*time.Second {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

// What is wrong with a request before its body is anybody's.
func TestMaliciousRequests(t *testing.T) {
	addr, _ := serve(t, config(startAgent(t).url))
	signature := signed("ping", ping).Get(github.HeaderSignature)
	head := "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: ping\r\nX-GitHub-Delivery: g\r\nX-Hub-Signature-256: " + signature + "\r\n"
	typed := head + "Content-Type: application/json\r\n"
	length := fmt.Sprintf("Content-Length: %d\r\n", len(ping))
	for _, tc := range []struct {
		name, request string
		code          int
	}{
		{"right", typed + length + "\r\n" + ping, 200},
		{"in pieces", typed + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 3, ping[:3], len(ping)-3, ping[3:]), 200},
		{"expects to be asked", typed + length + "Expect: 100-continue\r\n\r\n" + ping, 200},
		{"expects something else", typed + length + "Expect: everything\r\n\r\n" + ping, 417},
		{"more than it says", typed + length + "\r\n" + ping + "GET /x HTTP/1.1\r\n\r\n", 200},
		{"less than it says, and closes", typed + "Content-Length: 1000\r\n\r\n" + ping, 400},
		{"two lengths", typed + length + "Content-Length: 3\r\n\r\n" + ping, 400},
		{"length below zero", typed + "Content-Length: -1\r\n\r\n" + ping, 400},
		{"length of a million digits", typed + "Content-Length: " + strings.Repeat("9", 60_000) + "\r\n\r\n" + ping, 400},
		{"length beyond 25 MiB", typed + "Content-Length: 9223372036854775807\r\n\r\n", 413},
		{"broken chunk", typed + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		{"chunk longer than any", typed + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
		{"two encodings", typed + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
		{"two types", typed + "Content-Type: text/plain\r\n" + length + "\r\n" + ping, 200},
		{"two types, the other first", head + "Content-Type: text/plain\r\nContent-Type: application/json\r\n" + length + "\r\n" + ping, 415},
		{"types in one", head + "Content-Type: application/json, text/plain\r\n" + length + "\r\n" + ping, 415},
		{"two signatures, the wrong one first", "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n" + strings.SplitN(typed, "\r\n", 3)[2] + length + "\r\n" + ping, 401},
		{"a header of 100 KiB", typed + length + "X-Flood: " + strings.Repeat("x", 100<<10) + "\r\n\r\n" + ping, 431},
		{"10,000 headers", typed + length + strings.Repeat("X-Flood: x\r\n", 10_000) + "\r\n" + ping, 431},
		{"a path of 100 KiB", "POST /webhooks/" + strings.Repeat("x", 100<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		{"no host", "POST /webhooks/github HTTP/1.1\r\n\r\n", 400},
		{"a folded header", typed + length + "X-A: b\r\n c\r\n\r\n" + ping, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			go func() {
				_, _ = io.WriteString(conn, tc.request)
				_ = conn.(*net.TCPConn).CloseWrite()
			}()
			reader := bufio.NewReader(conn)
			resp, err := http.ReadResponse(reader, nil)
			for err == nil && resp.StatusCode == http.StatusContinue {
				resp, err = http.ReadResponse(reader, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tc.code {
				t.Errorf("%d, want %d", resp.StatusCode, tc.code)
			}
		})
	}
}

// A connection is kept for who has proved itself, and for nobody else.
func TestKeptConnection(t *testing.T) {
	url := start(t, config(startAgent(t).url))
	for _, tc := range []struct {
		name, method, path string
		header             http.Header
		body               string
		closed             bool
	}{
		{"answered", "POST", "/webhooks/github", signed("ping", ping), ping, false},
		{"verified and refused", "POST", "/webhooks/github", signed("ping", "[]"), "[]", false},
		{"not verified", "POST", "/webhooks/github", signed("ping", "{}"), ping, true},
		{"a page", "GET", "/", nil, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := send(t, tc.method, url+tc.path, tc.header, strings.NewReader(tc.body)); got.closed != tc.closed {
				t.Errorf("%d, closed %v", got.code, got.closed)
			}
		})
	}
}
