package notion

import "strings"

// dashed writes 32 hex digits as Notion writes ids, as a UUID; anything else
// stays as it is.
func dashed(id string) string {
	if len(id) != 32 {
		return id
	}
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

// bare writes an id as refs have it: 32 hex digits without dashes.
func bare(id string) string { return strings.ReplaceAll(strings.ToLower(id), "-", "") }

// pageURL is a page's address. The one that Notion gives has the page's title in
// it, which is other people's text; this one leads to the same page.
func pageURL(id string) string { return "https://www.notion.so/" + bare(id) }
