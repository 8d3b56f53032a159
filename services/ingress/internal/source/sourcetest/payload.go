package sourcetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

const goldens = "testdata/payloads"

// Recorded is every *.json below SWITCHYARD_PAYLOADS/folder by its path. Without
// the variable the test is skipped.
func Recorded(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	root := os.Getenv("SWITCHYARD_PAYLOADS")
	if root == "" {
		t.Skipf("SWITCHYARD_PAYLOADS is not set: recorded bodies of %s were NOT tested", folder)
	}
	bodies := make(map[string][]byte)
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".json" {
			bodies[path] = read(t, path)
		}
		return err
	})
	if err != nil || len(bodies) == 0 {
		t.Fatalf("%d bodies of %s: %v", len(bodies), folder, err)
	}
	return bodies
}

// PayloadGoldens compares the event of each recorded body with the block that
// has its name in testdata/payloads: a file for each folder that holds bodies.
// A body without a block fails, and so does a block without a body. With
// UPDATE_GOLDEN=1 in the environment it writes those files.
//
// Texts are other people's: a block has their length and digest only.
func PayloadGoldens(t *testing.T, n Normalizer, folder string, header func(path string) http.Header) {
	t.Helper()
	bodies := Recorded(t, folder)
	files := make(map[string]string)
	for _, path := range slices.Sorted(maps.Keys(bodies)) {
		e, d, err := normalize(n, header(path), "", bodies[path])
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		check(t, n, header(path), "", bodies[path], e, d)
		file := filepath.Base(filepath.Dir(path)) + ".golden"
		files[file] += "== " + filepath.Base(path) + "\n" + block(t, e, bodies[path]) + "\n"
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		writeGoldens(t, files)
	}
	stored, err := filepath.Glob(filepath.Join(goldens, "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stored {
		if _, ok := files[filepath.Base(path)]; !ok {
			t.Errorf("%s: its bodies are gone", path)
		}
	}
	for file, got := range files {
		want, err := os.ReadFile(filepath.Join(goldens, file))
		if err != nil {
			t.Errorf("%s: %v; UPDATE_GOLDEN=1 writes it", file, err)
			continue
		}
		compareBlocks(t, file, got, string(want))
	}
	t.Logf("%d bodies in %d files", len(bodies), len(files))
}

func compareBlocks(t *testing.T, file, got, want string) {
	t.Helper()
	had := blocks(want)
	for name, is := range blocks(got) {
		if was, ok := had[name]; !ok {
			t.Errorf("%s: %s has no block", file, name)
		} else if is != was {
			t.Errorf("%s: %s is another event now:\n%s\nwant\n%s", file, name, is, was)
		}
		delete(had, name)
	}
	for name := range had {
		t.Errorf("%s: %s has no body any more", file, name)
	}
}

func blocks(golden string) map[string]string {
	all := make(map[string]string)
	for _, b := range strings.Split("\n"+golden, "\n== ")[1:] {
		name, event, _ := strings.Cut(b, "\n")
		all[name] = strings.TrimSpace(event)
	}
	return all
}

func writeGoldens(t *testing.T, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(goldens); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(goldens, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(goldens, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// block renders an event for reading. What is the same for every body, or the
// body's digest, is left out.
func block(t *testing.T, e *eventv1.WebhookEvent, body []byte) string {
	t.Helper()
	e = proto.CloneOf(e)
	if digest := fmt.Sprintf("%x", sha256.Sum256(body)); e.GetDedupKey() == digest {
		e.DedupKey = ""
	}
	e.Id, e.BodySha256, e.ReceivedAt, e.ContentType = "", nil, nil, ""
	for _, p := range e.GetText().GetParts() {
		p.Value = fmt.Sprintf("%d bytes, SHA-256 %.6x", len(p.GetValue()), sha256.Sum256([]byte(p.GetValue())))
	}
	loose, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, loose); err != nil {
		t.Fatal(err)
	}
	return outline(t, "", compact.Bytes())
}

// outline gives each member of an object, and each item of a list, a line of
// its own where all of them don't fit into one.
func outline(t *testing.T, indent string, value []byte) string {
	t.Helper()
	const width = 100
	if indent != "" && len(value) <= width || value[0] != '{' && value[0] != '[' {
		return " " + string(value) + "\n"
	}
	lines := "\n"
	if indent == "" {
		lines = ""
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key := "-"
		if value[0] == '{' {
			token, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			key = fmt.Sprint(token) + ":"
		}
		var member json.RawMessage
		if err := dec.Decode(&member); err != nil {
			t.Fatal(err)
		}
		lines += indent + key + outline(t, indent+"  ", member)
	}
	return lines
}
