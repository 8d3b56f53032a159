package connection_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
)

func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want connection.Class
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "nowhere.invalid", IsNotFound: true}}, connection.DNS},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, connection.Refused},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, connection.TLS},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, connection.TLS},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), connection.Timeout},
		{&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}, connection.Timeout},
		{io.ErrUnexpectedEOF, connection.Away},
	} {
		if got := connection.Classify(tc.err); got != tc.want {
			t.Errorf("%v is %s, want %s", tc.err, got, tc.want)
		}
	}
}

func TestErrorNamesSettingHostAndClass(t *testing.T) {
	place := connection.Place{Setting: "DATABASE_URL", Host: "db.example:5432", Secret: "not-a-secret"}
	cause := errors.New(`no user "app" with password not-a-secret`)
	err := fmt.Errorf("ledger: %w", place.Failed(connection.Auth, cause))
	if want := `ledger: DATABASE_URL: db.example:5432: auth: no user "app" with password ***`; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	var failed *connection.Error
	if !errors.As(err, &failed) || failed.Class != connection.Auth || !errors.Is(err, cause) {
		t.Errorf("%#v", failed)
	}
	if place.Failed("", nil) != nil {
		t.Error("an error was made of none")
	}
	if found := place.Failed("", syscall.ECONNREFUSED).Error(); !strings.Contains(found, ": refused: ") {
		t.Error(found)
	}
}

func TestRefusedParameter(t *testing.T) {
	take := func(address string) error {
		if strings.Contains(address, "bad") {
			return errors.New("no")
		}
		return nil
	}
	for address, want := range map[string]string{
		"x://h/d?mode=bad&other=1":       "mode=bad",
		"x://h/d?sslpassword=bad":        "sslpassword",
		"x://h/d?mode=bad&other=bad":     "",
		"x://u:bad@h/d?mode=1&sslmode=2": "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := connection.RefusedParameter(*u, take); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
