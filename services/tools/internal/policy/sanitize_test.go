package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

var linkHosts = []string{"github.com", "acme.atlassian.net"}

func TestSanitize(t *testing.T) {
	tests := map[string]struct {
		provider, text string
		limit          int
		want, removed  string
	}{
		"plain":                    {"github", "merged #42\n\tdone, a < b && c > d, 5 @ 3, x <3", 0, "merged #42\n\tdone, a < b && c > d, 5 @ 3, x <3", ""},
		"mentions":                 {"github", "@octo and @acme/team, a@b", 0, "@\u200bocto and @\u200bacme/team, a@\u200bb", "mention 3"},
		"jira's mentions":          {"jira", "[~octo] [~accountid:1]", 0, "[\u200b~octo] [\u200b~accountid:1]", "mention 2"},
		"slack's mentions":         {"slack", "<!channel> <@U012> <#C012|x> <!subteam^S1>", 0, "<\u200b!channel> <\u200b@\u200bU012> <\u200b#C012|x> <\u200b!subteam^S1>", "mention 5"},
		"control":                  {"github", "a\x00b\x1b[31mc\r\nd\u0085", 0, "ab[31mc\nd", "control 3"},
		"bidi":                     {"notion", "a\u202eb\u2066c\u200f", 0, "abc", "control 3"},
		"hidden in a mention":      {"github", "@\u200d\u202eocto", 0, "@\u200bocto", "control 2, mention 1"},
		"not UTF-8":                {"github", "a\xffb", 0, "a\ufffdb", ""},
		"closing keywords":         {"github", "fixes #1, Closes: acme/api#2, resolved GH-3 and fix\n#4", 0, "fixes \u200b#1, Closes: \u200bacme/api#2, resolved \u200bGH-3 and fix\n\u200b#4", "keyword 4"},
		"a closing keyword's link": {"github", "fixes https://github.com/acme/api/issues/1", 0, "fixes \u200bhttps://github.com/acme/api/issues/1", "keyword 1"},
		"a split keyword":          {"github", "fix\u200bes #1", 0, "fixes \u200b#1", "control 1, keyword 1"},
		"keywords that close none": {"github", "this fixes the build, see #1", 0, "this fixes the build, see #1", ""},
		"keywords elsewhere":       {"jira", "fixes #1", 0, "fixes #1", ""},
		"commands":                 {"github", "/close\n  /approve no-issue\na /b", 0, "/\u200bclose\n  /\u200bapprove no-issue\na /b", "command 2"},
		"an image":                 {"github", "![x](https://evil.test/p.png) and ![y][z]", 0, "[x](evil.test/p.png) and [y][z]", "image 2, link 1"},
		"jira's image":             {"jira", "!https://evil.test/p.png|width=1! done!", 0, "! evil.test/p.png|width=1! done!", "link 1, image 1"},
		"html":                     {"github", "<img src=x onerror=y>a<b>b</b><!-- switchyard:x -->c<!-- open", 0, "abc", "html 5"},
		"html in html":             {"github", "<scr<b>ipt>x</scr</b>ipt>", 0, "x", "html 4"},
		"an unclosed tag":          {"github", "a <img src=x", 0, "a ", "html 1"},
		"entities":                 {"github", "&commat;octo &#104;ttps://evil.test", 0, "&\u200bcommat;octo &\u200b#104;evil.test", "html 2, link 1"},
		"own links":                {"github", "https://github.com/acme/api/pull/42 [x](https://acme.atlassian.net/browse/A-1)", 0, "https://github.com/acme/api/pull/42 [x](https://acme.atlassian.net/browse/A-1)", ""},
		"foreign links":            {"github", "see https://evil.test/x, HTTP://EVIL.test and ftp://evil.test", 0, "see evil.test/x, EVIL.test and evil.test", "link 3"},
		"a host within a host":     {"github", "https://github.com.evil.test https://github.com@evil.test https://evil.test/github.com", 0, "github.com.evil.test github.com@\u200bevil.test evil.test/github.com", "link 3, mention 1"},
		"a scheme in disguise":     {"github", `[x](https\://evil.test) [y](//evil.test) [z](/\evil.test)`, 0, "[x](evil.test) [y](evil.test) [z](evil.test)", "link 3"},
		"a host behind a host":     {"github", "https://github.com)@evil.test [x](https://github.com\\@evil.test) https:\\//github.com", 0, "github.com)@\u200bevil.test [x](github.com\\@\u200bevil.test) github.com", "link 3, mention 2"},
		"a host with a full stop":  {"github", "(https://github.com), https://github.com.", 0, "(https://github.com), https://github.com.", ""},
		"www":                      {"github", "www.evil.test", 0, "evil.test", "link 1"},
		"script":                   {"github", "[x](javascript:alert) [y](DATA:text/html,x)", 0, "[x](alert) [y](text/html,x)", "link 2"},
		"slack's link":             {"slack", "<https://evil.test|ours> <https://github.com/a|ours>", 0, "<evil.test|ours> <https://github.com/a|ours>", "link 1"},
		"cut":                      {"github", "abcdef", 4, "abc…", "length 1"},
		"cut runes":                {"github", "äöüß", 3, "äö…", "length 1"},
		"fits":                     {"github", "äöü", 3, "äöü", ""},
		"cut behind a mention":     {"github", "ab@cdef", 5, "ab@…", "mention 1, length 1"},
		"default":                  {"", strings.Repeat("x", 5000), 0, strings.Repeat("x", 3999) + "…", "length 1"},
		"bounded":                  {"", strings.Repeat("<b>", 50000), 100, "", "length 1, html 267"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, removed := policy.Sanitize(test.provider, test.text, test.limit, linkHosts)
			var words []string
			for _, r := range removed {
				words = append(words, fmt.Sprintf("%s %d", r.Kind, r.Count))
			}
			if list := strings.Join(words, ", "); got != test.want || list != test.removed {
				t.Errorf("got  %q (%s)\nwant %q (%s)", got, list, test.want, test.removed)
			}
			if again, more := policy.Sanitize(test.provider, got, test.limit, linkHosts); again != got || len(more) > 0 {
				t.Errorf("again: %q, %v", again, more)
			}
		})
	}
}

