package rule

import "slices"

// sourcesOf are the sources whose events a scope can let through.
func sourcesOf(s scope) []string {
	return slices.DeleteFunc(sources(), func(source string) bool {
		return !slices.ContainsFunc(kinds(), func(kind string) bool {
			return s.covers(subject{source: source, kind: kind}) && sends(source, kind)
		})
	})
}

// givers are the sources of which some event has event.fields.<name>.
func givers(name string) []string {
	return slices.DeleteFunc(sources(), func(source string) bool { return !gives(source, name) })
}

// gives says whether any event of a source has event.fields.<name>.
func gives(source, name string) bool {
	switch source {
	case "jira":
		return slices.Contains(jiraFields(), name)
	case "notion":
		return slices.Contains(notionFields(), name)
	}
	// GitHub has most of them: what is not another's alone.
	others := slices.Contains(jiraFields(), name) || slices.Contains(notionFields(), name)
	return slices.Contains(eventFields(), name) && (!others || slices.Contains(sharedFields(), name))
}

func jiraFields() []string {
	return []string{
		"archived", "assignee", "board_id", "completed_at", "created_at", "ends_at", "id", "issue_id", "issue_type", "key", "labels", "link_type",
		"priority", "project_id", "property", "released", "resolution", "seconds", "source_issue_id", "starts_at", "state", "status",
		"status_category", "target_issue_id", "url", "version",
	}
}

func notionFields() []string {
	return []string{"api_version", "authors", "data_source_id", "entity_type", "id", "parent_id", "parent_type", "updated_properties"}
}

// sharedFields are those of Jira or Notion that GitHub's events have too.
func sharedFields() []string {
	return []string{"assignee", "created_at", "id", "labels", "resolution", "state", "status", "url", "version"}
}

// linkExamples are refs as links of a kind have them, one of each sort.
func linkExamples(kind string) []string {
	switch kind {
	case "issue":
		return []string{"jira:issue:ACME-7", "github:issue:acme/api#9"}
	case "change":
		return []string{"github:pr:acme/api#42"}
	case "page":
		return []string{notionPage}
	case "repository":
		return []string{"github:repo:acme/api"}
	}
	return nil // no tool with a pattern takes them
}

// eventExamples are the refs that an event of a source may have, of those sorts
// that a tool with a pattern takes.
func eventExamples(source string) []string {
	switch source {
	case "jira":
		return []string{"jira:issue:ACME-7"}
	case "github":
		return []string{"github:issue:acme/api#9", "github:pr:acme/api#42"}
	case "notion":
		return []string{notionPage}
	}
	return nil
}

// placeExamples are the places of a source's events.
func placeExamples(source string) []string {
	switch source {
	case "jira":
		return []string{"jira:project:ACME"}
	case "github":
		return []string{"github:repo:acme/api"}
	}
	return nil
}

// resultExamples are refs of what steps make, one of each sort.
func resultExamples() []string {
	return []string{"github:issue:acme/api#9", "github:comment:acme/api#1", "jira:issue:ACME-7", "jira:comment:1", notionPage}
}

const notionPage = "notion:page:0123456789abcdef0123456789abcdef"
