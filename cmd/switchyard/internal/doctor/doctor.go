package doctor

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/ingress"
	"github.com/switchyard-dev/switchyard/services/tools"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// Options say what is examined.
type Options struct {
	// Data is the data folder of the instance.
	Data string
	// Lookup is the environment. The file .env of the working folder is below it.
	Lookup config.Lookup
	// URL is the ingress to ask; "" for the instance's, or the settings'.
	URL string
	// Send allows the signed self-test, which leaves ignored runs in the ledger.
	Send   bool
	Client *http.Client
	Now    func() time.Time
	Random io.Reader
}

// exam is one examination.
type exam struct {
	o       Options
	report  Report
	lookup  config.Lookup // settings as the services have them
	where   func(name string) string
	running instance.Addresses
	up      bool // whether the instance of the data folder runs

	ingress  ingress.Config
	agent    agent.Config
	tools    tools.Config
	executor executor.Config
	caller   instance.Caller
	// unusable are the settings that can't be read. Their defaults are examined.
	unusable []string
}

// Examine looks at everything. It changes nothing but the runs of the self-test.
func Examine(ctx context.Context, o Options) Report {
	e := &exam{o: o, report: Report{Findings: []Finding{}}}
	e.settings()
	e.secrets()
	e.rules()
	if !e.remote() && e.apart() == "" {
		e.ports(ctx)
		e.stores(ctx)
	}
	answers := e.services(ctx)
	if a, ok := answers["agent"]; ok && a.err == nil {
		e.newest(ctx, a.url)
	}
	e.clock(answers)
	if o.Send {
		e.selfTest(ctx, answers["ingress"].err == nil)
	}
	return e.report
}

func (e *exam) found(area string, level Level, setting, message, remedy string) {
	e.report.add(Finding{Area: area, Level: level, Setting: setting, Message: message, Remedy: remedy})
}

// below are the settings that `switchyard dev` gives its services where nobody
// set them.
func (e *exam) below() map[string]string {
	values := map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(e.o.Data, "switchyard.db")}
	if e.up {
		values["AGENT_URL"], values["TOOLS_URL"] = e.running.Agent, e.running.Tools
		values["EXECUTOR_ENDPOINT"], values["WEBHOOK_SERVER_HOST"] = e.running.Executor, "127.0.0.1"
	}
	return values
}

// remote tells whether another machine's ingress is examined: this machine's
// ports, stores and services say nothing about that one.
func (e *exam) remote() bool {
	return e.o.URL != "" && !service.Loopback(hostOf(e.o.URL))
}

// apart is where ingress is if the services run elsewhere, as containers do, and
// this command asks them from beside: each tells of its own ports and stores.
// "" if they are this machine's.
func (e *exam) apart() string {
	url, _ := e.lookup("INGRESS_URL")
	return strings.TrimRight(url, "/")
}

func (e *exam) ingressURL() string {
	return cmp.Or(e.o.URL, e.running.Ingress, e.apart(), e.base("ingress", e.ingress.Addr()))
}
