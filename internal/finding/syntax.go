package finding

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSteps bounds how many lines are looked at for a fault: each is a parse. What
// needs more is a bracket that never closes, and the parser names its line.
const maxSteps = 64

// Syntax is what the YAML parser says of a source that it can't parse, with the
// line of the fault. The parser itself names the line of the block around it, or
// none; the fault is on the first line without which it would not be said.
func Syntax(source []byte, err error) Finding {
	said := err.Error()
	reader := &lineReader{rest: source}
	_ = parse(reader) // The error is known: this tells how far it reads.
	n, note := faultAt(source, reader.ends, said)
	message := unplaced.ReplaceAllString(said, "yaml: ") + note
	if n == 0 {
		return Finding{Line: max(named(said), 1), Column: 1, Severity: Error, Message: message}
	}
	begin := 0
	if n > 1 {
		begin = reader.ends[n-2]
	}
	return Finding{Line: n, Column: 1, Severity: Error, Message: message + hint(message, string(source[begin:reader.ends[n-1]]))}
}

// faultAt is the line of a fault, the lines' ends being those that were read, with
// a note on what may be its cause; 0 where the parser names it, or where looking
// for it would take too long.
func faultAt(source []byte, ends []int, said string) (line int, note string) {
	n := len(ends)
	if endOfStream.MatchString(said) {
		// The parser names the line that opens the quote, but for the first one.
		if first := parse(bytes.NewReader(source[:ends[0]])); first != nil && endOfStream.MatchString(first.Error()) {
			return 1, ""
		}
		return 0, ""
	}
	for steps := 0; n > 1; steps++ {
		if steps == maxSteps {
			return 0, ""
		}
		before := parse(bytes.NewReader(source[:ends[n-2]]))
		if before == nil || before.Error() != said {
			return n, unclosed(before)
		}
		n--
	}
	return n, ""
}

// named is the line that the parser names; 0 for none.
func named(said string) int {
	if m := unplaced.FindStringSubmatch(said); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// unplaced is where the parser has the line.
var unplaced = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

// endOfStream is said of a quote that is not closed, with the line that opens it.
var endOfStream = regexp.MustCompile(`^yaml: line ([0-9]+): found unexpected end of stream$`)

// unclosed names the quote that was still open before the fault's line: its end
// is then a later one's beginning.
func unclosed(before error) string {
	if before == nil {
		return ""
	}
	if m := endOfStream.FindStringSubmatch(before.Error()); m != nil {
		return " (is the quote on line " + m[1] + " closed?)"
	}
	return ""
}

// hint says what a fault on a line usually is.
func hint(message, line string) string {
	switch {
	case strings.HasSuffix(message, "did not find expected alphabetic or numeric character"):
		return ` (a value with * in it stands in quotes: "link.issue[*]", "github:acme/*")`
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return " (a tab? YAML is indented with spaces only)"
	case strings.HasSuffix(message, "found character that cannot start any token"):
		return " (a value that begins with @, ` or % stands in quotes)"
	case strings.HasSuffix(message, "did not find expected key"), strings.HasSuffix(message, "did not find expected '-' indicator"):
		return " (is this line indented as those that it belongs to?)"
	case strings.HasSuffix(message, "mapping values are not allowed in this context"):
		return " (a value with a colon and a space in it stands in quotes; or is it indented too far?)"
	}
	return ""
}

func parse(r io.Reader) error {
	var n yaml.Node
	if err := yaml.NewDecoder(r).Decode(&n); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// lineReader gives a source line by line, so that no more is read than the parser
// needs; ends are the offsets of the lines' ends that it gave.
type lineReader struct {
	rest []byte
	ends []int
	at   int
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := bytes.IndexByte(r.rest, '\n') + 1
	if end == 0 {
		end = len(r.rest)
	}
	n := copy(p, r.rest[:end])
	r.rest, r.at = r.rest[n:], r.at+n
	if n == end {
		r.ends = append(r.ends, r.at)
	}
	return n, nil
}
