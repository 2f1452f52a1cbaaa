package procfs

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// Absent is err, or nil when it says that there is no such file.
func Absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Net reads a file of /proc/net, of the calling thread: /proc/net itself
// follows the process.
func Net[T any](root fs.FS, file string, parse func(io.Reader) (T, error)) (T, error) {
	f, err := root.Open("proc/thread-self/net/" + file)
	if err != nil {
		var nothing T
		return nothing, err
	}
	defer f.Close()
	return parse(f)
}

// Lines calls parse with the fields of each line, without the first lines
// of a table's head. The error names the file and the line. Interface names may
// hold Unicode's other spaces, which do not separate fields.
func Lines(r io.Reader, file string, head int, parse func(fields []string) error) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == ' ' || r == '\t' })
		if n <= head || len(fields) == 0 {
			continue
		}
		if err := parse(fields); err != nil {
			return fmt.Errorf("%s: line %d: %w", file, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Count reads a number that is not negative.
func Count(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}

// HexAddr reads 0xc0a808e2, or 32 digits.
func HexAddr(s string) (netip.Addr, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	addr, ok := netip.AddrFromSlice(b)
	if err != nil || !ok {
		return netip.Addr{}, fmt.Errorf("%q is not a hexadecimal address", s)
	}
	return addr, nil
}

// Printable is one line of text for people. Programs choose their own names,
// with any byte in them.
func Printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.TrimSpace(string(b)))
}
