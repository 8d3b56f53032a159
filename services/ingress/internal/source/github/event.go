package github

import "slices"

// event is one of the events that GitHub documents.
// Source: docs.github.com, "Webhook events and payloads"; the members are those
// that github.com/octokit/webhooks, payload-schemas, requires of every body.
type event struct {
	name string
	// What it becomes. "other" says that no kind fits, or that another event
	// tells the same; where fill chooses between kinds it is the one that acts.
	kind string
	// Whether a body has what this event's bodies always have. Members that are
	// not named here are no hindrance: GitHub adds some over time.
	is   func(*normal) bool
	fill func(*normal) error
}

// The name of an event is in a header, which the signature doesn't cover, and
// the first name under which a body is remembered keeps the body's id. So the
// body has a say: it is the first event of this table that it has the members
// of, and under any other documented name it is refused. The order is from many
// members to few: an event stands before those whose members are among its own.
//
// No two documented events are inseparable: where their members are alike, the
// action tells them apart (watch, repository, branch_protection_configuration).
//
// A name that is not documented may be a new event's, whatever members its
// bodies have: it is "other", under an id apart (see unheardOf).
func events() []event {
	return slices.Concat(subjectEvents(), buildEvents(), governedEvents(), bareEvents())
}

func subjectEvents() []event {
	return []event{
		{"pull_request_review", "change.reviewed", func(n *normal) bool { return n.PullRequest != nil && n.Review != nil }, (*normal).review},
		{"pull_request_review_comment", "comment.updated", func(n *normal) bool { return n.PullRequest != nil && n.Comment != nil }, (*normal).reviewComment},
		{"pull_request_review_thread", "comment.updated", func(n *normal) bool { return n.PullRequest != nil && n.Thread != nil }, (*normal).reviewThread},
		{"pull_request", "change.updated", func(n *normal) bool { return n.PullRequest != nil && n.Number > 0 }, (*normal).change},
		{"issue_comment", "comment.updated", func(n *normal) bool { return n.Issue != nil && n.Comment != nil }, (*normal).comment},
		{"issues", "issue.updated", func(n *normal) bool { return n.Issue != nil }, (*normal).issue},
		{"sub_issues", "issue.updated", func(n *normal) bool { return n.ParentIssue != nil && n.SubIssue != nil }, (*normal).subIssue},
		{"issue_dependencies", "issue.updated", func(n *normal) bool { return n.Blocked != nil && n.Blocking != nil }, (*normal).dependency},
		{"discussion_comment", "comment.updated", func(n *normal) bool { return n.Discussion != nil && n.Comment != nil }, (*normal).discussionComment},
		{"discussion", "other", func(n *normal) bool { return n.Discussion != nil }, (*normal).discussed},
		{"commit_comment", "comment.updated", func(n *normal) bool { return n.Comment != nil && n.Comment.CommitID != "" }, (*normal).commitComment},
		{"push", "commit.pushed", func(n *normal) bool { return n.Ref != "" && n.Before != "" && n.After != "" && n.Commits != nil }, (*normal).push},
		{"create", "other", func(n *normal) bool { return n.Ref != "" && n.RefType != "" && bool(n.Master) }, (*normal).branchOrTag},
		{"delete", "other", func(n *normal) bool { return n.Ref != "" && n.RefType != "" && bool(n.PusherType) }, (*normal).branchOrTag},
		{"gollum", "page.updated", func(n *normal) bool { return n.Pages != nil }, (*normal).wiki},
	}
}

func buildEvents() []event {
	return []event{
		{"deployment_review", "other", func(n *normal) bool { return n.WorkflowRun != nil && !n.Since.IsZero() }, (*normal).deploymentReview},
		{"deployment_status", "deployment.finished", func(n *normal) bool { return n.Deployment != nil && n.DeploymentStatus != nil }, (*normal).deploymentStatus},
		{"deployment_protection_rule", "other", func(n *normal) bool { return bool(n.Callback) }, (*normal).protectionRequest},
		{"workflow_job", "other", func(n *normal) bool { return n.WorkflowJob != nil }, (*normal).workflowJob},
		{"deployment", "deployment.created", func(n *normal) bool { return n.Deployment != nil }, (*normal).deployment},
		{"workflow_run", "build.finished", func(n *normal) bool { return n.WorkflowRun != nil }, (*normal).workflowRun},
		{"check_run", "other", func(n *normal) bool { return n.CheckRun != nil }, (*normal).checkRun},
		{"check_suite", "build.finished", func(n *normal) bool { return n.CheckSuite != nil }, (*normal).checkSuite},
		{"status", "build.finished", func(n *normal) bool { return n.SHA != "" && n.State != "" && n.Context != "" }, (*normal).status},
		{"release", "release.published", func(n *normal) bool { return n.Release != nil }, (*normal).release},
		{"package", "other", func(n *normal) bool { return n.Package != nil }, (*normal).pack},
		{"registry_package", "other", func(n *normal) bool { return n.RegistryPackage != nil }, (*normal).registryPack},
		{"page_build", "other", func(n *normal) bool { return n.Build != nil }, (*normal).pageBuild},
		{"merge_group", "other", func(n *normal) bool { return n.MergeGroup != nil }, (*normal).mergeGroup},
		{"workflow_dispatch", "other", func(n *normal) bool { return bool(n.Workflow && n.Inputs) && n.Ref != "" }, (*normal).dispatch},
		{"repository_dispatch", "other", func(n *normal) bool { return bool(n.Client) && n.Action != "" }, (*normal).dispatch},
	}
}

