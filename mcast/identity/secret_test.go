package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groupcast/groupcast/mcast/frame"
)

// The keys are those of an independent implementation (OpenSSL, by Python's
// cryptography).
func TestKeysOfAPassphrase(t *testing.T) {
	s, err := Passphrase("correct horse\n")
	if err != nil || len(s.Remarks()) > 0 {
		t.Fatal(err, s.Remarks())
	}
	for conversation, want := range map[string]string{
		"239.1.2.3:1234":   "fce8006aa368cf87d1b7a3a21dc58a344aff4c859d4940e2a0d5147b0ce42418",
		"[ff02::114]:1234": "ff8196cb0c41e0d6e1b0501f91a5770ba730ce08c4b65431e8ed3db8ff5723c7",
	} {
		key, err := s.Key(conversation)
		if got := hex.EncodeToString(key[:]); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", conversation, got, err, want)
		}
		for began, n := time.Now(), 0; n < 1000; n++ { // which would take minutes if each derived it
			if s.Key(conversation); time.Since(began) > 20*time.Second {
				t.Fatal("it is derived again each time")
			}
		}
	}
}

// What looks the same is the same passphrase, and what cannot be seen is none of it.
func TestPassphrases(t *testing.T) {
	for _, text := range []string{"gr\u00fc\u00dfe an alle da", "gru\u0308\u00dfe an alle da\n", "gr\u00fc\u00dfe an alle da\r\n"} {
		if s, err := Passphrase(text); err != nil || string(s.of().passphrase) != "gr\u00fc\u00dfe an alle da" {
			t.Errorf("%q: %q, %v", text, s.of().passphrase, err)
		}
	}
	if s, err := Passphrase(" two spaces \n"); err != nil || string(s.of().passphrase) != " two spaces " {
		t.Errorf("spaces are part of it: %v", err)
	}
	for _, text := range []string{"", "\n", "\r\n", "a line\nanother", "\ufeffwith a mark", "\xff\xfea\x00b\x00", "nul\x00", "one\n\n", strings.Repeat("x", maxSecret+1)} {
		if _, err := Passphrase(text); !errors.Is(err, ErrNoPassphrase) {
			t.Errorf("%.20q: %v, want ErrNoPassphrase", text, err)
		}
	}
	if s, err := Passphrase("short"); err != nil || len(s.Remarks()) != 1 {
		t.Errorf("a short one: %v, %v, want a remark", err, s.Remarks())
	}
}

