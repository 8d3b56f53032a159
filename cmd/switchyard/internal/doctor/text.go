package doctor

import (
	"errors"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// nearest returns the known name that a mistyped one is close to; "" for none,
// and for a name that is known, or names the file of one that is.
func nearest(name string, known []string) string {
	base := strings.TrimSuffix(name, "_FILE")
	if slices.Contains(known, name) || slices.Contains(known, base) {
		return ""
	}
	best, least := "", 3
	for _, k := range known {
		if d := min(distance(strings.ToUpper(base), k), distance(strings.ToUpper(name), k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many characters must be put in, taken out or changed to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// bare is the error without the path, which the message names anyway.
func bare(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return port
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// plural is "1 secret", "2 secrets".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return itoa(n) + " " + what + "s"
}
