package command

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// explainAnswer shows an answer's figures, its rows, and below them what it
// rests on and what is missing.
func explainAnswer(tool string, resp *toolsv1.CallToolResponse) string {
	var b strings.Builder
	fields := resp.GetOutput().GetFields()
	known := outputOf(tool)
	figures := newTable("")
	for _, name := range order(known, fields) {
		v := fields[name]
		// A time that there is none of, and a ref that is all, say nothing; a figure that can't be told does.
		_, isNull := v.GetKind().(*structpb.Value_NullValue)
		says := v.GetStringValue() != "" || v.GetStructValue() != nil || v.GetNumberValue() > 0 || isNull && isFigure(known, name)
		if name != "rows" && says {
			figures.row(strings.ReplaceAll(name, "_", " "), figure(known, name, v))
		}
	}
	b.WriteString(strings.TrimPrefix(figures.String(), "\n"))
	answerRows(&b, tool, known, fields["rows"].GetListValue().GetValues())
	fmt.Fprintf(&b, "\nrests on %d, told by %s\n", resp.GetN(), evidence(resp.GetEvidence()))
	for _, g := range resp.GetGaps() {
		fmt.Fprintf(&b, "\nmissing %s: %s\n", g.GetCode(), g.GetDetail())
		if g.GetSetting() != "" {
			fmt.Fprintf(&b, "  remedy: %s\n", remedy(g))
		}
	}
	return b.String()
}

// remedy is what mends a gap; of a window, which way.
func remedy(g *toolsv1.Gap) string {
	if g.GetSetting() != "--window" {
		return g.GetSetting()
	}
	switch g.GetCode() {
	case "none_in_window", "no_merges", "no_deployed_changes":
		return "a longer --window"
	}
	return "a shorter --window"
}

// outputOf is the message of a tool's output; nil for one that has rows only,
// and for a tool that is newer than this program.
func outputOf(tool string) protoreflect.MessageDescriptor {
	name := strings.ToUpper(tool[:1]) + tool[1:] + "Output"
	return toolsv1.File_switchyard_tools_v1_question_proto.Messages().ByName(protoreflect.Name(name))
}

// isFigure tells a message of ours from a time.
func isFigure(of protoreflect.MessageDescriptor, name string) bool {
	if of == nil {
		return false
	}
	f := of.Fields().ByName(protoreflect.Name(name))
	return f != nil && f.Message() != nil && f.Message().ParentFile().Package() == of.ParentFile().Package()
}

// order is that of the message's fields, else a fixed one of columns that are known, else by name.
func order(message protoreflect.MessageDescriptor, fields map[string]*structpb.Value) []string {
	var names []string
	if message != nil {
		for i := range message.Fields().Len() {
			names = append(names, string(message.Fields().Get(i).Name()))
		}
	} else {
		names = []string{"ref", "at", "name", "from", "to", "kind", "rule", "confidence", "where", "value", "actor", "last", "gone"}
	}
	names = slices.DeleteFunc(names, func(n string) bool { _, ok := fields[n]; return !ok })
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// figure is one line: a value, or a message's values with their names.
func figure(of protoreflect.MessageDescriptor, name string, v *structpb.Value) string {
	inner := v.GetStructValue()
	if inner == nil {
		return word(v, "not known")
	}
	var message protoreflect.MessageDescriptor
	if of != nil {
		if f := of.Fields().ByName(protoreflect.Name(name)); f != nil {
			message = f.Message()
		}
	}
	var words []string
	for _, n := range order(message, inner.GetFields()) {
		words = append(words, strings.ReplaceAll(n, "_", " ")+" "+word(inner.GetFields()[n], "not known"))
	}
	return strings.Join(words, ", ")
}

func answerRows(b *strings.Builder, tool string, known protoreflect.MessageDescriptor, rows []*structpb.Value) {
	if len(rows) == 0 {
		return
	}
	var message protoreflect.MessageDescriptor
	if known != nil {
		if f := known.Fields().ByName("rows"); f != nil {
			message = f.Message()
		}
	}
	columns := order(message, rows[0].GetStructValue().GetFields())
	// Those are for programs: --json has them.
	columns = slices.DeleteFunc(columns, func(c string) bool {
		return c == "sub_key" || c == "event_id" || c == "first" || c == "authn" || tool == "shipped" && (c == "opened_at" || c == "deployment")
	})
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = strings.ToUpper(strings.ReplaceAll(c, "_", " "))
	}
	t := newTable("", heads...)
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = word(row.GetStructValue().GetFields()[c], "")
		}
		t.row(cells...)
	}
	b.WriteString("\n" + t.String())
}

// evidence counts the events, those that are not named too.
func evidence(list []*toolsv1.Evidence) string {
	n, more := 0, ""
	for _, e := range list {
		if e.GetKind() == "more" {
			more = " and " + e.GetDetail()
			continue
		}
		n++
	}
	if n == 1 && more == "" {
		return "1 event"
	}
	return fmt.Sprintf("%d events%s", n, more)
}

// word renders a value for people: times, durations and commits as they are read.
func word(v *structpb.Value, null string) string {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(kind.NumberValue, 'g', 4, 64)
	case *structpb.Value_BoolValue:
		if kind.BoolValue {
			return "yes"
		}
		return "no"
	case *structpb.Value_StringValue:
		return readable(kind.StringValue)
	case *structpb.Value_ListValue:
		var words []string
		for _, item := range kind.ListValue.GetValues() {
			words = append(words, word(item, null))
		}
		return strings.Join(words, ", ")
	}
	return null
}

func readable(s string) string {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at.UTC().Format("2006-01-02 15:04:05Z")
	}
	if isCommit(s) {
		return s[:12]
	}
	if d, err := time.ParseDuration(s); err == nil && strings.HasSuffix(s, "s") {
		return span(d)
	}
	return s
}

func isCommit(s string) bool {
	return regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`).MatchString(s)
}

// span has two units at most: 1d 11h, 35m 10s.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= u.of && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d%s", d/u.of, u.name))
			d %= u.of
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}
