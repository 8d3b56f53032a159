package command

import (
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/reach"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// toolsFlags are those of the commands that ask tools.
type toolsFlags struct {
	dataFlag
	URL  string `name:"url" placeholder:"URL" help:"Ask this tools service instead of the instance's."`
	JSON bool   `name:"json" help:"Print the answer as JSON."`
}

// askedTools is the tools service that a command asks.
type askedTools struct {
	client toolsv1connect.MemoryServiceClient
	url    string
	remedy string
	// named is the setting, or the flag, that has the URL.
	named string
	// shown is the setting of the token that is shown; "" for none.
	shown string
}

func (f toolsFlags) tools(env *Env) (askedTools, error) {
	s, err := f.read(env)
	if err != nil {
		return askedTools{}, err
	}
	token, shown, err := s.caller.Token()
	if err != nil {
		return askedTools{}, err
	}
	client, err := s.caller.Client(env.Client)
	if err != nil {
		return askedTools{}, err
	}
	options, err := rpc.ClientOptions(token)
	if err != nil {
		return askedTools{}, err
	}
	a := askedTools{url: s.toolsURL(), named: "TOOLS_URL", shown: shown, remedy: fmt.Sprintf("is `%s dev` running? Start it in another terminal, or name another tools service with --url", env.Self)}
	if f.URL != "" {
		a.url, a.named, a.remedy = strings.TrimSuffix(f.URL, "/"), "--url", "check --url"
	} else if err := f.running(env, s); err != nil {
		return askedTools{}, err
	} else if s.running.Tools == "" && s.ToolsURL != "" {
		a.remedy = "does tools run? TOOLS_URL says where it is, and --url names another"
	}
	if !strings.HasPrefix(a.url, "http://") && !strings.HasPrefix(a.url, "https://") {
		return askedTools{}, fmt.Errorf("--url %s: want http://HOST:PORT or https://HOST", a.url)
	}
	a.client = toolsv1connect.NewMemoryServiceClient(client, a.url, options...)
	return a, nil
}

// explain says what a user can do about an error of tools.
func (a askedTools) explain(err error) error {
	var ce *connect.Error
	switch {
	case fault.ReasonOf(err) == fault.TokenMissing && a.shown == "":
		return fmt.Errorf("tools at %s wants a token: set OPERATOR_TOKEN or SERVICE_TOKEN to the same as there, or name the instance's folder with --data", a.url)
	case fault.ReasonOf(err) == fault.TokenMissing:
		return fmt.Errorf("tools at %s does not know this %s: set it to the same as there, or name the instance's folder with --data", a.url, a.shown)
	case fault.ReasonOf(err) != "":
		return fmt.Errorf("%s: %s", fault.ReasonOf(err), fault.Detail(err))
	case connect.CodeOf(err) == connect.CodeFailedPrecondition && errors.As(err, &ce):
		return errors.New(ce.Message())
	case reach.Explain(a.named, a.url, err).Class == reach.TLS:
		return errors.New(reach.Explain(a.named, a.url, err).String())
	case connect.CodeOf(err) == connect.CodeUnavailable:
		return unreachable(err, "no tools service answers at "+a.url, a.remedy)
	}
	return fmt.Errorf("tools at %s: %w", a.url, err)
}
