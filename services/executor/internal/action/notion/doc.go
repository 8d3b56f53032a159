// Package notion holds the actions at Notion, over its REST API of version
// 2026-03-11, where a database's rows are the pages of its data sources.
package notion
