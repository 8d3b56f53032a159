package lexicon_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/classify/lexicon"
)

func TestDecide(t *testing.T) {
	triage := []string{"bug", "feature", "question"}
	tests := []struct {
		name        string
		title, body string
		declared    []string
		want        lexicon.Decision // none: undecided
	}{
		{"a word in the title", "Crash on start", "", triage, lexicon.Decision{Class: "bug", Confidence: 66, Words: []string{"crash"}}},
		{"the least lead that decides", "", "It came to a crash", triage, lexicon.Decision{Class: "bug", Confidence: 50, Words: []string{"crash"}}},
		{"less than that", "", "It fails", triage, lexicon.Decision{}},
		{"two classes about as much", "", "A crash. A question", triage, lexicon.Decision{}},
		{"often is no more than once", "", "fails, fails, fails and fails", triage, lexicon.Decision{}},
		{"the words that decided, the strongest first", "Please add CSV", "It would be nice to have a filter. No crash.", triage, lexicon.Decision{Class: "feature", Confidence: 75, Words: []string{"please add", "it would be nice"}}},
		{"phrases across a line's end", "", "how do\nI", triage, lexicon.Decision{Class: "question", Confidence: 50, Words: []string{"how do i"}}},
		{"no phrase across a sentence's end", "", "It stopped. Working hours are nine to five", triage, lexicon.Decision{}},
		{"only declared classes compete", "Production is down", "", triage, lexicon.Decision{}},
		{"a class by its alias", "Crash on start", "", []string{"defect", "enhancement"}, lexicon.Decision{Class: "defect", Confidence: 66, Words: []string{"crash"}}},
		{"an alias with underscores", "Please add CSV", "", []string{"bug_report", "feature_request"}, lexicon.Decision{Class: "feature_request", Confidence: 66, Words: []string{"please add"}}},
		{"the class's own name before its alias", "Crash on start", "", []string{"defect", "bug"}, lexicon.Decision{Class: "bug", Confidence: 66, Words: []string{"crash"}}},
		{"a class that the table does not know", "Crash on start", "", []string{"urgent-stuff", "other"}, lexicon.Decision{}},
		{"taken back by the phrase", "Not a bug", "", triage, lexicon.Decision{}},
		{"taken back by the word before", "", "There was no panic and not a crash, without any stack trace", triage, lexicon.Decision{}},
		{"against a class", "Crash", "This is not a bug, it works as designed", triage, lexicon.Decision{}},
		{"nothing at all", "", "", triage, lexicon.Decision{}},
		{"another language", "Frage", "Ich habe da etwas", triage, lexicon.Decision{}},
		{"apostrophes of any kind", "It doesn’t work", "", triage, lexicon.Decision{Class: "bug", Confidence: 66, Words: []string{"doesnt work"}}},
		{"a question mark, however it ends", "(Really?!)", "", triage, lexicon.Decision{Class: "question", Confidence: 57, Words: []string{"?"}}},
		{"no question mark in a name", "file?name", "a?b=c", triage, lexicon.Decision{}},
		{"full width", "ＣＲＡＳＨ on start", "", triage, lexicon.Decision{Class: "bug", Confidence: 66, Words: []string{"crash"}}},
		{"characters without width", "Cra\u200bsh on \u202estart", "", triage, lexicon.Decision{Class: "bug", Confidence: 66, Words: []string{"crash"}}},
	}
	l := lexicon.New()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := l.Decide(parts(tt.title, tt.body), tt.declared)
			if ok != (tt.want.Class != "") || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Decide() = %+v, %v, want %+v", got, ok, tt.want)
			}
		})
	}
}

// What stands in a text and is not what its author says there.
func TestDecideLeavesOut(t *testing.T) {
	tests := map[string]string{
		"a quote":                "> the app crashes\nthanks",
		"Jira's quote":           "bq. the app crashes\n{quote}\nit crashes\n{quote}",
		"words in a code block":  "```\nif crashes { question() }\n```",
		"an open code block":     "~~~\ncrashes",
		"Jira's code":            "{code:java}\ncrashes\n{code}",
		"words in a line's code": "the flag `crashes`",
		"a hidden comment":       "<!-- describe the crash\n what crashes --> hello",
		"an open comment":        "<!-- crash",
		"an address":             "see https://example.com/crash?a=bug (http://x/crash) and www.crash.example",
		"a mention":              "@crash-bot @crashes/bugs please look",
		"a box not ticked":       "- [ ] crash\n* [ ] bug",
	}
	l := lexicon.New()
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			if d, ok := l.Decide(parts("", body), classes()); ok {
				t.Errorf("decided %+v by %q", d, body)
			}
		})
	}
}

