package provider

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"sync/atomic"
	"time"
)

// maxDelay bounds what a fault may hold a request for.
const maxDelay = time.Minute

// Fault is what a provider does to a request on a bad day. It holds the request
// for Delay; then drops the connection if DropBefore; then acts, unless there is
// a Status and not Act; then holds the answer for DelayAfter; then drops the
// connection if DropAfter; then answers Status, or what it would have answered.
// A caller that went away ends a delay, and does not keep the provider from acting.
type Fault struct {
	// Name is shown with the requests that it met.
	Name string
	// Match picks the requests; nil picks all. On makes one.
	Match func(Request) bool
	// Times bounds how many requests it meets; 0 is one.
	Times int

	Delay, DelayAfter     time.Duration
	DropBefore, DropAfter bool
	// Act makes the effect although Status is answered.
	Act bool
	// Status is answered with Header and Body; with a Body of nil, in the
	// provider's own words for that status. $AUTHORIZATION in Body becomes what the
	// request showed to prove who asks.
	Status int
	Header http.Header
	Body   []byte
}

// Planted is a fault at its provider.
type Planted struct {
	fault Fault
	left  atomic.Int64
	met   atomic.Int64
}

// Met is how many requests it has met.
func (p *Planted) Met() int { return int(p.met.Load()) }

// Remove lets it meet no further request.
func (p *Planted) Remove() { p.left.Store(0) }

// take uses the fault up for a request.
func (p *Planted) take(r Request) bool {
	if p.left.Load() <= 0 || p.fault.Match != nil && !p.fault.Match(r) || p.left.Add(-1) < 0 {
		return false
	}
	p.met.Add(1)
	return true
}

// On matches a method, "" for any, and a path with * for one of its segments,
// as path.Match has it: On("POST", "/repos/*/*/issues/*/comments").
func On(method, pattern string) func(Request) bool {
	return func(r Request) bool {
		ok, err := path.Match(pattern, r.Path)
		return err == nil && ok && (method == "" || method == r.Method)
	}
}

// Writes matches every request that is meant to change something.
func Writes(r Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// PrimaryLimit is GitHub's answer once the hour's requests are used up.
//
// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func PrimaryLimit(reset time.Time) Fault {
	return Fault{
		Name: "primary rate limit", Status: http.StatusForbidden,
		Header: http.Header{
			"X-Ratelimit-Limit": {"5000"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Used": {"5000"},
			"X-Ratelimit-Reset": {strconv.FormatInt(reset.Unix(), 10)}, "X-Ratelimit-Resource": {"core"},
		},
		Body: []byte(`{"message":"API rate limit exceeded for user ID 1000009.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api","status":"403"}`),
	}
}

// SecondaryLimit is GitHub's answer to too much at once, from the same source.
func SecondaryLimit(after time.Duration) Fault {
	return Fault{
		Name: "secondary rate limit", Status: http.StatusForbidden,
		Header: http.Header{"Retry-After": {seconds(after)}},
		Body:   []byte(`{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits","status":"403"}`),
	}
}

// TooMany is 429 with Retry-After, in the words of whichever provider it is planted at.
func TooMany(after time.Duration) Fault {
	return Fault{Name: "rate limit", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds(after)}}}
}

// Answering is a status in the provider's own words, without acting.
func Answering(status int) Fault { return Fault{Name: strconv.Itoa(status), Status: status} }

func seconds(d time.Duration) string { return strconv.Itoa(int((d + time.Second - 1) / time.Second)) }

func (f Fault) name() string {
	switch {
	case f.Name != "":
		return f.Name
	case f.DropBefore:
		return "dropped before acting"
	case f.DropAfter:
		return "dropped after acting"
	case f.Status != 0 && f.Act:
		return fmt.Sprintf("%d after acting", f.Status)
	case f.Status != 0:
		return strconv.Itoa(f.Status)
	}
	return "slow"
}
