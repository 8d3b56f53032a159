package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

// sendTime is longer than the slowest provider waits: what a provider would
// not see, this command shows.
const sendTime = 30 * time.Second

// send sends one webhook, prints its answer and says whether it is success, or
// for an example that is remembered only, that it was.
func (c sendCommand) send(ctx context.Context, env *Env, s settings, w example.Example) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	req, err := c.request(ctx, env, s, w)
	if err != nil {
		return false, err
	}
	resp, err := env.Client.Do(req)
	if err != nil {
		return false, unreachable(err, "no Switchyard answers at "+req.URL.Scheme+"://"+req.URL.Host, c.remedy(env, s))
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return false, fmt.Errorf("read the answer of %s: %w", req.URL, err)
	}
	a := parseAnswer(resp.StatusCode, body)
	if c.JSON {
		_, err = env.Stdout.Write(body)
		return a.asExpected(w), err
	}
	out := fmt.Sprintf("%s %s\n%s %s\n", w.Source, w.Name, resp.Proto, resp.Status)
	out += a.render(req.URL, c.hint(env))
	if resp.StatusCode == http.StatusUnauthorized {
		out += fmt.Sprintf("The server has another secret for %s: give it with --secret, or the data folder of its instance with --data.\nOne that was changed in .env holds once it is started again; one in a file (NAME_FILE) at once.\n", w.Source)
	}
	if a.refusal.Reason != "" {
		out += c.refused(env, req, a.refusal.Reason)
	}
	return a.asExpected(w), printText(env.Stdout, out)
}

// refused names the delivery, and the command that finds it; none for a server
// that --url names: who asks there has its own.
func (c sendCommand) refused(env *Env, req *http.Request, reason string) string {
	var out string
	id := cmp.Or(req.Header.Get(github.HeaderDelivery), req.Header.Get(jira.HeaderIdentifier))
	if id != "" {
		out = "delivery: " + id + "\n"
	}
	switch {
	case c.URL != "":
	case id != "":
		out += fmt.Sprintf("What was checked, a second from now: %s deliveries show%s %s\n", env.Self, c.dataHint(env), id)
	default:
		out += fmt.Sprintf("What was checked: %s deliveries --answer %s%s, and deliveries show.\n", env.Self, reason, c.dataHint(env))
	}
	return out
}

func (c sendCommand) remedy(env *Env, s settings) string {
	switch {
	case c.URL != "":
		return "check --url"
	case s.running.Ingress == "" && s.IngressURL != "":
		return "does ingress run? INGRESS_URL says where it is, and --url names another"
	}
	return fmt.Sprintf("is `%s dev` running? Start it in another terminal, or name another server with --url", env.Self)
}

func (c sendCommand) request(ctx context.Context, env *Env, s settings, w example.Example) (*http.Request, error) {
	if c.URL == "" {
		if err := c.running(env, s); err != nil {
			return nil, err
		}
	}
	target, err := endpoint(c.URL, s.ingressURL(), w.Source)
	if err != nil {
		return nil, err
	}
	secret := c.Secret
	if secret == "" {
		if secret, err = s.secret(w.Source); err != nil {
			return nil, err
		}
	}
	delivery := c.Delivery
	if delivery == "" {
		id, err := uuid.NewRandomFromReader(env.Random)
		if err != nil {
			return nil, fmt.Errorf("delivery id: %w", err)
		}
		delivery = id.String()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(w.Body))
	if err != nil {
		return nil, fmt.Errorf("--url %s: %w", c.URL, err)
	}
	req.Header = headers([]byte(secret), w, delivery)
	return req, nil
}

// endpoint adds the source's path to a base URL; a URL with a path is taken as it is.
func endpoint(given, fallback, source string) (string, error) {
	base := fallback
	if given != "" {
		base = given
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--url %s: want http://HOST:PORT or https://HOST", base)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/webhooks/" + source
	}
	return u.String(), nil
}

func headers(secret []byte, w example.Example, delivery string) http.Header {
	switch w.Source {
	case "github":
		return github.Headers(secret, w.Event, delivery, w.Body)
	case "jira":
		return jira.Headers(secret, delivery, w.Body)
	default:
		return notion.Headers(secret, w.Body)
	}
}

// unreachable says what a user can do about a server that is not there.
func unreachable(err error, what, remedy string) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%s: %s", what, remedy)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		// crypto/x509 reads the variable.
		return fmt.Errorf("%w: where that certificate is your own, name its file: SSL_CERT_FILE=cert.pem before the command", err)
	}
	return fmt.Errorf("%s (%w): %s", what, err, remedy)
}

// hint is the command that explains a run, without the id; "" for a server
// that --url names: the agent behind it is not the instance's.
func (c sendCommand) hint(env *Env) string {
	if c.URL != "" {
		return ""
	}
	return c.showHint(env)
}
