package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/identity"
)

// jsonKeygen is a secret that was drawn. Fields are only added.
type jsonKeygen struct {
	jsonHead           // keygen
	Passphrase string  `json:"passphrase,omitempty"` // words, without --key and FILE
	Key        string  `json:"key,omitempty"`        // 64 hex digits, with --key and without FILE
	File       string  `json:"file,omitempty"`       // where it is
	Bits       float64 `json:"bits"`                 // yes or no questions that guessing it takes, on average one fewer; rounded down to a tenth
}

func newKeygen(set *settings) *cobra.Command {
	var key bool
	cmd := &cobra.Command{
		Use:   "keygen [FILE]",
		Short: "Draw a passphrase for a sealed room",
		Long: `Draw a passphrase of six words for a sealed room, and print it, or write it to a new file that only you can read.
Everybody in the room needs it: give it to them by another way than the room. The words are made by a rule and drawn
at random from about 8,000, so six of them have 77 bits. With --key it is a key of 256 bits, which nobody can
remember, and which needs no time to compute.`,
		Example: `  groupcast keygen                                    a passphrase, to give to others
  groupcast keygen room.key                           the same, in a file
  groupcast --passphrase-file room.key 239.1.2.3      talk in the room`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d := drawSecret(key)
			if len(args) == 1 && args[0] != "-" {
				if err := writeSecret(args[0], d.inFile); err != nil {
					return err
				}
				d.file = args[0]
			}
			d.print(cmd.OutOrStdout(), set.json)
			if !set.json && !set.quiet {
				d.explain(cmd.ErrOrStderr())
			}
			return nil
		},
	}
	set.has(cmd, "json", "quiet")
	cmd.Flags().BoolVar(&key, "key", false, "a key of 32 random bytes, in hex, instead of a passphrase")
	return cmd
}

// drawnSecret is a secret that was drawn.
type drawnSecret struct {
	flag   string // that takes it
	text   string
	inFile []byte
	file   string // where it is; "": nowhere
	bits   float64
}

func drawSecret(key bool) drawnSecret {
	if key {
		k := identity.NewKey()
		return drawnSecret{flag: "--key-file", text: hex.EncodeToString(k[:]), inFile: identity.KeyText(k), bits: 8 * float64(len(k))}
	}
	text, bits := identity.NewPassphrase()
	return drawnSecret{flag: "--passphrase-file", text: text, inFile: []byte(text + "\n"), bits: bits}
}

// writeSecret makes a file for the user alone. What is there already is never replaced:
// it may be the key of a room.
func writeSecret(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		err = fmt.Errorf("%s: %w", chat.CleanRow(name), err)
		if errors.Is(err, os.ErrExist) {
			return &mcast.Advised{Err: fmt.Errorf("%s exists already, and may be the key of a room", chat.CleanRow(name)), Advice: "name a new file"}
		}
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(name)
		return fmt.Errorf("%s: %w", chat.CleanRow(name), cause(err))
	}
	return nil
}

func (d drawnSecret) print(out io.Writer, json bool) {
	switch {
	case json:
		o := jsonKeygen{jsonHead: headOf("keygen"), File: d.file, Bits: math.Floor(10*d.bits) / 10}
		if d.file == "" && d.flag == "--key-file" {
			o.Key = d.text
		} else if d.file == "" {
			o.Passphrase = d.text
		}
		writeJSON(out, o)
	case d.file == "":
		fmt.Fprintln(out, d.text)
	}
}

// explain says what it is worth, and how it is used.
func (d drawnSecret) explain(errs io.Writer) {
	file, place := d.file, ", in "+chat.CleanRow(d.file)
	if file == "" {
		file, place = "FILE", "; put it into a file that only you can read, and talk with it"
	}
	what := fmt.Sprintf("a passphrase of %d words", identity.Words)
	if d.flag == "--key-file" {
		what = "a key"
	}
	fmt.Fprintf(errs, "groupcast: %s, %d bits%s: groupcast %s %s\n", what, int(d.bits), place, d.flag, chat.CleanRow(shellWord(file)))
	fmt.Fprintf(errs, "  hint: everybody in the room needs it; give it to them by another way than the room\n")
}
