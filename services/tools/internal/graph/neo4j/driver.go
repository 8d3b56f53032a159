package neo4j

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	driver "github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/notifications"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

const (
	// The driver's own bounds (30 s, 1 min, 5 s) outlive every provider's clock.
	retryTime = 3 * time.Second
	// A server that has just been started takes seconds to greet its first client:
	// given less it would never be followed. Who is in a hurry has a deadline.
	acquireTime = 4 * time.Second
	connectTime = time.Second
	// A connection that was idle for longer is tried before it is used: after a
	// restart of the server the pool is full of dead ones.
	idleTime = time.Second
	poolSize = 16

	settingURI  = "NEO4J_URI"
	settingUser = "NEO4J_USER and NEO4J_PASSWORD"
)

// server is a Neo4j server by way of its driver.
type server struct {
	driver   driver.DriverWithContext
	place    connection.Place
	database string
}

var (
	// errRefused: the server understood and would refuse the same again.
	errRefused = errors.New("the server refuses this")
	// errTooMuch: it would take less of the same.
	errTooMuch = errors.New("the server has no memory for a transaction of this size")
)

// connect makes no connection yet. A path in uri names a database; without one it is the user's own.
func connect(uri, user, password string) (*server, error) {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Host == "" {
		// Not what url.Parse says: it shows what may hold a password.
		return nil, fmt.Errorf("%s: not of the form bolt://HOST:7687 or neo4j://HOST:7687", settingURI)
	}
	if parsed.User != nil {
		return nil, fmt.Errorf("%s: %s: user and password are in %s", settingURI, parsed.Host, settingUser)
	}
	s := &server{
		place:    connection.Place{Setting: settingURI, Host: parsed.Host, Secret: password},
		database: strings.Trim(parsed.Path, "/"),
	}
	parsed.Path = ""
	auth := driver.NoAuth()
	if user != "" || password != "" {
		auth = driver.BasicAuth(user, password, "")
	}
	s.driver, err = driver.NewDriverWithContext(parsed.String(), auth, func(c *config.Config) {
		c.MaxTransactionRetryTime = retryTime
		c.ConnectionAcquisitionTimeout = acquireTime
		c.SocketConnectTimeout = connectTime
		c.ConnectionLivenessCheckTimeout = idleTime
		c.MaxConnectionPoolSize = poolSize
		c.TelemetryDisabled = true
		c.FetchSize = driver.FetchAll
		c.NotificationsMinSeverity = notifications.DisabledLevel
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", settingURI, err)
	}
	s.prime()
	return s, nil
}

// prime begins a connection that fails before anything is dialled: the driver's
// first one sets what all others read, without a lock (5.28.4, connector.Connect), which is a
// data race where two are the first.
func (s *server) prime() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	session := s.session(ended, driver.AccessModeWrite)
	_, _ = session.BeginTransaction(ended)
	_ = session.Close(ended)
}

func (s *server) close(ctx context.Context) error { return s.driver.Close(ctx) }

// record is a line of a result, by the names of its columns.
type record = map[string]any

// transaction runs statements that are kept together or not at all.
type transaction struct {
	ctx     context.Context
	managed driver.ManagedTransaction
}

func (t *transaction) run(cypher string, params record) ([]record, error) {
	result, err := t.managed.Run(t.ctx, cypher, params)
	if err != nil {
		return nil, err
	}
	return collect(t.ctx, result)
}

// each runs a statement over a list, if it has any elements.
func (t *transaction) each(cypher, name string, list any) error {
	if reflect.ValueOf(list).Len() == 0 {
		return nil
	}
	_, err := t.run(cypher, record{name: list})
	return err
}

func collect(ctx context.Context, result driver.ResultWithContext) ([]record, error) {
	lines, err := result.Collect(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]record, 0, len(lines))
	for _, line := range lines {
		records = append(records, line.AsMap())
	}
	return records, nil
}

// write runs work until it is committed or the time for retries is over. work
// may run several times and must leave the same behind.
func (s *server) write(ctx context.Context, work func(*transaction) error) error {
	session := s.session(ctx, driver.AccessModeWrite)
	defer func() { _ = session.Close(ctx) }() // What it would say, the transaction has said.
	_, err := session.ExecuteWrite(ctx, s.managed(ctx, work), driver.WithTxTimeout(remaining(ctx)))
	if lostCommit(err) {
		// The driver doesn't know whether it is committed and so doesn't repeat it. We may.
		_, err = session.ExecuteWrite(ctx, s.managed(ctx, work), driver.WithTxTimeout(remaining(ctx)))
	}
	return s.failed(err)
}