// Whatever comes in, what goes out is bounded, clean by its own measure, and
// stays as it is.
func FuzzSanitize(f *testing.F) {
	for _, text := range []string{
		"@octo fixes #1", "<!channel> <@U1>", "![x](https://evil.test)", "<scr<b>ipt>", "/close", "[~x] !a.png!b.png!c.png!", "&#64;x", "a\u200b@\u200bb",
		`[x](ht\tps\://evil)`, "fix fix #1", "https://https://evil.test", "wwwwww..www.evil", "<!-- <!-- --> -->", "http:javascript:data:x", "\u200b/close", "@@@a", "<<a>a>",
	} {
		f.Add(text, uint8(0), uint16(40))
	}
	f.Fuzz(func(t *testing.T, text string, provider uint8, limit uint16) {
		name := []string{"github", "jira", "notion", "slack", ""}[provider%5]
		got, _ := policy.Sanitize(name, text, int(limit), linkHosts)
		most := int(limit)
		if most == 0 {
			most = 4000
		}
		if utf8.RuneCountInString(got) > most || !utf8.ValidString(got) {
			t.Errorf("%q became %q, limit %d", text, got, limit)
		}
		if again, removed := policy.Sanitize(name, got, int(limit), linkHosts); again != got || len(removed) > 0 {
			t.Errorf("%q became %q, and then %q (%v)", text, got, again, removed)
		}
		if strings.Contains(strings.ToLower(got), "http://evil") || strings.Contains(got, "<!--") || strings.Contains(got, "@o") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
