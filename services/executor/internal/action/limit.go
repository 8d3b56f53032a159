package action

import (
	"bytes"
	"net/http"
	"strconv"
	"time"
)

const (
	// secondaryWait is GitHub's advice where a secondary limit names no time: at
	// least one minute.
	// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
	secondaryWait = time.Minute
	// A wait beyond an hour is a wrong clock, or a mistake: limits are by the hour at most.
	longestWait = time.Hour
)

// limit tells whether a refusal says that too much was sent, and how long to
// wait. 429 always does; 403 does at GitHub, by its headers or words.
func limit(resp *http.Response, body []byte, now time.Time) (time.Duration, bool) {
	wait := retryAfter(resp.Header, now)
	left := resp.Header.Get("X-RateLimit-Remaining")
	spent := left == "0"
	// GitHub tells of its hourly limit with every answer, whatever that one is about.
	if wait == 0 && (spent || left == "" && resp.StatusCode == http.StatusTooManyRequests) {
		if at, ok := reset(resp.Header.Get("X-RateLimit-Reset")); ok {
			wait = within(at.Sub(now))
		}
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
	case http.StatusForbidden:
		if wait == 0 && !spent && !bytes.Contains(bytes.ToLower(body), []byte("secondary rate limit")) {
			return 0, false
		}
	default:
		return 0, false
	}
	if wait == 0 {
		wait = secondaryWait
	}
	return wait, true
}

// reset is when a limit ends: GitHub counts seconds since 1970, Jira writes the
// time, to the minute.
// Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
func reset(value string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// retryAfter is the wait that Retry-After asks for, in seconds or as a date; 0
// without one.
// Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 && seconds < int(longestWait/time.Second) {
		return within(time.Duration(seconds) * time.Second)
	} else if err == nil {
		return longestWait
	}
	if at, err := http.ParseTime(value); err == nil {
		return within(at.Sub(now))
	}
	return 0
}

func within(wait time.Duration) time.Duration { return min(max(wait, time.Second), longestWait) }
