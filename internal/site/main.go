// Command site makes the documentation's static pages:
//
//	go run ./internal/site -o DIR
//
// It reads README.md, the pages beside it and docs/, and every file of the repository
// that they lead to. It fails if a link or an anchor of what it made leads nowhere. The
// same files give the same bytes. The pages need no server and make no request to
// another one: DIR/index.html opens from the disk, too. docs/decisions/040 has the
// reasons.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	out := flag.String("o", "", "the `directory` to write to; it is made, and must be empty or a site that this program made")
	root := flag.String("C", ".", "the repository's `directory`")
	url := flag.String("url", "", "the `address` at which the site will be, for its sitemap and the page for what is not found")
	flag.Parse()
	if err := run(*root, *out, *url); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(root, out, url string) error {
	if out == "" || flag.NArg() > 0 {
		return errors.New("usage: go run ./internal/site -o DIR")
	}
	files, err := build(os.DirFS(root), url)
	if err != nil {
		return err
	}
	if err := write(out, files); err != nil {
		return err
	}
	size, pages := 0, 0
	for name, content := range files {
		size += len(content)
		if strings.HasSuffix(name, ".html") {
			pages++
		}
	}
	fmt.Printf("%d pages, %d files, %.1f MB: %s\n", pages, len(files), float64(size)/1e6, filepath.Join(out, "index.html"))
	return nil
}

// searchBegins is what the search's index begins with: by it an earlier site is known.
const searchBegins = "searchIndex("

// write writes the files to a directory. Of an earlier site there it removes what is no
// part of this one, but nothing hidden, such as a .git; a directory with anything else in it
// is refused.
func write(out string, files map[string][]byte) error {
	old, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(old) > 0 {
		if b, err := os.ReadFile(filepath.Join(out, searchFile)); err != nil || !bytes.HasPrefix(b, []byte(searchBegins)) {
			return fmt.Errorf("%s is neither empty nor a site that this program made", out)
		}
		err := filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
			switch hidden := name != out && strings.HasPrefix(d.Name(), "."); {
			case err != nil:
				return err
			case hidden && d.IsDir():
				return fs.SkipDir
			case hidden || d.IsDir():
				return nil
			}
			rel, err := filepath.Rel(out, name)
			if _, stays := files[filepath.ToSlash(rel)]; err != nil || stays {
				return err
			}
			return os.Remove(name)
		})
		if err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		to := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
