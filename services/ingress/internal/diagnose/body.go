package diagnose

import (
	"bytes"
	"encoding/json"
	"net/url"
	"unicode/utf8"
)

// byteOrderMark in UTF-8.
const byteOrderMark = "\ufeff"

// change is something that happens to bodies on their way.
type change struct {
	detail string
	// undo returns what may have been sent; nil where this can't have happened.
	undo func(came []byte) []byte
}

// changed looks for a body that a secret of ours does sign, and that something
// on its way turned into the one that came.
func (r Request) changed(got signature) (cause, bool) {
	for _, c := range changes() {
		sent := c.undo(r.Body)
		if sent == nil || bytes.Equal(sent, r.Body) {
			continue
		}
		for _, s := range r.Own {
			if got.by(s.Value, sent) {
				return cause{
					"the secret is right, " + s.name() + ", and the body was changed on its way: " + c.detail,
					"have the proxy or forwarder in front pass bodies on byte for byte: the signature covers them",
				}, true
			}
		}
	}
	return cause{}, false
}

func changes() []change {
	const again = "its JSON was read and written again"
	return []change{
		{"a line end was added", func(b []byte) []byte { return bytes.TrimRight(b, "\r\n") }},
		{"the line feed at its end was taken off", func(b []byte) []byte { return append(bytes.Clone(b), '\n') }},
		{"the line end at its end was taken off", func(b []byte) []byte { return append(bytes.Clone(b), '\r', '\n') }},
		{"white space was added around it", bytes.TrimSpace},
		{"its line ends were made CRLF", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }},
		{"its line ends were made LF", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }},
		{"a byte order mark was added", func(b []byte) []byte { return bytes.TrimPrefix(b, []byte(byteOrderMark)) }},
		{"its byte order mark was taken off", func(b []byte) []byte { return append([]byte(byteOrderMark), b...) }},
		{"its UTF-8 was taken for Latin-1 and encoded again", latin1},
		{"its UTF-8 was encoded as Latin-1", fromLatin1},
		{"its JSON was sent on as a form", payload},
		{"its form was turned into JSON", toForm},
		{again, compacted},
		{again + ", with other escapes", func(b []byte) []byte { return unescaped(compacted(b)) }},
		{again + ", with other escapes", func(b []byte) []byte { return escaped(compacted(b)) }},
	}
}

// payload is the JSON in a form as GitHub sends one.
func payload(came []byte) []byte {
	if !bytes.HasPrefix(came, []byte("payload=")) {
		return nil
	}
	values, err := url.ParseQuery(string(came))
	if err != nil {
		return nil
	}
	return []byte(values.Get("payload"))
}

func toForm(came []byte) []byte {
	if bytes.HasPrefix(came, []byte("payload=")) {
		return nil
	}
	return []byte("payload=" + url.QueryEscape(string(came)))
}

// compacted is JSON as the providers write it; nil for what is no JSON.
func compacted(came []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, came) != nil {
		return nil
	}
	return out.Bytes()
}

// latin1 returns each character as one byte; nil where one doesn't fit.
func latin1(came []byte) []byte {
	out := make([]byte, 0, len(came))
	for _, r := range string(came) {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// fromLatin1 returns each byte as a character; nil for what is UTF-8 already.
func fromLatin1(came []byte) []byte {
	if utf8.Valid(came) {
		return nil
	}
	out := make([]byte, 0, 2*len(came))
	for _, b := range came {
		out = utf8.AppendRune(out, rune(b))
	}
	return out
}
