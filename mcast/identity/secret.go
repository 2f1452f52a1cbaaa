package identity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/groupcast/groupcast/mcast/frame"
)

// Why a file has no secret, to be tested with errors.Is.
var (
	ErrNoKey        = errors.New("no key: want 32 random bytes, 64 hex digits, or what groupcast keygen --key writes")
	ErrNoPassphrase = errors.New("no passphrase: want one line of UTF-8 text")
	ErrWords        = errors.New("no key, but text: a passphrase is named by --passphrase-file")
)

const (
	// EnvName is the variable that a passphrase can be in.
	EnvName = "GROUPCAST_PASSPHRASE"

	keyWord   = "groupcast-key-1"
	maxSecret = 4 << 10 // bytes of a file

	// shortPassphrase is how many characters can be guessed by whoever recorded the room.
	// Six words of keygen have 29.
	shortPassphrase = 12
)

// The cost of guessing a passphrase (RFC 9106, Argon2id; the memory is its second
// recommended choice).
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

// Secret is what a sealed room's key is made of: a key, or a passphrase. Whatever
// prints it prints "(a secret)". The zero Secret is none, and has no key.
type Secret struct {
	of func() *secret // a function, which fmt never follows, as it does a pointer in a field that is not exported
}

type secret struct {
	key        frame.RoomKey
	passphrase []byte // nil: key is it
	remarks    []Remark

	mu   sync.Mutex
	made map[string]frame.RoomKey // by conversation
}

// KeyOf is the secret of a key.
func KeyOf(key frame.RoomKey) Secret { return secretOf(&secret{key: key}) }

func secretOf(s *secret) Secret { return Secret{func() *secret { return s }} }

// Passphrase is the secret of a passphrase, in NFC, without a newline at its end. The
// error is ErrNoPassphrase.
func Passphrase(text string) (Secret, error) { return passphrase([]byte(text)) }

func passphrase(text []byte) (Secret, error) {
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return Secret{}, fmt.Errorf("%w, and it is empty", ErrNoPassphrase)
	case !utf8.Valid(text), bytes.ContainsRune(text, '\ufeff'), bytes.IndexByte(text, 0) >= 0:
		// What cannot be seen makes another key, and nobody knows why.
		return Secret{}, fmt.Errorf("%w, and without a byte order mark", ErrNoPassphrase)
	case bytes.ContainsAny(text, "\r\n"):
		return Secret{}, fmt.Errorf("%w, and there are several", ErrNoPassphrase)
	case len(text) > maxSecret:
		return Secret{}, fmt.Errorf("%w, of at most %d bytes", ErrNoPassphrase, maxSecret)
	}
	s := &secret{passphrase: norm.NFC.Bytes(text)}
	if n := utf8.RuneCount(s.passphrase); n < shortPassphrase {
		s.remarks = []Remark{{fmt.Sprintf("a passphrase of fewer than %d characters can be guessed by anybody who records the room", shortPassphrase), "groupcast keygen makes one"}}
	}
	return secretOf(s), nil
}

// KeyFile reads a key: 32 bytes as they are, 64 hex digits, or the file of keygen. The
// errors are ErrNoKey, ErrWords, and those of reading.
func KeyFile(ctx context.Context, name string) (Secret, error) {
	text, remarks, err := readSecret(ctx, "the key", name)
	if err != nil {
		return Secret{}, err
	}
	key, err := parseRoomKey(text)
	if err != nil {
		return Secret{}, &os.PathError{Op: "read", Path: name, Err: err}
	}
	s := KeyOf(key)
	s.of().remarks = remarks
	return s, nil
}

func parseRoomKey(text []byte) (frame.RoomKey, error) {
	if len(text) == 32 && !printable(text) {
		key := [32]byte(text)
		if err := random(key); err != nil {
			return frame.RoomKey{}, fmt.Errorf("%w; %w", ErrNoKey, err)
		}
		return key, nil
	}
	var found []string
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		found = append(found, strings.TrimSpace(strings.TrimPrefix(string(line), keyWord+" ")))
	}
	if len(found) == 1 {
		key, err := parseHex(found[0])
		if err == nil {
			err = random(key)
			if err != nil {
				err = fmt.Errorf("%w; %w", ErrNoKey, err)
			}
			return key, err
		}
	}
	if printable(bytes.TrimSpace(text)) && bytes.ContainsAny(text, " ghijklmnopqrstuvwxyz") {
		return frame.RoomKey{}, ErrWords
	}
	return frame.RoomKey{}, ErrNoKey
}

