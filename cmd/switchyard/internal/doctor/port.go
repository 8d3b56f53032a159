package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// port is where one of the services listens.
type port struct {
	service, setting, addr string
	// running is the base URL that the instance announced, "" if it does not run.
	running string
}

func (p port) String() string { return p.setting + "=" + p.addr }

func (e *exam) listeners() []port {
	return []port{
		{"ingress", "WEBHOOK_SERVER_PORT", e.ingress.Addr(), e.running.Ingress},
		{"agent", "AGENT_LISTEN", e.agent.Listen, e.running.Agent},
		{"tools", "TOOLS_LISTEN", e.tools.Listen, e.running.Tools},
		{"executor", "EXECUTOR_LISTEN", e.executor.Listen, e.running.Executor},
	}
}

// ports examines each service's: free, the service's own, or another program's.
func (e *exam) ports(ctx context.Context) {
	taken := map[string]string{}
	for _, p := range e.listeners() {
		number := portOf(p.addr)
		if other := taken[number]; other != "" && number != "0" {
			e.found("ports", Problem, p.setting, fmt.Sprintf("%s: %s names port %s too", p, other, number), "give each its own port")
			continue
		}
		taken[number] = p.setting
		if p.running != "" {
			e.found("ports", OK, p.setting, fmt.Sprintf("%s listens at %s", p.service, p.running), "")
			continue
		}
		e.port(ctx, p)
	}
}

func (e *exam) port(ctx context.Context, p port) {
	ln, err := net.Listen("tcp", p.addr)
	if err == nil {
		_ = ln.Close()
		e.found("ports", OK, p.setting, p.String()+": free", "")
		return
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		e.found("ports", Problem, p.setting, fmt.Sprintf("%s: %v", p, err), "set "+p.setting+" to an address of this machine and a port above 1023")
		return
	}
	a := e.ask(ctx, p.service, e.base(p.service, p.addr))
	name := a.service()
	_, certificate := errors.AsType[*tls.CertificateVerificationError](a.err)
	switch {
	case name == p.service:
		e.found("ports", OK, p.setting, fmt.Sprintf("%s: %s listens there", p, p.service), "")
	case certificate:
		e.found("ports", OK, p.setting, fmt.Sprintf("%s: what listens there has a certificate for another name", p), "")
	default:
		e.found("ports", Problem, p.setting, fmt.Sprintf("%s: %s listens there, so %s can't", p, cmp.Or(name, "another program"), p.service), "stop it, or set "+p.setting+" to a free one")
	}
}

// base is where this machine reaches a service that listens on an address, also
// on all interfaces.
func (e *exam) base(service, addr string) string {
	scheme := "http://"
	secure := map[string]bool{"ingress": e.ingress.Secure(), "agent": e.agent.Secure(), "tools": e.tools.Secure(), "executor": e.executor.Secure()}
	if secure[service] {
		scheme = "https://"
	}
	host, number, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return scheme + net.JoinHostPort("127.0.0.1", number)
	}
	return scheme + addr
}
