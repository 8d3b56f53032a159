package provider

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (g *GitHub) getPull(c *call) reply {
	r, i := g.at(c)
	if i == nil || !i.Pull {
		return g.notFound()
	}
	return ok(g.pullOf(r, i))
}

// requestReviewers refuses all when one may not review.
//
// Source: https://docs.github.com/en/rest/pulls/review-requests
func (g *GitHub) requestReviewers(c *call) reply {
	r, i := g.at(c)
	if i == nil || !i.Pull {
		return g.notFound()
	}
	var in struct {
		Reviewers     []string `json:"reviewers"`
		TeamReviewers []string `json:"team_reviewers"`
	}
	if err := c.decode(&in); err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	for _, login := range in.Reviewers {
		if strings.EqualFold(login, i.Author) {
			return g.failure(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
		}
	}
	strange := slices.ContainsFunc(in.Reviewers, func(l string) bool { return !r.writes(l) }) ||
		slices.ContainsFunc(in.TeamReviewers, func(t string) bool { return !slices.Contains(r.teams, t) })
	if strange {
		return g.failure(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "+r.name+" repository.")
	}
	i.Reviewers = union(i.Reviewers, in.Reviewers)
	i.TeamReviewers = union(i.TeamReviewers, in.TeamReviewers)
	i.Updated = c.now
	g.changed(c, "reviews requested", r.ref(i), strconv.Itoa(i.Number))
	return created(g.pullOf(r, i))
}

func union(have, more []string) []string {
	for _, one := range more {
		if !slices.Contains(have, one) {
			have = append(have, one)
		}
	}
	return have
}
