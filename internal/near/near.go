package near

import "strings"

// maxName bounds what is compared: no name of ours is longer.
const maxName = 100

// Want lists what may stand where an unknown name does, and what was probably
// meant; of many names only that.
func Want(name string, known []string) string {
	list, near := "want "+strings.Join(known, ", "), Name(name, known)
	switch {
	case near == "":
		return list
	case len(known) <= maxListed:
		return list + " (did you mean " + near + "?)"
	}
	return "did you mean " + near + "?"
}

// Mean is ": did you mean …?" behind a message that has no list; "" where
// no known name is near.
func Mean(name string, known []string) string {
	if near := Name(name, known); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// maxListed is how many names are read at a glance.
const maxListed = 8

// Name is the known name that is most like another, if it is so like it
// that it was probably meant; "" otherwise.
func Name(name string, known []string) string {
	if len(name) > maxName {
		return ""
	}
	best, least := "", max(1, len(name)/4)+1
	for _, k := range known {
		if d := Distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// Distance is how many letters one must add, drop, replace or swap with the
// next to get from a to b.
func Distance(a, b string) int {
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
