package command

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/reach"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// peer is a service that a command asks.
type peer struct {
	// agent or tools, as messages have it.
	name string
	// The setting that has the URL, or --url.
	setting string
	url     string
	// The setting says where it is, and not the running instance.
	set bool

	remedy string
	// shown is the setting of the token that is shown; "" for none.
	shown string
}

// peer connects with the service that p describes, or with the one at url if
// that is set.
func (d dataFlag) peer(env *Env, s settings, url string, p peer) (peer, *http.Client, []connect.ClientOption, error) {
	token, shown, err := s.caller.Token()
	if err != nil {
		return p, nil, nil, err
	}
	client, err := s.caller.Client(env.Client)
	if err != nil {
		return p, nil, nil, err
	}
	options, err := rpc.ClientOptions(token)
	if err != nil {
		return p, nil, nil, err
	}
	p.shown, p.remedy = shown, fmt.Sprintf("is `%s dev` running? Start it in another terminal, or name another %s with --url", env.Self, p.name)
	if url != "" {
		p.url, p.setting, p.remedy = strings.TrimSuffix(url, "/"), "--url", "check --url"
	} else if err := d.running(env, s); err != nil {
		return p, nil, nil, err
	} else if p.set {
		p.remedy = fmt.Sprintf("does the %s run? %s says where it is, and --url names another", p.name, p.setting)
	}
	if !strings.HasPrefix(p.url, "http://") && !strings.HasPrefix(p.url, "https://") {
		return p, nil, nil, fmt.Errorf("--url %s: want http://HOST:PORT or https://HOST", p.url)
	}
	return p, client, options, nil
}

// explain says what a user can do about an error of the service.
func (p peer) explain(err error) error {
	var refused *connect.Error
	switch {
	case fault.ReasonOf(err) == fault.TokenMissing && p.shown == "":
		return fmt.Errorf("the %s at %s wants a token: set OPERATOR_TOKEN, READER_TOKEN or SERVICE_TOKEN to the same as there, or name the instance's folder with --data", p.name, p.url)
	case fault.ReasonOf(err) == fault.TokenMissing:
		return fmt.Errorf("the %s at %s does not know this %s: set it to the same as there, or name the instance's folder with --data", p.name, p.url, p.shown)
	case fault.ReasonOf(err) != "":
		return fmt.Errorf("%s: %s", fault.ReasonOf(err), fault.Detail(err))
	case connect.CodeOf(err) == connect.CodeFailedPrecondition && errors.As(err, &refused):
		return errors.New(refused.Message())
	case reach.Explain(p.setting, p.url, err).Class == reach.TLS:
		return errors.New(reach.Explain(p.setting, p.url, err).String())
	case connect.CodeOf(err) == connect.CodeUnavailable:
		return unreachable(err, "no "+p.name+" answers at "+p.url, p.remedy)
	}
	return fmt.Errorf("%s at %s: %w", p.name, p.url, err)
}
