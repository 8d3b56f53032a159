package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// githubWaits is how long GitHub waits for an answer, and it never tries again.
// Source: docs.github.com, "Best practices for using webhooks".
const githubWaits = 10 * time.Second

// risks looks at values that can be read and do what nobody wants.
func (e *exam) risks() {
	const proxies = "TRUSTED_PROXIES"
	for _, network := range config.Split(e.ingress.TrustedProxies) {
		if strings.HasSuffix(network, "/0") {
			e.found("settings", Warning, proxies, fmt.Sprintf("%s=%s: anybody is a proxy, and names the address that he is taken for", proxies, network), "name the proxy's own address")
		}
	}
	if e.ingress.Deadline >= githubWaits {
		const name = "WEBHOOK_DEADLINE"
		e.found("settings", Warning, name, fmt.Sprintf("%s=%v: GitHub gives up after %v and never tries again", name, e.ingress.Deadline, githubWaits), "set it below; 8.5s leaves time for the way")
	}
}
