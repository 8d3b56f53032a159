package doctor

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
)

const newSecret = "`switchyard secret` prints a good one"

// source is one site of a provider, with the settings of its secrets and of its
// tokens, which GitHub has none of.
type source struct{ name, path, title, setting, token string }

// sources are the first site of each provider, then the named ones.
func (e *exam) sources() []source {
	titles := map[string]string{"github": "GitHub", "jira": "Jira", "notion": "Notion"}
	all := []source{
		{"github", "github", titles["github"], "GITHUB_WEBHOOK_SECRET", ""},
		{"jira", "jira", titles["jira"], "JIRA_WEBHOOK_SECRET", "JIRA_WEBHOOK_TOKEN"},
		{"notion", "notion", titles["notion"], "NOTION_WEBHOOK_SECRET", "NOTION_WEBHOOK_TOKEN"},
	}
	for _, n := range e.ingress.Named {
		all = append(all, source{n.Source, n.Source + "/" + n.Name, titles[n.Source] + "@" + n.Name, n.Secret.Name, n.Token.Name})
	}
	return all
}

// configured tells whether ingress takes anything of a source.
func (e *exam) configured(s source) bool {
	return len(e.values(s.setting)) > 0 || len(e.values(s.token)) > 0 || awaited(s.setting, e.lookup)
}

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
	return config.Split(e.value(name))
}

// secrets examines what signs, seals and authenticates. Nothing of a value is
// told but its length.
func (e *exam) secrets() {
	holders := map[string]string{} // value → setting
	for _, s := range e.sources() {
		if tokens := e.values(s.token); len(tokens) > 0 {
			e.examine(s.token, "token", tokens, holders)
		}
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
	e.tokens(holders)
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
	others := slices.ContainsFunc(e.sources(), e.configured)
	switch {
	case e.remote():
		e.found("secrets", OK, s.setting, s.setting+" is not set here: nothing is sent as "+s.title, "")
	case len(e.values(s.token)) > 0:
		e.found("secrets", OK, s.setting, fmt.Sprintf("%s is not set: of %s only what bears a token is taken, and remembered without action", s.setting, s.title), "")
	case awaited(s.setting, e.lookup):
		e.found("secrets", OK, s.setting, s.setting+" is not there yet: the handshake with "+s.title+" brings it", "")
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
		lengths = append(lengths, strconv.Itoa(len(v)))
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
	case len(v) < credential.MinLength && what == "key":
		return Problem, "is too short: ingress and tools don't start", fresh
	case len(v) < credential.MinLength:
		return Warning, "is too short: it can be found out by trying", fresh
	case strings.ContainsAny(v, " \t\r"):
		return Warning, "has white space inside, which forms and files easily lose", fresh
	}
	return "", "", ""
}

// example tells whether documentation shows a secret, or everybody thinks of it first.
func example(v string) bool {
	return credential.Example(v) || slices.Contains(credential.Guesses(), strings.ToLower(v))
}
