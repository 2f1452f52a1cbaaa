package identity

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/groupcast/groupcast/mcast/frame"
)

// ErrDamaged is a file of an identity that cannot be read as one. It is left as it is:
// whoever has a copy can put it back.
var ErrDamaged = errors.New("identity: damaged")

const (
	seedFile  = "identity"
	seedWord  = "groupcast-identity-1"
	maxSeed   = 4 << 10 // bytes of the file
	seedAbout = "# The key that groupcast signs with. Whoever has it can speak as you: keep it to yourself.\n"
)

// Ephemeral is an identity that is gone with the program.
func Ephemeral() frame.Identity { return frame.NewIdentity(newSeed()) }

func newSeed() (seed [32]byte) {
	rand.Read(seed[:]) // never fails (Go 1.24)
	return seed
}

// Load is the identity that is kept in a folder, and makes one where there is none. Of
// programs that start at once all have the same. Where it cannot be kept or read
// it is an ephemeral one, and kept is false: a remark says why. The only error is
// ErrDamaged.
func Load(dir string) (id frame.Identity, kept bool, remarks []Remark, err error) {
	name := filepath.Join(dir, seedFile)
	seed, mode, err := readSeed(name)
	if errors.Is(err, fs.ErrNotExist) {
		seed, mode, err = makeSeed(name)
	}
	switch {
	case errors.Is(err, ErrDamaged):
		return id, false, nil, err
	case err != nil:
		text := fmt.Sprintf("the identity cannot be kept in %s: %v; this run has one of its own, which nobody knows", name, cause(err))
		return Ephemeral(), false, []Remark{{text, "see who may write there: ls -ld " + quoted(dir) + "; or ask for that: --ephemeral"}}, nil
	}
	return frame.NewIdentity(seed), true, openToOthers("the identity", name, mode), nil
}

// New is the file of a new identity: its path below the folder of configuration (see
// [Dir]), and its text, which is a secret.
func New() (path string, text []byte) {
	return filepath.Join("groupcast", seedFile), seedText(newSeed())
}

func seedText(seed [32]byte) []byte {
	return []byte(seedAbout + seedWord + " " + hex.EncodeToString(seed[:]) + "\n")
}

// makeSeed keeps a new seed, or reads the one that another program was quicker with.
func makeSeed(name string) (seed [32]byte, mode os.FileMode, err error) {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return seed, 0, err
	}
	defer lock(dir)()
	if seed, mode, err = readSeed(name); !errors.Is(err, fs.ErrNotExist) {
		return seed, mode, err
	}
	seed = newSeed()
	made, err := writeFile(name, seedText(seed))
	if err != nil {
		return seed, 0, err
	}
	defer os.Remove(made)
	// A link never replaces what is there, as a rename would: that is for file systems
	// without locks. Those without links are trusted to have locks.
	err = os.Link(made, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(made, name)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return seed, 0, err
	}
	syncDir(dir)
	return readSeed(name)
}

func readSeed(name string) (seed [32]byte, mode os.FileMode, err error) {
	text, mode, err := readFile(name, maxSeed)
	if err != nil {
		if errors.Is(err, errTooLarge) || errors.Is(err, errNotRegular) {
			err = fmt.Errorf("%w: %s: %w", ErrDamaged, name, cause(err))
		}
		return seed, mode, err
	}
	seed, err = parseSeed(text)
	if err != nil {
		err = fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return seed, mode, err
}

// parseSeed reads the file. Its errors repeat nothing of it.
func parseSeed(text []byte) (seed [32]byte, err error) {
	found := 0
	for line := range bytes.Lines(text) {
		fields := strings.Fields(string(line))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || fields[0] != seedWord {
			return seed, errors.New("a line is none of an identity")
		}
		if seed, err = parseKey(fields[1]); err != nil {
			return seed, err
		}
		found++
	}
	if found != 1 {
		return seed, fmt.Errorf("%d keys, and it should have one", found)
	}
	return seed, nil
}

// parseKey reads a secret key. One with no randomness in it is of a disk that lost it.
func parseKey(text string) (key [32]byte, err error) {
	if key, err = parseHex(text); err == nil {
		err = random(key)
	}
	return key, err
}

func parseHex(text string) (key [32]byte, err error) {
	if len(text) == 64 {
		_, err = hex.Decode(key[:], []byte(text))
	}
	if len(text) != 64 || err != nil {
		return key, errors.New("a key is 64 hex digits")
	}
	return key, nil
}

func random(key [32]byte) error {
	for _, b := range key {
		if b != key[0] {
			return nil
		}
	}
	return errors.New("a key whose bytes are all the same is none")
}
