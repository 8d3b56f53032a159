package diagnose

import (
	"fmt"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
)

const (
	// ahead is more than a provider's clock and ours differ by, if both are set.
	ahead = 5 * time.Minute
	// late is more than a delivery takes on its way.
	late = time.Hour
)

// Clock compares when a verified event happened, as its provider says, with when
// it came, as we say. It is false where there is nothing to say.
func Clock(happened, came time.Time) (report.Check, bool) {
	switch age := came.Sub(happened); {
	case happened.IsZero():
		return report.Check{}, false
	case age < -ahead:
		return report.Check{
			Name: "clock", Outcome: report.Note,
			Detail: "by this machine's clock the event happens " + shown(-age) + " from now: the clock is behind",
			Remedy: "set this machine's clock, by NTP if possible: leases, deadlines and what is newer rest on it",
		}, true
	case age > late:
		return report.Check{
			Name: "clock", Outcome: report.Note,
			Detail: "the event happened " + shown(age) + " before it came: it was delayed or delivered again, or its body has no later time",
		}, true
	}
	return report.Check{}, false
}

func shown(d time.Duration) string {
	if days := d / (24 * time.Hour); days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Second).String()
}
