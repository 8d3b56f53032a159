package doctor

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// minSecret is how many bytes a secret has at least that can't be found out by
// trying on one captured request.
const minSecret = 16

const newSecret = "`switchyard secret` prints a good one"

// source is a provider with the setting of its secrets.
type source struct{ name, title, setting string }

func sources() []source {
	return []source{
		{"github", "GitHub", "GITHUB_WEBHOOK_SECRET"},
		{"jira", "Jira", "JIRA_WEBHOOK_SECRET"},
		{"notion", "Notion", "NOTION_WEBHOOK_SECRET"},
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// value is a setting's, from where the services find it; "" if none.
func (e *exam) value(name string) string {
	if v, _ := e.lookup(name); v != "" {
		return strings.TrimSpace(v)
	}
	file, _ := e.lookup(name + "_FILE")
	if file == "" {
		return ""
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "" // reported with the settings
	}
	return strings.TrimSpace(string(b))
}

// values are those of a setting that holds several.
func (e *exam) values(name string) []string {
	var all []string
	for part := range strings.FieldsFuncSeq(e.value(name), func(r rune) bool { return r == ',' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// secrets examines what signs, seals and authenticates. Nothing of a value is
// told but its length.
func (e *exam) secrets() {
	holders := map[string]string{} // value → setting
	for _, s := range sources() {
		values := e.values(s.setting)
		switch {
		case slices.Contains(e.unusable, s.setting): // reported with the settings
			continue
		case len(values) == 0:
			e.noSecret(s)
			continue
		}
		e.examine(s.setting, "secret", values, holders)
	}
	if e.remote() {
		return // what its services share stands on that machine
	}
	e.sealKey(holders)
	e.serviceToken(holders)
}

func (e *exam) sealKey(holders map[string]string) {
	const name = "SEAL_KEY"
	keys := e.values(name)
	switch {
	case slices.Contains(e.unusable, name):
	case len(keys) > 0:
		e.examine(name, "key", keys, holders)
	case e.fresh():
		e.found("secrets", OK, name, name+" is not set: `switchyard dev` makes one", "")
	default:
		e.found("secrets", Problem, name, name+" is not set: ingress and tools don't start", "set it to the same for both; "+newSecret)
	}
}

// fresh tells whether nothing was made or set yet, and nothing runs.
func (e *exam) fresh() bool {
	_, err := os.Stat(e.o.Data)
	return err != nil && !e.up && e.o.URL == ""
}

func (e *exam) noSecret(s source) {
	others := slices.ContainsFunc(sources(), func(s source) bool { return len(e.values(s.setting)) > 0 })
	switch {
	case e.remote():
		e.found("secrets", OK, s.setting, s.setting+" is not set here: nothing is sent as "+s.title, "")
	case e.fresh() && !others:
		e.found("secrets", OK, s.setting, s.setting+" is not set: `switchyard dev` makes one", "")
	case others:
		e.found("secrets", OK, s.setting, fmt.Sprintf("%s is not set: webhooks of %s are answered 503 source_not_configured", s.setting, s.title), "")
	default:
		e.found("secrets", Problem, s.setting, s.setting+" is not set, and no other source has a secret: ingress does not start", "set the secret that "+s.title+" signs with; "+newSecret)
	}
}

// examine judges each of a setting's values, and reports the setting once if all are good.
func (e *exam) examine(setting, what string, values []string, holders map[string]string) {
	good := true
	var lengths []string
	for i, v := range values {
		lengths = append(lengths, itoa(len(v)))
		which := setting
		if len(values) > 1 {
			which = fmt.Sprintf("%s, %s %d of %d,", setting, what, i+1, len(values))
		}
		if level, flaw, remedy := flaw(v, what); flaw != "" {
			good = false
			e.found("secrets", level, setting, fmt.Sprintf("%s %s (%s, %s)", which, flaw, plural(len(v), "byte"), e.where(setting)), remedy)
		}
		if other := holders[v]; other != "" && other != setting {
			good = false
			e.found("secrets", Warning, setting, fmt.Sprintf("%s is the same as %s: who learns one has both", which, other), "give each its own; "+newSecret)
		}
		holders[v] = setting
	}
	if good {
		e.found("secrets", OK, setting, fmt.Sprintf("%s: %s of %s bytes, %s", setting, plural(len(values), what), strings.Join(lengths, ", "), e.where(setting)), "")
	}
}

// flaw says what is wrong with one secret, if anything is.
func flaw(v, what string) (level Level, flaw, remedy string) {
	fresh := "set another one, here and at its other end; " + newSecret
	quoted := len(v) > 1 && strings.ContainsRune(`"'`, rune(v[0])) && v[len(v)-1] == v[0]
	switch {
	case example(strings.Trim(v, `"'`)):
		return Problem, "is the example of a guide: everybody can sign with it", fresh
	case quoted:
		return Problem, "has quotes around it, which are taken as part of the " + what, "remove the quotes: this place is no shell"
	case len(v) < minSecret:
		return Problem, "is too short: it can be found out by trying", fresh
	case strings.ContainsAny(v, " \t\r"):
		return Warning, "has white space inside, which forms and files easily lose", fresh
	}
	return "", "", ""
}

// example tells whether documentation shows a secret. The fourth is that of
// GitHub's and Atlassian's test vectors (docs.github.com, "Validating webhook
// deliveries").
func example(v string) bool {
	known := []string{
		"your_random_secret_here", "your_jira_secret_here", "your_secret_here", "it's a secret to everybody",
		"changeme", "change-me", "change_me", "secret", "password", "test",
	}
	return slices.Contains(known, strings.ToLower(v))
}

// serviceToken examines the token between the services, which is needed where
// one of them listens beyond this machine.
func (e *exam) serviceToken(holders map[string]string) {
	token := e.value("SERVICE_TOKEN")
	if token != "" {
		e.examine("SERVICE_TOKEN", "token", []string{token}, holders)
		return
	}
	open := false
	for _, l := range []struct{ setting, addr string }{
		{"AGENT_LISTEN", e.agent.Listen}, {"TOOLS_LISTEN", e.tools.Listen}, {"EXECUTOR_LISTEN", e.executor.Listen},
	} {
		if l.addr != "" && !loopback(hostOf("http://"+l.addr)) {
			open = true
			e.found("secrets", Problem, "SERVICE_TOKEN", fmt.Sprintf("SERVICE_TOKEN is not set and %s=%s is beyond loopback: the service does not start", l.setting, l.addr), "set SERVICE_TOKEN to the same for all services, or listen on 127.0.0.1; "+newSecret)
		}
	}
	if !open {
		e.found("secrets", OK, "SERVICE_TOKEN", "SERVICE_TOKEN is not set: the services' own APIs are open on this machine, and only there", "")
	}
}

// secretSettings are those that are examined here and not by ingress.
func secretSettings() []string {
	all := []string{"SEAL_KEY"}
	for _, s := range sources() {
		all = append(all, s.setting)
	}
	return all
}
