package notion

import (
	"strings"
	"unicode/utf16"
)

// The limits of a request, in characters and items. A character is a UTF-16 unit.
//
// Source: https://developers.notion.com/reference/request-limits
const (
	textLimit  = 2000
	itemLimit  = 100
	blockLimit = 100
)

// richText is plain text as Notion's rich text: pieces of at most 2,000
// characters, none of which is read as markup or becomes a link.
func richText(text string) []any {
	items := []any{}
	for len(text) > 0 && len(items) < itemLimit {
		var piece string
		piece, text = split(text, textLimit)
		items = append(items, map[string]any{"type": "text", "text": map[string]any{"content": piece}})
	}
	return items
}

// split cuts off at most limit UTF-16 units, and no character in the middle.
func split(text string, limit int) (head, rest string) {
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > limit {
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// paragraphs is plain text as blocks: one a block of text between empty lines.
// What goes beyond the blocks of one request stands, with its line breaks, in the last.
func paragraphs(text string) []any {
	var blocks []string
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.Trim(block, "\n"); block == "" {
			continue
		}
		if len(blocks) == blockLimit {
			blocks[blockLimit-1] += "\n\n" + block
			continue
		}
		blocks = append(blocks, block)
	}
	out := make([]any, len(blocks))
	for i, block := range blocks {
		out[i] = map[string]any{
			"object":    "block",
			"type":      "paragraph",
			"paragraph": map[string]any{"rich_text": richText(block)},
		}
	}
	return out
}
