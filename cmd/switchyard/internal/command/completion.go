package command

import (
	"context"
	"fmt"
	"strings"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help teaches by example.
func (completionCommand) Help() string {
	return `For this terminal:
  source <(switchyard completion bash)
  source <(switchyard completion zsh)
  switchyard completion fish | source

For every terminal, put the line into ~/.bashrc, into ~/.zshrc below compinit, or:
  switchyard completion fish > ~/.config/fish/completions/switchyard.fish

It completes commands, flags, their values, and the names of examples. The program
has to be on the PATH.`
}

// Run prints the shell's script. It asks the program itself for each word, and
// falls back on file names where that knows none.
func (c completionCommand) Run(env *Env) error {
	scripts := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}
	_, err := fmt.Fprint(env.Stdout, scripts[c.Shell])
	return err
}

const bashScript = `# Completion of switchyard for bash.
_switchyard() {
	local IFS=$'\n'
	COMPREPLY=($("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _switchyard switchyard
`

const zshScript = `#compdef switchyard
# Completion of switchyard for zsh.
_switchyard() {
	local -a found
	found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -n "${found[*]}" ]]; then
		compadd -a found
	else
		_files
	fi
}
compdef _switchyard switchyard
`

const fishScript = `# Completion of switchyard for fish.
function __switchyard_complete
	set -l typed (commandline -opc)
	set -l found ($typed[1] __complete $typed[2..] (commandline -ct) 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path (commandline -ct)
	end
end
complete -c switchyard -f -a '(__switchyard_complete)'
`

// completeCommand is what the scripts ask.
type completeCommand struct {
	Words []string `arg:"" optional:""`
}

// Run prints what the last word may become, a line each.
func (c completeCommand) Run(ctx context.Context, env *Env) error {
	var all commands
	parser, err := newParser(ctx, env, &all)
	if err != nil {
		return err
	}
	if found := candidates(parser.Model.Node, c.Words); len(found) > 0 {
		_, err = fmt.Fprintln(env.Stdout, strings.Join(found, "\n"))
	}
	return err
}
