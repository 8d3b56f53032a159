// Package rule loads a team's rules and selects from them what an event leads to.
//
// A rules file is YAML:
//
//	include: default                                   # the built-in rules, after these
//	disable: [triage]                                  # but not these of them
//	rules:
//	  - name: merged-change
//	    on: {source: github, kind: change.merged}      # either may be left out; kind may be a list
//	    when: event.fields.base == "main"              # CEL, see Variables
//	    classify: {classes: [bug, feature], default: feature}
//	    do:
//	      - step: comment
//	        tool: jira.add_comment
//	        for: [bug]                                 # only for these classes
//	        with:
//	          target: link.issue[*]                    # a call for each linked issue
//	          body: Merged with ${event.fields.merge_commit_sha}.
//
// What a scalar in `with` means is the tool's to say, by the origin of its
// field: target and field take a path, choice takes a value (or a list) that
// policy must list, text takes a template with CEL in ${…}; $${ stands for ${.
// The path $create.ref is what the rule's earlier step create made: a step that
// needs a result is planned only where that step is.
//
// The text that people wrote is in none of it: not a variable, not a path.
package rule
