package diagnose

import (
	"bytes"
	"fmt"
	"strings"

	githubhook "github.com/switchyard-dev/switchyard/internal/webhook/github"
	jirahook "github.com/switchyard-dev/switchyard/internal/webhook/jira"
	notionhook "github.com/switchyard-dev/switchyard/internal/webhook/notion"
)

// missing says why a header may not have come, by the headers that did.
func (r Request) missing() cause {
	if c, misled := r.misled(); misled {
		return c
	}
	own := r.own()
	if own == "github" && r.Header.Get(jirahook.HeaderSignature) != "" {
		return cause{
			"only the header X-Hub-Signature came, which GitHub makes with SHA-1",
			"GitHub sends both: look for a proxy that drops " + r.SignatureHeader + ", or a server too old to send it",
		}
	}
	return unsigned(own, r)
}

// own is the source's name without the instance.
func (r Request) own() string {
	name, _, _ := strings.Cut(r.Source, "@")
	return name
}

// misled is for a request whose headers are another provider's.
func (r Request) misled() (cause, bool) {
	sender := r.sender()
	if sender == "" || sender == r.own() {
		return cause{}, false
	}
	return cause{"the headers are those of " + provider(sender), "send this webhook to /webhooks/" + sender}, true
}

// unsigned is for a request that nothing signs.
func unsigned(own string, r Request) cause {
	switch own {
	case "jira":
		return cause{
			"no signature came at all: the webhook has no secret, or is one of an app, which Jira doesn't sign",
			"enter the secret of " + r.setting() + " in the webhook's settings at Jira; for an app's, put a token of JIRA_WEBHOOK_TOKEN into the URL",
		}
	case "notion":
		if bytes.Contains(r.Body, []byte(`"verification_token"`)) {
			return cause{"this looks like the first request of a new subscription, which brings its token", "open the window for it with `switchyard notion connect`, and have Notion send it again"}
		}
		return cause{
			"no signature came at all: this was sent by an automation or a forwarder and not by a subscription",
			"have it send a token of NOTION_WEBHOOK_TOKEN as Authorization: Bearer, or make a subscription",
		}
	}
	return cause{
		"no signature came at all: the webhook has no secret",
		"enter the secret of " + r.setting() + " in the webhook's settings at GitHub, in the field Secret",
	}
}

// sender guesses from the headers whose request it is; "" where none tells.
func (r Request) sender() string {
	has := func(name string) bool { return r.Header.Get(name) != "" }
	switch {
	case has(notionhook.HeaderSignature):
		return "notion"
	case has(githubhook.HeaderSignature) || has(githubhook.HeaderEvent):
		return "github"
	case has(jirahook.HeaderIdentifier) || strings.HasPrefix(r.Header.Get(jirahook.HeaderSignature), "sha256="):
		return "jira"
	}
	return ""
}

// malformed says what is wrong with a header's value without showing it.
func (r Request) malformed() cause {
	if c, misled := r.misled(); misled {
		return c
	}
	const remedy = "look at what is between the provider and here, or at the program that signs"
	values := r.Header.Values(r.SignatureHeader)
	if len(values) > 1 {
		return cause{fmt.Sprintf("it came %d times", len(values)), "look for a proxy that doubles headers"}
	}
	value := strings.Join(values, "")
	name, digits, ok := strings.Cut(value, "=")
	switch {
	case strings.TrimSpace(value) != value || strings.ContainsAny(value, "\"' ,"):
		return cause{"there are spaces, quotes or commas in it", remedy}
	case !ok:
		return cause{"it names no method: sha256= is missing", remedy}
	case strings.EqualFold(name, "sha256") && name != "sha256":
		return cause{"its method is not in small letters", remedy}
	case name == "sha1" || name == "sha512" || name == "md5":
		return cause{"its method is " + name + ": only sha256 is accepted", remedy}
	case name != "sha256":
		return cause{"its method is not sha256", remedy}
	case len(digits) != 64:
		return cause{fmt.Sprintf("%d characters follow sha256= where 64 are wanted%s", len(digits), base64Length(len(digits))), remedy}
	}
	return cause{"what follows sha256= is not all hex digits", remedy}
}

// base64Length guesses at the commonest mistake of own programs.
func base64Length(n int) string {
	if n == 43 || n == 44 {
		return ": it may be base64, and hex is wanted"
	}
	return ""
}
