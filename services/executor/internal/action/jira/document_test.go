package jira

import (
	"encoding/json"
	"testing"
)

func TestDocument(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"one line":          {"a", `[{"content":[{"text":"a","type":"text"}],"type":"paragraph"}]`},
		"surplus newlines":  {"\n\na\n\n\n\nb\n", `[{"content":[{"text":"a","type":"text"}],"type":"paragraph"},{"content":[{"text":"b","type":"text"}],"type":"paragraph"}]`},
		"markup stays text": {"[a](b) {c}", `[{"content":[{"text":"[a](b) {c}","type":"text"}],"type":"paragraph"}]`},
		"nothing":           {"\n", `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(document(c.text)["content"])
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
