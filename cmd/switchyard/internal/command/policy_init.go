package command

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/agent"
)

type initPolicyCommand struct {
	From string `placeholder:"FILE" help:"Rules that the policy is for; without them the built-in ones."`
	Out  string `placeholder:"FILE" help:"File to write, which must not be there yet; without it the policy is printed."`
}

// Help teaches by example.
func (initPolicyCommand) Help() string {
	return `  switchyard policy init --from rules.yaml --out policy.yaml
  switchyard policy check policy.yaml

The policy allows the tools and the values that the rules use, and no others.
What rules can't tell stands in it as questions, in comments: which places are
pairs, and which of them are private. Until they are answered events act in
their own place only, and nothing leaves a place for another.`
}

// Run writes the policy.
func (c initPolicyCommand) Run(env *Env) error {
	check, err := checkRules(c.From)
	if err != nil {
		return err
	}
	if err := check.Err(); err != nil {
		return fmt.Errorf("the rules can't be loaded (`switchyard rules check %s` shows all of it): %w", c.From, err)
	}
	policy := newPolicy(c.From, check.Needs)
	if c.Out == "" {
		return printText(env.Stdout, policy)
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name another file, or remove it", c.Out)
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(policy); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return printText(env.Stdout, c.Out+" is written. Answer the questions in it, then: switchyard policy check "+c.Out+"\n")
}

// newPolicy allows what the needs are, and asks for what they don't tell.
func newPolicy(from string, needs []agent.RuleNeed) string {
	if from == "" {
		from = builtInName
	}
	d := policyDraft{tools: map[string]*toolsv1.Tool{}}
	for _, tool := range registry.Tools() {
		d.tools[tool.GetName()] = tool
	}
	d.printf("# What %s may do. Each key is explained in docs/policy.md;\n# `switchyard policy check` finds lines that can never match.\n\n", from)
	d.pairs(needs)
	d.places(needs)
	d.choices(needs)
	d.targets(needs)
	d.text(policyLimits)
	return d.b.String()
}

// policyDraft is a policy in the writing.
type policyDraft struct {
	b     strings.Builder
	tools map[string]*toolsv1.Tool
}

func (d *policyDraft) text(s string) { d.b.WriteString(s) }

func (d *policyDraft) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// pairs asks for a pair wherever a rule acts by a link.
func (d *policyDraft) pairs(needs []agent.RuleNeed) {
	d.text("# Places whose events may act on one another, both ways. Text chooses a target\n# only here, and only a trusted author's.\n")
	asked := map[string]bool{}
	for _, need := range needs {
		if !strings.HasPrefix(need.Target, "link.") {
			continue
		}
		provider, _, _ := strings.Cut(need.Tool, ".")
		for _, source := range need.Sources {
			both := []string{source, provider} // pairs work both ways
			slices.Sort(both)
			if pair := strings.Join(both, " "); !asked[pair] && provider != source && isProvider(provider) {
				asked[pair] = true
				d.printf("# Rule %s: %s acts on %s. Of which %s, on which %s?\n#   - [%s, %s]\n", need.Rule, need.Tool, need.Target,
					placeWord(source), placeWord(provider), examplePlace(source), examplePlace(provider))
			}
		}
	}
	if len(asked) == 0 {
		d.text("# These rules act on nothing elsewhere by a link: no pair is needed.\n")
	}
	d.text("pairs: []\n\n")
}

// places asks for the visibility of what news may leave, or come to.
func (d *policyDraft) places(needs []agent.RuleNeed) {
	d.text("# What a place is, where no event has told it: private or public. News of a\n# place not known to be public is held on its way to one not known to be private.\n")
	for _, place := range d.chosen(needs) {
		d.printf("#   %s: private    # or public?\n", place)
	}
	d.text("#   github:OWNER/NAME: private\n#   jira:KEY: private\nplaces: {}\n\n")
}

// chosen are the places that rules write as a choice.
func (d *policyDraft) chosen(needs []agent.RuleNeed) []string {
	short := strings.NewReplacer("github:repo:", "github:", "jira:project:", "jira:", "notion:database:", "notion:", "slack:channel:", "slack:")
	var places []string
	for _, need := range needs {
		for _, f := range d.tools[need.Tool].GetFields() {
			for _, value := range need.Choices[f.GetName()] {
				if place := short.Replace(f.GetTargetPrefix() + value); f.GetTargetPrefix() != "" && !slices.Contains(places, place) {
					places = append(places, place)
				}
			}
		}
	}
	slices.Sort(places)
	return places
}

// choices lists the values that the rules write, by tool, place and field.
func (d *policyDraft) choices(needs []agent.RuleNeed) {
	listed := map[string]map[string]map[string][]string{}
	add := func(tool, place, field string, values []string) {
		if listed[tool] == nil {
			listed[tool] = map[string]map[string][]string{}
		}
		if listed[tool][place] == nil {
			listed[tool][place] = map[string][]string{}
		}
		for _, value := range values {
			if !slices.Contains(listed[tool][place][field], value) {
				listed[tool][place][field] = append(listed[tool][place][field], value)
			}
		}
	}
	for _, need := range needs {
		for _, f := range d.tools[need.Tool].GetFields() {
			if values := need.Choices[f.GetName()]; len(values) > 0 {
				for _, place := range d.wherever(need, f) {
					add(need.Tool, place, f.GetName(), values)
				}
			}
		}
	}
	d.text("# The values that the rules use. A channel, repository, project or database to\n# act in is listed for the place that the event is of, any other value for the\n# place that is acted on. Narrow each * to places of yours.\n")
	if len(listed) == 0 {
		d.text("choices: {}\n\n")
		return
	}
	d.text("choices:\n")
	for _, tool := range slices.Sorted(maps.Keys(listed)) {
		d.printf("  %s:\n", tool)
		for _, place := range slices.Sorted(maps.Keys(listed[tool])) {
			d.printf("    %q:\n", place)
			for _, field := range slices.Sorted(maps.Keys(listed[tool][place])) {
				d.printf("      %s: [%s]\n", field, quoted(listed[tool][place][field]))
			}
		}
	}
	d.text("\n")
}

// wherever are the places that a choice has to be listed for.
func (d *policyDraft) wherever(need agent.RuleNeed, field *toolsv1.ToolField) []string {
	if field.GetTargetPrefix() != "" {
		places := make([]string, 0, len(need.Sources))
		for _, source := range need.Sources {
			places = append(places, source+":*")
		}
		return places
	}
	if places := d.chosen([]agent.RuleNeed{need}); len(places) > 0 {
		return places
	}
	return []string{wherever(need.Tool)}
}

// wherever is every place that a tool can act in.
func wherever(tool string) string {
	if provider, _, _ := strings.Cut(tool, "."); isProvider(provider) {
		return provider + ":*"
	}
	return "*"
}

// targets closes the tools that no rule uses.
func (d *policyDraft) targets(needs []agent.RuleNeed) {
	used := map[string]bool{}
	for _, need := range needs {
		used[need.Tool] = true
	}
	d.text("# Where each tool may act: every place that pairs and choices leave open, or\n# fewer. An empty list allows a tool nowhere: no rule uses these.\ntargets:\n")
	for _, name := range slices.Sorted(maps.Keys(d.tools)) {
		switch tool := d.tools[name]; {
		case !strings.Contains(name, ".") || tool.GetClass() == "memory":
		case used[name]:
			d.printf("  %s: [%q]\n", name, wherever(name))
		default:
			d.printf("  %s: []\n", name)
		}
	}
	d.text("\n")
}

func isProvider(name string) bool {
	return slices.Contains([]string{"github", "jira", "notion", "slack"}, name)
}

func examplePlace(source string) string {
	switch source {
	case "github":
		return "github:OWNER/NAME"
	case "jira":
		return "jira:KEY"
	}
	return source + ":ID-OF-32-HEX-DIGITS"
}

func placeWord(source string) string {
	switch source {
	case "github":
		return "repository"
	case "jira":
		return "project"
	}
	return "workspace"
}

// quoted writes values so that YAML takes each for a string.
func quoted(values []string) string {
	words := make([]string, 0, len(values))
	for _, value := range values {
		words = append(words, fmt.Sprintf("%q", value))
	}
	return strings.Join(words, ", ")
}

const policyLimits = `# Accounts trusted beyond GitHub's OWNER, MEMBER and COLLABORATOR and Jira's
# accountType atlassian: bots of yours, people of Notion, who pushes commits.
#   - github:user:LOGIN
#   - notion:user:ID
trusted: []

# What calls do by the trust of the account that acted: auto, hold (kept back for
# a person's word) or off. Text of strangers chooses nothing either way. A tool
# may have tiers of its own: tools: {github.close_issue: {untrusted: off}}
tiers: {trusted: auto, untrusted: auto}

# Most calls outside within an hour that one account that is not trusted, and
# the events of one place, may cause.
budgets: {untrusted_actor: 10/h, place: 100/h}
max_calls: 20

# true: whatever would act outside is refused, at once and also what waits.
kill_switch: false
# true: requests are shown and not sent. Look at them first (switchyard runs
# show), then turn it off.
dry_run: true
`
