package command

import (
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
)

// toolsFlags are those of the commands that ask tools.
type toolsFlags struct {
	dataFlag
	URL  string `name:"url" placeholder:"URL" help:"Ask this tools service instead of the instance's."`
	JSON bool   `name:"json" help:"Print the answer as JSON."`
}

// askedTools is the tools service that a command asks about the memory.
type askedTools struct {
	peer
	client toolsv1connect.MemoryServiceClient
}

func (f toolsFlags) tools(env *Env) (askedTools, error) {
	s, err := f.read(env)
	if err != nil {
		return askedTools{}, err
	}
	p, client, options, err := f.peer(env, s, f.URL, toolsPeer(s))
	if err != nil {
		return askedTools{}, err
	}
	return askedTools{peer: p, client: toolsv1connect.NewMemoryServiceClient(client, p.url, options...)}, nil
}

// toolsPeer is the instance's tools service.
func toolsPeer(s settings) peer {
	return peer{name: "tools service", setting: "TOOLS_URL", url: s.toolsURL(), set: s.running.Tools == "" && s.ToolsURL != ""}
}
