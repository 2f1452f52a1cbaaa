package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/probe"
)

// payload is what one datagram carries, by the flags of a command that sends
// it.
type payload struct {
	flags     *pflag.FlagSet
	size      int
	hex, file string
}

// payloadFlags gives a command the flags of a payload.
func payloadFlags(cmd *cobra.Command, p *payload) {
	p.flags = cmd.Flags()
	p.flags.StringVar(&p.hex, "hex", "", "send these `BYTES`: pairs of hexadecimal digits, blanks and colons between them are allowed")
	p.flags.StringVar(&p.file, "file", "", "send the bytes of this `FILE` as one datagram; \"-\": standard input")
	sizeFlag(p.flags, &p.size, 0, "send `BYTES` bytes of filler")
	for _, name := range []string{"hex", "size"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// chosen are the flags that say what to send.
func (p *payload) chosen() (names []string) {
	for _, name := range []string{"hex", "file", "size"} {
		if p.flags.Changed(name) {
			names = append(names, "--"+name)
		}
	}
	return names
}

// given is what the words of the command line or the flags say; nil: neither
// says anything.
func (p *payload) given(cmd *cobra.Command, words []string) ([]byte, error) {
	chosen := p.chosen()
	if len(words) > 0 {
		chosen = append([]string{"TEXT"}, chosen...)
	}
	switch {
	case len(chosen) > 1:
		return nil, usageError{fmt.Errorf("%s: want one of them", strings.Join(chosen, " and "))}
	case len(words) > 0:
		return []byte(strings.Join(words, " ")), nil
	case len(chosen) == 0:
		return nil, nil
	}
	return p.bytes(cmd.Context(), cmd.InOrStdin())
}

// bytes are those of the flag that was given; in is what "-" stands for.
func (p *payload) bytes(ctx context.Context, in io.Reader) ([]byte, error) {
	switch {
	case p.flags.Changed("hex"):
		b, err := hexBytes(p.hex)
		if err == nil {
			err = fits("--hex", len(b))
		}
		if err != nil {
			return nil, usageError{err}
		}
		return b, nil
	case p.flags.Changed("file"):
		return fileBytes(ctx, p.file, in)
	case p.size < 0 || p.size > mcast.MaxPayload:
		return nil, usageError{fmt.Errorf("--size %d: a datagram has 0 to %d bytes of payload", p.size, mcast.MaxPayload)}
	}
	return filler(p.size), nil
}

// fits reports whether a datagram has room for n bytes.
func fits(what string, n int) error {
	if n > mcast.MaxPayload {
		return fmt.Errorf("%s: %d bytes: %w: %d bytes fit", what, n, mcast.ErrTooLong, mcast.MaxPayload)
	}
	return nil
}

// hexBytes reads bytes as people and other programs write them: 1b00,
// "1b 00", 1b:00, "0x1b 0x00". Digits that stand alone are refused: 1:b is 010b
// to some, and 1b to others.
func hexBytes(text string) ([]byte, error) {
	all := []byte{}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n:", r) })
	for _, word := range words {
		digits := word
		if len(word) > 2 && (word[:2] == "0x" || word[:2] == "0X") {
			digits = word[2:]
		}
		b, err := hex.DecodeString(digits)
		if errors.Is(err, hex.ErrLength) {
			return nil, fmt.Errorf("--hex: %q has an odd number of digits; want two for each byte, such as 1b00 or 1b:00", shortened(word))
		}
		if err != nil {
			return nil, fmt.Errorf("--hex: %q has other characters than 0 to 9 and a to f; want two digits for each byte, such as 1b00 or 1b:00", shortened(word))
		}
		all = append(all, b...)
	}
	return all, nil
}

// shortened is the beginning of a word that may be long.
func shortened(word string) string {
	if len(word) > 20 {
		return word[:20] + "..."
	}
	return word
}

// fileBytes are the bytes of a file that one datagram has room for. A read that
// blocks is left behind when ctx ends, as in eachLine.
func fileBytes(ctx context.Context, name string, in io.Reader) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := readFile(name, in)
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		return r.data, r.err
	}
}

func readFile(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("--file: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			if err := fits("--file "+name, int(info.Size())); err != nil {
				return nil, err
			}
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, mcast.MaxPayload+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--file: %w", err)
	case len(data) > mcast.MaxPayload: // and how many more, nobody has counted
		return nil, fmt.Errorf("--file %s: more than %d bytes: %w: %d bytes fit", name, mcast.MaxPayload, mcast.ErrTooLong, mcast.MaxPayload)
	}
	return data, nil
}

// filler is the usual payload again and again.
func filler(size int) []byte {
	b := make([]byte, size)
	for n := 0; n < size; {
		n += copy(b[n:], probe.DefaultPayload+"\n")
	}
	return b
}
