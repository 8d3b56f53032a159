package jira

import "testing"

func TestPlainHoldsNoMarkup(t *testing.T) {
	for text, want := range map[string]string{
		"acme/api#42 was merged.\n\nSee *there*": "acme/api#42 was merged.\n\nSee *there*",
		"[~octocat] [x|http://e.example]":        `\[~octocat\] \[x|http://e.example\]`,
		"{code}x{code} !i.png!":                  `\{code\}x\{code\} \!i.png\!`,
		`\[~octocat]`:                            `\\\[~octocat\]`,
	} {
		if got := plain(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
