package address

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// forwardedFor is what a proxy adds its own peer's address to, on the right.
const forwardedFor = "X-Forwarded-For"

// groupBits is how much of an IPv6 address names a site: whoever has one
// address of a /64 has all of them (RFC 6177).
const groupBits = 64

// List is addresses and networks.
type List []netip.Prefix

// Parse reads addresses and networks in CIDR notation, separated by commas.
// Its error names the entry.
func Parse(value string) (List, error) {
	var list List
	for _, entry := range config.Split(value) {
		p, err := parsePrefix(entry)
		if err != nil {
			return nil, fmt.Errorf("%q: want an address or a network such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32", entry)
		}
		list = append(list, p)
	}
	return list, nil
}

func parsePrefix(entry string) (netip.Prefix, error) {
	if !strings.Contains(entry, "/") {
		addr, err := netip.ParseAddr(entry)
		if err != nil {
			return netip.Prefix{}, err
		}
		addr = plain(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(entry)
	if err != nil {
		return netip.Prefix{}, err
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Has tells whether the address is on the list. One that is not valid never is.
func (l List) Has(addr netip.Addr) bool {
	for _, p := range l {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Client is the address that a request came from: the connection's peer or, if
// that is a trusted proxy, the rightmost address in X-Forwarded-For that is not
// one itself. What stands left of it anybody could have written. An entry that
// is no address ends the search at the proxy that let it in. The address is not
// valid if the peer's is not, as on a Unix socket.
func Client(r *http.Request, trusted List) netip.Addr {
	client := parse(r.RemoteAddr)
	for _, header := range slices.Backward(r.Header.Values(forwardedFor)) {
		for rest, more := header, true; more; {
			if !trusted.Has(client) {
				return client
			}
			entry := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, entry = rest[:comma], rest[comma+1:]
			} else {
				more = false
			}
			next := parse(strings.TrimSpace(entry))
			if !next.IsValid() {
				return client
			}
			client = next
		}
	}
	return client
}

// parse reads an address with or without a port.
func parse(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return plain(withPort.Addr())
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return plain(addr)
}

// plain is the one spelling of an address: an IPv4 one is never IPv6, and a
// zone is this machine's own affair.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// Group is what addresses of one owner have in common: an IPv4 address as it
// is, of an IPv6 address the first 64 bits.
func Group(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	p, err := addr.Prefix(groupBits)
	if err != nil {
		return addr
	}
	return p.Addr()
}
