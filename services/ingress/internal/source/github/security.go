package github

import (
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// codeAlert normalizes code_scanning_alert: "other". The subject is the alert:
// "github:code_scanning_alert:acme/api#10".
//
// Fields of all alerts: number, url, state, severity, resolution. Here also
// rule, ref, head_sha.
func (n *normal) codeAlert() error {
	a := n.Alert
	n.fields.Text("rule", source.Branch(a.Rule.ID))
	n.fields.Text("severity", source.AccountType(a.Rule.Severity))
	n.fields.Text("ref", source.Branch(n.Ref))
	n.fields.Text("head_sha", source.SHA(n.CommitOID))
	return n.alerted("code_scanning_alert")
}

// dependabotAlert normalizes dependabot_alert: "other". Fields besides those of
// all alerts: package, ghsa.
func (n *normal) dependabotAlert() error {
	a := n.Alert
	n.fields.Text("package", source.Branch(a.Dependency.Package.Name))
	if a.Advisory != nil {
		n.fields.Text("ghsa", source.Login(a.Advisory.GHSA))
		n.fields.Text("severity", source.AccountType(a.Advisory.Severity))
	}
	return n.alerted("dependabot_alert")
}

// vulnerabilityAlert normalizes repository_vulnerability_alert, which
// dependabot_alert took the place of, likewise.
func (n *normal) vulnerabilityAlert() error {
	n.fields.Text("package", source.Branch(n.Alert.Package))
	n.fields.Text("ghsa", source.Login(n.Alert.GHSA))
	return n.alerted("dependabot_alert")
}

// secretAlert normalizes secret_scanning_alert and
// secret_scanning_alert_location: "other". Field besides those of all alerts:
// secret_type. The secret itself is never read.
func (n *normal) secretAlert() error {
	n.fields.Text("secret_type", source.Word(n.Alert.SecretType))
	return n.alerted("secret_scanning_alert")
}

func (n *normal) alerted(kind string) error {
	a := n.Alert
	if n.repo == "" || a.Number <= 0 || n.Action == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.numbered(kind, a.Number), ""
	f := n.fields
	f.Number("number", a.Number)
	f.Text("url", source.URL(a.URL))
	f.Text("state", source.Word(a.State))
	if a.Severity != "" {
		f.Text("severity", source.AccountType(a.Severity))
	}
	f.Text("resolution", source.AccountType(a.Resolution))
	switch n.Action {
	case "created", "create":
		n.at(a.CreatedAt)
	case "fixed":
		n.at(a.FixedAt, a.UpdatedAt)
	case "dismissed", "dismiss", "closed_by_user":
		n.at(a.DismissedAt, a.UpdatedAt)
	case "resolved":
		n.at(a.ResolvedAt, a.UpdatedAt)
	default:
		n.at(a.UpdatedAt)
	}
	return nil
}

// advisory normalizes security_advisory: "other". The subject is the advisory
// of GitHub's database, which belongs to no repository: "github:advisory:GHSA-…".
//
// Fields: ghsa, cve, severity. Texts: title and body, by nobody who is named.
func (n *normal) advisory() error { return n.advised(n.SecurityAdvisory) }

// repositoryAdvisory normalizes repository_advisory likewise. Texts by its author.
func (n *normal) repositoryAdvisory() error { return n.advised(n.RepositoryAdvisory) }

func (n *normal) advised(a *advisory) error {
	id := source.Login(a.GHSA)
	if id == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.meta.Ref(name, "advisory", id), id
	f := n.fields
	f.Text("ghsa", id)
	f.Text("cve", source.Login(a.CVE))
	f.Text("url", source.URL(a.URL))
	f.Text("severity", source.AccountType(a.Severity))
	switch n.Action {
	case "published":
		n.at(a.PublishedAt, a.UpdatedAt)
	case "withdrawn":
		n.at(a.WithdrawnAt, a.UpdatedAt)
	default:
		n.at(a.UpdatedAt, a.CreatedAt)
	}
	by := author(a.Author, "")
	n.parts(source.Part("title", a.Summary, by, nil), source.Part("body", a.Description, by, nil))
	return nil
}

// scan normalizes secret_scanning_scan: "other". Field: started_at.
func (n *normal) scan() error {
	n.fields.Time("started_at", n.StartedAt.Time)
	n.at(n.CompletedAt)
	return nil
}
