package doctor

// Level is how bad a finding is.
type Level string

// The levels. A problem keeps something from working; a warning will, or is
// less safe than it looks.
const (
	OK      Level = "ok"
	Warning Level = "warning"
	Problem Level = "problem"
)

// Finding is one thing that was looked at. It holds no secret.
type Finding struct {
	// Area is what was examined: settings, secrets, ports, …
	Area  string `json:"area"`
	Level Level  `json:"level"`
	// Setting that it is about, "" if it is about none.
	Setting string `json:"setting"`
	// Message says what is so, with the setting's value unless that is secret.
	Message string `json:"message"`
	// Remedy is what to do about it, "" where nothing needs to be done.
	Remedy string `json:"remedy"`
}

// Report is all that was found, in the order of examination.
type Report struct {
	Findings []Finding `json:"findings"`
	Problems int       `json:"problems"`
	Warnings int       `json:"warnings"`
}

func (r *Report) add(f Finding) {
	r.Findings = append(r.Findings, f)
	switch f.Level {
	case Problem:
		r.Problems++
	case Warning:
		r.Warnings++
	}
}
