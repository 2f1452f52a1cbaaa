package identity

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/groupcast/groupcast/mcast/frame"
)

// onlyUnix skips what the mode of a file says, which Windows does not have.
func onlyUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode here")
	}
}

func TestIdentityIsKept(t *testing.T) {
	onlyUnix(t)
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	first, kept, remarks, err := Load(dir)
	if err != nil || !kept || len(remarks) > 0 {
		t.Fatalf("kept %t, %v, %v", kept, remarks, err)
	}
	again, _, _, _ := Load(dir)
	if first.Public() != again.Public() {
		t.Error("another run has another identity")
	}
	if one, other := Ephemeral(), Ephemeral(); one.Public() == other.Public() {
		t.Error("two ephemeral identities are one")
	}
	path, text := New()
	made := filepath.Join(t.TempDir(), path)
	if err := errors.Join(os.Mkdir(filepath.Dir(made), 0o700), os.WriteFile(made, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	given, kept, remarks, err := Load(filepath.Dir(made))
	if seed, _ := parseSeed(text); !kept || len(remarks) > 0 || err != nil || given.Public() != frame.NewIdentity(seed).Public() {
		t.Errorf("a new file is not read: kept %t, %v, %v", kept, remarks, err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, seedFile): 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %o", name, info.Mode(), err, want)
		}
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != seedFile && e.Name() != "lock" {
			t.Errorf("%s is left", e.Name())
		}
	}

	file := filepath.Join(dir, seedFile)
	os.Chmod(file, 0o644)
	again, kept, remarks, err = Load(dir)
	if !kept || err != nil || again.Public() != first.Public() || len(remarks) != 1 || remarks[0].Hint != "chmod 600 "+file {
		t.Errorf("open to others: kept %t, %+v, %v", kept, remarks, err)
	}
}

// Programs that start at once agree on one identity.
func TestIdentityOfManyAtOnce(t *testing.T) {
	for range 20 {
		dir := filepath.Join(t.TempDir(), "groupcast")
		var all [8][32]byte
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() {
				id, kept, _, err := Load(dir)
				if err != nil || !kept {
					t.Errorf("kept %t, %v", kept, err)
					return
				}
				all[i] = id.Public()
			})
		}
		wait.Wait()
		for _, public := range all {
			if public != all[0] {
				t.Fatal("they have several")
			}
		}
	}
}

// A damaged file is said, and left as it is.
func TestDamagedIdentity(t *testing.T) {
	good := strings.Repeat("0f", 31) + "10"
	for name, text := range map[string]string{
		"empty": "", "comments only": seedAbout, "zeros of a disk": strings.Repeat("\x00", 100), "short": seedWord + " " + good[:62] + "\n",
		"no hex": seedWord + " " + strings.Repeat("zz", 32), "no randomness": seedWord + " " + strings.Repeat("00", 32),
		"two": seedWord + " " + good + "\n" + seedWord + " " + good + "\n", "of a later version": "groupcast-identity-2 " + good,
		"more": seedWord + " " + good + " x", "large": seedWord + " " + good + strings.Repeat("\n", maxSeed),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, seedFile)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, _, _, err := Load(dir)
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), good[:8]) {
				t.Errorf("%v, want ErrDamaged of that file, and nothing of it", err)
			}
			if got, _ := os.ReadFile(file); !bytes.Equal(got, []byte(text)) {
				t.Error("the file was changed")
			}
		})
	}
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, seedFile), 0o700)
	if _, _, _, err := Load(dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("a directory: %v", err)
	}
	text := "# mine\n\n  " + seedWord + "\t" + good + "\r\n"
	if _, err := parseSeed([]byte(text)); err != nil {
		t.Errorf("%q: %v", text, err)
	}
}

// Where nothing can be kept the talk goes on.
func TestIdentityThatCannotBeKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(file, "groupcast"), "/dev/null/groupcast"} {
		id, kept, remarks, err := Load(dir)
		if err != nil || kept || len(remarks) != 1 || id.Public() == ([32]byte{}) {
			t.Errorf("%s: kept %t, %v, %v, want an ephemeral one and a remark", dir, kept, remarks, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(seedAbout + seedWord + " " + strings.Repeat("0f", 31) + "10\n"))
	f.Add([]byte(pinsAbout + "name \"a\\u202eb\" " + strings.Repeat("0f", 32) + " 2026-01-02T03:04:05Z 2026-01-02T03:04:05Z\nverified " + strings.Repeat("0e", 32) + " 2026-01-02T03:04:05Z\nrubbish\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		parseSeed(text)
		parseRoomKey(text)
		k := parseKnown(text)
		again := parseKnown(k.text())
		if len(again.names) != len(k.names) || len(again.verified) != len(k.verified) || len(again.damaged) != len(k.damaged) {
			t.Errorf("%d names, %d verified, %d damaged; then %d, %d, %d", len(k.names), len(k.verified), len(k.damaged),
				len(again.names), len(again.verified), len(again.damaged))
		}
	})
}
