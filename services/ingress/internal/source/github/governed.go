package github

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

type team struct {
	ID         source.NativeID `json:"id"`
	Slug       string          `json:"slug"`
	Permission string          `json:"permission"`
	Privacy    string          `json:"privacy"`
	URL        string          `json:"html_url"`
}

type membership struct {
	Role string `json:"role"`
	User *user  `json:"user"`
}

type protection struct {
	ID        source.NativeID `json:"id"`
	Name      string          `json:"name"`
	CreatedAt source.Time     `json:"created_at"`
	UpdatedAt source.Time     `json:"updated_at"`
}

// alert is one of a scan of code, of secrets or of dependencies.
type alert struct {
	Number       int64       `json:"number"`
	URL          string      `json:"html_url"`
	State        string      `json:"state"`
	Severity     string      `json:"severity"`
	Resolution   string      `json:"resolution"`
	Dismissed    string      `json:"dismissed_reason"`
	SecretType   string      `json:"secret_type"`
	GHSA         string      `json:"ghsa_id"`
	Package      string      `json:"affected_package_name"`
	CreatedAt    source.Time `json:"created_at"`
	UpdatedAt    source.Time `json:"updated_at"`
	FixedAt      source.Time `json:"fixed_at"`
	DismissedAt  source.Time `json:"dismissed_at"`
	ResolvedAt   source.Time `json:"resolved_at"`
	AffectedFrom present     `json:"affected_range"`
	Rule         *struct {
		ID       string `json:"id"`
		Severity string `json:"severity"`
	} `json:"rule"`
	Dependency *struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"dependency"`
	Advisory *advisory `json:"security_advisory"`
}

type advisory struct {
	GHSA        string      `json:"ghsa_id"`
	CVE         string      `json:"cve_id"`
	URL         string      `json:"html_url"`
	State       string      `json:"state"`
	Severity    string      `json:"severity"`
	Summary     string      `json:"summary"`
	Description string      `json:"description"`
	Author      *user       `json:"author"`
	CreatedAt   source.Time `json:"created_at"`
	PublishedAt source.Time `json:"published_at"`
	UpdatedAt   source.Time `json:"updated_at"`
	WithdrawnAt source.Time `json:"withdrawn_at"`
}

type sponsorship struct {
	Sponsorable *user       `json:"sponsorable"`
	Privacy     string      `json:"privacy_level"`
	CreatedAt   source.Time `json:"created_at"`
}

type purchase struct {
	Account *user `json:"account"`
}
