package notion

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"
)

func contents(t *testing.T, items []any) []string {
	t.Helper()
	var typed []struct {
		Type string `json:"type"`
		Text struct {
			Content string `json:"content"`
		} `json:"text"`
	}
	raw, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &typed); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range typed {
		if item.Type != "text" {
			t.Errorf("an item of type %q", item.Type)
		}
		out = append(out, item.Text.Content)
	}
	return out
}

func TestRichTextIsCutAtNotionsLimit(t *testing.T) {
	for name, text := range map[string]string{
		"short":                     "acme/api#42 was merged.\n[a](https://example.com)",
		"long":                      strings.Repeat("x", 4000),
		"two units a character":     strings.Repeat("😀", 2000),
		"one unit before the limit": strings.Repeat("x", 1999) + "😀y",
	} {
		t.Run(name, func(t *testing.T) {
			pieces := contents(t, richText(text))
			for _, piece := range pieces {
				if n := len(utf16.Encode([]rune(piece))); n == 0 || n > 2000 {
					t.Errorf("a piece of %d units", n)
				}
			}
			if strings.Join(pieces, "") != text {
				t.Error("the pieces are not the text")
			}
		})
	}
}

func TestParagraphs(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		blocks int
		last   string
	}{
		"one":              {"a\nb", 1, "a\nb"},
		"surplus newlines": {"\n\na\n\n\n\nb\n", 2, "b"},
		"nothing":          {"\n\n", 0, ""},
		"more than fit":    {strings.Repeat("a\n\n", 101) + "b", 100, "a\n\na\n\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			blocks := paragraphs(c.text)
			if len(blocks) != c.blocks {
				t.Fatalf("got %d blocks, want %d", len(blocks), c.blocks)
			}
			if c.blocks == 0 {
				return
			}
			last := blocks[len(blocks)-1].(map[string]any)["paragraph"].(map[string]any)["rich_text"].([]any)
			if got := strings.Join(contents(t, last), ""); got != c.last {
				t.Errorf("the last block is %q, want %q", got, c.last)
			}
		})
	}
}
