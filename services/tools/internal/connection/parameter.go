package connection

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// RefusedParameter finds the parameter of an address without which a driver's parser, take,
// would take it, and shows it: "sslmode=full", or its name alone where the value may be a
// secret. Both are "" where it is none of them alone. Drivers say it too, in words that may
// have the password in them.
func RefusedParameter(address url.URL, take func(address string) error) (name, shown string) {
	query := address.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		others := maps.Clone(query)
		delete(others, name)
		address.RawQuery = others.Encode()
		if take(address.String()) != nil {
			continue
		}
		if strings.Contains(name, "password") {
			return name, name
		}
		return name, name + "=" + query.Get(name)
	}
	return "", ""
}