func TestKeyFiles(t *testing.T) {
	key := NewKey()
	raw, text := string(key[:]), hex.EncodeToString(key[:])
	dir := t.TempDir()
	file := func(text string) string {
		name := filepath.Join(dir, "key")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, text := range map[string]string{
		"raw": raw, "hex": text, "hex and a newline": text + "\n", "upper case, Windows": strings.ToUpper(text) + "\r\n", "of keygen": string(KeyText(key)),
	} {
		s, err := KeyFile(t.Context(), file(text))
		got, _ := s.Key("239.1.2.3:1234")
		if err != nil || got != key || len(s.Remarks()) > 0 {
			t.Errorf("%s: another key, %v, %v", name, err, s.Remarks())
		}
	}
	for text, want := range map[string]error{
		"": ErrNoKey, raw + "\n": ErrNoKey, text[:62]: ErrNoKey, text + "\n" + text: ErrNoKey, strings.Repeat("\x00", 32): ErrNoKey, strings.Repeat("00", 32): ErrNoKey,
		"a passphrase of 32 characters ok": ErrWords, "bado miru tela zave nipo wuta\n": ErrWords, strings.Repeat("x", maxSecret+1): errTooLarge,
	} {
		_, err := KeyFile(t.Context(), file(text))
		if !errors.Is(err, want) || !strings.Contains(err.Error(), dir) || len(text) > 20 && strings.Contains(err.Error(), text[:20]) {
			t.Errorf("%.20q: %v, want %v, the file's name, and nothing of the text", text, err, want)
		}
	}
	for _, name := range []string{dir, filepath.Join(dir, "none"), os.DevNull} {
		if _, err := KeyFile(t.Context(), name); err == nil {
			t.Errorf("%s is a key", name)
		}
		if _, err := PassphraseFile(t.Context(), name); err == nil {
			t.Errorf("%s is a passphrase", name)
		}
	}
	s, err := PassphraseFile(t.Context(), file("bado miru tela zave nipo wuta\n"))
	if err != nil || len(s.Remarks()) > 0 {
		t.Errorf("%v, %v", err, s.Remarks())
	}
	onlyUnix(t)
	os.Chmod(filepath.Join(dir, "key"), 0o640)
	s, err = PassphraseFile(t.Context(), filepath.Join(dir, "key"))
	if err != nil || len(s.Remarks()) != 1 || !strings.HasPrefix(s.Remarks()[0].Hint, "chmod 600 ") {
		t.Errorf("open to others: %v, %v, want a remark", err, s.Remarks())
	}
}

func TestKeysOfSeveralSecrets(t *testing.T) {
	first, second := NewKey(), NewKey()
	got, err := Keys([]Secret{KeyOf(first), KeyOf(second)})("x")
	if err != nil || !slices.Equal(got, []frame.RoomKey{first, second}) {
		t.Errorf("%v, %v, want both, in order", got, err)
	}
	if Keys(nil) != nil {
		t.Error("of no secret there are keys")
	}
	if _, err := Keys([]Secret{{}})("x"); err == nil {
		t.Error("no secret has a key")
	}
}

func TestEnvironmentIsTaken(t *testing.T) {
	t.Setenv(EnvName, "correct horse")
	text, ok := TakeEnvironment()
	if !ok || text != "correct horse" || slices.ContainsFunc(os.Environ(), func(e string) bool { return strings.Contains(e, "correct horse") }) {
		t.Errorf("%q, %t, or it is still there", text, ok)
	}
	if _, ok := TakeEnvironment(); ok {
		t.Error("it is there again")
	}
}

// Whatever prints a secret, nothing of it is in there.
func TestSecretsDoNotPrint(t *testing.T) {
	s, err := Passphrase("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	key, _ := s.Key("239.1.2.3:1234")
	in := struct {
		Secret Secret
		List   []Secret
		Map    map[string]Secret
		hidden Secret
		Of     *Secret
	}{s, []Secret{KeyOf(key)}, map[string]Secret{"a": s}, s, &s}
	asJSON, err := json.Marshal(in)
	if err != nil {
		t.Error(err)
	}
	printed := []string{string(asJSON), fmt.Sprint(in), fmt.Sprint(s)}
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "t", "p"} {
		printed = append(printed, fmt.Sprintf("%"+verb, s), fmt.Sprintf("%"+verb, in), fmt.Sprintf("%"+verb, &in))
	}
	for _, text := range printed {
		for _, secret := range []string{"correct horse", hex.EncodeToString([]byte("correct")), hex.EncodeToString(key[:4]), fmt.Sprint(key[0], key[1], key[2]), fmt.Sprintf("%d %d %d", key[0], key[1], key[2])} {
			if strings.Contains(strings.ToLower(text), secret) {
				t.Errorf("%s has it", text)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); got != strings.TrimSpace(strings.Repeat(hidden+" ", 4)) {
		t.Error(got)
	}
	if string(asJSON) != `{"Secret":"(a secret)","List":["(a secret)"],"Map":{"a":"(a secret)"},"Of":"(a secret)"}` {
		t.Errorf("%s", asJSON)
	}
}

func TestNewPassphrase(t *testing.T) {
	all := words()
	if n := len(all); n < 7776 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != n {
		t.Errorf("%d words, or some twice; want six of them to have 77 bits", n)
	}
	for word := range unsaid {
		if slices.Contains(all, word) || len(word) != 4 || strings.IndexByte(consonants, word[0]) < 0 || strings.IndexByte(consonants, word[2]) < 0 {
			t.Errorf("%q is a word, or never was one", word)
		}
	}
	seen := map[string]int{}
	for range 2000 {
		text, bits := NewPassphrase()
		list := strings.Split(text, " ")
		if len(list) != Words || bits != Words*math.Log2(float64(len(all))) || bits < 77 || bits > 78 {
			t.Fatalf("%q, %f bits", text, bits)
		}
		for _, w := range list {
			seen[w]++
		}
		if s, err := Passphrase(text); err != nil || len(s.Remarks()) > 0 {
			t.Fatalf("%q: %v, %v", text, err, s.Remarks())
		}
	}
	// 12,000 draws of 8,080 words: about 6,250 are seen; a bias to fewer would show.
	if n := len(seen); n < 6000 || n > 6500 {
		t.Errorf("%d different words were drawn, want about 6,250", n)
	}
	if one, other := NewKey(), NewKey(); one == other {
		t.Error("two keys are one")
	}
}

// A pipe may be one that the shell made. Nobody waits for one that is not written to
// longer than wished.
func TestSecretOfAPipe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := PassphraseFile(ctx, fifo(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
	name, done := fifo(t), make(chan error, 1)
	go func() { done <- os.WriteFile(name, []byte("correct horse\n"), 0) }()
	if s, err := PassphraseFile(t.Context(), name); err != nil || string(s.of().passphrase) != "correct horse" {
		t.Errorf("%v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
