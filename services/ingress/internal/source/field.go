package source

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// Fields collects event.fields. An empty string and a zero time are left out:
// to a rule such a field is absent.
type Fields map[string]*structpb.Value

// Text sets a value that is held to its charset already.
func (f Fields) Text(name, value string) {
	if value != "" {
		f[name] = structpb.NewStringValue(value)
	}
}

// Number sets a whole number.
func (f Fields) Number(name string, value int64) {
	f[name] = structpb.NewNumberValue(float64(value))
}

// Bool sets a truth value.
func (f Fields) Bool(name string, value bool) { f[name] = structpb.NewBoolValue(value) }

// Time sets a time as RFC 3339 in UTC.
func (f Fields) Time(name string, at time.Time) {
	if !at.IsZero() {
		f.Text(name, at.UTC().Format(time.RFC3339))
	}
}

// List sets a list, empty ones included.
func (f Fields) List(name string, values []string) {
	list := make([]*structpb.Value, len(values))
	for i, v := range values {
		list[i] = structpb.NewStringValue(v)
	}
	f[name] = structpb.NewListValue(&structpb.ListValue{Values: list})
}

// Struct returns what was collected.
func (f Fields) Struct() *structpb.Struct { return &structpb.Struct{Fields: f} }
