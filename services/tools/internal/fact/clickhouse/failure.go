package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// failed says what an error is: of the rows, or why the server can't be asked.
// A caller who gave up is told just that.
func (p *pool) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, errNewer):
		return fmt.Errorf("%s: %s: %w", p.place.Setting, p.place.Host, err)
	case ofRows(err):
		return errors.Join(sink.ErrRow, err)
	default:
		return p.place.Failed(classify(err), err)
	}
}

// classify tells the class of what the server or the driver said; "" leaves it
// to the network's errors.
func classify(err error) connection.Class {
	var (
		said     *driver.Exception
		response *driver.HTTPError
	)
	switch {
	case errors.As(err, &said):
		return saidClass(said.Code)
	case errors.As(err, &response) && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden):
		return connection.Auth
	case errors.Is(err, driver.ErrAcquireConnTimeout):
		return connection.Timeout
	case errors.Is(err, http.ErrSchemeMismatch), strings.Contains(err.Error(), "unexpected packet [21]"):
		return connection.TLS // 21 is how a server begins that is spoken to without TLS and wants it.
	default:
		return ""
	}
}

// saidClass sorts the server's numbers, from its ErrorCodes.cpp.
func saidClass(code int32) connection.Class {
	switch code {
	case 192, 193, 194, 195, 497, 516: // unknown user, wrong, missing password, address, privileges, authentication
		return connection.Auth
	case 81: // unknown database
		return connection.MissingDatabase
	case 159, 160, 209: // over its time, too slow, socket
		return connection.Timeout
	default:
		return connection.Away
	}
}

// ofRows tells whether the server is well and would refuse the same rows again.
func ofRows(err error) bool {
	if errors.Is(err, driver.ErrBatchInvalid) {
		return true
	}
	var said *driver.Exception
	if !errors.As(err, &said) {
		return false
	}
	switch said.Code {
	case 6, 27, 38, 41, 53, 69, 70, 72, 117, 128, 131, 321, 349, 407, 469, 691:
		// can't parse (text, input, date, time), type mismatch, out of bounds, can't
		// convert, can't parse a number, incorrect data, too large an array, a string,
		// value out of range, NULL, decimal overflow, constraint, no such enum
		return true
	default:
		return false
	}
}

// stale tells whether a connection broke that was open before: the server was
// started again, or something between gave it up. Another one may be well.
func stale(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, driver.ErrConnectionClosed) || closedIdle(err)
}

// closedIdle: net/http has no name for it, and repeats only requests without a body.
func closedIdle(err error) bool {
	return err != nil && strings.HasSuffix(err.Error(), "http: server closed idle connection")
}
