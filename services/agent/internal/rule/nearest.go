package rule

import "strings"

// maxNearest bounds what is compared: no name of ours is longer.
const maxNearest = 100

// want lists what may stand where an unknown name does, and what was probably
// meant; of many names only that.
func want(name string, known []string) string {
	list, near := "want "+strings.Join(known, ", "), nearest(name, known)
	switch {
	case near == "":
		return list
	case len(known) <= maxListed:
		return list + " (did you mean " + near + "?)"
	}
	return "did you mean " + near + "?"
}

// maxListed is how many names are read at a glance.
const maxListed = 8

// nearest is the known name that is most like another, if it is so like it
// that it was probably meant; "" otherwise.
func nearest(name string, known []string) string {
	if len(name) > maxNearest {
		return ""
	}
	best, least := "", max(1, len(name)/4)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters one must add, drop, replace or swap with the
// next to get from a to b.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := range len(a) {
		for j := range len(b) {
			replaced := d[i][j]
			if a[i] != b[j] {
				replaced++
			}
			least := min(replaced, d[i+1][j]+1, d[i][j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				least = min(least, d[i-1][j-1]+1)
			}
			d[i+1][j+1] = least
		}
	}
	return d[len(a)][len(b)]
}
