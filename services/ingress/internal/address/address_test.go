package address_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
)

func list(t testing.TB, value string) address.List {
	t.Helper()
	l, err := address.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList(t *testing.T) {
	l := list(t, "192.0.2.1, 10.1.2.3/8,2001:db8::/32, ::ffff:198.51.100.0/120, ::ffff:203.0.113.9")
	for addr, want := range map[string]bool{
		"192.0.2.1": true, "192.0.2.2": false, "10.200.0.1": true, "11.0.0.0": false,
		"2001:db8:1::1": true, "2001:db9::1": false, "198.51.100.77": true, "198.51.101.1": false, "203.0.113.9": true,
	} {
		if got := l.Has(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
	if l.Has(netip.Addr{}) {
		t.Error("no address is on the list")
	}
	for _, bad := range []string{"192.0.2.256", "192.0.2.0/33", "example.com", "10.0.0.1-10.0.0.9", "10.0.0.1,x"} {
		if _, err := address.Parse(bad); err == nil || !strings.Contains(err.Error(), `"`) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if l, err := address.Parse(" , "); len(l) > 0 || err != nil {
		t.Errorf("an empty list: %v, %v", l, err)
	}
}

func TestClient(t *testing.T) {
	trusted := "10.0.0.0/8, 2001:db8:ffff::/48"
	for _, tc := range []struct {
		name, peer string
		headers    []string
		want       string
	}{
		{"no proxy", "192.0.2.1:99", nil, "192.0.2.1"},
		{"a stranger's header", "192.0.2.1:99", []string{"198.51.100.1"}, "192.0.2.1"},
		{"behind a proxy", "10.0.0.1:99", []string{"198.51.100.1"}, "198.51.100.1"},
		{"the proxy itself", "10.0.0.1:99", nil, "10.0.0.1"},
		{"forged on the left", "10.0.0.1:99", []string{"203.0.113.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:99", []string{"203.0.113.1, 198.51.100.1,10.0.0.2"}, "198.51.100.1"},
		{"two headers", "10.0.0.1:99", []string{"203.0.113.1, 198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"proxies only", "10.0.0.1:99", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"garbage", "10.0.0.1:99", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"garbage behind a proxy", "10.0.0.1:99", []string{"198.51.100.1, , 10.0.0.2"}, "10.0.0.2"},
		{"empty", "10.0.0.1:99", []string{""}, "10.0.0.1"},
		{"with a port", "10.0.0.1:99", []string{"198.51.100.1:1234"}, "198.51.100.1"},
		{"IPv6", "[2001:db8:ffff::1]:99", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 with a port", "10.0.0.1:99", []string{"[2001:db8::7]:80"}, "2001:db8::7"},
		{"IPv6 in brackets", "10.0.0.1:99", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv4 in IPv6, the peer", "[::ffff:10.0.0.1]:99", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"a zone", "[fe80::1%eth0]:99", nil, "fe80::1"},
		{"no address", "@", []string{"198.51.100.1"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{"X-Forwarded-For": tc.headers}}
			want := netip.Addr{}
			if tc.want != "" {
				want = netip.MustParseAddr(tc.want)
			}
			if got := address.Client(r, list(t, trusted)); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestGroup(t *testing.T) {
	for a, want := range map[string]string{"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::"} {
		if got := address.Group(netip.MustParseAddr(a)); got != netip.MustParseAddr(want) {
			t.Errorf("%s: %v", a, got)
		}
	}
	if address.Group(netip.Addr{}).IsValid() {
		t.Error("no address has a group")
	}
}

// Whatever a stranger writes: without a trusted peer it changes nothing, behind
// one the proxy's own entry counts, and what comes out is one plain address.
func FuzzClient(f *testing.F) {
	f.Add("198.51.100.1, 10.0.0.2", "203.0.113.1")
	f.Add(",,", "[::1]:80")
	f.Add("::ffff:10.0.0.1%eth0", "")
	trusted := list(f, "10.0.0.0/8")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{RemoteAddr: "192.0.2.1:9", Header: http.Header{"X-Forwarded-For": {first, second}}}
		if got := address.Client(r, trusted); got != netip.MustParseAddr("192.0.2.1") {
			t.Fatalf("a stranger chose %v", got)
		}
		r.RemoteAddr = "10.0.0.1:9"
		r.Header["X-Forwarded-For"] = []string{first, second, "198.51.100.1"}
		if got := address.Client(r, trusted); got != netip.MustParseAddr("198.51.100.1") {
			t.Fatalf("behind the proxy a stranger chose %v", got)
		}
		r.Header["X-Forwarded-For"] = []string{first, second}
		got := address.Client(r, trusted)
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Fatalf("client %v", got)
		}
	})
}
