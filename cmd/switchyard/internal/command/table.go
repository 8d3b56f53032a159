package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// table aligns columns.
type table struct {
	b      strings.Builder
	w      *tabwriter.Writer
	indent string
}

func newTable(indent string, heads ...string) *table {
	t := &table{indent: indent}
	t.w = tabwriter.NewWriter(&t.b, 0, 0, 2, ' ', 0)
	t.row(heads...)
	return t
}

func (t *table) row(cells ...string) {
	// A tab or a newline in a cell would be taken for the end of one.
	for i, c := range cells {
		cells[i] = strings.Map(noControl, c)
	}
	_, _ = fmt.Fprintln(t.w, t.indent+strings.Join(cells, "\t"))
}

// String ends the table.
func (t *table) String() string {
	_ = t.w.Flush()
	lines := strings.Split(t.b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// printText prints what may hold values that others chose: nothing in them
// reaches the terminal as a control sequence.
func printText(out io.Writer, s string) error {
	_, err := io.WriteString(out, strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return noControl(r)
	}, s))
	return err
}

func noControl(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
		return '\uFFFD'
	}
	return r
}
