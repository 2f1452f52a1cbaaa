package natslink

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// File is a hub file: whoever has it can speak for its site.
type File struct {
	URL         string // tls://HOST:PORT
	Site        string
	Seed        string // of the site's nkey
	Certificate string // of the hub, PEM: no other is accepted
}

// ErrReadable is the error of a hub file that other users of the host can read.
var ErrReadable = errors.New("other users of this host can read it")

const (
	fileTitle = "groupcast hub file " // and the version
	fileHead  = fileTitle + "1"
	fileNote  = "# Whoever has this file can speak into every LAN that the hub bridges. Keep it secret."
	maxFile   = 16 << 10 // bytes; one with a long host name and an RSA key has 3 KiB
)

// ReadFile reads a hub file. It is ErrReadable if other users can read it, where the
// system knows such rights. No error quotes what the file says.
func ReadFile(path string) (File, error) {
	text, mode, err := readSecret(path)
	if err != nil {
		return File{}, err
	}
	f, err := parseFile(string(text))
	if err != nil {
		return File{}, fmt.Errorf("%s:%w", path, err)
	}
	if runtime.GOOS != "windows" && mode&0o077 != 0 { // Windows has lists of who may read
		return File{}, fmt.Errorf("%s: %w (mode %04o): chmod 600", path, ErrReadable, mode)
	}
	return f, nil
}

func readSecret(path string) (text []byte, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for its other end
		return nil, 0, &os.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, 0, err
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes: not a hub file", maxFile)}
	}
	return text, info.Mode().Perm(), err
}

// parseFile's errors begin with the line's number and hold nothing of the text.
func parseFile(text string) (File, error) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if lines[0] != fileHead {
		if strings.HasPrefix(lines[0], fileTitle) {
			return File{}, errors.New("1: a hub file of another version: this groupcast reads version 1")
		}
		return File{}, fmt.Errorf("1: not a hub file: it would begin with %q", fileHead)
	}
	var f File
	values := map[string]*string{"url": &f.URL, "site": &f.Site, "seed": &f.Seed}
	at := map[string]int{}
	for i := 1; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "-----BEGIN CERTIFICATE-----":
			end := i
			for end < len(lines) && strings.TrimSpace(lines[end]) != "-----END CERTIFICATE-----" {
				end++
			}
			if end == len(lines) {
				return File{}, fmt.Errorf("%d: the certificate has no end", i+1)
			}
			if f.Certificate != "" {
				return File{}, fmt.Errorf("%d: a second certificate", i+1)
			}
			at["certificate"] = i + 1
			f.Certificate = strings.Join(lines[i:end+1], "\n") + "\n"
			i = end
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		to, ok := values[key]
		if !ok {
			return File{}, fmt.Errorf("%d: want url, site or seed and \":\", or a certificate", i+1)
		}
		if at[key] != 0 {
			return File{}, fmt.Errorf("%d: a second %s", i+1, key)
		}
		at[key], *to = i+1, strings.TrimSpace(value)
	}
	if key, err := f.check(); err != nil {
		if line := at[key]; line != 0 {
			return File{}, fmt.Errorf("%d: %w", line, err)
		}
		return File{}, fmt.Errorf(" the %s is missing", key)
	}
	return f, nil
}

// WriteFile writes a hub file that only its owner can read (0600). It replaces none: the
// error is fs.ErrExist then.
func WriteFile(path string, f File) (err error) {
	if _, err := f.check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text := fmt.Sprintf("%s\n%s\nurl: %s\nsite: %s\nseed: %s\n%s\n", fileHead, fileNote, f.URL, f.Site, f.Seed, strings.TrimSpace(f.Certificate))
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = out.WriteString(text); err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		os.Remove(path)
	}
	return err
}
