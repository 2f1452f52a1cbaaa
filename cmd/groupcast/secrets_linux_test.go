package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/frame"
	"github.com/groupcast/groupcast/mcast/identity"
	"github.com/groupcast/groupcast/mcast/session"
)

// needles are a secret in the ways that something could show it.
func needles(secret []byte) map[string][]byte {
	return map[string][]byte{
		"as it is":    secret,
		"hex":         []byte(hex.EncodeToString(secret[:8])),
		"HEX":         []byte(strings.ToUpper(hex.EncodeToString(secret[:8]))),
		"base64":      []byte(base64.StdEncoding.EncodeToString(secret[:9])),
		"of Go":       []byte(strings.Trim(fmt.Sprint(secret[:5]), "[]")),
		"of Go, %#v":  []byte(strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", secret[:5]), "[]byte{"), "}")),
		"with spaces": fmt.Appendf(nil, "% x", secret[:8]),
	}
}

// No secret is in anything that a talk prints, logs, records or keeps, and what is said in a
// sealed room is not in its history either.
func TestSecretsOfATalk(t *testing.T) {
	t.Parallel()
	const group, said = "239.77.1.1:1234", "nobody else reads this line"
	dir := t.TempDir()
	files := map[string][]byte{}
	secrets := map[string][]byte{"the passphrase of the environment": []byte("correct horse battery")}
	key := identity.NewKey()
	secrets["the key"] = key[:]
	files["key"] = identity.KeyText(key)
	for name, text := range map[string]string{"first": "bado miru tela zave nipo wuta", "second": "lolo gaga mimi sese dudu rere"} {
		files[name], secrets[name] = []byte(text+"\n"), []byte(text)
		s, err := identity.Passphrase(text)
		if err != nil {
			t.Fatal(err)
		}
		derived, err := s.Key(group)
		if err != nil {
			t.Fatal(err)
		}
		secrets["the key of "+name] = derived[:]
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := t.TempDir()
	args := []string{"--json", "--trace", "--log", filepath.Join(made, "log"), "--record", filepath.Join(made, "recording"),
		"--history", filepath.Join(made, "history"), "--passphrase-file", filepath.Join(dir, "first"),
		"--key-file", filepath.Join(dir, "key"), "--passphrase-file", filepath.Join(dir, "second"), group}
	cmd := exec.Command("groupcast", args...)
	cmd.Env = append(os.Environ(), identity.EnvName+"=correct horse battery", "XDG_CONFIG_HOME="+made)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Stdin = strings.NewReader(said + "\n")
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, errs.String())
	}
	told := map[string][]byte{"standard output": out.Bytes(), "standard error": errs.Bytes(), "the arguments": []byte(strings.Join(cmd.Args, " "))}
	err := filepath.WalkDir(made, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		told[filepath.Base(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"log", "history", "recording", "identity"} {
		if len(told[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	for where, text := range told {
		for of, secret := range secrets {
			for how, needle := range needles(secret) {
				if bytes.Contains(text, needle) {
					t.Errorf("%s has %s, %s", where, of, how)
				}
			}
		}
	}
	if !bytes.Contains(out.Bytes(), []byte(said)) {
		t.Errorf("it was not said:\n%s", out.String())
	}
	for _, where := range []string{"history", "recording"} {
		if bytes.Contains(told[where], []byte(said)) {
			t.Errorf("%s has what was said in a sealed room", where)
		}
	}
}

// Whatever command it is: what it starts does not have the passphrase.
func TestPassphraseIsTakenFromEveryCommand(t *testing.T) {
	t.Setenv(identity.EnvName, "correct horse battery")
	if code := run(t.Context(), []string{"version"}, strings.NewReader(""), io.Discard, io.Discard); code != exitOK {
		t.Errorf("exit status %d", code)
	}
	child, err := exec.Command("env").Output()
	if err != nil || bytes.Contains(child, []byte("correct horse")) || bytes.Contains(child, []byte(identity.EnvName)) {
		t.Errorf("%v, or a program that is started has it", err)
	}
}

// A report of a crash has no bytes of a key, though it was an argument on the stack.
func TestNoKeyInACrashReport(t *testing.T) {
	key := identity.NewKey()
	p := crashWith(key, []frame.RoomKey{key})
	var inStack []string
	for _, b := range key[:5] {
		inStack = append(inStack, fmt.Sprintf("%#x", b))
	}
	needle := strings.Join(inStack, ", ")
	if !bytes.Contains(p.Stack, []byte(needle)) {
		t.Errorf("the stack does not show arguments: this test holds nothing\n%s", p.Stack)
	}
	report := crashReport(p)
	if strings.Contains(report, needle) || !strings.Contains(report, "groupcast.crashWith(...)") || !strings.Contains(report, "secrets_linux_test.go:") {
		t.Errorf("the report:\n%s", report)
	}
}

//go:noinline
func crashWith(key frame.RoomKey, all []frame.RoomKey) (p *session.PanicError) {
	defer func() { p = session.Recovered(recover()) }()
	crashHere(key, all)
	return nil
}

//go:noinline
func crashHere(key frame.RoomKey, all []frame.RoomKey) { panic(len(all[0]) + len(key)) }
