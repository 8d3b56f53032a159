package tools

import (
	"context"
	"slices"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// known is what the graph has of a ref; nil for one that was never named.
func (a *asker) known(ctx context.Context, ref string) (*project.Entity, error) {
	found, err := a.graph.Entities(ctx, []string{ref})
	if err != nil || len(found) == 0 {
		return nil, unavailable(err)
	}
	return &found[0], nil
}

// unknown says why there is nothing of a ref: it was renamed, only named by
// others, or is probably another one's slip.
func (a *asker) unknown(ctx context.Context, ref string, missing *gap.Collector) error {
	links, err := a.graph.Linked(ctx, []string{ref}, defaultRows)
	if err != nil {
		return unavailable(err)
	}
	for _, l := range links {
		if other := otherName(ref, l.From, l.To, l.Rule); other != "" {
			missing.Add(&toolsv1.Gap{Code: "renamed", Detail: ref + " has another name by now, under which to ask: " + other, Setting: other})
			return nil
		}
	}
	entity, err := a.known(ctx, ref)
	if err != nil {
		return err
	}
	if entity != nil && entity.Stub {
		missing.Add(&toolsv1.Gap{Code: "not_seen", Detail: ref + " is named by others, and no event of its own came", Setting: hookOf(ref)})
		return nil
	}
	if entity != nil {
		missing.Add(&toolsv1.Gap{Code: "no_data", Detail: "events name " + ref + ", and none tells when something became of it"})
		return nil
	}
	near, err := a.near(ctx, ref)
	if err != nil {
		return err
	}
	g := &toolsv1.Gap{Code: "unknown_ref", Setting: hookOf(ref), Detail: "no event names " + ref + ": is it spelled as in `switchyard runs`, and its webhook set up?"}
	if _, ok := project.ParseRef(ref); !ok {
		g.Setting, g.Detail = "", ref+" is no ref: write github:repo:acme/api, github:pr:acme/api#42, github:user:ana, jira:issue:ACME-7, jira:project:ACME or notion:page:<32 hex>"
	}
	if len(near) > 0 {
		g.Setting, g.Detail = strings.Join(near, " "), "no event names "+ref+"; is it "+strings.Join(near, " or ")+"?"
	}
	missing.Add(g)
	return nil
}

// otherName is the other end of a link that the provider made between two names of one thing.
func otherName(ref, from, to, rule string) string {
	other := from
	if other == ref {
		other = to
	}
	a, _ := project.ParseRef(ref)
	b, _ := project.ParseRef(other)
	if rule != "native" || a.Type != b.Type || a.Source() != b.Source() {
		return ""
	}
	return other
}

// near are refs that were seen and that ref may be meant to be: with the case
// that the provider's names have, with the part that is left out of it, a pull
// request for an issue.
func (a *asker) near(ctx context.Context, ref string) ([]string, error) {
	found, err := a.graph.Entities(ctx, spellings(ref))
	if err != nil {
		return nil, unavailable(err)
	}
	var near []string
	for _, e := range found {
		if !e.Stub && e.Ref != ref {
			near = append(near, e.Ref)
		}
	}
	// Whoever names an issue or a change does not mean what contains it.
	contained := func(ref string) bool { r, _ := project.ParseRef(ref); return r.Type == "issue" || r.Type == "pr" }
	if slices.ContainsFunc(near, contained) {
		near = slices.DeleteFunc(near, func(ref string) bool { return !contained(ref) })
	}
	return near, nil
}

func spellings(ref string) []string {
	names := []string{ref}
	if r, ok := project.ParseRef(ref); ok {
		names = []string{r.Name}
	} else if i := strings.LastIndexByte(ref, ':'); i >= 0 {
		names = append(names, ref[i+1:])
	}
	var all []string
	for _, name := range names {
		lower, upper := strings.ToLower(name), strings.ToUpper(name)
		repo, _, _ := strings.Cut(lower, "#")
		project, _, _ := strings.Cut(upper, "-")
		all = append(all,
			"github:repo:"+repo, "github:user:"+name, "github:user:"+lower, "github:pr:"+lower, "github:issue:"+lower,
			"jira:issue:"+upper, "jira:project:"+project, "jira:user:"+name)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { _, ok := project.ParseRef(s); return !ok })
}
