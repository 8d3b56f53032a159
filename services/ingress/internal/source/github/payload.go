package github

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

// The structs name only what an event is made of: decoding the rest of a body
// would cost more than all other work on it.
// Source of the shapes: github.com/octokit/webhooks, payload-schemas.

type payload struct {
	Action       string          `json:"action"`
	Number       int64           `json:"number"`
	PullRequest  *pullRequest    `json:"pull_request"`
	Issue        *issue          `json:"issue"`
	Comment      *comment        `json:"comment"`
	Label        *label          `json:"label"`
	Assignee     *user           `json:"assignee"`
	Changes      *edits          `json:"changes"`
	Repository   *repository     `json:"repository"`
	Organization *user           `json:"organization"`
	Installation *installation   `json:"installation"`
	Sender       *user           `json:"sender"`
	Hook         *hook           `json:"hook"`
	HookID       source.NativeID `json:"hook_id"`
	Ref          string          `json:"ref"`
	Before       string          `json:"before"`
	After        string          `json:"after"`
	Deleted      bool            `json:"deleted"`
	Forced       bool            `json:"forced"`
	Compare      string          `json:"compare"`
	Pusher       *pusher         `json:"pusher"`
	Commits      *[]commit       `json:"commits"`
}

type pullRequest struct {
	ID             source.NativeID `json:"id"`
	Number         int64           `json:"number"`
	URL            string          `json:"html_url"`
	State          string          `json:"state"`
	Draft          bool            `json:"draft"`
	Merged         bool            `json:"merged"`
	MergeCommitSHA string          `json:"merge_commit_sha"`
	Title          string          `json:"title"`
	Body           string          `json:"body"`
	User           *user           `json:"user"`
	Association    string          `json:"author_association"`
	Head           branch          `json:"head"`
	Base           branch          `json:"base"`
	Labels         []label         `json:"labels"`
	CreatedAt      source.Time     `json:"created_at"`
	UpdatedAt      source.Time     `json:"updated_at"`
	ClosedAt       source.Time     `json:"closed_at"`
	MergedAt       source.Time     `json:"merged_at"`
}

type issue struct {
	ID          source.NativeID `json:"id"`
	Number      int64           `json:"number"`
	URL         string          `json:"html_url"`
	State       string          `json:"state"`
	StateReason string          `json:"state_reason"`
	Title       string          `json:"title"`
	Body        string          `json:"body"`
	User        *user           `json:"user"`
	Association string          `json:"author_association"`
	Labels      []label         `json:"labels"`
	Assignee    *user           `json:"assignee"`
	// Present when the issue is a pull request.
	PullRequest *struct{}   `json:"pull_request"`
	CreatedAt   source.Time `json:"created_at"`
	UpdatedAt   source.Time `json:"updated_at"`
	ClosedAt    source.Time `json:"closed_at"`
}

type comment struct {
	ID          source.NativeID `json:"id"`
	URL         string          `json:"html_url"`
	Body        string          `json:"body"`
	User        *user           `json:"user"`
	Association string          `json:"author_association"`
	CreatedAt   source.Time     `json:"created_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
}

type user struct {
	ID    source.NativeID `json:"id"`
	Login string          `json:"login"`
	Type  string          `json:"type"`
}

type branch struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

type label struct {
	Name string `json:"name"`
}

// edits says which texts an "edited" event changed; what stood there before is not read.
type edits struct {
	Title *struct{} `json:"title"`
	Body  *struct{} `json:"body"`
	Base  *struct {
		Ref struct {
			From string `json:"from"`
		} `json:"ref"`
	} `json:"base"`
}

type repository struct {
	ID       source.NativeID `json:"id"`
	FullName string          `json:"full_name"`
	Private  *bool           `json:"private"`
	PushedAt source.Time     `json:"pushed_at"`
}

type installation struct {
	ID source.NativeID `json:"id"`
}

type hook struct {
	ID     source.NativeID `json:"id"`
	Events []string        `json:"events"`
}

type pusher struct {
	Name string `json:"name"`
}

type commit struct {
	Message string `json:"message"`
}
