package policy

import (
	"regexp"
	"slices"
	"strings"
)

var (
	commentForm = regexp.MustCompile(`(?s)<!--.*?(-->|$)`)
	// A tag begins as HTML has it: "a < b" and "x <3" are none.
	tagForm       = regexp.MustCompile(`(?s)</?[A-Za-z][A-Za-z0-9-]*(\s[^<>]*)?/?>`)
	openTagForm   = regexp.MustCompile(`</?[A-Za-z][A-Za-z0-9-]*(\s[^<>]*)?$`)
	imageForm     = regexp.MustCompile(`!(\[[^\]\n]*\][(\[])`)
	wikiImageForm = regexp.MustCompile(`!([^!\s|][^!\n|]*\.[A-Za-z]{3,4}(\|[^!\n]*)?!)`)
	// What a backslash hides from us, Markdown reads all the same. The host goes as
	// far as a browser's: https://github.com)@evil.test is evil.test's.
	schemeForm = regexp.MustCompile(`(?i)\b(?:([a-z][a-z0-9+.-]{1,20})\\*:\\*/\\*/[/\\]*|(?:javascript|data|vbscript|file|mailto|tel)\\*:)([^\s/?#<]*)`)
	// [text](//host) and [text]: //host take the scheme of the page.
	relativeForm = regexp.MustCompile(`(\](?:\(|:)[ \t\n]*<?)[/\\]{2,}`)
	wwwForm      = regexp.MustCompile(`(?i)\bwww\.([A-Za-z0-9])`)
	entityForm   = regexp.MustCompile(`&(#?[A-Za-z0-9]{1,32};)`)
	mentionForm  = regexp.MustCompile(`@([\pL\pN_])`)
	wikiNameForm = regexp.MustCompile(`\[~`)
	slackForm    = regexp.MustCompile(`<([!@#])`)
	// https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
	keywordForm = regexp.MustCompile(`(?i)\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(:?[ \t\n]+)(#|GH-|https?://|[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+#)`)
	commandForm = regexp.MustCompile(`(?m)^([ \t]*)/([A-Za-z])`)
)

// cleanHTML drops tags, breaks entities, and drops comments, ours among them: a marker is added behind the text,
// and one within it would be a stranger's.
func cleanHTML(text string, _ []string) (string, int) {
	total := 0
	for _, form := range []*regexp.Regexp{commentForm, tagForm, openTagForm} {
		total += len(form.FindAllStringIndex(text, -1))
		text = form.ReplaceAllString(text, "")
	}
	// An entity would become, when it is shown, what is taken away here.
	total += len(entityForm.FindAllStringIndex(text, -1))
	return entityForm.ReplaceAllString(text, "&"+breaker+"$1"), total
}

// cleanImages leaves a link of Markdown's image: what is fetched when somebody
// looks tells who looked.
func cleanImages(text string, _ []string) (string, int) {
	return imageForm.ReplaceAllString(text, "$1"), len(imageForm.FindAllStringIndex(text, -1))
}

func cleanWikiImages(text string, _ []string) (string, int) {
	return wikiImageForm.ReplaceAllString(text, "! $1"), len(wikiImageForm.FindAllStringIndex(text, -1))
}

// cleanLinks takes the scheme from links to hosts that are not listed, and from
// all that are no web page: what is left leads nowhere by itself.
func cleanLinks(text string, hosts []string) (string, int) {
	n := len(relativeForm.FindAllStringIndex(text, -1)) + len(wwwForm.FindAllStringIndex(text, -1))
	text = relativeForm.ReplaceAllString(text, "$1")
	text = schemeForm.ReplaceAllStringFunc(text, func(link string) string {
		parts := schemeForm.FindStringSubmatch(link)
		scheme, host := strings.ToLower(parts[1]), parts[2]
		plain := strings.EqualFold(link, scheme+"://"+host)
		if plain && (scheme == "https" || scheme == "http") && slices.Contains(hosts, strings.ToLower(strings.TrimRight(host, "()[].,;:!'\"|>*_`"))) {
			return link
		}
		n++
		return host
	})
	return wwwForm.ReplaceAllString(text, "$1"), n
}

func cleanMentions(text string, _ []string) (string, int) {
	return mentionForm.ReplaceAllString(text, "@"+breaker+"$1"), len(mentionForm.FindAllStringIndex(text, -1))
}

// cleanWikiMentions breaks Jira's [~user] and [~accountid:…].
func cleanWikiMentions(text string, _ []string) (string, int) {
	return wikiNameForm.ReplaceAllString(text, "["+breaker+"~"), len(wikiNameForm.FindAllStringIndex(text, -1))
}

// cleanSlackMentions breaks <!channel>, <@U…> and <#C…>.
// Source: https://docs.slack.dev/messaging/formatting-message-text
func cleanSlackMentions(text string, _ []string) (string, int) {
	return slackForm.ReplaceAllString(text, "<"+breaker+"$1"), len(slackForm.FindAllStringIndex(text, -1))
}

// cleanKeywords breaks what would close an issue when a pull request is merged.
func cleanKeywords(text string, _ []string) (string, int) {
	return keywordForm.ReplaceAllString(text, "$1$2"+breaker+"$3"), len(keywordForm.FindAllStringIndex(text, -1))
}

// cleanCommands breaks /close, /approve and their like at a line's beginning.
func cleanCommands(text string, _ []string) (string, int) {
	return commandForm.ReplaceAllString(text, "$1/"+breaker+"$2"), len(commandForm.FindAllStringIndex(text, -1))
}
