// Package identity keeps what a member of conversations is known by, and knows others
// by, from one run to the next: the seed that it signs with ([Load]), the keys that
// nicknames belong to ([OpenPins]), and the secrets of sealed rooms ([KeyFile],
// [PassphraseFile], [Keys]). docs/protocol.md says what they are for.
//
// It has no socket and no screen. A secret prints as "(a secret)", and reaches no error.
package identity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Remark is something that the user should know, and what to do about it, or "".
type Remark struct{ Text, Hint string }

// Dir is the folder of groupcast's configuration, below os.UserConfigDir. The error is
// that there is no such place.
func Dir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "groupcast"), nil
}

// cause is why a call on a file did not work, without the call and the file.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
