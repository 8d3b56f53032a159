package sourcetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// Normalizer is what the suite tests.
type Normalizer interface {
	Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error)
}

// Case is one row of a normalizer's table. A row without Err wants an event;
// Want then looks at it.
type Case struct {
	Name        string
	Header      http.Header
	ContentType string // application/json if empty
	Body        string
	Err         error
	Want        func(t *testing.T, e *eventv1.WebhookEvent, d *eventv1.Delivery)
}

// Body is testdata/NAME.body.json.
func Body(t *testing.T, name string) string {
	t.Helper()
	return string(read(t, filepath.Join("testdata", name+".body.json")))
}

// Kind is a Case's Want that looks at the event's kind.
func Kind(want string) func(*testing.T, *eventv1.WebhookEvent, *eventv1.Delivery) {
	return func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
		t.Helper()
		if e.GetKind() != want {
			t.Errorf("kind %s, want %s", e.GetKind(), want)
		}
	}
}

// Received is the time at which the suite's bodies are received.
func Received() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// Run normalizes each row's body. Whatever the row, an event is valid by its
// proto's rules and the same each time, and its text stands in event.text only.
func Run(t *testing.T, n Normalizer, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			e, d, err := normalize(n, c.Header, c.ContentType, []byte(c.Body))
			if !errors.Is(err, c.Err) || (err != nil) != (c.Err != nil) {
				t.Fatalf("error %v, want %v", err, c.Err)
			}
			if err != nil {
				return
			}
			check(t, n, c.Header, c.ContentType, []byte(c.Body), e, d)
			if c.Want != nil {
				c.Want(t, e, d)
			}
		})
	}
}

// Golden compares the events of testdata/*.body.json with *.event.json beside
// them. With UPDATE_GOLDEN=1 in the environment it writes those.
func Golden(t *testing.T, n Normalizer, header func(file string) http.Header) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.body.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden bodies: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body := read(t, file)
			h := header(filepath.Base(file))
			e, d, err := normalize(n, h, "", body)
			if err != nil {
				t.Fatal(err)
			}
			check(t, n, h, "", body, e, d)
			got := render(t, e)
			golden := strings.TrimSuffix(file, ".body.json") + ".event.json"
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); !bytes.Equal(got, want) {
				t.Errorf("%s is another event now:\n%s", golden, got)
			}
		})
	}
}

// Payloads normalizes each *.json below SWITCHYARD_PAYLOADS/folder. kind says
// what a file's event has to be, "" if any will do.
func Payloads(t *testing.T, n Normalizer, folder string, header func(path string) http.Header, kind func(path string) string) {
	t.Helper()
	bodies := Recorded(t, folder)
	for path, body := range bodies {
		h := header(path)
		e, d, err := normalize(n, h, "", body)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		check(t, n, h, "", body, e, d)
		if want := kind(path); want != "" && e.GetKind() != want {
			t.Errorf("%s: kind %s, want %s", path, e.GetKind(), want)
		}
	}
	t.Logf("%d bodies", len(bodies))
}

// Valid demands a refusal or a valid event: for fuzzing.
func Valid(t *testing.T, n Normalizer, header http.Header, body []byte) {
	t.Helper()
	ValidAs(t, n, header, "", body)
}

// ValidAs demands the same of a body of another content type than JSON.
func ValidAs(t *testing.T, n Normalizer, header http.Header, contentType string, body []byte) {
	t.Helper()
	e, d, err := normalize(n, header, contentType, body)
	var refusal source.Refusal
	switch {
	case err == nil:
		check(t, n, header, contentType, body, e, d)
	case !errors.As(err, &refusal):
		t.Errorf("%.80q: error %v is no refusal", body, err)
	}
}

// Hostile sends bodies that no provider would: each is refused or becomes a
// valid event, and none panics. valid is a good body to start from.
func Hostile(t *testing.T, n Normalizer, header http.Header, valid string) {
	t.Helper()
	for _, body := range hostile(valid) {
		Valid(t, n, header, []byte(body))
	}
	for _, body := range []string{"", " ", "null", "[]", "1", `"x"`, "true", "{", valid + "x", "\xef\xbb\xbf" + valid} {
		if _, _, err := normalize(n, header, "", []byte(body)); !errors.Is(err, source.InvalidPayload) {
			t.Errorf("%.80q: %v, want invalid_payload", body, err)
		}
	}
}

func hostile(valid string) []string {
	open := strings.TrimSuffix(strings.TrimSpace(valid), "}")
	bodies := []string{
		open + `,"toString":{"toString":1},"hasOwnProperty":null,"__proto__":{"toString":"x"},"constructor":[]}`,
		open + `,"deep":` + strings.Repeat(`[`, 200_000) + strings.Repeat(`]`, 200_000) + `}`,
		open + `,"deep":` + strings.Repeat(`{"a":`, 9_000) + `1` + strings.Repeat(`}`, 9_000) + `}`,
		open + "," + strings.TrimPrefix(strings.TrimSpace(valid), "{"), // every key twice
		strings.ReplaceAll(valid, "e", "\xff\xfe"),
		strings.ReplaceAll(valid, `":"`, `":"`+"\xc3\x28\\u0000\\ud800"),
		strings.ReplaceAll(valid, `":"`, `":"`+strings.Repeat("é", 70_000)),
	}
	for _, other := range []string{"null", "1", "-1e300", `"x"`, "[]", "{}", "[null]", "true"} {
		bodies = append(bodies, replaceMembers(valid, other)...)
	}
	return bodies
}

// replaceMembers returns the body once for each member of its objects, at any
// depth, with that member replaced.
func replaceMembers(body, other string) []string {
	var root any
	if json.Unmarshal([]byte(body), &root) != nil {
		return nil
	}
	var bodies []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, was := range v {
				v[key] = json.RawMessage(other)
				if b, err := json.Marshal(root); err == nil {
					bodies = append(bodies, string(b))
				}
				v[key] = was
				walk(was)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(root)
	return bodies
}

func normalize(n Normalizer, header http.Header, contentType string, body []byte) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	if contentType == "" {
		contentType = "application/json"
	}
	return n.Normalize(header, body, source.Meta{ReceivedAt: Received(), ContentType: contentType, Digest: sha256.Sum256(body)})
}

// check holds for every event of every source.
func check(t *testing.T, n Normalizer, header http.Header, contentType string, body []byte, e *eventv1.WebhookEvent, d *eventv1.Delivery) {
	t.Helper()
	for _, m := range []proto.Message{e, d} {
		if err := protovalidate.Validate(m); err != nil {
			t.Errorf("%.200s: %v", body, err)
		}
		if _, err := proto.Marshal(m); err != nil {
			t.Errorf("%.200s: %v", body, err)
		}
	}
	if e.GetId() == "" || e.GetDedupKey() == "" || e.GetOccurrence() == "" || d.GetReceivedAt() == nil {
		t.Errorf("id %q, dedup key %q, occurrence %q: one is missing", e.GetId(), e.GetDedupKey(), e.GetOccurrence())
	}
	sum := sha256.Sum256(body)
	if !bytes.Equal(e.GetBodySha256(), sum[:]) {
		t.Error("body_sha256 is not the raw body's")
	}
	again, _, err := normalize(n, header, contentType, body)
	if err != nil || !proto.Equal(e, again) {
		t.Errorf("the second time it is another event: %v", err)
	}
}

func render(t *testing.T, e *eventv1.WebhookEvent) []byte {
	t.Helper()
	loose, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, loose, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
