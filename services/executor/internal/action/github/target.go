package github

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// target is what a command acts on. number is 0 for a repository.
type target struct {
	ref         action.Ref
	owner, repo string
	number      int
}

func parse(s string) (target, error) {
	ref, err := action.ParseRef(s)
	if err != nil {
		return target{}, err
	}
	full, number, numbered := strings.Cut(ref.Name, "#")
	owner, repo, ok := strings.Cut(full, "/")
	if !ok {
		return target{}, fmt.Errorf("ref %q: want owner/repo", s)
	}
	t := target{ref: ref, owner: owner, repo: repo}
	if !numbered {
		return t, nil
	}
	if t.number, err = strconv.Atoi(number); err != nil || t.number < 1 {
		return target{}, fmt.Errorf("ref %q: want owner/repo#number", s)
	}
	return t, nil
}

// String is the ref of the target as commands have it.
func (t target) String() string {
	source := t.ref.Source
	if t.ref.Instance != "" {
		source += "@" + t.ref.Instance
	}
	return source + ":" + t.ref.Kind + ":" + t.ref.Name
}

// of is the ref of something in the target's repository.
func (t target) of(kind, name string) string {
	return "github:" + kind + ":" + strings.ToLower(t.owner+"/"+t.repo) + "#" + name
}

// path is below the API's URL: repos/owner/repo and what follows.
func (t target) path(rest string) string { return "repos/" + t.owner + "/" + t.repo + rest }

// issue is the target's path as an issue; a pull request is one, with the same number.
func (t target) issue(rest string) string {
	return t.path("/issues/" + strconv.Itoa(t.number) + rest)
}

// where is the API's URL for a target. A named instance's host is not known here
// and is shown as a placeholder.
func (g *GitHub) where(t target) string {
	if t.ref.Instance == "" {
		return g.base
	}
	return "https://<" + t.ref.Instance + ">/api/v3/"
}
