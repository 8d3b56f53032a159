package source

import (
	"encoding/json"
	"strconv"
	"time"
)

// Time reads the providers' spellings of a time, and is zero for any other.
// It never fails: one odd time must not cost the event.
type Time struct{ time.Time }

// UnmarshalJSON reads RFC 3339, Jira's "2019-02-15T19:01:52.971-0800" and whole
// seconds since 1970, which GitHub sends in pushes.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	if seconds, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		t.Time = sane(time.Unix(seconds, 0))
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return nil
	}
	text := string(b[1 : len(b)-1])
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999-0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			t.Time = sane(at)
			return nil
		}
	}
	return nil
}

// Millis reads whole milliseconds since 1970, and is zero for anything else.
type Millis struct{ time.Time }

// UnmarshalJSON never fails.
func (m *Millis) UnmarshalJSON(b []byte) error {
	m.Time = time.Time{}
	if millis, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		m.Time = sane(time.UnixMilli(millis))
	}
	return nil
}

// sane drops what no protobuf timestamp can hold (years 1 to 9999).
func sane(at time.Time) time.Time {
	if at = at.UTC(); at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}
	}
	return at
}

// NativeID is a provider's id, sent as a number or as a string; "" for anything
// else, and for one with other than 1 to 200 printable ASCII characters.
type NativeID string

// UnmarshalJSON never fails.
func (id *NativeID) UnmarshalJSON(b []byte) error {
	*id = ""
	var s string
	switch {
	case len(b) == 0:
		return nil
	case b[0] == '"':
		_ = json.Unmarshal(b, &s) // what is no string leaves s empty
	case b[0] >= '0' && b[0] <= '9':
		s = string(b)
	}
	*id = NativeID(Printable(s, 200))
	return nil
}
