package policy

import (
	"slices"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	// maxTargets is how many links of a kind act per event.
	maxTargets = 5
	// maxJudged bounds the list that is stored with a run. Targets come first,
	// so that none is lost.
	maxJudged = 100
)

// Judge numbers and judges a run's links: those of the event's own text, then
// those known of its subject from earlier events, in either direction. Known
// links are given as they were extracted. Seen tells which refs are entities
// that were seen, not only named.
//
// A link is a target if its text is trusted, it is not what a revert undoes,
// its place is the event's own or paired with it and its URL's host one of
// ours, it is confirmed (its project is in a pair, or its entity was seen), and
// fewer than five of its kind were before it. The reason tells the first of
// these that fails. Where the list is cut, its last link is over the limit.
//
// A ref occurs once a kind, with the occurrence that speaks most for it.
// Targets come first and are numbered first, so that link.issue[0] is a target
// if any issue is. Links that the provider states itself and people are left
// out: no text chose the former, and nothing acts on the latter.
func (p *Policy) Judge(e *eventv1.WebhookEvent, own, known []project.Link, seen map[string]bool) []*toolsv1.Link {
	j := judgement{policy: p, event: e, seen: seen, index: make(map[string]int), reverted: make(map[string]bool)}
	for _, link := range own {
		j.reverted[link.To] = j.reverted[link.To] || link.Rule == "revert"
	}
	for _, link := range own {
		account, trusted := p.trustsText(e, link)
		j.add(link, link.To, link.Where, account, trusted)
	}
	for _, link := range known {
		ref := link.To
		if ref == e.GetRef() {
			ref = link.From
		}
		account, trusted := p.trustsMemory(link)
		j.add(link, ref, "memory", account, trusted)
	}
	return j.numbered()
}

// judgement collects the links of one event, each ref once.
type judgement struct {
	policy *Policy
	event  *eventv1.WebhookEvent
	seen   map[string]bool
	links  []*toolsv1.Link
	index  map[string]int
	// What the event's own text undoes: naming it once more does it no more.
	reverted map[string]bool
}

func (j *judgement) add(link project.Link, to, where string, account *eventv1.Account, trusted bool) {
	ref, ok := project.ParseRef(to)
	if !ok || link.Rule == "native" || ref.Type == "user" || to == j.event.GetRef() {
		return
	}
	judged := &toolsv1.Link{
		Kind: ref.Kind(), Ref: to, Where: where, Author: account,
		Rule: link.Rule, Confidence: link.Confidence,
	}
	place, there := scopeOf(j.event.GetPlace()), scopeOf(to)
	judged.Confirmed = j.policy.paired[there] || j.seen[to]
	switch {
	case !trusted:
		judged.Reason = "untrusted_author"
	case link.Rule == "revert" || j.reverted[to]:
		judged.Reason = "reverted"
	case !j.policy.related(place, there) || !j.policy.ours(link):
		judged.Reason = "no_pair"
	case !judged.Confirmed:
		judged.Reason = "unconfirmed"
	default:
		judged.Target = true
	}
	i, known := j.index[to]
	switch {
	case !known:
		j.index[to] = len(j.links)
		j.links = append(j.links, judged)
	case trusted && weight(judged) > weight(j.links[i]):
		j.links[i] = judged
	}
}

// weight orders what trusted and other text says of one ref: a revert outweighs
// whatever else names the ref, and nothing outweighs trust.
func weight(link *toolsv1.Link) int {
	return slices.Index([]string{"untrusted_author", "no_pair", "unconfirmed", "", "reverted"}, link.GetReason())
}

// ours tells whether a link names what is known to be ours. A Jira key's URL is
// somebody else's unless its host is listed, or the event's own, which the
// extraction is certain of.
func (p *Policy) ours(link project.Link) bool {
	ref, _ := project.ParseRef(link.To)
	if link.Rule != "url" || ref.Source() != "jira" || link.Confidence == "certain" {
		return true
	}
	return link.Host != "" && p.sites[ref.Origin] == link.Host
}

// numbered holds targets to their limit and puts them first.
func (j *judgement) numbered() []*toolsv1.Link {
	var targets, others []*toolsv1.Link
	next := make(map[string]uint32)
	for _, link := range j.links {
		if link.GetTarget() && next[link.GetKind()] == maxTargets {
			link.Target, link.Reason = false, "over_limit"
		}
		if !link.GetTarget() {
			others = append(others, link)
			continue
		}
		link.Index = next[link.GetKind()]
		next[link.GetKind()]++
		targets = append(targets, link)
	}
	for _, link := range others {
		link.Index = next[link.GetKind()]
		next[link.GetKind()]++
	}
	all := append(targets, others...)
	if len(all) > maxJudged {
		all = all[:maxJudged]
		// Targets are few, so that the last one is none.
		all[maxJudged-1].Reason = "over_limit"
	}
	return all
}
