package postgres

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	setting = "DATABASE_URL"

	connections    = 8
	connectTimeout = 2 * time.Second
	pingTimeout    = time.Second
	lifetime       = 30 * time.Minute
	lifetimeJitter = 5 * time.Minute
	idleTime       = 5 * time.Minute
)

// configure reads a connection string. What it says of the driver's own settings
// (default_query_exec_mode, pool_max_conns, connect_timeout …) counts.
func configure(dsn string) (*pgxpool.Config, connection.Place, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		if wrong := refusedParameter(dsn, err); wrong != nil {
			return nil, connection.Place{}, wrong
		}
		// Not what the parser says: it shows what may be a password.
		return nil, connection.Place{}, errors.New(setting + " is no connection string of PostgreSQL: set postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is not a letter or a digit in the password written as %XX")
	}
	conn := cfg.ConnConfig
	if !strings.Contains(dsn, "default_query_exec_mode") {
		// Statements without names: those that are prepared under a name are lost behind
		// PgBouncer, which gives each transaction another connection.
		conn.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "switchyard"
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		cfg.MaxConns = connections
	}
	cfg.PingTimeout, cfg.MaxConnLifetime, cfg.MaxConnLifetimeJitter, cfg.MaxConnIdleTime = pingTimeout, lifetime, lifetimeJitter, idleTime
	host := net.JoinHostPort(conn.Host, strconv.Itoa(int(conn.Port)))
	return cfg, connection.Place{Setting: setting, Host: host, Secret: conn.Password}, nil
}

// translate turns the driver's errors into ErrUnavailable, with the setting, the
// host and the class, but for those that say that the data is wrong: the store is
// well then. The ledger's own errors, and nil, stay.
func (s *Store) translate(err error) error {
	if err == nil || ours(err) {
		return err
	}
	var e *pgconn.PgError
	if errors.As(err, &e) && (strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23")) {
		return fmt.Errorf("ledger: %w", err)
	}
	return fmt.Errorf("%w: %w", ledger.ErrUnavailable, s.place.Failed(class(err), err))
}

// ours: the error is one that callers know.
func ours(err error) bool {
	for _, known := range []error{ledger.ErrUnavailable, ledger.ErrNotFound, ledger.ErrToken, ledger.ErrNotHeld, ledger.ErrNoDelivery, ledger.ErrAmbiguous, errGiven} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// class tells what PostgreSQL's own answers mean; "" of all others.
func class(err error) connection.Class {
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		switch {
		case strings.HasPrefix(e.Code, "28"):
			return connection.Auth
		case e.Code == "3D000":
			return connection.MissingDatabase
		case e.Code == "57014", e.Code == "55P03", e.Code == "25P03":
			return connection.Timeout
		}
		return connection.Away
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return connection.TLS
	}
	return ""
}

// definite: nothing was written, and PostgreSQL can be asked again.
func definite(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "ERROR" && class(err) != connection.Timeout
	}
	u, ok := errors.AsType[*undone](err)
	return ok && u.well
}

// passing: another transaction was in the way.
func passing(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "40001")
}
