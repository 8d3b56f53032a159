package clickhouse

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

// Setting names what opens this store.
const Setting = "CLICKHOUSE_URL"

const (
	dialTimeout = time.Second
	readTimeout = 10 * time.Second
	most        = 5 * time.Second
	connections = 8
)

var errAddress = errors.New(Setting + ": want clickhouse://USER:PASSWORD@HOST:9000/DATABASE for ClickHouse's own protocol, " +
	"or http://…:8123 or https://…:8443 for HTTP; characters of the password that a URL means something by have to be escaped")

// ports returns a scheme's ports without and with TLS.
func ports(scheme string) (plain, secured string, ok bool) {
	switch scheme {
	case "clickhouse":
		return "9000", "9440", true
	case "http":
		return "8123", "", true
	case "https":
		return "", "8443", true
	default:
		return "", "", false
	}
}

// parse reads the setting. Its errors have nothing of the address: there may be a
// password anywhere in one that doesn't parse.
func parse(address string, roots *x509.CertPool) (*driver.Options, connection.Place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, connection.Place{}, errAddress
	}
	plain, secured, ok := ports(u.Scheme)
	if !ok || u.Hostname() == "" {
		return nil, connection.Place{}, errAddress
	}
	query := u.Query()
	if u.Scheme == "https" {
		query.Set("secure", "true") // The driver wants it said twice.
	}
	if u.Port() == "" {
		port := plain
		if query.Has("secure") && query.Get("secure") != "false" {
			port = secured
		}
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	u.RawQuery = query.Encode()
	o, err := driver.ParseDSN(u.String())
	if err != nil {
		_, shown := connection.RefusedParameter(*u, func(address string) error { _, err := driver.ParseDSN(address); return err })
		if shown != "" {
			return nil, connection.Place{}, fmt.Errorf("%s: %s: %s is not one that ClickHouse's driver takes: mend it, or leave it out", Setting, u.Host, shown)
		}
		return nil, connection.Place{}, errAddress
	}
	o.Auth.Database = cmp.Or(o.Auth.Database, "default")
	bound(o)
	if o.TLS != nil {
		o.TLS.RootCAs, o.TLS.MinVersion = roots, tls.VersionTLS12
	}
	return o, connection.Place{Setting: Setting, Host: u.Host, Secret: o.Auth.Password}, nil
}

// bound sets what an address has no say in: the driver's own times outlive every
// provider's clock.
func bound(o *driver.Options) {
	o.DialTimeout, o.ReadTimeout = dialTimeout, readTimeout
	o.MaxOpenConns, o.MaxIdleConns = connections, connections
	if o.Compression == nil && o.Protocol == driver.Native {
		o.Compression = &driver.Compression{Method: driver.CompressionLZ4}
	}
}
