package providertest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func jiraClient(t *testing.T, url string) *client {
	return &client{t: t, url: url, check: open(t, "jira"), header: http.Header{"Authorization": {"Bearer " + Token}, "Accept": {"application/json"}}}
}

func doc(text string) string {
	return `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"` + text + `"}]}]}`
}

func TestJiraKeepsWhatItIsTold(t *testing.T) {
	j := NewJira(t, provider.Options{})
	c := jiraClient(t, j.URL)
	c.do("GET", "/rest/api/3/myself", "").want(t, 200, provider.JiraBot)
	c.do("GET", "/rest/api/3/user/search?query=dev-one", "").want(t, 200, "dev-one")
	c.do("GET", "/rest/api/3/issue/ACME-7?fields=status", "").want(t, 200, `"name":"In Review"`)

	made := c.do("POST", "/rest/api/3/issue/ACME-7/comment", `{"body":`+doc("merged")+`,"properties":[{"key":"switchyard","value":{"effect_key":"k1"}}]}`).want(t, 201, "merged")
	id, _ := made.field("id").(string)
	c.do("GET", "/rest/api/3/comment/"+id+"/properties/switchyard", "").want(t, 200, `"effect_key":"k1"`)
	c.do("GET", "/rest/api/3/comment/"+id+"/properties", "").want(t, 200, `"key":"switchyard"`)
	c.do("PUT", "/rest/api/3/comment/"+id+"/properties/other", `{"a":1}`).want(t, 201, "")
	c.do("PUT", "/rest/api/3/issue/ACME-7/comment/"+id, `{"body":`+doc("edited")+`}`).want(t, 200, "edited")
	j.AddComment("ACME-7", "712020:00000000-0000-4000-8000-000000000001", "theirs", nil)
	c.do("GET", "/rest/api/3/issue/ACME-7/comment?orderBy=-created&maxResults=1", "").want(t, 200, "theirs")
	c.do("GET", "/rest/api/3/issue/ACME-7/comment?startAt=0&maxResults=1&expand=properties", "").want(t, 200, `"effect_key":"k1"`)
	if got := j.Comments("ACME-7", "k1"); len(got) != 1 || got[0].Text != "edited" || got[0].Author != provider.JiraBot {
		t.Errorf("comments %+v", got)
	}

	list := c.do("GET", "/rest/api/3/issue/ACME-7/transitions", "").want(t, 200, `"name":"Done"`)
	if list.field("transitions.1.id") != "41" || list.field("transitions.2") != nil {
		t.Errorf("transitions %s", list.body)
	}
	c.do("POST", "/rest/api/3/issue/ACME-7/transitions", `{"transition":{"id":"41"}}`).want(t, 204, "")
	c.do("POST", "/rest/api/3/issue/ACME-7/transitions", `{"transition":{"id":"41"}}`).want(t, 400, "not valid for the current state")
	if i := j.Issue("ACME-7"); i.Status != "Done" || i.Transitions != 1 {
		t.Errorf("got %+v", i)
	}

	link := `{"globalId":"system=switchyard&id=1","object":{"url":"https://github.com/acme/api/pull/42","title":"acme/api#42"}}`
	c.do("POST", "/rest/api/3/issue/ACME-7/remotelink", link).want(t, 201, "id")
	c.do("POST", "/rest/api/3/issue/ACME-7/remotelink", strings.Replace(link, "acme/api#42", "again", 1)).want(t, 200, "id")
	c.do("GET", "/rest/api/3/issue/ACME-7/remotelink?globalId=system%3Dswitchyard%26id%3D1", "").want(t, 200, "again")
	c.do("GET", "/rest/api/3/issue/ACME-7/remotelink?globalId=none", "").want(t, 404, "cannot be found")
	if got := j.Issue("ACME-7").Links; len(got) != 1 || got[0].Title != "again" {
		t.Errorf("links %+v", got)
	}

	c.do("PUT", "/rest/api/3/issue/ACME-7/assignee", `{"accountId":"712020:00000000-0000-4000-8000-000000000002"}`).want(t, 204, "")
	c.do("PUT", "/rest/api/3/issue/ACME-7/assignee", `{"accountId":"712020:none"}`).want(t, 400, "cannot be assigned")
	c.do("GET", "/rest/api/3/issue/ACME-7?fields=assignee", "").want(t, 200, "dev-two")
	c.do("PUT", "/rest/api/3/issue/ACME-7/assignee", `{"accountId":null}`).want(t, 204, "")
	c.do("PUT", "/rest/api/3/issue/ACME-7", `{"fields":{"labels":["one"]}}`).want(t, 204, "")
}

