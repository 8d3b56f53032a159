package github

import "github.com/switchyard-dev/switchyard/services/ingress/internal/source"

// The structs name only what an event is made of: decoding the rest of a body
// would cost more than all other work on it.
// Source of the shapes: github.com/octokit/webhooks, payload-schemas.

type payload struct {
	Action       string        `json:"action"`
	Number       int64         `json:"number"`
	PullRequest  *pullRequest  `json:"pull_request"`
	Issue        *issue        `json:"issue"`
	Discussion   *discussion   `json:"discussion"`
	Comment      *comment      `json:"comment"`
	Review       *review       `json:"review"`
	Thread       *thread       `json:"thread"`
	Label        *label        `json:"label"`
	Milestone    *milestone    `json:"milestone"`
	Assignee     *user         `json:"assignee"`
	Reviewer     *user         `json:"requested_reviewer"`
	ReviewTeam   *team         `json:"requested_team"`
	Changes      *edits        `json:"changes"`
	Repository   *repository   `json:"repository"`
	Organization *user         `json:"organization"`
	Installation *installation `json:"installation"`
	Sender       *user         `json:"sender"`
	pushed
	built
	governed
	planned
}

// Members of push, create, delete, gollum and the dispatches.
type pushed struct {
	Ref        string    `json:"ref"`
	RefType    string    `json:"ref_type"`
	Master     present   `json:"master_branch"`
	PusherType present   `json:"pusher_type"`
	Before     string    `json:"before"`
	After      string    `json:"after"`
	Deleted    bool      `json:"deleted"`
	Forced     bool      `json:"forced"`
	Compare    string    `json:"compare"`
	Pusher     *pusher   `json:"pusher"`
	Commits    *[]commit `json:"commits"`
	Pages      *[]page   `json:"pages"`
	Branch     string    `json:"branch"`
	Client     present   `json:"client_payload"`
	Inputs     present   `json:"inputs"`
	Workflow   present   `json:"workflow"`
	Forkee     *struct {
		ID       source.NativeID `json:"id"`
		FullName string          `json:"full_name"`
	} `json:"forkee"`
}

// Members of builds, deployments, releases and packages.
type built struct {
	CheckRun         *run              `json:"check_run"`
	CheckSuite       *run              `json:"check_suite"`
	WorkflowRun      *run              `json:"workflow_run"`
	WorkflowJob      *run              `json:"workflow_job"`
	Deployment       *deployment       `json:"deployment"`
	DeploymentStatus *deploymentStatus `json:"deployment_status"`
	Callback         present           `json:"deployment_callback_url"`
	Since            source.Time       `json:"since"`
	Environment      string            `json:"environment"`
	Release          *release          `json:"release"`
	Package          *pack             `json:"package"`
	RegistryPackage  *pack             `json:"registry_package"`
	Build            *pageBuild        `json:"build"`
	MergeGroup       *mergeGroup       `json:"merge_group"`
	ID               source.NativeID   `json:"id"`
	SHA              string            `json:"sha"`
	State            string            `json:"state"`
	Context          string            `json:"context"`
	Status           string            `json:"status"`
	Branches         []named           `json:"branches"`
	TargetURL        string            `json:"target_url"`
	Description      string            `json:"description"`
	CreatedAt        source.Time       `json:"created_at"`
	UpdatedAt        source.Time       `json:"updated_at"`
}

// Members of events about accounts, settings and security.
type governed struct {
	Hook                *hook           `json:"hook"`
	HookID              source.NativeID `json:"hook_id"`
	Member              *user           `json:"member"`
	Membership          *membership     `json:"membership"`
	Invitation          present         `json:"invitation"`
	User                *user           `json:"user"`
	BlockedUser         *user           `json:"blocked_user"`
	Account             *user           `json:"account"`
	TargetType          present         `json:"target_type"`
	RepositoriesAdded   present         `json:"repositories_added"`
	Team                *team           `json:"team"`
	Key                 *identified     `json:"key"`
	Rule                *protection     `json:"rule"`
	Ruleset             *identified     `json:"repository_ruleset"`
	Definition          present         `json:"definition"`
	PropertyValues      present         `json:"new_property_values"`
	TokenRequest        *identified     `json:"personal_access_token_request"`
	Alert               *alert          `json:"alert"`
	CommitOID           string          `json:"commit_oid"`
	Location            present         `json:"location"`
	SecurityAdvisory    *advisory       `json:"security_advisory"`
	RepositoryAdvisory  *advisory       `json:"repository_advisory"`
	Source              string          `json:"source"`
	StartedAt           source.Time     `json:"started_at"`
	CompletedAt         source.Time     `json:"completed_at"`
	Sponsorship         *sponsorship    `json:"sponsorship"`
	MarketplacePurchase *purchase       `json:"marketplace_purchase"`
	StarredAt           optionalTime    `json:"starred_at"`
}

// Members of events about plans and about ties between issues.
type planned struct {
	Project       *dated `json:"project"`
	ProjectCard   *dated `json:"project_card"`
	ProjectColumn *dated `json:"project_column"`
	ProjectsV2    *dated `json:"projects_v2"`
	ProjectItem   *dated `json:"projects_v2_item"`
	StatusUpdate  *dated `json:"projects_v2_status_update"`
	ParentIssue   *issue `json:"parent_issue"`
	SubIssue      *issue `json:"sub_issue"`
	Blocked       *issue `json:"blocked_issue"`
	Blocking      *issue `json:"blocking_issue"`
}

// present tells whether a body has the member, be it null, without reading it.
type present bool

// UnmarshalJSON never fails.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// optionalTime tells a null from a member that isn't there.
type optionalTime struct {
	source.Time
	present
}

// UnmarshalJSON never fails.
func (t *optionalTime) UnmarshalJSON(b []byte) error {
	t.present = true
	return t.Time.UnmarshalJSON(b)
}
