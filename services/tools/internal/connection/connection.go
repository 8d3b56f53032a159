package connection

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// Class is what kind of fault it is, and so who mends it.
type Class string

// The classes. What fits no other one is Away.
const (
	DNS             Class = "dns"              // the host's name is not known
	Refused         Class = "refused"          // nobody listens on the port
	Auth            Class = "auth"             // user or password are wrong
	MissingDatabase Class = "missing_database" // the server has no such database
	TLS             Class = "tls"              // the two sides don't agree on a secure connection
	Timeout         Class = "timeout"          // nobody answers in time
	Away            Class = "away"             // it was there, or is not yet
)

// Place is a store as it was configured.
type Place struct {
	// Setting is the name of the setting: DATABASE_URL.
	Setting string
	// Host is where the setting points, with the port, without user and password.
	Host string
	// Secret is kept out of every text; "" where there is none.
	Secret string
}

// Error is a store that can't be reached. Its text never has the place's secret.
type Error struct {
	Place
	Class Class
	// Err is what the driver said.
	Err error
}

// Error names the setting, the host and the class, then says what the driver said.
func (e *Error) Error() string {
	said := strings.Join(strings.Fields(e.Err.Error()), " ") // On one line.
	if e.Secret != "" {
		said = strings.ReplaceAll(said, e.Secret, "***")
	}
	return fmt.Sprintf("%s: %s: %s: %s", e.Setting, e.Host, e.Class, said)
}

// Unwrap returns what the driver said.
func (e *Error) Unwrap() error { return e.Err }

// Failed makes an Error of a driver's error. An empty class is found out: that
// serves for all that comes from the network; what the store itself answered,
// its own package knows. nil stays nil.
func (p Place) Failed(class Class, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Place: p, Class: cmp.Or(class, Classify(err)), Err: err}
}

// Classify tells the class of an error of the network.
func Classify(err error) Class {
	var (
		dns       *net.DNSError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		timeout   net.Error
	)
	switch {
	case errors.As(err, &dns):
		return DNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.As(err, &record), errors.As(err, &alert), errors.As(err, &verify),
		errors.As(err, &authority), errors.As(err, &hostname), errors.As(err, &invalid):
		return TLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	default:
		return Away
	}
}
