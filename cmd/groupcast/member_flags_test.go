package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/history"
	"github.com/groupcast/groupcast/mcast/identity"
)

// memberOf is what the flags of a line make of members, in a group.
func memberOf(t *testing.T, group string, person bool, args ...string) (*membership, error) {
	t.Helper()
	var m memberFlags
	cmd := &cobra.Command{Use: "chat"}
	cmd.SetContext(context.Background())
	m.add(cmd)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	g, err := mcast.ParseGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	in, err := m.membership(cmd, &settings{passphrase: takePassphrase()}, g, person)
	if err == nil {
		t.Cleanup(func() { in.close() })
	}
	return in, err
}

// secretFiles makes files of a key and a passphrase.
func secretFiles(t *testing.T) (key, passphrase string) {
	t.Helper()
	key, passphrase = filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "passphrase")
	for name, text := range map[string][]byte{key: identity.KeyText(identity.NewKey()), passphrase: []byte("correct horse\n")} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key, passphrase
}

// A name that nobody chose is told as such: it is pinned nowhere.
func TestHostNameIsNotChosen(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, args := range [][]string{nil, {"--name", "ada"}} {
		in, err := memberOf(t, "239.1.2.3:1234", true, args...)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := in.config.HostName, len(args) == 0; got != want {
			t.Errorf("%q: the name of the host is %t, want %t", args, got, want)
		}
	}
}

// Members are on for people, off for pipes and in groups of standards; and what was
// to be sealed is never plain.
func TestWhenMembersAreOn(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	key, passphrase := secretFiles(t)
	const group, standard = "239.1.2.3:1234", "mdns"
	for _, c := range []struct {
		args        string
		group       string
		person      bool
		environment string
		on, anyway  bool
		keys        int
		fails       string // what the error says
	}{
		{group: group, person: true, on: true},
		{group: group},
		{group: group, args: "--plain-only=false", on: true, anyway: true},
		{group: group, person: true, args: "--plain-only"},
		{group: standard, person: true, on: true}, // for the groups that are joined later
		{group: standard, person: true, args: "--plain-only=false", on: true, anyway: true},
		{group: group, args: "--key-file " + key, on: true, keys: 1},
		{group: group, person: true, args: "--passphrase-file " + passphrase + " --key-file " + key, on: true, keys: 2},
		{group: group, environment: "correct horse", on: true, keys: 1},
		{group: group, person: true, environment: "correct horse", args: "--key-file " + key, on: true, keys: 1},
		{group: group, person: true, environment: "correct horse", args: "--plain-only"},
		{group: group, person: true, args: "--plain-only --key-file " + key, fails: "--key-file needs frames, and --plain-only sends none"},
		{group: group, args: "--history " + filepath.Join(t.TempDir(), "kept"), on: true}, // a pipe keeps what it says
		{group: group, person: true, args: "--plain-only --history x", fails: "--history needs frames"},
		{group: standard, person: true, args: "--key-file " + key, fails: "mdns, where none are sent"},
		{group: standard, person: true, environment: "correct horse", fails: "GROUPCAST_PASSPHRASE needs frames"},
		{group: standard, args: "--plain-only=false --passphrase-file " + passphrase, on: true, anyway: true, keys: 1},
		{group: group, person: true, environment: "\n", fails: "GROUPCAST_PASSPHRASE: no passphrase"},
		{group: group, person: true, args: "--key-file " + passphrase, fails: "a passphrase is named by --passphrase-file"},
		{group: group, person: true, args: "--key-file /none", fails: "--key-file /none: no such file"},
		{group: group, person: true, args: "--passphrase-file /", fails: "--passphrase-file /: not a file or a pipe"},
		{group: group, person: true, args: "--frame-port 1234", fails: "plain text is on that port"},
		{group: group, person: true, args: "--name " + strings.Repeat("x", 33), fails: "--name"},
	} {
		if c.environment != "" {
			os.Setenv(identity.EnvName, c.environment)
		}
		in, err := memberOf(t, c.group, c.person, strings.Fields(c.args)...)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil || (in.config != nil) != c.on {
			t.Errorf("%+v: on %t, %v", c, in.config != nil, err)
			continue
		}
		if !c.on {
			continue
		}
		n := 0
		if in.config.Keys != nil {
			keys, err := in.config.Keys("239.1.2.3:1234")
			if n = len(keys); err != nil {
				t.Error(err)
			}
		}
		if n != c.keys || in.config.Anyway != c.anyway || in.config.Nick == "" {
			t.Errorf("%+v: %d keys, anyway %t, nick %q", c, n, in.config.Anyway, in.config.Nick)
		}
	}
}

