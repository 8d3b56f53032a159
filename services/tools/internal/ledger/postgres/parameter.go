package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
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
		var shown string
		name, shown = connection.RefusedParameter(*u, func(dsn string) error { _, err := pgxpool.ParseConfig(dsn); return err })
		why = shown + remedy(name)
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

func remedy(name string) string {
	switch {
	case name == "sslmode":
		return " is none of disable, allow, prefer, require, verify-ca and verify-full"
	case name == "sslcert", name == "sslkey":
		return " holds no such thing in PEM, or stands without the other one: set sslcert and sslkey together"
	case strings.HasPrefix(name, "ssl"):
		return " is not one that PostgreSQL's driver takes: a file has to hold PEM"
	}
	return " is not one that PostgreSQL's driver takes: mend it, or leave it out"
}
