package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/lab"
)

// These are used in the place of cobra's scripts: that of bash calls functions of
// the package bash-completion, and that of zsh takes a group in brackets for a
// pattern.
var (
	//go:embed shell/groupcast.bash
	bashCompletion string
	//go:embed shell/groupcast.zsh
	zshCompletion string
)

// shells are those that have a script.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that completes groupcast in bash, zsh, fish or powershell",
		Long: `Print a script for a shell: bash, zsh, fish or powershell. With it the tab key completes commands and flags, and
offers what this host has: interfaces with their addresses, groups that programs have joined, with their ports, groups
that have a name, pitfalls, running labs and their hosts. To do so the shell runs groupcast, which sends nothing. The
script for bash needs no other package.`,
		Example: `  source <(groupcast completion bash)    in this shell; for all shells, add the line to ~/.bashrc
  source <(groupcast completion zsh)     the same in ~/.zshrc, below: autoload -U compinit; compinit
  groupcast completion fish > ~/.config/fish/completions/groupcast.fish
  groupcast completion powershell | Out-String | Invoke-Expression`,
		ValidArgsFunction: cobra.FixedCompletions(shells, cobra.ShellCompDirectiveNoFileComp),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("completion: name the shell: %s", strings.Join(shells, ", "))}
			}
			return atMost(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeCompletion(cmd.Root(), args[0], cmd.OutOrStdout())
		},
	}
}

func writeCompletion(root *cobra.Command, shell string, out io.Writer) error {
	switch shell {
	case "bash":
		_, err := io.WriteString(out, bashCompletion)
		return err
	case "zsh":
		_, err := io.WriteString(out, zshCompletion)
		return err
	case "fish":
		return root.GenFishCompletion(out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(out)
	}
	err := fmt.Errorf("completion: no script for %q", shell)
	if near := lab.Nearest(shell, shells); len(near) > 0 {
		return usageError{didYouMean(err, near)}
	}
	return usageError{&mcast.Advised{Err: err, Advice: "there are scripts for " + strings.Join(shells, ", ")}}
}
