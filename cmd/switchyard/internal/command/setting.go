package command

import (
	"cmp"
	"fmt"
	"net"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// dataFolder is where an instance has its data unless somebody says otherwise.
const dataFolder = ".switchyard"

// dataFlag is shared by the commands that use an instance.
type dataFlag struct {
	Data string `name:"data" default:"${data}" placeholder:"DIR" help:"Data folder of the instance (${data}; SWITCHYARD_DATA names another)."`
}

// dataDefault is the data folder where --data does not name one.
func (env *Env) dataDefault() string {
	dir, _ := env.Lookup("SWITCHYARD_DATA")
	return cmp.Or(dir, dataFolder)
}

// showHint is the command that explains a run, without the id.
func (d dataFlag) showHint(env *Env) string {
	return env.Self + " runs show" + d.dataHint(env)
}

// dataHint is the flag that a command to copy needs, with a space before it.
func (d dataFlag) dataHint(env *Env) string {
	if d.Data == env.dataDefault() {
		return ""
	}
	return " --data " + d.Data
}

// running fails if the user named a folder and nothing runs on it: another
// instance must not answer in its name.
func (d dataFlag) running(env *Env, s settings) error {
	if d.Data == env.dataDefault() || s.running.Ingress != "" {
		return nil
	}
	return fmt.Errorf("nothing runs on --data %s: start it with `%s dev --data %s`, or name a server with --url", d.Data, env.Self, d.Data)
}

// settings are those of the services that a command beside them needs, read as
// the services read them.
type settings struct {
	GitHub      config.Setting `name:"github" env:"GITHUB_WEBHOOK_SECRET"`
	Jira        config.Setting `name:"jira" env:"JIRA_WEBHOOK_SECRET"`
	Notion      config.Setting `name:"notion" env:"NOTION_WEBHOOK_SECRET"`
	PublicURL   string         `name:"public-url" env:"PUBLIC_URL"`
	IngressURL  string         `name:"ingress-url" env:"INGRESS_URL"`
	Port        string         `name:"port" env:"WEBHOOK_SERVER_PORT" default:"8000"`
	AgentURL    string         `name:"agent-url" env:"AGENT_URL"`
	AgentListen string         `name:"agent-listen" env:"AGENT_LISTEN" default:"127.0.0.1:8001"`
	ToolsURL    string         `name:"tools-url" env:"TOOLS_URL"`
	ToolsListen string         `name:"tools-listen" env:"TOOLS_LISTEN" default:"127.0.0.1:8002"`

	data    string // the folder
	running instance.Addresses
	caller  instance.Caller
}

// read reads the settings as they hold for the instance on the data folder.
func (d dataFlag) read(env *Env) (settings, error) {
	s := settings{data: d.Data}
	lookup, err := instance.Settings(d.Data, env.Lookup)
	if err != nil {
		return s, err
	}
	if err := config.Parse(&s, "settings", "", nil, lookup); err != nil {
		return s, err
	}
	if s.caller, err = instance.ReadCaller(lookup); err != nil {
		return s, err
	}
	s.running, _, err = instance.Running(d.Data)
	return s, err
}

// ingressURL is where the running instance takes webhooks, else where the
// settings say.
func (s settings) ingressURL() string {
	return strings.TrimSuffix(cmp.Or(s.running.Ingress, s.IngressURL, "http://"+net.JoinHostPort("127.0.0.1", s.Port)), "/")
}

func (s settings) agentURL() string {
	return strings.TrimSuffix(cmp.Or(s.running.Agent, s.AgentURL, "http://"+s.AgentListen), "/")
}

func (s settings) toolsURL() string {
	return strings.TrimSuffix(cmp.Or(s.running.Tools, s.ToolsURL, "http://"+s.ToolsListen), "/")
}

// secret is the first of a source's secrets.
func (s settings) secret(source string) (string, error) {
	all := map[string]config.Setting{"github": s.GitHub, "jira": s.Jira, "notion": s.Notion}[source].Values()
	if len(all) == 0 {
		return "", fmt.Errorf("%s_WEBHOOK_SECRET is not set and the data folder %s has none: start `switchyard dev` first, name the folder of the one that runs with --data, or give --secret", strings.ToUpper(source), s.data)
	}
	return all[0], nil
}
