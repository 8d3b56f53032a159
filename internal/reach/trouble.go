package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Class is why a service can't be reached.
type Class string

// The classes.
const (
	DNS     Class = "dns"
	Refused Class = "refused"
	TLS     Class = "tls"
	Timeout Class = "timeout"
	Away    Class = "away"
)

// Trouble is why a service can't be reached, for a person.
type Trouble struct {
	Class Class
	// Setting names the service's URL; URL is as logs may have it.
	Setting, URL string
	// Cause is what the network said, Remedy what to do about it.
	Cause, Remedy string
}

// String is all of it in one line.
func (t Trouble) String() string {
	return t.Setting + "=" + t.URL + " can't be reached (" + string(t.Class) + "): " + t.Cause + ": " + t.Remedy
}

// Explain says why a client got no answer from the URL that the setting has.
func Explain(setting, baseURL string, err error) Trouble {
	t := Trouble{Setting: setting, URL: Shown(baseURL), Cause: cause(err)}
	t.Class, t.Remedy = classify(setting, err)
	return t
}

func classify(setting string, err error) (Class, string) {
	if remedy := remedyTLS(setting, err); remedy != "" {
		return TLS, remedy
	}
	var timeout net.Error
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return DNS, "correct the host in " + setting
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused, "start it there, or correct " + setting
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return Timeout, "look for a firewall in between, or correct " + setting
	}
	return Away, "see whether it runs there, or correct " + setting
}

// remedyTLS is "" where the trouble is none of TLS.
func remedyTLS(setting string, err error) string {
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	invalid, _ := errors.AsType[x509.CertificateInvalidError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case errors.Is(err, errPlain):
		return "write https:// in " + setting
	case errors.Is(err, http.ErrSchemeMismatch) || record:
		return "write http:// in " + setting + ", or set SERVICE_TLS_CERT_FILE and SERVICE_TLS_KEY_FILE there"
	case authority:
		return "SERVICE_CA_FILE here must have the certificate of the authority that signed the one of SERVICE_TLS_CERT_FILE there"
	case name:
		return "the certificate of SERVICE_TLS_CERT_FILE there must be for the host in " + setting
	case certificate && invalid.Reason == x509.Expired:
		return "replace the files of SERVICE_TLS_CERT_FILE and SERVICE_TLS_KEY_FILE there (they are read again by themselves), or set this machine's clock"
	case certificate || alert:
		return "look at SERVICE_TLS_CERT_FILE there and SERVICE_CA_FILE here"
	}
	return ""
}

// NotSent tells whether a request certainly never came to the service: there was
// no connection, or no TLS on it. Other errors of TLS may come after it was sent.
func NotSent(err error) bool {
	var op *net.OpError
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return errors.As(err, &op) && op.Op == "dial" || certificate || errors.Is(err, http.ErrSchemeMismatch) || errors.Is(err, errPlain)
}

// cause is what lies at the bottom of a client's error, without the URL around it.
func cause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// Shown is a URL as logs may have it.
func Shown(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return "(no URL)"
	}
	return u.Redacted()
}
