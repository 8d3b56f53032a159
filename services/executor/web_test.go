package executor

import "testing"

// Remote links lead to where people see what the API has.
func TestWebOf(t *testing.T) {
	for api, want := range map[string]string{
		"":                               "https://github.com",
		"https://api.github.com":         "https://github.com",
		"https://github.example/api/v3":  "https://github.example",
		"https://github.example/api/v3/": "https://github.example",
		"https://api.octocorp.ghe.com":   "https://octocorp.ghe.com",
		"http://127.0.0.1:8011":          "https://github.com",
	} {
		if got := webOf(api); got != want {
			t.Errorf("%s: got %s, want %s", api, got, want)
		}
	}
}
