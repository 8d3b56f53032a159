// Package policy decides what an event may do: whose text is trusted, which
// links are targets, where an argument may come from and what becomes of each
// planned call. It is pure: it looks nothing up and does nothing.
//
// # The file
//
// A policy is YAML. All keys are optional, unknown ones are errors:
//
//	# Places whose events may act on one another. Text of a trusted author
//	# chooses targets only across a pair, or in its event's own place.
//	pairs:
//	  - [github:acme/api, jira:ACME]
//	# What a place's visibility is, where no event has told it.
//	places:
//	  jira:ACME: private                  # private or public
//	# The host of our Jira. URLs of issues at any other name nothing of ours;
//	# keys alone need no host.
//	sites: {jira: acme.atlassian.net}
//	# Accounts trusted beyond GitHub's OWNER, MEMBER and COLLABORATOR and
//	# Jira's accountType atlassian.
//	trusted:
//	  - github:user:octocat
//	  - jira:user:5b10a2844c20165700ede21g
//	# The values that a tool's choices may take, by the target's place.
//	choices:
//	  jira.transition:
//	    jira:ACME: {status: [Done]}
//	  records.set:
//	    "*": {name: [stage]}
//	# Narrows a tool to places. A tool that isn't named acts wherever the
//	# pairs allow.
//	targets:
//	  github.add_comment: ["github:acme/*"]
//	# Most calls of one run; the rest is refused. 1 to 100.
//	max_calls: 20
//	# What an event may do by how it proved itself: auto (act), dry_run, or
//	# memory (nothing but calls of class memory).
//	authn: {signature: auto, token: memory, address: memory, operator: dry_run}
//	# What calls do by the trust of the account that acted: auto, hold, or
//	# off (refused); under tools what a tool does otherwise.
//	tiers: {trusted: auto, untrusted: auto, tools: {github.close_issue: {untrusted: off}}}
//	# Most calls outside an hour, by events of one account that isn't trusted
//	# and of one place.
//	budgets: {untrusted_actor: 10/h, place: 100/h}
//	# Hosts that text may link to, beside the providers', sites and the event's.
//	links: [wiki.acme.example]
//	# true: nothing acts outside; requests are shown and not sent.
//	kill_switch: false
//	dry_run: false
//
// A choice that is the target (a channel, a repository) is listed for the place
// of the event, any other for the place of the target.
//
// A place is written short: github:acme/api, jira:ACME, jira@eu:ACME,
// notion:<32 hex>, slack:<channel id>. Where a pattern is allowed (choices and
// targets) it may end in *.
package policy