func TestDecideReads(t *testing.T) {
	tests := map[string]string{
		"a panic in a code block":       "```go\npanic: runtime error\n```",
		"a stack trace in Jira's code":  "{noformat}\nTraceback (most recent call last):\n{noformat}",
		"a stack trace without a block": "java.lang.NullPointerException: x\n\tat com.acme.Api(Api.java:12)",
		"behind a code block":           "```\nx\n```\nit crashes",
		"behind a comment":              "<!-- x --> it crashes",
		"behind a quote":                "> why?\nit crashes",
		"a link's text":                 "[it crashes](https://example.com)",
		"a ticked box":                  "- [x] crash",
		"a template's heading":          "### Steps to reproduce\n1. open",
	}
	l := lexicon.New()
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			if d, ok := l.Decide(parts("", body), classes()); !ok || d.Class != "bug" {
				t.Errorf("decided %+v, %v by %q", d, ok, body)
			}
		})
	}
}

func TestDecideReadsSoMuch(t *testing.T) {
	l := lexicon.New()
	long := strings.Repeat("word ", 64<<10/5)
	if d, ok := l.Decide([]*eventv1.Part{{Where: "body", Value: long + "crash"}}, classes()); ok {
		t.Errorf("decided %+v by what stands beyond 64 KiB", d)
	}
	if _, ok := l.Decide([]*eventv1.Part{{Where: "body", Value: long}, {Where: "title", Value: "crash"}}, classes()); !ok {
		t.Error("a title behind a long body is not read")
	}
}

// The evidence is what the contract allows it to be, and stands in the table.
func TestWordsAreTheTables(t *testing.T) {
	l := lexicon.New()
	for _, e := range examples(t) {
		d, ok := l.Decide(e.parts(), classes())
		if !ok {
			continue
		}
		if d.Confidence < 50 || d.Confidence > 99 || len(d.Words) == 0 || len(d.Words) > 5 {
			t.Errorf("%q: %+v", e.title, d)
		}
		for _, w := range d.Words {
			if utf8.RuneCountInString(w) > 100 || w != lexicon.Fold(w) {
				t.Errorf("%q: %q is no words of the table", e.title, w)
			}
		}
	}
}

// Whatever the case of a letter, it is the same word.
func TestFoldIgnoresCase(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.IsLetter(r) {
			continue
		}
		want := lexicon.Fold(string(r))
		for _, other := range []rune{unicode.ToUpper(r), unicode.ToLower(r), unicode.ToTitle(r)} {
			if got := lexicon.Fold(string(other)); got != want {
				t.Errorf("%q folds to %q, %q to %q", r, want, other, got)
			}
		}
	}
}

func FuzzDecide(f *testing.F) {
	for _, e := range examples(f) {
		f.Add(e.title, e.body)
	}
	l := lexicon.New()
	f.Fuzz(func(t *testing.T, title, body string) {
		declared := []string{"defect", "feature", "question", "nobody-knows-this"}
		got, ok := l.Decide(parts(title, body), declared)
		if ok && (!slices.Contains(declared[:3], got.Class) || len(got.Words) == 0) || !ok && got.Class != "" {
			t.Fatalf("decided %+v, %v of %v", got, ok, declared)
		}
		again, okAgain := l.Decide(parts(title, body), declared)
		if ok != okAgain || !reflect.DeepEqual(got, again) {
			t.Fatalf("decided %+v, then %+v", got, again)
		}
		if len(title)+len(body) > 16<<10 || !utf8.ValidString(title+body) {
			return // another case may have another length, and be cut elsewhere
		}
		upper, _ := l.Decide(parts(strings.ToUpper(title), strings.ToUpper(body)), declared)
		if !reflect.DeepEqual(got, upper) {
			t.Fatalf("decided %+v, in capitals %+v", got, upper)
		}
	})
}

// BenchmarkDecide: an issue as they are, and the longest text, made to be slow.
func BenchmarkDecide(b *testing.B) {
	l := lexicon.New()
	texts := map[string][]*eventv1.Part{
		"issue":    parts("Total in cart is wrong with two coupons", "**Describe the bug**\nThe second coupon is applied twice.\n**To Reproduce**\nAdd two coupons.\n"),
		"words":    parts("", strings.Repeat("the second coupon is applied to the cart ", 64<<10/41)),
		"prefixes": parts("", strings.Repeat("could you possibly ", 64<<10/19)),
		"stops":    parts("", strings.Repeat("a? ", 64<<10/3)),
		"ats":      parts("", strings.Repeat("@", 64<<10)),
		"comments": parts("", strings.Repeat("<!--", 64<<10/4)),
		"marks":    parts("", strings.Repeat("́", 64<<10/2)),
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Decide(text, classes())
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		lexicon.New()
	}
}
