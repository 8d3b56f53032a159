package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

// refusedParameter says which one of a connection string's parameters the driver, that
// refused the string with err, does not take: nil where it is none of them alone. The
// driver's own words are not told, for they may have the password in them.
func refusedParameter(dsn string, err error) error {
	u, malformed := url.Parse(dsn)
	if malformed != nil {
		return nil //nolint:nilerr // It is no URL: none of its parameters is known.
	}
	query := u.Query()
	name, why := refusedFile(query, err)
	if name == "" {
		name, why = refusedValue(u, query)
	}
	if name == "" {
		return nil
	}
	if strings.HasPrefix(name, "ssl") {
		return connection.Place{Setting: setting, Host: u.Host}.Failed(connection.TLS, errors.New(why))
	}
	return fmt.Errorf("%s: %s: %s", setting, u.Host, why)
}

// refusedFile is the parameter that names a file which can't be read, and why; or "".
func refusedFile(query url.Values, err error) (name, why string) {
	file, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return "", ""
	}
	for name := range query {
		if query.Get(name) == file.Path {
			return name, fmt.Sprintf("%s=%s can't be read: %s", name, file.Path, file.Err)
		}
	}
	return "", ""
}

// refusedValue is the parameter without which the string would be taken, and why; or "".
func refusedValue(u *url.URL, query url.Values) (name, why string) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		others := maps.Clone(query)
		delete(others, name)
		rest := *u
		rest.RawQuery = others.Encode()
		if _, err := pgxpool.ParseConfig(rest.String()); err == nil {
			return name, name + remedy(name, query.Get(name))
		}
	}
	return "", ""
}

// remedy shows the value, but for one that may be a secret.
func remedy(name, value string) string {
	switch {
	case strings.Contains(name, "password"):
		return " is not one that PostgreSQL's driver takes"
	case name == "sslmode":
		return "=" + value + " is none of disable, allow, prefer, require, verify-ca and verify-full"
	case name == "sslcert", name == "sslkey":
		return "=" + value + " holds no such thing in PEM, or stands without the other one: set sslcert and sslkey together"
	case strings.HasPrefix(name, "ssl"):
		return "=" + value + " is not one that PostgreSQL's driver takes: a file has to hold PEM"
	}
	return "=" + value + " is not one that PostgreSQL's driver takes: mend it, or leave it out"
}
