package github

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

type review struct {
	ID          source.NativeID `json:"id"`
	URL         string          `json:"html_url"`
	Body        string          `json:"body"`
	State       string          `json:"state"`
	CommitID    string          `json:"commit_id"`
	User        *user           `json:"user"`
	Association string          `json:"author_association"`
	SubmittedAt source.Time     `json:"submitted_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
}

type thread struct {
	NodeID source.NativeID `json:"node_id"`
}

type discussion struct {
	ID          source.NativeID `json:"id"`
	Number      int64           `json:"number"`
	URL         string          `json:"html_url"`
	Title       string          `json:"title"`
	Body        string          `json:"body"`
	State       string          `json:"state"`
	User        *user           `json:"user"`
	Association string          `json:"author_association"`
	Labels      []label         `json:"labels"`
	Category    struct {
		Slug string `json:"slug"`
	} `json:"category"`
	CreatedAt  source.Time `json:"created_at"`
	UpdatedAt  source.Time `json:"updated_at"`
	AnsweredAt source.Time `json:"answer_chosen_at"`
}

type milestone struct {
	ID          source.NativeID `json:"id"`
	Number      int64           `json:"number"`
	URL         string          `json:"html_url"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	State       string          `json:"state"`
	Creator     *user           `json:"creator"`
	DueOn       source.Time     `json:"due_on"`
	CreatedAt   source.Time     `json:"created_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
	ClosedAt    source.Time     `json:"closed_at"`
}

// run is a check run, a check suite, a workflow run or a job of one.
type run struct {
	ID             source.NativeID `json:"id"`
	RunID          source.NativeID `json:"run_id"`
	Name           string          `json:"name"`
	URL            string          `json:"html_url"`
	Path           string          `json:"path"`
	Title          string          `json:"display_title"`
	Event          string          `json:"event"`
	Status         string          `json:"status"`
	Conclusion     string          `json:"conclusion"`
	HeadSHA        string          `json:"head_sha"`
	HeadBranch     string          `json:"head_branch"`
	HeadCommit     *commit         `json:"head_commit"`
	HeadRepository struct {
		FullName string `json:"full_name"`
	} `json:"head_repository"`
	Number       int64       `json:"run_number"`
	Attempt      int64       `json:"run_attempt"`
	CreatedAt    source.Time `json:"created_at"`
	StartedAt    source.Time `json:"started_at"`
	RunStartedAt source.Time `json:"run_started_at"`
	UpdatedAt    source.Time `json:"updated_at"`
	CompletedAt  source.Time `json:"completed_at"`
	App          struct {
		Slug string `json:"slug"`
	} `json:"app"`
	Suite struct {
		ID         source.NativeID `json:"id"`
		HeadBranch string          `json:"head_branch"`
	} `json:"check_suite"`
	PullRequests []struct {
		Number int64 `json:"number"`
		Base   struct {
			Repo struct {
				ID source.NativeID `json:"id"`
			} `json:"repo"`
		} `json:"base"`
	} `json:"pull_requests"`
}

type deployment struct {
	ID          source.NativeID `json:"id"`
	SHA         string          `json:"sha"`
	Ref         string          `json:"ref"`
	Task        string          `json:"task"`
	Environment string          `json:"environment"`
	Description string          `json:"description"`
	Creator     *user           `json:"creator"`
	CreatedAt   source.Time     `json:"created_at"`
}

type deploymentStatus struct {
	ID             source.NativeID `json:"id"`
	State          string          `json:"state"`
	Environment    string          `json:"environment"`
	EnvironmentURL string          `json:"environment_url"`
	TargetURL      string          `json:"target_url"`
	LogURL         string          `json:"log_url"`
	Description    string          `json:"description"`
	Creator        *user           `json:"creator"`
	CreatedAt      source.Time     `json:"created_at"`
}

type release struct {
	ID          source.NativeID `json:"id"`
	URL         string          `json:"html_url"`
	Tag         string          `json:"tag_name"`
	Target      string          `json:"target_commitish"`
	Name        string          `json:"name"`
	Body        string          `json:"body"`
	Draft       bool            `json:"draft"`
	Prerelease  bool            `json:"prerelease"`
	Author      *user           `json:"author"`
	CreatedAt   source.Time     `json:"created_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
	PublishedAt source.Time     `json:"published_at"`
}

// pack is a package of either registry event.
type pack struct {
	ID        source.NativeID `json:"id"`
	Name      string          `json:"name"`
	Type      string          `json:"package_type"`
	URL       string          `json:"html_url"`
	CreatedAt source.Time     `json:"created_at"`
	UpdatedAt source.Time     `json:"updated_at"`
	Version   *struct {
		ID        source.NativeID `json:"id"`
		Version   string          `json:"version"`
		CreatedAt source.Time     `json:"created_at"`
		UpdatedAt source.Time     `json:"updated_at"`
	} `json:"package_version"`
}

type pageBuild struct {
	Status    string      `json:"status"`
	Commit    string      `json:"commit"`
	UpdatedAt source.Time `json:"updated_at"`
}

type mergeGroup struct {
	HeadSHA    string  `json:"head_sha"`
	HeadRef    string  `json:"head_ref"`
	BaseSHA    string  `json:"base_sha"`
	BaseRef    string  `json:"base_ref"`
	HeadCommit *commit `json:"head_commit"`
}

type page struct {
	Name    string `json:"page_name"`
	Title   string `json:"title"`
	Summary string `json:"summary"`
	Action  string `json:"action"`
	SHA     string `json:"sha"`
	URL     string `json:"html_url"`
}

type named struct {
	Name string `json:"name"`
}

type identified struct {
	ID source.NativeID `json:"id"`
}

// dated is an entity of which a plan consists.
type dated struct {
	ID          source.NativeID `json:"id"`
	Number      int64           `json:"number"`
	URL         string          `json:"html_url"`
	ContentType string          `json:"content_type"`
	State       string          `json:"state"`
	CreatedAt   source.Time     `json:"created_at"`
	UpdatedAt   source.Time     `json:"updated_at"`
	ArchivedAt  source.Time     `json:"archived_at"`
}
