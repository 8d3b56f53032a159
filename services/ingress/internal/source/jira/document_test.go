package jira

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

func TestDocument(t *testing.T) {
	paragraph := func(inline ...string) string {
		return `{"type":"paragraph","content":[` + strings.Join(inline, ",") + `]}`
	}
	text := func(s string) string { return `{"type":"text","text":"` + s + `"}` }
	holding := func(kind string, content ...string) string {
		return `{"type":"` + kind + `","content":[` + strings.Join(content, ",") + `]}`
	}
	card := `{"type":"inlineCard","attrs":{"url":"https://a.example/1"}}`
	for _, tc := range []struct{ name, node, want string }{
		{"paragraphs", paragraph(text("a")) + "," + paragraph(text("b"), `{"type":"hardBreak"}`, text("c")), "a\nb\nc"},
		{"heading and rule", holding("heading", text("a")) + `,{"type":"rule"},` + paragraph(text("b")), "a\nb"},
		{"marks leave the text alone", paragraph(`{"type":"text","text":"a","marks":[{"type":"strong"},{"type":"textColor","attrs":{"color":"#fff"}}]}`, text("b")), "ab"},
		{"link", paragraph(`{"type":"text","text":"here","marks":[{"type":"link","attrs":{"href":"https://a.example/x"}}]}`, text(".")), "here (https://a.example/x)."},
		{"link that names itself", paragraph(`{"type":"text","text":"https://a.example/x","marks":[{"type":"link","attrs":{"href":"https://a.example/x"}}]}`), "https://a.example/x"},
		{"cards stay apart", paragraph(text("see"), card, card, text("and")), "see https://a.example/1 https://a.example/1 and"},
		{"card by its data", paragraph(`{"type":"inlineCard","attrs":{"data":{"@type":"Document","url":"https://a.example/2"}}}`), "https://a.example/2"},
		{"block cards", `{"type":"blockCard","attrs":{"url":"https://a.example/1"}},{"type":"embedCard","attrs":{"url":"https://a.example/2","layout":"wide"}}`, "https://a.example/1\nhttps://a.example/2"},
		{"mention, emoji, status, placeholder", paragraph(`{"type":"mention","attrs":{"id":"1","text":"@dev"}}`, text(" "), `{"type":"emoji","attrs":{"shortName":":tada:"}}`, `{"type":"status","attrs":{"text":"DONE","color":"green"}}`, `{"type":"placeholder","attrs":{"text":"!"}}`), "@dev :tada:DONE!"},
		{"date", paragraph(text("on "), `{"type":"date","attrs":{"timestamp":"1582152559000"}}`), "on 2020-02-19"},
		{"date that is none", paragraph(text("on"), `{"type":"date","attrs":{"timestamp":"soon"}}`), "on"},
		{"nested lists", holding("bulletList", holding("listItem", paragraph(text("a")), holding("orderedList", holding("listItem", paragraph(text("b")))))) + "," + paragraph(text("c")), "a\nb\nc"},
		{"tasks and decisions", holding("taskList", holding("taskItem", text("a")), holding("taskItem", text("b"))) + "," + holding("decisionList", holding("decisionItem", text("c"))), "a\nb\nc"},
		{"table", holding("table", holding("tableRow", holding("tableHeader", paragraph(text("a"))), holding("tableHeader", paragraph(text("b")))), holding("tableRow", holding("tableCell", paragraph(text("c"))), holding("tableCell", paragraph(text("d"))))), "a\nb\nc\nd"},
		{"panel, quote, expand", holding("panel", paragraph(text("a"))) + "," + holding("blockquote", paragraph(text("b"))) + `,{"type":"expand","attrs":{"title":"c"},"content":[` + paragraph(text("d")) + `]}`, "a\nb\nc\nd"},
		{"code", holding("codeBlock", text("x := 1")) + "," + paragraph(text("a")), "x := 1\na"},
		{"media", holding("mediaSingle", `{"type":"media","attrs":{"type":"file","id":"1","collection":"","alt":"screen.png"}}`, holding("caption", text("a"))) + "," + holding("mediaGroup", `{"type":"media","attrs":{"type":"external","url":"https://a.example/p.png"}}`), "screen.png\na\nhttps://a.example/p.png"},
		{"media in a line", paragraph(text("a "), `{"type":"mediaInline","attrs":{"alt":"b"}}`), "a b"},
		{"linked media", holding("mediaSingle", `{"type":"media","attrs":{"alt":"b"},"marks":[{"type":"link","attrs":{"href":"https://a.example/x"}}]}`), "b (https://a.example/x)"},
		{"layout", holding("layoutSection", holding("layoutColumn", paragraph(text("a"))), holding("layoutColumn", paragraph(text("b")))), "a\nb"},
		{"extension", `{"type":"extension","attrs":{"extensionType":"x","text":"a"}},` + paragraph(`{"type":"inlineExtension","attrs":{"text":"b"}}`), "a\nb"},
		{"types of tomorrow", holding("carousel", paragraph(text("a")), `{"type":"slide","text":"b"}`), "a\nb"},
		{"members of other types", `{"type":"paragraph","attrs":[],"marks":"x","content":[{"type":7,"text":{}},` + text("a") + `,null]}`, "a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got document
			if err := json.Unmarshal([]byte(`{"type":"doc","version":1,"content":[`+tc.node+`]}`), &got); err != nil || string(got) != tc.want {
				t.Errorf("%q, %v; want %q", got, err, tc.want)
			}
		})
	}
	for in, want := range map[string]document{
		`"h1. Plain"`: "h1. Plain", `null`: "", `7`: "", `[]`: "", `true`: "", `"\ud800"`: "\ufffd",
	} {
		var got document
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestDocumentIsBounded(t *testing.T) {
	const open, text = `{"type":"panel","content":[`, `{"type":"text","text":"0123456789"}`
	for name, in := range map[string]string{
		"deep": strings.Repeat(open, 4_900) + text + strings.Repeat(`]}`, 4_900),
		"wide": `{"type":"doc","content":[` + strings.Repeat(text+",", 100_000) + text + `]}`,
		"long": `{"type":"text","text":"` + strings.Repeat("0123456789", 100_000) + `"}`,
	} {
		var got document
		err := json.Unmarshal([]byte(in), &got)
		if err != nil || !strings.HasPrefix(string(got), "0123456789") || name == "wide" && len(got) > source.MaxText+20 {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// What is read of a document is bounded, however deep or wide it is.
func FuzzDocument(f *testing.F) {
	f.Add(`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a","marks":[{"type":"link","attrs":{"href":"https://a.example"}}]}]}]}`)
	f.Add(`{"type":"date","attrs":{"timestamp":"1582152559000"}}`)
	f.Add(`{"type":"table","content":[{"type":"tableRow","content":[null,{"type":"inlineCard","attrs":{"url":"x"}}]}]}`)
	f.Add(strings.Repeat(`{"type":"panel","content":[`, 300) + strings.Repeat(`]}`, 300))
	f.Fuzz(func(t *testing.T, in string) {
		if !json.Valid([]byte(in)) {
			return
		}
		var got document
		if err := json.Unmarshal([]byte(in), &got); err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if len(got) > source.MaxText+len(in) {
			t.Errorf("%d bytes became %d", len(in), len(got))
		}
	})
}
