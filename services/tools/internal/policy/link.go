package policy

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// hosts are those that text may link to: the providers' own, the event's, our
// sites, and what the policy lists under links.
func (p *Policy) hosts(e *eventv1.WebhookEvent) []string {
	hosts := append([]string{"github.com", "www.notion.so", "notion.so", "app.notion.com"}, p.links...)
	for _, host := range p.sites {
		hosts = append(hosts, host)
	}
	// The provider's own URL of the subject, out of the signed body.
	url, _ := project.Scalar(e.GetFields().GetFields()["url"])
	if _, rest, ok := strings.Cut(url, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		hosts = append(hosts, strings.ToLower(host))
	}
	return hosts
}
