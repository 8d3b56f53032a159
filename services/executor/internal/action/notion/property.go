package notion

// The properties that are meant where a command names none.
const (
	statusName   = "Status"
	assigneeName = "Assignee"
)
