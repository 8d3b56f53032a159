package ledgertest

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// vouchingEntries: what a token vouches for must not aim what a signature
// vouches for. Each is broken by taking a token for a signature.
func vouchingEntries() []entry {
	signed := func() func(Opener) Opener {
		return breakOpen(func(o *ledger.Opening) { o.Authn = ledger.Signature })
	}
	return []entry{
		{"a token's link and a signature's are told apart", checkTokenLink, signed()},
		{"a token's plan links as a token", checkTokenPlan, breakPin(func(p *ledger.Pinning) { p.Authn = ledger.Signature })},
		{"a token's text takes no signed link away", checkTokenText, signed()},
		{"a token's sighting confirms nothing and shows no place", checkTokenSighting, signed()},
		{"what a token says replaces nothing signed, in any order", checkTokenOrder, signed()},
		{"a token's links hide no signed one", checkTokenFlood, signed()},
	}
}

const byToken = "token"

// telling by a token.
func tokenTelling(n int, delta project.Delta, where ...string) ledger.Opening {
	o := telling(n, delta, where...)
	o.Authn = byToken
	return o
}

func checkTokenLink(h *harness) {
	by := func(n int, association string) project.Link {
		l := link(n, issue, "title")
		l.Author = &eventv1.Account{Id: "7", Association: association}
		return l
	}
	// A token's word is the first and the last; neither makes an owner's link of a stranger's.
	h.tell(tokenTelling(1, project.Delta{Links: []project.Link{by(1, "OWNER")}}))
	h.tell(telling(2, project.Delta{Links: []project.Link{by(2, "NONE")}}))
	h.tell(tokenTelling(3, project.Delta{Links: []project.Link{by(3, "OWNER")}}))
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	told, signed := by(3, "OWNER"), by(2, "NONE")
	told.Authn, signed.Authn = byToken, ledger.Signature
	if diff := cmp.Diff([]project.Link{told, signed}, known.Links, protocmp.Transform()); diff != "" {
		h.Errorf("links: %s", diff)
	}
	linked, err := h.Linked(h.ctx, []string{change}, 10)
	h.ok(err)
	if len(linked) != 2 || linked[0].Authn != byToken || linked[1].Authn != ledger.Signature || !linked[1].First.Equal(linked[1].Last) {
		h.Errorf("linked: %+v", linked)
	}
}

func checkTokenPlan(h *harness) {
	o := tokenTelling(1, project.Delta{})
	h.tell(o)
	l := project.Link{From: change, To: issue, Kind: "issue", Rule: "rule:r", Confidence: "certain", At: event(1).GetOccurredAt().AsTime()}
	_, err := h.Pin(h.ctx, ledger.Pinning{Run: o.Run, Authn: byToken, Plan: plan("a"), Delta: project.Delta{Links: []project.Link{l}}})
	h.ok(err)
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	if len(known.Links) != 1 || known.Links[0].Authn != byToken {
		h.Errorf("links: %+v", known.Links)
	}
}

func checkTokenText(h *harness) {
	entities := []project.Entity{{Ref: change, Kind: "change"}}
	stands := func(want ...string) {
		h.Helper()
		known, err := h.Known(h.ctx, change, nil)
		h.ok(err)
		var got []string
		for _, l := range known.Links {
			got = append(got, l.Authn+" "+l.To)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			h.Errorf("links that stand: %q, want %q", got, want)
		}
	}
	h.tell(telling(1, project.Delta{Entities: entities, Links: []project.Link{link(1, "a", "title")}}, "title"))
	h.tell(tokenTelling(2, project.Delta{Entities: entities, Links: []project.Link{link(2, "b", "title")}}, "title"))
	stands("signature a", "token b")
	h.tell(tokenTelling(3, project.Delta{Entities: entities, Links: []project.Link{link(3, "c", "title")}}, "title"))
	stands("signature a", "token c")
	h.tell(telling(4, project.Delta{Entities: entities}, "title"))
	stands()
}

// sighting is what the n-th event says of a repository and of an issue in it.
func sighting(n int, visibility string) project.Delta {
	v := project.Version{At: event(n).GetOccurredAt().AsTime(), EventID: event(n).GetId()}
	return project.Delta{Entities: []project.Entity{
		{Ref: repo, Kind: "repository", NativeID: fmt.Sprint(n), Attributes: []project.Attribute{{Name: "visibility", Value: visibility, Version: v}}},
		{Ref: issue, Kind: "issue", Attributes: []project.Attribute{{Name: "status", Value: visibility, Version: v}}},
	}}
}

func (h *harness) wantSeen(visibility string, refs ...string) {
	h.Helper()
	known, err := h.Known(h.ctx, "", []string{repo, issue})
	h.ok(err)
	for _, ref := range refs {
		if !known.Seen[ref] {
			h.Errorf("%s was not seen", ref)
		}
	}
	if len(known.Seen) != len(refs) || known.Visibility[repo] != visibility {
		h.Errorf("seen %v, want %v; visibility %q, want %q", known.Seen, refs, known.Visibility[repo], visibility)
	}
}

func checkTokenSighting(h *harness) {
	h.tell(tokenTelling(1, sighting(1, "public")))
	h.wantSeen("")
	// A signed event names both, and says nothing of visibility.
	h.tell(telling(2, project.Delta{Entities: []project.Entity{{Ref: repo, Kind: "repository"}, {Ref: issue, Kind: "issue", Stub: true}}}))
	h.wantSeen("", repo)
	h.tell(telling(3, sighting(3, "private")))
	h.wantSeen("private", repo, issue)
	h.tell(tokenTelling(4, sighting(4, "public")))
	h.wantSeen("private", repo, issue)
	// Remembered it is, for whoever asks.
	if e, known, err := h.Entity(h.ctx, repo); err != nil || !known || e.Stub {
		h.Errorf("%+v, %v", e, err)
	}
}

func checkTokenOrder(h *harness) {
	openings := []ledger.Opening{
		tokenTelling(1, sighting(1, "unsigned and first"), "title"),
		telling(2, sighting(2, "signed"), "title"),
		tokenTelling(3, sighting(3, "unsigned and last"), "title"),
	}
	for _, order := range permutations(len(openings)) {
		fresh := newHarness(h.TB, h.open)
		for _, i := range order {
			fresh.tell(openings[i])
		}
		fresh.wantSeen("signed", repo, issue)
		for _, ref := range []string{repo, issue} {
			e, _, err := fresh.Entity(fresh.ctx, ref)
			fresh.ok(err)
			if e.Attributes[0].Value != "signed" || ref == repo && e.NativeID != "2" {
				h.Errorf("order %v: %+v", order, e)
			}
		}
	}
}

// checkTokenFlood: who holds a token can name as many authors as they like.
func checkTokenFlood(h *harness) {
	var delta project.Delta
	for n := range 600 {
		delta.Links = append(delta.Links, link(n, fmt.Sprintf("jira:issue:ACME-%d", n+10), "comment"))
	}
	h.tell(tokenTelling(1, delta))
	h.tell(telling(2, project.Delta{Links: []project.Link{link(700, issue, "comment")}}))
	known, err := h.Known(h.ctx, change, nil)
	h.ok(err)
	if n := len(known.Links); n != 500 || known.Links[n-1].To != issue {
		h.Errorf("of %d links the signed one is not the last", n)
	}
}
