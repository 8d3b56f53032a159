package call

import (
	"context"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
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
// comes before until. A turn is as long as all the requests that the call may send
// are apart: they go out together, and the next call's after their time. A dry run
// sends none.
func (p *Performer) await(ctx context.Context, c ledger.Call, until time.Time) *heldBack {
	provider := ledger.Provider(c.Shown)
	each := paceOf(provider) * time.Duration(max(1, p.Requests[c.Shown.GetTool()]))
	if each == 0 || c.Mode == "dry_run" {
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
