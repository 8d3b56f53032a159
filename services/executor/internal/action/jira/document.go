package jira

import "strings"

// document turns plain text into an Atlassian document, the only form that
// REST API v3 takes: a paragraph per block of text, a hard break per line in it.
// Nothing in the text is read as markup.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
func document(text string) map[string]any {
	paragraphs := []any{}
	for block := range strings.SplitSeq(text, "\n\n") {
		if content := inline(block); len(content) > 0 {
			paragraphs = append(paragraphs, map[string]any{"type": "paragraph", "content": content})
		}
	}
	return map[string]any{"type": "doc", "version": 1, "content": paragraphs}
}

func inline(block string) []any {
	var content []any
	for line := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
		if len(content) > 0 {
			content = append(content, map[string]any{"type": "hardBreak"})
		}
		// An empty text node is invalid.
		if line != "" {
			content = append(content, map[string]any{"type": "text", "text": line})
		}
	}
	return content
}
