package diagnose

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unescaped writes characters of JSON as they are that need no escape: what
// encoders escape all the same is anything beyond ASCII, "/", "<", ">" and "&".
func unescaped(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); {
		switch r, size := escapeAt(in[i:]); {
		case size > 0 && (r >= utf8.RuneSelf || r == '<' || r == '>' || r == '&' || r == '/'):
			out = utf8.AppendRune(out, r)
			i += size
		case in[i] == '\\' && i+1 < len(in):
			out = append(out, in[i], in[i+1])
			i += 2
		default:
			out = append(out, in[i])
			i++
		}
	}
	return out
}

// escapeAt reads the escape at the beginning of in, which may be a pair of
// surrogates; size 0 for any other than \u and \/.
func escapeAt(in []byte) (r rune, size int) {
	if len(in) >= 2 && in[0] == '\\' && in[1] == '/' {
		return '/', 2
	}
	r, ok := unit(in)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := unit(in[6:])
	if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
		return pair, 12
	}
	return 0, 0
}

// unit reads \uXXXX.
func unit(in []byte) (rune, bool) {
	if len(in) < 6 || in[0] != '\\' || in[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(in[2:6]), 16, 16)
	return rune(n), err == nil //nolint:gosec // 16 bits
}

// escaped writes what is beyond ASCII as escapes.
func escaped(in []byte) []byte {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(in))
	var units [2]uint16
	for _, r := range string(in) {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		for _, u := range utf16.AppendRune(units[:0], r) {
			out = append(out, '\\', 'u', digits[u>>12], digits[u>>8&0xf], digits[u>>4&0xf], digits[u&0xf])
		}
	}
	return out
}
