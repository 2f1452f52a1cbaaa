package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast/doctor"
)

// completeFiles lets shells offer files where a flag or an argument is a FILE,
// directories where it is a DIRECTORY, and neither anywhere else.
func completeFiles(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	for _, cmd := range tree(root) {
		if d, ok := filesOf(cmd.Use); ok && cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = cobra.FixedCompletions(nil, d)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(f)
			if d, ok := filesOf(value); ok {
				cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, d)) // an error: it has one
			}
		})
	}
}

func filesOf(usage string) (cobra.ShellCompDirective, bool) {
	switch {
	case strings.Contains(usage, "FILE"):
		return cobra.ShellCompDirectiveDefault, true
	case strings.Contains(usage, "DIRECTORY"):
		return cobra.ShellCompDirectiveFilterDirs, true
	}
	return 0, false
}

// completeHelp offers the commands and the pages.
func completeHelp(cmd *cobra.Command, args []string, _ string) (out []string, _ cobra.ShellCompDirective) {
	at, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, c := range tree(at)[1:] {
		if c.Parent() == at {
			out = append(out, c.Name()+"\t"+c.Short)
		}
	}
	if len(args) == 0 {
		for _, name := range slices.Concat(doctor.Names(), doctor.Topics()) {
			if p, err := doctor.FindPage(name); err == nil {
				out = append(out, name+"\t"+p.Title)
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
