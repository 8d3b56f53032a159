package call

import (
	"context"
	"strings"
	"time"
)

// notionPace: Notion allows three requests a second and integration on average
// (https://developers.notion.com/reference/request-limits).
const notionPace = time.Second / 3

// paceOf is how far apart a provider's requests must be; 0 for those that say by
// themselves when they are too many.
func paceOf(provider string) time.Duration {
	if source, _, _ := strings.Cut(provider, "@"); source == "notion" {
		return notionPace
	}
	return 0
}

// await waits for the provider's next turn, which all processes share, where it
// comes before until.
func (p *Performer) await(ctx context.Context, provider string, until time.Time) *heldBack {
	each := paceOf(provider)
	if each == 0 {
		return nil
	}
	now := p.Now()
	wait, ok, err := p.Ledger.Pace(ctx, provider, each, max(0, until.Sub(now)-each))
	if err != nil {
		p.Log.WarnContext(ctx, "a provider's pace is not known", "provider", provider, "error", err)
		return &heldBack{reasonRateLimited, now.Add(firstWait)}
	}
	if !ok {
		return &heldBack{reasonRateLimited, now.Add(wait)}
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		<-timer.C
	}
	return nil
}
