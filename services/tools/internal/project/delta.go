package project

import (
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// Delta is everything that one event says: what it named, what is linked with
// what, and what was seen. Applying deltas in any order gives the same state.
type Delta struct {
	Entities     []Entity
	Links        []Link
	Observations []Observation
}

// Entity is a thing that an event describes or names.
type Entity struct {
	Ref      string
	Kind     string // change, issue, commit, page, repository, project, person, database
	NativeID string
	Place    string
	// Stub: named before it was seen. A stub never overwrites what is known.
	Stub       bool
	Attributes []Attribute
}

// Attribute carries its own version: the larger one wins.
type Attribute struct {
	Name    string
	Value   string
	Version Version
	// Changed: the event says that it changed the attribute, and not only what it is.
	// Told of those that calls set; what is read back from a store leaves it out.
	Changed bool
}

// Version orders what several events say about one thing.
type Version struct {
	At       time.Time
	KindRank int
	EventID  string
}

// Link is one deterministic extraction: a syntactic candidate with its evidence.
// Whether it may be acted on is policy's to say.
type Link struct {
	From string // ref of the subject
	To   string // ref of what it names
	// What To is: issue, change, commit, page, repository, person. With an index it makes the path link.issue[0].
	Kind       string
	Rule       string // issue_key, closing_keyword, url, revert, co_author, native
	Confidence string // certain, likely, candidate
	Where      string // title, body, comment, message, page, branch; "" for a link the provider states itself
	Author     *eventv1.Account
	Editor     *eventv1.Account
	// Of the URL that a Jira issue was named by, in lower case; "" for all else,
	// and for a link read back from the memory, which doesn't keep it.
	Host string
	At   time.Time
	// How the event that told it proved itself, for a link read back from the
	// memory; "" for one of the event at hand.
	Authn string
}

// Observation is narrow and immutable; its natural key is (Subject, Name, SubKey).
type Observation struct {
	Subject string
	Name    string
	SubKey  string
	At      time.Time
	Value   string
	// Place is the event's, and Actor the ref of who acted; "" where none is named.
	Place, Actor string
}
