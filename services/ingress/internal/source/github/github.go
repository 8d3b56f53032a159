package github

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

const (
	name = "github"
	form = "application/x-www-form-urlencoded"

	// The event's limit. GitHub's ids are far shorter.
	maxOccurrence = 200
	// 39 of an account, 100 of a repository: with a branch's 255 a ref fits its limit.
	maxRepo = 140
)

// Normalizer makes events of GitHub's bodies. Its zero value is ready.
type Normalizer struct{}

// normal is one body on its way to an event.
type normal struct {
	payload
	meta   source.Meta
	repo   string // owner/name in lower case, held to its charset
	event  *eventv1.WebhookEvent
	fields source.Fields
	// Zero where the body has no time of what happened.
	occurredAt time.Time
}

// Normalize reads a JSON body, or the field payload of a form-encoded one. It
// returns a source.Refusal for a body that is no event. Event types that it
// doesn't know become kind "other".
func (Normalizer) Normalize(header http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	eventName := source.Word(header.Get(github.HeaderEvent))
	raw, err := jsonOf(body, meta.ContentType)
	if err != nil {
		return nil, nil, err
	}
	n := normal{meta: meta, fields: source.Fields{}}
	if err := source.Decode(raw, &n.payload); err != nil {
		return nil, nil, err
	}
	if eventName == "" {
		return nil, nil, source.EventMissing
	}
	n.event = meta.Event(name, dedupKey(eventName, header, meta))
	n.event.Type, n.event.Action = eventName, source.Word(n.Action)
	if err := meta.Site.Check(n.host()); err != nil {
		return nil, nil, err
	}
	n.container()
	if err := n.fill(eventName); err != nil {
		return nil, nil, err
	}
	if n.event.Occurrence == "" || len(n.event.Occurrence) > maxOccurrence {
		n.event.Occurrence = meta.Occurrence(n.happening(), n.occurredAt)
	}
	if !n.occurredAt.IsZero() {
		n.event.OccurredAt = timestamppb.New(n.occurredAt)
	}
	n.event.Fields = n.fields.Struct()
	return n.event, &eventv1.Delivery{
		DeliveryId: source.Printable(header.Get(github.HeaderDelivery), 200),
		HookId:     source.Printable(header.Get(github.HeaderHookID), 100),
		ReceivedAt: timestamppb.New(meta.ReceivedAt),
	}, nil
}

// fill makes the event that the body is, if it came under its name.
func (n *normal) fill(eventName string) error {
	all := events()
	is := slices.IndexFunc(all, func(e event) bool { return e.is(n) })
	named := slices.IndexFunc(all, func(e event) bool { return e.name == eventName })
	switch {
	case named < 0:
		n.unheardOf()
		return nil
	case is != named:
		return source.EventMismatch
	}
	n.event.Kind = all[is].kind
	return all[is].fill(n)
}

// unheardOf makes an event of a name that nothing is known of. It has an id
// apart, one for all such names, so that no name takes the id of what the body
// is in truth; and it doesn't tell who may see its place: without a time of its
// own it would count as newer than what is true by now.
func (n *normal) unheardOf() {
	apart := n.meta.Event(name, n.meta.HexDigest()+":other")
	n.event.Id, n.event.DedupKey = apart.GetId(), apart.GetDedupKey()
	n.event.Kind, n.event.Visibility = "other", apart.GetVisibility()
}

// host is that of the body's own links. A site's REST API is at its own host,
// that of github.com at api.github.com, that of a tenant of ghe.com at
// api.TENANT.ghe.com. Source: docs.github.com, "Getting started with the REST
// API" and "About GitHub Enterprise Cloud with data residency".
func (n *normal) host() string {
	var link string
	switch {
	case n.Repository != nil && n.Repository.URL != "":
		link = n.Repository.URL
	case n.Organization != nil && n.Organization.URL != "":
		link = n.Organization.URL
	case n.Sender != nil:
		link = n.Sender.URL
	}
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	if bare, ok := strings.CutPrefix(host, "api."); ok && (bare == "github.com" || strings.HasSuffix(bare, ".ghe.com")) {
		return bare
	}
	return host
}

