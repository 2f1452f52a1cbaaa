package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/groupcast/groupcast/mcast/lab"
)

// belongings is a directory for commands in a host: first in their PATH, with
// this very program as groupcast, whatever it was started as; and with what tells
// a shell its prompt. It is there as long as the command runs.
type belongings struct{ dir string }

func packBelongings() (b belongings, err error) {
	if b.dir, err = os.MkdirTemp("", "groupcast-enter-*"); err != nil {
		return b, err
	}
	program, err := os.Executable()
	if err == nil {
		err = os.Symlink(program, filepath.Join(b.dir, "groupcast"))
	}
	if err == nil {
		err = os.Setenv("PATH", b.path())
	}
	if err != nil {
		b.remove()
	}
	return b, err
}

func (b belongings) path() string { return b.dir + string(filepath.ListSeparator) + os.Getenv("PATH") }

func (b belongings) remove() { _ = os.RemoveAll(b.dir) }

// promptOf is A:article$ in host A of the lab article, as the shells show whether
// it is root's.
func promptOf(lab, host string) string {
	mark := "$"
	if os.Geteuid() == 0 {
		mark = "#"
	}
	return host + ":" + lab + mark + " "
}

// prompting makes a shell say where it is, after it has read what its user has
// written for it. Another shell than these is left as it is; hostname(1) tells it
// the host.
func (b belongings) prompting(c *lab.Cmd, prompt string) error {
	c.Env = append(os.Environ(), "PS1="+prompt) // all that dash(1) and busybox need
	quoted := "'" + strings.ReplaceAll(prompt, "'", `'\''`) + "'"
	say := fmt.Sprintf("PS1=%s\ncase $PATH in '%s':*) ;; *) PATH='%s':$PATH ;; esac\n", quoted, b.dir, b.dir)
	switch filepath.Base(c.Path) {
	case "bash":
		// PROMPT_COMMAND may write PS1 anew each time.
		c.Args = append(c.Args[:1:1], "--rcfile", filepath.Join(b.dir, "bashrc"))
		return b.write("bashrc", "[ -r ~/.bashrc ] && . ~/.bashrc\nunset PROMPT_COMMAND\n"+say)
	case "zsh":
		theirs := os.Getenv("ZDOTDIR")
		if theirs == "" {
			theirs = os.Getenv("HOME")
		}
		c.Env = append(c.Env, "ZDOTDIR="+b.dir, "GROUPCAST_ZDOTDIR="+theirs)
		const source = "ZDOTDIR=$GROUPCAST_ZDOTDIR\n[[ -r $ZDOTDIR/%s ]] && . $ZDOTDIR/%s\n"
		env := fmt.Sprintf(source, ".zshenv", ".zshenv") + fmt.Sprintf("ZDOTDIR='%s'\n", b.dir)
		rc := fmt.Sprintf(source, ".zshrc", ".zshrc") + "unset GROUPCAST_ZDOTDIR\nprecmd_functions=()\n" + say
		if err := b.write(".zshenv", env); err != nil {
			return err
		}
		return b.write(".zshrc", rc)
	}
	return nil
}

func (b belongings) write(name, text string) error {
	return os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600)
}
