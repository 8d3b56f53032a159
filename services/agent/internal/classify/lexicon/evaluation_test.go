package lexicon_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/agent/internal/classify/lexicon"
)

// leastF1 is what the lexicon must reach on texts that it was not made from.
const leastF1 = 0.80

// none is what a reader would leave undecided.
const none = "none"

func classes() []string {
	return []string{"bug", "feature", "question", "docs", "security", "performance", "incident", "chore"}
}

type example struct{ want, sort, title, body string }

func (e example) parts() []*eventv1.Part { return parts(e.title, e.body) }

func parts(title, body string) []*eventv1.Part {
	return []*eventv1.Part{{Where: "title", Value: title}, {Where: "body", Value: body}}
}

// TestEvaluation classifies texts that were written after the words, and are no
// part of them.
func TestEvaluation(t *testing.T) {
	l := lexicon.New()
	confusion := map[[2]string]int{}
	sorts := map[string][2]int{}
	for _, e := range examples(t) {
		got := none
		d, ok := l.Decide(e.parts(), classes())
		if ok {
			got = d.Class
		}
		confusion[[2]string{e.want, got}]++
		n := sorts[e.sort]
		if n[1]++; got == e.want {
			n[0]++
		} else {
			t.Logf("%q: want %s, got %s (%d %%) by %q", e.title, e.want, got, d.Confidence, d.Words)
		}
		sorts[e.sort] = n
	}
	macro := 0.0
	for _, class := range classes() {
		f1 := f1(confusion, class)
		t.Logf("%-12s F1 %.2f", class, f1)
		macro += f1 / float64(len(classes()))
	}
	t.Logf("confusion, wanted by row:\n%s", matrix(confusion))
	for sort, n := range sorts {
		t.Logf("%s: %d of %d right", sort, n[0], n[1])
	}
	t.Logf("macro-F1 %.3f", macro)
	if macro < leastF1 {
		t.Errorf("macro-F1 %.3f, want at least %.2f", macro, leastF1)
	}
}

func f1(confusion map[[2]string]int, class string) float64 {
	right, wrong := 0, 0
	for pair, n := range confusion {
		switch {
		case pair == [2]string{class, class}:
			right += n
		case pair[0] == class || pair[1] == class:
			wrong += n
		}
	}
	return 2 * float64(right) / float64(2*right+wrong)
}

func matrix(confusion map[[2]string]int) string {
	all := append(classes(), none)
	var b strings.Builder
	fmt.Fprintf(&b, "%12s", "")
	for _, got := range all {
		fmt.Fprintf(&b, "%12s", got)
	}
	for _, want := range all {
		fmt.Fprintf(&b, "\n%12s", want)
		for _, got := range all {
			fmt.Fprintf(&b, "%12d", confusion[[2]string{want, got}])
		}
	}
	return b.String()
}

// examples reads class, sort, title and body from testdata, with \n for a line's end.
func examples(t testing.TB) []example {
	t.Helper()
	b, err := os.ReadFile("testdata/evaluation.tsv")
	if err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer(`\n`, "\n", `\u200b`, "\u200b")
	var out []example
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 || f[0] != none && !slices.Contains(classes(), f[0]) {
			t.Fatalf("testdata/evaluation.tsv: want class, sort, title and body: %q", line)
		}
		out = append(out, example{want: f[0], sort: f[1], title: unescape.Replace(f[2]), body: unescape.Replace(f[3])})
	}
	return out
}
