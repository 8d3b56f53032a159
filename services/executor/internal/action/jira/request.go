package jira

import (
	"net/url"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// issueURL is the issue's resource. A site has no well-known host: it is shown
// as a placeholder that names the instance.
func issueURL(target string) (base, key string, err error) {
	ref, err := action.ParseRef(target)
	if err != nil {
		return "", "", err
	}
	site := ref.Instance
	if site == "" {
		site = "site"
	}
	return "https://{" + site + "}.atlassian.net/rest/api/3/issue/" + url.PathEscape(ref.Name), ref.Name, nil
}

func header() map[string]string {
	return map[string]string{"Accept": "application/json", "Content-Type": "application/json"}
}