func (s *server) managed(ctx context.Context, work func(*transaction) error) driver.ManagedTransactionWork {
	return func(t driver.ManagedTransaction) (any, error) { return nil, work(&transaction{ctx: ctx, managed: t}) }
}

// read doesn't try for long: somebody waits, and the ledger could answer.
func (s *server) read(ctx context.Context, cypher string, params record) ([]record, error) {
	return s.once(ctx, driver.AccessModeRead, cypher, params)
}

// alter changes the schema, a statement at a time: no transaction may hold both
// that and rows. Of two who do so at once one is pushed aside, and tried again by the driver.
func (s *server) alter(ctx context.Context, cypher string) error {
	return s.write(ctx, func(t *transaction) error {
		_, err := t.run(cypher, nil)
		return err
	})
}

func (s *server) once(ctx context.Context, mode driver.AccessMode, cypher string, params record) ([]record, error) {
	session := s.session(ctx, mode)
	defer func() { _ = session.Close(ctx) }()
	result, err := session.Run(ctx, cypher, params, driver.WithTxTimeout(remaining(ctx)))
	if err != nil {
		return nil, s.failed(err)
	}
	records, err := collect(ctx, result)
	return records, s.failed(err)
}

func (s *server) session(ctx context.Context, mode driver.AccessMode) driver.SessionWithContext {
	return s.driver.NewSession(ctx, driver.SessionConfig{AccessMode: mode, DatabaseName: s.database})
}

// remaining has the server itself give up, and let go of its locks, when nobody
// waits any more. 0 would be no bound.
func remaining(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return boundTime
	}
	return max(time.Until(deadline), time.Millisecond)
}

// failed translates what the driver says.
func (s *server) failed(err error) error {
	if err == nil {
		return nil
	}
	causes := causes(err)
	for _, cause := range causes {
		if answered, ok := errors.AsType[*driver.Neo4jError](cause); ok {
			return s.answered(answered)
		}
	}
	// The innermost knows best.
	for _, cause := range slices.Backward(causes) {
		if fmt.Sprintf("%T", cause) == "*errorutil.TlsError" {
			return s.place.Failed(connection.TLS, err)
		}
		if class := connection.Classify(cause); class != connection.Away {
			return s.place.Failed(class, err)
		}
	}
	return s.place.Failed(connection.Away, err)
}

// answered translates what the server says.
func (s *server) answered(err *driver.Neo4jError) error {
	switch {
	case strings.HasPrefix(err.Code, "Neo.ClientError.Security."):
		place := s.place
		place.Setting = settingUser
		return place.Failed(connection.Auth, err)
	case strings.HasPrefix(err.Code, "Neo.ClientError.Database."):
		return s.place.Failed(connection.MissingDatabase, err)
	case strings.HasPrefix(err.Code, "Neo.ClientError.Transaction.TransactionTimedOut"):
		return s.place.Failed(connection.Timeout, err)
	case err.Code == "Neo.ClientError.General.TransactionOutOfMemoryError":
		// More than db.memory.transaction.max (https://neo4j.com/docs/status-codes/current/errors/all-errors/).
		return fmt.Errorf("%w: %w", errTooMuch, s.place.Failed(connection.Away, err))
	case refusedRows(err):
		return fmt.Errorf("%w: %w", errRefused, err)
	default:
		return s.place.Failed(connection.Away, err)
	}
}

// refusedRows: what the server says of values. What it says of statements, of
// rights and of itself is no reason to set rows aside.
func refusedRows(err *driver.Neo4jError) bool {
	switch err.Code {
	case "Neo.ClientError.Schema.ConstraintValidationFailed", "Neo.ClientError.Statement.ArgumentError",
		"Neo.ClientError.Statement.TypeError", "Neo.ClientError.Request.Invalid":
		return true
	case "Neo.DatabaseError.Statement.ExecutionFailed":
		return strings.Contains(err.Msg, "too large to index")
	default:
		return false
	}
}

func lostCommit(err error) bool {
	for _, cause := range causes(err) {
		if fmt.Sprintf("%T", cause) == "*errorutil.CommitFailedDeadError" {
			return true
		}
	}
	return false
}

// causes lists an error and all that it wraps, outermost first. The driver's
// types, most of them internal, have no Unwrap; what they wrap is in exported fields.
func causes(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	if inner := errors.Unwrap(err); inner != nil {
		return append(all, causes(inner)...)
	}
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return all
	}
	for _, name := range []string{"Inner", "Err", "Errors"} {
		field := v.FieldByName(name)
		if !field.IsValid() || !field.CanInterface() {
			continue
		}
		switch inner := field.Interface().(type) {
		case error:
			return append(all, causes(inner)...)
		case []error:
			if len(inner) > 0 {
				return append(all, causes(inner[len(inner)-1])...)
			}
		}
	}
	return all
}