func governedEvents() []event {
	return []event{
		{"ping", "ping", func(n *normal) bool { return n.Hook != nil && n.Action == "" }, (*normal).ping},
		{"meta", "other", func(n *normal) bool { return n.Hook != nil && n.Action != "" }, (*normal).hookDeleted},
		{"secret_scanning_alert_location", "other", func(n *normal) bool { return n.Alert != nil && bool(n.Location) }, (*normal).secretAlert},
		{"code_scanning_alert", "other", func(n *normal) bool { return n.Alert != nil && n.Alert.Rule != nil }, (*normal).codeAlert},
		{"dependabot_alert", "other", func(n *normal) bool { return n.Alert != nil && n.Alert.Dependency != nil }, (*normal).dependabotAlert},
		{"repository_vulnerability_alert", "other", func(n *normal) bool { return n.Alert != nil && bool(n.Alert.AffectedFrom) }, (*normal).vulnerabilityAlert},
		{"secret_scanning_alert", "other", func(n *normal) bool { return n.Alert != nil }, (*normal).secretAlert},
		{"security_advisory", "other", func(n *normal) bool { return n.SecurityAdvisory != nil }, (*normal).advisory},
		{"repository_advisory", "other", func(n *normal) bool { return n.RepositoryAdvisory != nil }, (*normal).repositoryAdvisory},
		{"secret_scanning_scan", "other", func(n *normal) bool { return !n.StartedAt.IsZero() && !n.CompletedAt.IsZero() }, (*normal).scan},
		{"projects_v2_status_update", "other", func(n *normal) bool { return n.StatusUpdate != nil }, (*normal).plan},
		{"projects_v2_item", "other", func(n *normal) bool { return n.ProjectItem != nil }, (*normal).plan},
		{"projects_v2", "other", func(n *normal) bool { return n.ProjectsV2 != nil }, (*normal).plan},
		{"project_card", "other", func(n *normal) bool { return n.ProjectCard != nil }, (*normal).plan},
		{"project_column", "other", func(n *normal) bool { return n.ProjectColumn != nil }, (*normal).plan},
		{"project", "other", func(n *normal) bool { return n.Project != nil }, (*normal).plan},
		{"membership", "other", func(n *normal) bool { return n.Team != nil && n.Member != nil }, (*normal).teamMember},
		{"team", "other", func(n *normal) bool { return n.Team != nil && n.Action != "" }, (*normal).teamChanged},
		{"team_add", "other", func(n *normal) bool { return n.Team != nil }, (*normal).teamChanged},
		{"member", "other", func(n *normal) bool { return n.Member != nil }, (*normal).collaborator},
		{"org_block", "other", func(n *normal) bool { return n.BlockedUser != nil }, (*normal).block},
		{"sponsorship", "other", func(n *normal) bool { return n.Sponsorship != nil }, (*normal).sponsored},
		{"marketplace_purchase", "other", func(n *normal) bool { return n.MarketplacePurchase != nil }, (*normal).purchased},
		{"personal_access_token_request", "other", func(n *normal) bool { return n.TokenRequest != nil }, (*normal).plain},
		{"custom_property_values", "other", func(n *normal) bool { return bool(n.PropertyValues) }, (*normal).plain},
		{"custom_property_promoted_to_enterprise", "other", func(n *normal) bool { return bool(n.Definition) && n.Action == "promote_to_enterprise" }, (*normal).plain},
		{"custom_property", "other", func(n *normal) bool { return bool(n.Definition) }, (*normal).plain},
		{"repository_ruleset", "other", func(n *normal) bool { return n.Ruleset != nil }, (*normal).plain},
		{"branch_protection_rule", "other", func(n *normal) bool { return n.Rule != nil }, (*normal).protected},
		{"deploy_key", "other", func(n *normal) bool { return n.Key != nil }, (*normal).plain},
		{"installation_repositories", "other", func(n *normal) bool { return bool(n.RepositoriesAdded) }, (*normal).installed},
		{"installation_target", "other", func(n *normal) bool { return n.Account != nil && bool(n.TargetType) }, (*normal).installed},
	}
}

// bareEvents have few members or none of their own. Where a kind of action
// tells two apart, one that GitHub adds later is the last one's.
func bareEvents() []event {
	return []event{
		{"fork", "other", func(n *normal) bool { return n.Forkee != nil }, (*normal).forked},
		{"milestone", "other", func(n *normal) bool { return n.Milestone != nil && n.Action != "" }, (*normal).milestoned},
		{"label", "other", func(n *normal) bool { return n.Label != nil && n.Action != "" }, (*normal).labelChanged},
		{"star", "other", func(n *normal) bool { return bool(n.StarredAt.present) }, (*normal).starred},
		{"repository_import", "other", func(n *normal) bool { return n.Repository != nil && n.Status != "" }, (*normal).plain},
		{"security_and_analysis", "other", func(n *normal) bool { return n.Repository != nil && n.Action == "" && n.Changes != nil }, (*normal).plain},
		{"public", "other", func(n *normal) bool { return n.Repository != nil && n.Action == "" }, (*normal).publicized},
		{"watch", "other", func(n *normal) bool { return n.Repository != nil && n.Action == "started" }, (*normal).plain},
		{"branch_protection_configuration", "other", func(n *normal) bool { return n.Repository != nil && (n.Action == "enabled" || n.Action == "disabled") }, (*normal).plain},
		{"repository", "other", func(n *normal) bool { return n.Repository != nil }, (*normal).repositoryChanged},
		{"organization", "other", func(n *normal) bool { return n.Organization != nil && n.Action != "" }, (*normal).organization},
		{"installation", "other", func(n *normal) bool { return n.Installation != nil && n.Installation.Account != nil }, (*normal).installed},
		{"github_app_authorization", "other", func(n *normal) bool { return n.Action == "revoked" }, (*normal).plain},
	}
}
