package notion_test

import "github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"

const (
	pageRef   = "notion:page:267d8e4e98ab81ce88f2c23f71324a63"
	pageAt    = "https://api.notion.com/v1/pages/267d8e4e-98ab-81ce-88f2-c23f71324a63"
	writes    = `{"Accept": "application/json", "Content-Type": "application/json", "Notion-Version": "2026-03-11"}`
	somebody  = "2200a911-6a96-44bb-bd38-6bfb1e01b9f6"
	otherKind = "notion:database:267d8e4e98ab81ce88f2c23f71324a63"
)

// nowhere has no token: nothing is sent.
func nowhere() *notion.Workspace { return notion.New(notion.Options{}) }
