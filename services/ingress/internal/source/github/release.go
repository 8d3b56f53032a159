package github

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// release normalizes release: release.published when published, else "other";
// GitHub sends released and prereleased beside published. The subject is the
// release: "github:release:acme/api#17372790".
//
// Fields: url, tag, target (branch or sha that the tag is made of), draft,
// prerelease, created_at (the tagged commit's time), published_at. Changes: that
// title or body did. Texts: title
// and body, by the author; none of a deleted one.
func (n *normal) release() error {
	r := n.Release
	if n.repo == "" || r.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.entity("release", r.ID)
	if n.Action != "published" {
		n.event.Kind = "other"
	}
	f := n.fields
	f.Text("url", source.URL(r.URL))
	f.Text("tag", source.Branch(r.Tag))
	f.Text("target", source.Branch(r.Target))
	f.Bool("draft", r.Draft)
	f.Bool("prerelease", r.Prerelease)
	f.Time("created_at", r.CreatedAt.Time)
	f.Time("published_at", r.PublishedAt.Time)
	n.event.Occurrence = "release:" + string(r.ID) + ":" + n.event.Action
	switch n.Action {
	case "published", "released", "prereleased":
		n.at(r.PublishedAt)
	case "edited":
		n.at(r.UpdatedAt)
		// Without a time the body tells two edits apart.
		n.event.Occurrence = n.meta.Occurrence(n.event.Occurrence, n.occurredAt)
	case "deleted":
		return nil
	}
	if n.Changes != nil && n.Changes.Name != nil {
		n.changed("title", "", "")
	}
	if n.Changes != nil && n.Changes.Body != nil {
		n.changed("body", "", "")
	}
	by := author(r.Author, "")
	n.parts(
		source.Part("title", r.Name, by, n.editor(n.Changes != nil && n.Changes.Name != nil)),
		source.Part("body", r.Body, by, n.editor(n.Changes != nil && n.Changes.Body != nil)))
	return nil
}

// pack normalizes package: "other". Fields: id, name, type (npm, docker, …),
// version, url.
func (n *normal) pack() error { return n.packaged(n.Package) }

// registryPack normalizes registry_package likewise: it tells the same of
// GitHub's older registries.
func (n *normal) registryPack() error { return n.packaged(n.RegistryPackage) }

func (n *normal) packaged(p *pack) error {
	if p.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.entity("package", p.ID)
	f := n.fields
	f.Text("id", string(p.ID))
	f.Text("name", source.Branch(p.Name))
	f.Text("type", source.Word(p.Type))
	f.Text("url", source.URL(p.URL))
	if v := p.Version; v != nil {
		f.Text("version", source.Label(v.Version))
		n.at(v.UpdatedAt, v.CreatedAt)
		n.event.Occurrence = n.happening() + ":" + string(v.ID)
		if n.Action != "published" {
			n.event.Occurrence = n.meta.Occurrence(n.event.Occurrence, n.occurredAt)
		}
	}
	return nil
}

// wiki normalizes gollum: page.created if all its pages are new, else
// page.updated. The subject is the page ("github:page:acme/api@Home"), or the
// repository if there are several or its name is outside the charset.
//
// Fields: pages (how many), and of a single one url and sha. Texts: each page's
// title and summary, by the sender. The body has no time.
func (n *normal) wiki() error {
	if n.repo == "" || len(*n.Pages) == 0 {
		return source.EventMismatch
	}
	pages := *n.Pages
	n.event.Kind = "page.created"
	n.fields.Number("pages", int64(len(pages)))
	var parts []*eventv1.Part
	for _, p := range pages {
		if p.Action != "created" {
			n.event.Kind = "page.updated"
		}
		if len(parts) < maxMessages {
			text := strings.TrimSpace(p.Title + "\n" + p.Summary)
			parts = append(parts, source.Part("page", text, author(n.Sender, ""), nil))
		}
	}
	n.parts(parts...)
	if p := pages[0]; len(pages) == 1 {
		if at := source.Branch(p.Name); at != "" {
			n.event.Ref, n.event.NativeId = n.meta.Ref(name, "page", n.repo+"@"+at), ""
		}
		n.fields.Text("url", source.URL(p.URL))
		n.fields.Text("sha", source.SHA(p.SHA))
	}
	return nil
}
