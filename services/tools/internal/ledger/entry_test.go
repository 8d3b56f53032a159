package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func TestDeltaRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	for _, tc := range []struct {
		name  string
		delta project.Delta
	}{
		{"empty", project.Delta{}},
		{"whole", project.Delta{
			Entities: []project.Entity{
				{
					Ref: "github:pr:acme/api#42", Kind: "change", NativeID: "42", Place: "github:repo:acme/api",
					Attributes: []project.Attribute{{Name: "state", Value: "merged", Version: project.Version{At: at, KindRank: 4, EventID: "e"}}},
				},
				{Ref: "jira:issue:ACME-7", Kind: "issue", Stub: true},
			},
			Links: []project.Link{
				{
					From: "a", To: "b", Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: "title", At: at,
					Author: &eventv1.Account{Id: "7", Login: "ana", Type: "User", Association: "MEMBER"}, Editor: &eventv1.Account{Id: "8"},
				},
				{From: "a", To: "c", Kind: "commit", Rule: "native"},
			},
			Observations: []project.Observation{{Subject: "a", Name: "change.merged", SubKey: "sha", At: at, Value: "sha"}, {Subject: "a", Name: "n"}},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			encoded, err := ledger.EncodeDelta(tc.delta, "token")
			if err != nil {
				t.Fatal(err)
			}
			got, authn, err := ledger.DecodeDelta(encoded)
			if err != nil {
				t.Fatal(err)
			}
			if encoded != nil && authn != "token" {
				t.Errorf("told by %q", authn)
			}
			if diff := cmp.Diff(tc.delta, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The outbox is read by programs that come later: what was written stays readable.
func TestDeltaFormat(t *testing.T) {
	const written = `{"e":[{"r":"x:y:z","k":"change","i":"1","p":"x:p:q","a":[{"n":"state","v":"open","t":1772366400000000,"k":1,"e":"ev"}]}],` +
		`"l":[{"f":"x","t":"y","k":"issue","r":"url","c":"certain","w":"title","a":{"i":"7","l":"ana"},"at":1772366400000000}],` +
		`"o":[{"s":"x","n":"seen","k":"s","t":1772366400000000,"v":"w","p":"y","a":"z"}]}`
	d, authn, err := ledger.DecodeDelta([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ledger.EncodeDelta(d, authn)
	if err != nil || string(again) != written {
		t.Errorf("%v\n got %s\nwant %s", err, again, written)
	}
	if _, _, err := ledger.DecodeDelta([]byte("{")); err == nil {
		t.Error("half an entry was decoded")
	}
}
