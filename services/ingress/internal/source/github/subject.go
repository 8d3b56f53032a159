package github

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

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
	CommitID    string          `json:"commit_id"`
	Path        string          `json:"path"`
	ReviewID    source.NativeID `json:"pull_request_review_id"`
	User        *user           `json:"user"`
	Association string          `json:"author_association"`
	CreatedAt   source.Time     `json:"created_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
}

type user struct {
	ID    source.NativeID `json:"id"`
	Login string          `json:"login"`
	Type  string          `json:"type"`
	URL   string          `json:"url"`
}

type branch struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

type label struct {
	ID   source.NativeID `json:"id"`
	Name string          `json:"name"`
}

// edits says what an event changed. Of texts only that they did: what stood
// there before is not read.
type edits struct {
	Category *struct {
		From struct {
			Slug string `json:"slug"`
		} `json:"from"`
	} `json:"category"`
	Title *struct{} `json:"title"`
	Body  *struct{} `json:"body"`
	Name  *was      `json:"name"`
	Base  *struct {
		Ref was `json:"ref"`
	} `json:"base"`
	DefaultBranch *was `json:"default_branch"`
	Permission    *was `json:"permission"`
	Login         *was `json:"login"`
	Repository    *struct {
		Name was `json:"name"`
	} `json:"repository"`
	Owner *struct {
		From struct {
			User         *user `json:"user"`
			Organization *user `json:"organization"`
		} `json:"from"`
	} `json:"owner"`
	NewRepository *repository `json:"new_repository"`
	NewIssue      *numbered   `json:"new_issue"`
	NewDiscussion *numbered   `json:"new_discussion"`
	OldRepository *repository `json:"old_repository"`
	OldIssue      *numbered   `json:"old_issue"`
}

type was struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type numbered struct {
	Number int64 `json:"number"`
}

type repository struct {
	ID            source.NativeID `json:"id"`
	FullName      string          `json:"full_name"`
	URL           string          `json:"html_url"`
	Private       *bool           `json:"private"`
	DefaultBranch string          `json:"default_branch"`
	CreatedAt     source.Time     `json:"created_at"`
	UpdatedAt     source.Time     `json:"updated_at"`
	PushedAt      source.Time     `json:"pushed_at"`
}

type installation struct {
	ID          source.NativeID `json:"id"`
	Account     *user           `json:"account"`
	AppID       source.NativeID `json:"app_id"`
	Selection   string          `json:"repository_selection"`
	URL         string          `json:"html_url"`
	CreatedAt   source.Time     `json:"created_at"`
	SuspendedAt source.Time     `json:"suspended_at"`
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