// The identity is made when members are on, and only then; an ephemeral one leaves
// nothing behind.
func TestWhoTheUserIs(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	const group = "239.1.2.3:1234"
	for _, args := range [][]string{{"--plain-only"}, {"--ephemeral", "--name", "ada"}} {
		in, err := memberOf(t, group, true, args...)
		if err != nil || len(in.remarks) > 0 {
			t.Errorf("%q: %v, %v", args, err, in.remarks)
		}
		if in.config != nil {
			in.config.Pins.Pin("bob", [32]byte{1})
		}
		in.close()
		if list, _ := os.ReadDir(home); len(list) > 0 {
			t.Errorf("%q leaves %v", args, list)
		}
	}
	first, err := memberOf(t, group, true)
	if err != nil {
		t.Fatal(err)
	}
	first.config.Pins.Pin("bob", [32]byte{1})
	if err := first.close(); err != nil {
		t.Error(err)
	}
	again, err := memberOf(t, group, true)
	if err != nil || again.config.Identity.Public() != first.config.Identity.Public() {
		t.Errorf("another identity: %v", err)
	}
	for _, in := range []*membership{again, must(memberOf(t, group, true, "--ephemeral"))} {
		if pinned, isNew := in.config.Pins.Pin("bob", [32]byte{2}); isNew || pinned != ([32]byte{1}) {
			t.Error("bob is not known any more")
		}
	}

	file := filepath.Join(home, "groupcast", "identity")
	if err := os.WriteFile(file, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = memberOf(t, group, true)
	if !errors.Is(err, identity.ErrDamaged) || !strings.Contains(err.Error(), file) || !strings.Contains(hint(err), "--ephemeral") {
		t.Errorf("a damaged identity: %v, hint %q", err, hint(err))
	}
	t.Setenv("XDG_CONFIG_HOME", file)
	in, err := memberOf(t, group, true)
	if err != nil || len(in.remarks) == 0 {
		t.Errorf("no place for it: %v, want a remark", err)
	}
	var said bytes.Buffer
	in.tell(&linePrinter{errs: &said})
	if !strings.Contains(said.String(), "groupcast: the identity cannot be kept in "+file) || !strings.Contains(said.String(), "  hint: ") {
		t.Errorf("%s", said.String())
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	if in, err := memberOf(t, group, true); err != nil || len(in.remarks) != 1 {
		t.Errorf("no home: %v, want a remark", err)
	}
}

// A name that is none is refused by the character that it cannot have, and one that can
// be had is offered.
func TestBadNames(t *testing.T) {
	for _, tc := range []struct{ name, says, hint string }{
		{"", "--name: want a name", ""},
		{"ada \U0001f469\u200d\U0001f52c", "a name cannot have U+200D", "--name 'ada \U0001f469\U0001f52c'"},
		{"a\x1bd\u202ea", "a name cannot have U+001B, U+202E", "--name ada"},
		{"\u200d", "a name cannot have U+200D", ""},
		{strings.Repeat("x", 40), "a nickname of 40 characters, not 1 to 32", "--name " + strings.Repeat("x", 32)},
		{"  ", "nickname", ""},
	} {
		_, err := memberOf(t, "239.1.2.3:1234", true, "--ephemeral", "--name", tc.name)
		if err == nil || !strings.Contains(err.Error(), tc.says) || hint(err) != tc.hint || strings.Contains(err.Error(), "frame:") || strings.ContainsAny(err.Error(), "\x1b\u200d\u202e") {
			t.Errorf("%q: %v, hint %q, want %q, %q", tc.name, err, hint(err), tc.says, tc.hint)
		}
	}
}

// What is said of a full disk is of the history, and not of recordings, which can be
// bounded by flags of their own.
func TestHintOfAHistory(t *testing.T) {
	for _, why := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		err := fmt.Errorf("--history talk: 3 frames are not in it: %w", &history.WriteError{Err: why})
		if got := hint(err); !strings.Contains(got, "make room") || strings.Contains(got, "--rotate") {
			t.Errorf("%v: %q", err, got)
		}
	}
}

// A history is opened with the members, and says what was wrong with it.
func TestHistoryFlag(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	const group = "239.1.2.3:1234"
	file := filepath.Join(t.TempDir(), "talk history")
	in, err := memberOf(t, group, false, "--history", file)
	if err != nil || in.config == nil || len(in.remarks) > 0 {
		t.Fatalf("%v", err)
	}
	if err := in.config.History.Append(group, time.Now(), []byte("frame")); err != nil {
		t.Error(err)
	}
	_, err = memberOf(t, group, true, "--history", file)
	if !errors.Is(err, history.ErrInUse) || hint(err) == "" {
		t.Errorf("of another program: %v, hint %q", err, hint(err))
	}
	if err := in.close(); err != nil {
		t.Error(err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("\xfeGH1 torn")
	f.Chmod(0o644)
	f.Close()
	in, err = memberOf(t, group, true, "--history", file)
	if err != nil || len(in.remarks) != 2 || !strings.Contains(in.remarks[0].Text, ": 9 bytes cut") || in.remarks[1].Hint != "chmod 600 '"+file+"'" {
		t.Errorf("torn, and open to others: %v, %+v", err, in.remarks)
	}
	for _, name := range []string{"/dev/null", t.TempDir(), "member_flags_test.go"} {
		if _, err := memberOf(t, group, true, "--history", name); err == nil || !strings.Contains(hint(err), "name a new file") {
			t.Errorf("%s: %v, hint %q", name, err, hint(err))
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Nobody is invited by a command that cannot work there: no other terminal gets into the
// lab of the demonstration, and a seat of a class has no shell.
func TestInvitation(t *testing.T) {
	for _, m := range []memberFlags{{lesson: true}, {seat: true}} {
		if text := m.invitation(mcast.DefaultGroup); strings.Contains(text, "groupcast 224") || strings.Contains(text, "lab enter") {
			t.Errorf("%+v invites: %s", m, text)
		}
	}
}
