package natslink

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func hubFile(t *testing.T) File {
	t.Helper()
	c, _ := signed(t, nil, false, ServerName)
	secret, _ := seed(t)
	return File{URL: "tls://192.0.2.1:4222", Site: "room-1", Seed: secret, Certificate: pemOf(c)}
}

func TestFileIsReadAsItWasWritten(t *testing.T) {
	f := hubFile(t)
	path := filepath.Join(t.TempDir(), "room-1.hub")
	check(t, WriteFile(path, f))
	got, err := ReadFile(path)
	check(t, err)
	if got != f {
		t.Errorf("got %+v, want %+v", got, f)
	}
	if err := WriteFile(path, f); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written twice: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o620} {
		check(t, os.Chmod(path, mode))
		_, err := ReadFile(path)
		if !errors.Is(err, ErrReadable) || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	check(t, os.Chmod(path, 0o400))
	if _, err := ReadFile(path); err != nil {
		t.Errorf("mode 400: %v", err)
	}
}

func TestFileThatIsWrongIsNamedByItsLine(t *testing.T) {
	f := hubFile(t)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	check(t, WriteFile(whole, f))
	b, err := os.ReadFile(whole)
	check(t, err)
	good := string(b)
	swap := func(old, new string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	end := "-----END CERTIFICATE-----\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", `1: not a hub file: it would begin with "groupcast hub file 1"`},
		{"other", "-----BEGIN NATS USER JWT-----\n", `1: not a hub file: it would begin with "groupcast hub file 1"`},
		{"newer", swap("file 1", "file 2"), "1: a hub file of another version: this groupcast reads version 1"},
		{"bare-seed", swap("seed: ", ""), `5: want url, site or seed and ":", or a certificate`},
		{"key", swap("seed:", "sede:"), `5: want url, site or seed and ":", or a certificate`},
		{"two-sites", good + "site: room-2\n", "15: a second site"},
		{"two-certificates", good + f.Certificate, "15: a second certificate"},
		{"no-site", swap("site: room-1\n", ""), " the site is missing"},
		{"no-certificate", swap(f.Certificate, ""), " the certificate is missing"},
		{"no-end", swap(end, ""), "6: the certificate has no end"},
		{"site", swap("room-1", "Room 1"), `4: the site's name is not 1 to 32 letters a-z, digits and "-"`},
		{"seed-as-site", swap("room-1", f.Seed), `4: the site's name is not 1 to 32 letters a-z, digits and "-"`},
		{"seed-as-url", swap(f.URL, f.Seed), "3: the url is not tls://HOST:PORT"},
		{"plain", swap("tls://", "nats://"), "3: the url is not tls://HOST:PORT"},
		{"user", swap("tls://", "tls://"+f.Seed+"@"), "3: the url is not tls://HOST:PORT"},
		{"cut-seed", swap(f.Seed, f.Seed[:20]), "5: the seed is not one of an nkey"},
		{"damaged", swap("\nMII", "\nNII"), "6: the certificate is damaged"},
	} {
		path := filepath.Join(dir, tt.name)
		check(t, os.WriteFile(path, []byte(tt.text), 0o600))
		_, err := ReadFile(path)
		if want := path + ":" + tt.want; err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", tt.name, err, want)
		}
	}
	for name, want := range map[string]string{dir: "not a regular file", filepath.Join(dir, "large"): "larger than 16384 bytes"} {
		if name != dir {
			check(t, os.WriteFile(name, make([]byte, 1<<20), 0o600))
		}
		if _, err := ReadFile(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	crlf := filepath.Join(dir, "crlf")
	check(t, os.WriteFile(crlf, []byte(strings.ReplaceAll(good, "\n", "\r\n")), 0o600))
	if got, err := ReadFile(crlf); err != nil || got != f {
		t.Errorf("with CRLF: %v", err)
	}
}

// FuzzFile holds that no error tells the seed, whatever stands where.
func FuzzFile(f *testing.F) {
	const secret = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
	for _, s := range []string{"url: tls://h:1\nsite: a\nseed: " + secret, secret, "site: " + secret, "url: tls://" + secret + "@h:1\nsite:a", "-----BEGIN CERTIFICATE-----\n" + secret + "\n-----END CERTIFICATE-----"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := parseFile(fileHead + "\n" + s); err != nil && strings.Contains(s, secret) && strings.Contains(err.Error(), secret[:12]) {
			t.Errorf("%q tells the seed", err)
		}
	})
}
