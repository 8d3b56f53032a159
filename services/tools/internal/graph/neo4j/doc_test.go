package neo4j_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// What docs/memory.md asks by hand is asked as it stands there.
func TestQuestionsOfTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../../../../docs/memory.md")
	if err != nil {
		t.Fatal(err)
	}
	questions := regexp.MustCompile("(?s)```cypher\n(.*?)```").FindAllSubmatch(page, -1)
	s := open(t)
	all := rows(41, 3)
	all.Entities[1].Ref, all.Links[2].From = "github:pr:acme/web#7", "github:pr:acme/web#7"
	all.Entities[1].Place = "github:repo:acme/web"
	all.Links[0].From = "github:pr:acme/api#42"
	all.Entities[0].Ref = all.Links[0].From
	// Its title was seen later without the link.
	all.Entities[1].Texts["title"]++
	all.Links = []graph.Related{all.Links[0], all.Links[2]}
	write(t, s, 1, all, ledger.Rows{})
	want := []string{
		"[map[change:github:pr:acme/api#42 gone:false] map[change:github:pr:acme/web#7 gone:true]]",
		"[map[change:github:pr:acme/api#43 state:open]]",
		"[map[issue:jira:issue:ACME-7 places:[github:repo:acme/api github:repo:acme/web]]]",
		"[map[way:[github:pr:acme/api#42 jira:issue:ACME-7 github:pr:acme/web#7]]]",
	}
	var got []string
	for _, q := range questions {
		found := ask(t, s, string(q[1]))
		for _, r := range found {
			delete(r, "last")
			delete(r, "rule")
			delete(r, "confidence")
		}
		got = append(got, fmt.Sprint(found))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
