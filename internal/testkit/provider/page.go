package provider

import (
	_ "embed" // the page
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var pageHTML string

// mostShown bounds the requests on the page, and the length of a body there.
const (
	mostShown = 200
	mostBody  = 4000
)

// Fake is what a page shows of a fake.
type Fake interface {
	Objects() []Object
	Requests() []Request
}

// Named is a fake under its name.
type Named struct {
	Name string
	Fake Fake
}

// shown is a request in its row.
type shown struct {
	Provider string
	Request
	Answer, Text string
}

// NewPage shows what fakes hold, and which requests came, the newest first. It is
// HTML without a script, the same under every path, so that links of objects
// lead to their place on it. It is for browsers on this machine: another host's
// name is refused, or any site could read it through a name that leads here.
func NewPage(fakes ...Named) http.Handler {
	page := template.Must(template.New("page").Parse(pageHTML))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this page is for reading", http.StatusMethodNotAllowed)
			return
		}
		if !local(r.Host) {
			http.Error(w, "this page is for this machine", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		// Whoever closed the page meanwhile misses nothing.
		_ = page.Execute(w, map[string]any{"Fakes": fakes, "Requests": newest(fakes), "Most": mostShown})
	})
}

func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func newest(fakes []Named) []shown {
	var all []shown
	for _, f := range fakes {
		for _, r := range f.Fake.Requests() {
			all = append(all, show(f.Name, r))
		}
	}
	slices.SortStableFunc(all, func(a, b shown) int {
		if order := b.At.Compare(a.At); order != 0 {
			return order
		}
		return b.Seq - a.Seq
	})
	return all[:min(len(all), mostShown)]
}

func show(name string, r Request) shown {
	out := shown{Provider: name, Request: r, Text: strings.ToValidUTF8(string(r.Body), "�")}
	if runes := []rune(out.Text); len(runes) > mostBody {
		out.Text = string(runes[:mostBody]) + " …"
	}
	out.Answer = http.StatusText(r.Status)
	if r.Status == 0 {
		out.Answer = "none"
	}
	return out
}
