package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/tui"
)

// themes are the names of the screen's themes on the command line.
var themes = []string{tui.ThemeAuto: "auto", tui.ThemeLight: "light", tui.ThemeDark: "dark"}

// themeFlag chooses the colours of a screen.
func themeFlag(cmd *cobra.Command, theme *tui.Theme) {
	cmd.Flags().Var((*themeValue)(theme), "theme", "colours of the screen, `auto|light|dark`; auto: as the terminal reports, else from COLORFGBG")
	cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(themes, cobra.ShellCompDirectiveNoFileComp))
}

// themeValue is a theme on the command line.
type themeValue tui.Theme

// Set implements pflag.Value.
func (v *themeValue) Set(text string) error {
	i := slices.Index(themes, text)
	if i < 0 {
		return errors.New("want light, dark or auto")
	}
	*v = themeValue(i)
	return nil
}

// String implements pflag.Value.
func (v *themeValue) String() string { return themes[*v] }

// Type implements pflag.Value.
func (v *themeValue) Type() string { return "theme" }
