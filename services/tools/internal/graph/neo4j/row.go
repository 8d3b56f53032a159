package neo4j

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// exact is what of an entity's row stands in no property of its own: the
// property _row, as JSON. Its names are the store's format.
type exact struct {
	At         int64            `json:"t"`
	Rank       int              `json:"r"`
	Event      string           `json:"e"`
	Attributes []exactAttribute `json:"a"`
	Texts      map[string]int64 `json:"x"`
	Unvouched  []string         `json:"u"`
}

type exactAttribute struct {
	Name  string `json:"n"`
	Value string `json:"v"`
	At    int64  `json:"t"`
	Rank  int    `json:"r"`
	Event string `json:"e"`
}

// account is the property _author or _editor of a link, as JSON.
type account struct {
	ID          string `json:"i"`
	Login       string `json:"l"`
	Type        string `json:"t"`
	Association string `json:"a"`
}

// textProperty is when a text was last seen whole, in microseconds. The state
// of links is computed of it, also by people who ask by hand: see gone.
const textProperty = "_text_"

// encodeEntity returns a node's properties: those that people ask for by their
// names, all attributes among them whose names don't clash, and those that begin with "_".
func encodeEntity(e ledger.EntityRow, number uint64) (record, error) {
	row := exact{At: ledger.Micros(e.Version.At), Rank: e.Version.KindRank, Event: e.Version.EventID, Texts: e.Texts, Unvouched: e.Unvouched}
	properties := record{}
	for _, a := range e.Attributes {
		row.Attributes = append(row.Attributes, exactAttribute{a.Name, a.Value, ledger.Micros(a.Version.At), a.Version.KindRank, a.Version.EventID})
		if isAttributeName(a.Name) {
			properties[a.Name] = a.Value
		}
	}
	for where, at := range e.Texts {
		properties[textProperty+where] = at
	}
	b, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("neo4j: entity %s: %w", e.Ref, err)
	}
	properties["ref"], properties["kind"], properties["native_id"], properties["place"] = e.Ref, e.Kind, e.NativeID, e.Place
	properties["seen"], properties["vouched"] = !e.Stub, e.Vouched
	properties["_row"], properties["_batch"] = string(b), int64(number)
	return properties, nil
}

// isAttributeName: policy's names and project's are such. Nothing else becomes a
// property: names that text chose would fill the server's list of them, which never
// shrinks. Our own begin with "_", so that none of these is one.
func isAttributeName(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '_' && c != '.') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

func decodeEntity(r record) (e ledger.EntityRow, err error) {
	var row exact
	if err := json.Unmarshal([]byte(word(r, "_row")), &row); err != nil {
		return e, fmt.Errorf("neo4j: entity %s: %w", word(r, "ref"), err)
	}
	e.Ref, e.Kind, e.NativeID, e.Place = word(r, "ref"), word(r, "kind"), word(r, "native_id"), word(r, "place")
	e.Stub, e.Vouched = !yes(r, "seen"), yes(r, "vouched")
	e.Version = project.Version{At: ledger.Time(row.At), KindRank: row.Rank, EventID: row.Event}
	for _, a := range row.Attributes {
		e.Attributes = append(e.Attributes, project.Attribute{Name: a.Name, Value: a.Value, Version: project.Version{At: ledger.Time(a.At), KindRank: a.Rank, EventID: a.Event}})
	}
	e.Texts, e.Unvouched = row.Texts, row.Unvouched
	return e, nil
}

// encodeLink returns a relationship's properties. Its ends are the nodes.
func encodeLink(l graph.Related, number uint64) (record, error) {
	properties := record{
		"kind": l.Kind, "rule": l.Rule, "confidence": l.Confidence, "stood": l.Where, "authn": l.Authn, "event_id": l.EventID,
		"_first": ledger.Micros(l.First), "_last": ledger.Micros(l.Last), "_key": digest(keyOf(l)), "_batch": int64(number),
	}
	for name, at := range map[string]time.Time{"first": l.First, "last": l.Last} {
		if !at.IsZero() {
			properties[name] = at.UTC()
		}
	}
	for name, a := range map[string]*eventv1.Account{"author": l.Author, "editor": l.Editor} {
		if a == nil {
			continue
		}
		b, err := json.Marshal(account{a.GetId(), a.GetLogin(), a.GetType(), a.GetAssociation()})
		if err != nil {
			return nil, fmt.Errorf("neo4j: link from %s: %w", l.From, err)
		}
		properties["_"+name] = string(b)
		if properties[name] = a.GetLogin(); a.GetLogin() == "" {
			properties[name] = a.GetId()
		}
	}
	return properties, nil
}

func decodeLink(r record) (l graph.Related, err error) {
	l = graph.Related{
		From: word(r, "from"), To: word(r, "to"), Kind: word(r, "kind"), Rule: word(r, "rule"), Confidence: word(r, "confidence"),
		Where: word(r, "stood"), EventID: word(r, "event_id"), Authn: word(r, "authn"),
		First: ledger.Time(number(r, "_first")), Last: ledger.Time(number(r, "_last")), Gone: yes(r, "gone"),
	}
	if l.Author, err = decodeAccount(r["_author"]); err == nil {
		l.Editor, err = decodeAccount(r["_editor"])
	}
	return l, err
}

func decodeAccount(v any) (*eventv1.Account, error) {
	s, ok := v.(string)
	if !ok {
		return nil, nil
	}
	var a account
	if err := json.Unmarshal([]byte(s), &a); err != nil {
		return nil, fmt.Errorf("neo4j: account: %w", err)
	}
	return &eventv1.Account{Id: a.ID, Login: a.Login, Type: a.Type, Association: a.Association}, nil
}

func keyOf(l graph.Related) ledger.LinkKey {
	return ledger.LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: l.Authn}
}

// digest is a link's key in a length that an index takes. Each part is preceded
// by its length: no two keys are one text.
func digest(k ledger.LinkKey) string {
	h := sha256.New()
	for _, part := range []string{k.From, k.Where, k.To, k.Kind, k.Authn} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // A hash takes all.
	}
	return hex.EncodeToString(h.Sum(nil))
}

// word, number and yes read what may be missing.
func word(r record, name string) string {
	s, _ := r[name].(string)
	return s
}

func number(r record, name string) int64 {
	n, _ := r[name].(int64)
	return n
}

func yes(r record, name string) bool {
	b, _ := r[name].(bool)
	return b
}

// sorted returns a list's words in their order, each once.
func sorted(words []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(words)))
}

func sortBy(rows []record, name string) {
	slices.SortStableFunc(rows, func(a, b record) int { return strings.Compare(word(a, name), word(b, name)) })
}
