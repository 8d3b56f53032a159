package command

import (
	"errors"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// mostListed is how many runs or deliveries the agent lists at once, mostRows how
// many rows a question's answer has at most, and the others are in characters.
const (
	mostListed = 500
	mostRows   = 1000
	mostName   = 200
	mostWhy    = 2000
)

// listed holds a flag that is always there to what a list may have.
func listed(limit uint32) error {
	if limit < 1 || limit > mostListed {
		return fmt.Errorf("--limit %d: want 1 to %d", limit, mostListed)
	}
	return nil
}

// window holds --window to what tools reads.
func window(s string) error {
	if regexp.MustCompile(`^[0-9]{1,4}[hdw]$`).MatchString(s) {
		return nil
	}
	if regexp.MustCompile(`^[0-9]{1,4}$`).MatchString(s) {
		return fmt.Errorf("--window %s: %s what? Write %sh for hours, %sd for days or %sw for weeks", s, s, s, s, s)
	}
	return fmt.Errorf("--window %s: want a number up to 9999 with h, d or w behind it, such as 24h, 7d or 12w", s)
}

// remark holds --by and --why to what a call's evidence takes.
func remark(by, why string) error {
	var errs []error
	for _, f := range []struct {
		name, value string
		most        int
	}{{"--by", by, mostName}, {"--why", why, mostWhy}} {
		if n := utf8.RuneCountInString(f.value); n > f.most {
			errs = append(errs, fmt.Errorf("%s has %d characters: at most %d are kept, shorten it", f.name, n, f.most))
		}
	}
	return errors.Join(errs...)
}
