package diagnose

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
)

// form is a way to write a secret down wrong.
type form struct {
	value  []byte
	detail string
	remedy string
}

// misspelt looks for a secret that is almost ours. That the two differ by white
// space is no secret; which they are stays unsaid.
func (r Request) misspelt(got signature) (cause, bool) {
	for _, s := range r.Own {
		for _, f := range forms(s) {
			if got.by(f.value, r.Body) {
				return cause{"it was made with " + s.name() + f.detail, f.remedy}, true
			}
		}
	}
	for _, joined := range r.joined() {
		if got.by(joined.Value, r.Body) {
			return cause{
				"it was made with all of " + joined.Setting + " as one secret: a comma separates secrets here",
				"choose a secret without a comma (`switchyard secret` prints one)",
			}, true
		}
	}
	return cause{}, false
}

func forms(s Secret) []form {
	const remedy = "enter the secret at the provider again, without "
	around := func(before, after string) []byte { return slices.Concat([]byte(before), s.Value, []byte(after)) }
	all := []form{
		{around("", "\n"), " and a line feed after it", remedy + "the line feed"},
		{around("", "\r\n"), " and a line end after it", remedy + "the line end"},
		{around("", " "), " and a space after it", remedy + "the space"},
		{around(" ", ""), " and a space before it", remedy + "the space"},
		{around(`"`, `"`), " and quotes around it", remedy + "the quotes"},
		{around("'", "'"), " and quotes around it", remedy + "the quotes"},
		{around(s.Setting+"=", ""), " and the setting's name before it", remedy + "the setting's name"},
	}
	if bare := bytes.Trim(s.Value, "\"'` \t\r\n"); len(bare) < len(s.Value) {
		all = append(all, form{bare, ", but without the quotes or spaces that it has here", "take them out of " + s.Setting})
	}
	if decoded, err := hex.DecodeString(string(s.Value)); err == nil {
		all = append(all, form{decoded, ", decoded from hex", "the secret is the text itself: have the sender use it so"})
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(string(s.Value)); err == nil {
			all = append(all, form{decoded, ", decoded from base64", "the secret is the text itself: have the sender use it so"})
		}
	}
	return all
}

// joined are the settings that hold several secrets, as if each were one.
func (r Request) joined() []Secret {
	var all []Secret
	for _, s := range r.Own {
		if n := len(all); n > 0 && all[n-1].Setting == s.Setting {
			all[n-1].Value = slices.Concat(all[n-1].Value, []byte{','}, s.Value)
			continue
		}
		all = append(all, s)
	}
	return all
}
