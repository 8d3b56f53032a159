package notion

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// texts are the body's titles and what is said of the page, without an author.
func (f *forwarded) texts() []*eventv1.Part {
	var parts []*eventv1.Part
	add := func(where string, texts ...plain) {
		for _, text := range texts {
			if text != "" {
				parts = append(parts, source.Part(where, string(text), &eventv1.Account{}, nil))
			}
		}
	}
	for _, i := range []item{f.top, f.Data, f.Page, f.Database} {
		add("title", i.Title, i.Name)
		add("page", i.Text, i.Content, i.Body, i.Summary, i.Description, i.Properties)
	}
	return parts
}

// plain is the text in a string, in a list, or in Notion's values of
// properties: rich text, titles, addresses, names of options.
// Source: developers.notion.com, "Page properties" and "Rich text".
type plain string

// UnmarshalJSON never fails: what holds no text is empty.
func (p *plain) UnmarshalJSON(b []byte) error {
	*p = ""
	var v any
	if json.Unmarshal(b, &v) == nil {
		var out strings.Builder
		write(&out, v)
		*p = plain(strings.TrimSpace(out.String()))
	}
	return nil
}

// write appends the texts of a value, each on a line of its own but for the
// pieces of one rich text; it stops soon after what an event keeps. Names of
// properties are left out, and so are people and what describes a value (its id,
// type, colour).
func write(out *strings.Builder, v any) {
	if out.Len() > source.MaxText {
		return
	}
	switch v := v.(type) {
	case string:
		out.WriteString(v)
		out.WriteByte('\n')
	case []any:
		for _, piece := range v {
			write(out, piece)
		}
	case map[string]any:
		if v["object"] == "user" {
			return
		}
		if text, ok := v["plain_text"].(string); ok {
			out.WriteString(text)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch key {
			case "id", "type", "color", "object", "annotations", "has_more":
			default:
				write(out, v[key])
			}
		}
		if !strings.HasSuffix(out.String(), "\n") {
			out.WriteByte('\n')
		}
	}
}
