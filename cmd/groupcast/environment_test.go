package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A secret in a variable that nothing reads is refused, and not told; no flag's variable
// is taken for one.
func TestMistypedSecret(t *testing.T) {
	for _, name := range []string{"KEY", "PASSWORD", "PASSPHRASES", "PASSPHRASE_FILES", "SECRET", "PSK"} {
		err := mistypedSecret([]string{"PATH=/", "GROUPCAST_" + name + "=hunter2"})
		if err == nil || !strings.Contains(err.Error(), "GROUPCAST_"+name) || strings.Contains(err.Error()+hint(err), "hunter2") || !strings.Contains(hint(err), "GROUPCAST_PASSPHRASE_FILE") {
			t.Errorf("%s: %v, %q", name, err, hint(err))
		}
	}
	fine := []string{"KEY=x", "SSH_KEY=x", "GROUPCAST_KEY=", "GROUPCAST_PASSPHRASE=x", "GROUPCAST_LAB=x"}
	for _, cmd := range tree(newRoot()) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { fine = append(fine, variable(cmd, f.Name)+"=x") })
	}
	if err := mistypedSecret(fine); err != nil {
		t.Errorf("of %q: %v", fine, err)
	}
}