// happening tells apart what GitHub dates alike: two labels set at once are two
// events with one updated_at.
func (n *normal) happening() string {
	what := []string{n.event.Kind, n.event.Action}
	if n.event.Kind == "other" {
		what[0] = n.event.Type
	}
	if n.Label != nil {
		what = append(what, source.Printable(string(n.Label.ID), 20))
	}
	for _, u := range []*user{n.Assignee, n.Reviewer, n.Member} {
		if u != nil {
			what = append(what, source.Printable(string(u.ID), 20))
		}
	}
	if n.ReviewTeam != nil {
		what = append(what, source.Printable(string(n.ReviewTeam.ID), 20))
	}
	// With a time or a digest it has to fit 200 characters.
	all := []rune(strings.Trim(strings.Join(what, ":"), ":"))
	return string(all[:min(len(all), 120)])
}

// jsonOf returns the JSON in the body, which the signature covers as it was
// sent. The content type is not signed: a JSON body sent on as a form must not
// be read as one, or whoever wrote "&payload=" into its text wrote the event.
func jsonOf(body []byte, contentType string) ([]byte, error) {
	if contentType != form {
		return body, nil
	}
	if !bytes.HasPrefix(body, []byte("payload=")) {
		return nil, source.InvalidPayload
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || len(values) != 1 || len(values["payload"]) != 1 {
		return nil, source.InvalidPayload
	}
	return []byte(values.Get("payload")), nil
}

// dedupKey is the digest of the raw body. The two kinds of dispatch carry no
// time, so that two of them may be equal byte by byte: the delivery's GUID tells
// them apart. It is not signed, and so their occurrence stays the digest: a
// captured body that is sent again is remembered again and acts no second time.
func dedupKey(eventName string, header http.Header, meta source.Meta) string {
	guid := source.Printable(header.Get(github.HeaderDelivery), 100)
	if guid != "" && (eventName == "repository_dispatch" || eventName == "workflow_dispatch") {
		return meta.HexDigest() + ":" + guid
	}
	return meta.HexDigest()
}

// container sets what holds the subject, who acted, and the ref that an event
// without an entity of its own has.
func (n *normal) container() {
	e := n.event
	e.Actor = account(n.Sender, n.association(n.Sender))
	switch {
	case n.Repository != nil && repoName(n.Repository.FullName) != "":
		// GitHub ignores the case of both: one thing has one ref.
		n.repo = strings.ToLower(n.Repository.FullName)
		e.Place, e.NativeId = n.meta.Ref(name, "repo", n.repo), string(n.Repository.ID)
		e.Visibility = visibility(n.Repository.Private)
	case n.Organization != nil && source.Login(n.Organization.Login) != "":
		e.Place, e.NativeId = n.meta.Ref(name, "org", strings.ToLower(n.Organization.Login)), string(n.Organization.ID)
	}
	switch {
	case e.Place != "":
		e.Ref = e.Place
	case n.Installation != nil && n.Installation.ID != "":
		e.Ref, e.NativeId = n.meta.Ref(name, "installation", string(n.Installation.ID)), string(n.Installation.ID)
	default:
		e.Ref = n.meta.Ref(name, "event", e.Type)
	}
}

func visibility(private *bool) string {
	switch {
	case private == nil:
		return "unknown"
	case *private:
		return "private"
	default:
		return "public"
	}
}

// repoName holds "owner/name" to the characters that GitHub allows.
func repoName(s string) string {
	owner, repo, ok := strings.Cut(s, "/")
	if !ok || owner == "" || repo == "" || len(s) > maxRepo || strings.ContainsAny(s, "@[]+") || source.Login(owner) == "" || source.Login(repo) == "" {
		return ""
	}
	return s
}

func labelNames(labels []label) []string {
	names := make([]string, len(labels))
	for i, l := range labels {
		names[i] = l.Name
	}
	return source.Labels(names)
}

func (n *normal) numbered(kind string, number int64) string {
	return n.meta.Ref(name, kind, n.repo+"#"+strconv.FormatInt(number, 10))
}

// entity makes the subject of what a repository has under an id of its own,
// like "github:deployment:acme/api#145988746". Without a repository, whose
// event it is then, it changes nothing.
func (n *normal) entity(kind string, id source.NativeID) {
	if n.repo != "" && id != "" {
		n.event.Ref, n.event.NativeId = n.meta.Ref(name, kind, n.repo+"#"+string(id)), string(id)
	}
}

// atCommit makes a commit the subject.
func (n *normal) atCommit(sha string) {
	if sha = source.SHA(sha); sha != "" && n.repo != "" {
		n.event.Ref, n.event.NativeId = n.meta.Ref(name, "commit", n.repo+"@"+sha), ""
	}
}

// at sets when it happened: the first of the times that the body has.
func (n *normal) at(times ...source.Time) {
	for _, t := range times {
		if !t.IsZero() {
			n.occurredAt = t.Time
			return
		}
	}
}
