package project_test

import (
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func TestUnsignedTellsNothingThatAims(t *testing.T) {
	owner := &eventv1.Account{Id: "1", Login: "ana", Association: "OWNER"}
	signed := project.Event(&eventv1.WebhookEvent{
		Id: "e", Source: "github", Kind: "change.opened", Ref: "github:pr:acme/api#42", Place: "github:repo:acme/api", Visibility: "public", Actor: owner,
		Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: owner, Editor: owner, Value: "ACME-7"}}},
	})
	told := signed.Unsigned()
	if len(told.Entities) != len(signed.Entities) || len(told.Links) != len(signed.Links) || len(told.Observations) != len(signed.Observations) {
		t.Fatal("something is not remembered at all")
	}
	for _, e := range told.Entities {
		if !e.Stub {
			t.Errorf("%s counts as seen", e.Ref)
		}
		for _, a := range e.Attributes {
			if a.Name == "visibility" {
				t.Errorf("%s is told to be %s", e.Ref, a.Value)
			}
		}
	}
	for _, l := range told.Links {
		if l.Author != nil || l.Editor != nil || l.Where == "title" {
			t.Errorf("link %+v", l)
		}
	}
}