func TestJiraCreatesAndFinds(t *testing.T) {
	j := NewJira(t, provider.Options{Email: "bot@example.com"})
	c := jiraClient(t, j.URL)
	c.do("GET", "/rest/api/3/myself", "").want(t, 401, "errorMessages")
	req, _ := http.NewRequest(http.MethodGet, j.URL, nil)
	req.SetBasicAuth("bot@example.com", Token)
	c = c.with("Authorization", req.Header.Get("Authorization"))
	c.do("POST", "/rest/api/3/issue", `{"fields":{"project":{"key":"ACME"},"issuetype":{"name":"Bug"},"summary":"it broke","description":`+doc("so")+`},"properties":[{"key":"switchyard","value":{"effect_key":"k2"}}]}`).want(t, 201, `"key":"ACME-101"`)
	const search = "/rest/api/3/search/jql?fields=created&properties=switchyard&maxResults=50&jql=project+%3D+%22ACME%22+AND+creator+%3D+currentUser%28%29+ORDER+BY+created+DESC"
	c.do("GET", search, "").want(t, 200, `"effect_key":"k2"`)
	c.do("POST", "/rest/api/3/search/jql", `{"jql":"labels = payments","fields":["summary"]}`).want(t, 200, "ACME-7")
	j.Lag(time.Hour)
	c.do("GET", search, "").want(t, 200, `"issues":[]`)
	for name, tc := range map[string]struct {
		body, says string
	}{
		"another project":   {`{"fields":{"project":{"key":"OTHER"},"issuetype":{"name":"Bug"},"summary":"x"}}`, `"project":"valid project`},
		"another type":      {`{"fields":{"project":{"key":"ACME"},"issuetype":{"name":"Epic"},"summary":"x"}}`, `"issuetype":`},
		"nobody's assignee": {`{"fields":{"project":{"key":"ACME"},"issuetype":{"name":"Bug"},"summary":"x","assignee":{"accountId":"none"}}}`, `"assignee":`},
	} {
		t.Run(name, func(t *testing.T) {
			one := *c
			one.t = t
			one.do("POST", "/rest/api/3/issue", tc.body).want(t, 400, tc.says)
		})
	}
	c.do("GET", "/rest/api/3/issue/ACME-404", "").want(t, 404, "Issue does not exist")
	c.do("GET", "/ex/jira/cloud-id/rest/api/3/issue/ACME-101", "").want(t, 200, "it broke")
	if n := len(j.Issues("ACME")); n != 2 {
		t.Errorf("%d issues", n)
	}
}

func TestJiraDataCenter(t *testing.T) {
	j := NewJira(t, provider.Options{DataCenter: true})
	c := jiraClient(t, j.URL)
	c.check = nil // the description is Cloud's
	c.do("GET", "/rest/api/2/myself", "").want(t, 200, `"name":"switchyard-bot"`)
	c.do("POST", "/rest/api/2/issue/ACME-7/comment", `{"body":`+doc("x")+`}`).want(t, 400, "not valid")
	c.do("POST", "/rest/api/2/issue/ACME-7/comment", `{"body":"plain","properties":[{"key":"switchyard","value":{"effect_key":"k"}}]}`).want(t, 201, "plain")
	c.do("PUT", "/rest/api/2/issue/ACME-7/assignee", `{"name":"dev-two"}`).want(t, 204, "")
	c.do("POST", "/rest/api/2/issue", `{"fields":{"project":{"key":"ACME"},"issuetype":{"name":"Bug"},"summary":"x","description":"y"}}`).want(t, 201, "ACME-101")
	c.do("GET", "/rest/api/2/search?jql=project+%3D+ACME", "").want(t, 200, `"total":2`)
	if i := j.Issue("ACME-7"); i.Assignee != "dev-two" || i.Comments[0].Author != provider.JiraBotName {
		t.Errorf("got %+v", i)
	}
}