// printable is what random bytes are not.
func printable(text []byte) bool {
	for _, b := range text {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return len(text) > 0
}

// PassphraseFile reads a passphrase. The errors are ErrNoPassphrase and those of
// reading.
func PassphraseFile(ctx context.Context, name string) (Secret, error) {
	text, remarks, err := readSecret(ctx, "the passphrase", name)
	if err != nil {
		return Secret{}, err
	}
	s, err := passphrase(text)
	if err != nil {
		return Secret{}, &os.PathError{Op: "read", Path: name, Err: err}
	}
	s.of().remarks = append(remarks, s.of().remarks...)
	return s, nil
}

// TakeEnvironment takes the passphrase out of the environment, so that no program
// that is started later has it; "" if there is none. The system's copy of the
// environment at the start (/proc/PID/environ, readable by the same user) keeps
// it.
func TakeEnvironment() (text string, ok bool) {
	text, ok = os.LookupEnv(EnvName)
	os.Unsetenv(EnvName)
	return text, ok
}

// readSecret reads a file or a pipe, which a shell may name: <(pass show room). A
// pipe that nobody writes to is waited for until ctx ends.
func readSecret(ctx context.Context, what, name string) ([]byte, []Remark, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	pipe := info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == os.ModeNamedPipe
	if !pipe && !info.Mode().IsRegular() {
		return nil, nil, &os.PathError{Op: "read", Path: name, Err: errors.New("not a file or a pipe")}
	}
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		f, err := os.Open(name)
		if err != nil {
			done <- read{err: err}
			return
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		done <- read{text, err}
	}()
	select {
	case r := <-done:
		if r.err == nil && len(r.text) > maxSecret {
			r.err = &os.PathError{Op: "read", Path: name, Err: errTooLarge}
		}
		return r.text, openToOthers(what, name, info.Mode()), r.err
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

// Remarks are what the user should know of the secret.
func (s Secret) Remarks() []Remark {
	if s.of == nil {
		return nil
	}
	return s.of().remarks
}

// Key is the room key of a conversation, as frame.SealedRoom names it. A passphrase has
// another one for each, and the first time takes 64 MiB and about a tenth of a second
// of four processors. It may be called by several goroutines at once. The error is that of the zero
// Secret.
func (s Secret) Key(conversation string) (frame.RoomKey, error) {
	if s.of == nil {
		return frame.RoomKey{}, errors.New("identity: no secret")
	}
	of := s.of()
	if of.passphrase == nil {
		return of.key, nil
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	key, ok := of.made[conversation]
	if !ok {
		key = derive(of.passphrase, conversation)
		if of.made == nil {
			of.made = map[string]frame.RoomKey{}
		}
		of.made[conversation] = key
	}
	return key, nil
}

func derive(passphrase []byte, conversation string) frame.RoomKey {
	salt := sha256.Sum256([]byte("groupcast 1 " + conversation))
	key := frame.RoomKey(argon2.IDKey(passphrase, salt[:], argonTime, argonMemory, argonThreads, uint32(len(frame.RoomKey{}))))
	debug.FreeOSMemory() // the collector would keep 64 MiB for minutes: little else is made here
	return key
}

// Keys are the keys of each conversation, of several secrets: the first one seals. Of
// none it is nil, and rooms are open.
func Keys(secrets []Secret) func(conversation string) ([]frame.RoomKey, error) {
	if len(secrets) == 0 {
		return nil
	}
	return func(conversation string) ([]frame.RoomKey, error) {
		keys := make([]frame.RoomKey, 0, len(secrets))
		for _, s := range secrets {
			key, err := s.Key(conversation)
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		}
		return keys, nil
	}
}

// KeyText is a key as a file has it, for [KeyFile].
func KeyText(key frame.RoomKey) []byte {
	return fmt.Appendf(nil, "# The key of a sealed room, for groupcast --key-file. Whoever has it reads the room, and speaks there.\n%s %s\n", keyWord, hex.EncodeToString(key[:]))
}

const hidden = "(a secret)"

// String keeps the secret out of whatever prints it.
func (Secret) String() string { return hidden }

// GoString does so for %#v.
func (Secret) GoString() string { return hidden }

// Format does so for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// MarshalText does so for JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
