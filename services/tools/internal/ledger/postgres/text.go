package postgres

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
)

// Provider text may hold bytes that PostgreSQL refuses in text: NUL, and what is
// no UTF-8. They are escaped, so that no event is lost for one, and read back as
// they were:
//
//	0x00                 0x01 0x01
//	0x01                 0x01 0x02
//	a byte of no letter  0x01 0x03, two hexadecimal digits
//
// The order of texts stays what it was, but for those that are no UTF-8.
const escape = '\x01'

func text(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString("\x01\x03")
			if s[i] < 0x10 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.FormatUint(uint64(s[i]), 16))
		case r <= escape:
			b.WriteByte(escape)
			b.WriteByte(byte(r) + 1)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func plain(s string) bool {
	return strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, escape) < 0 && utf8.ValidString(s)
}

func untext(s string) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != escape || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 1, 2:
			b.WriteByte(s[i] - 1)
		default:
			if n, err := strconv.ParseUint(s[min(i+1, len(s)):min(i+3, len(s))], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
			}
		}
	}
	return b.String()
}

// texts is a parameter.
func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = text(string(s))
	}
	return out
}

// into scans a text.
type into struct{ to *string }

// ScanText implements pgtype.TextScanner.
func (i into) ScanText(v pgtype.Text) error {
	*i.to = untext(v.String)
	return nil
}
