package lab

import (
	"io"
	"os"
)

// standardFiles returns the command's ends of its standard files, with pipes
// and copying where the other end is not a file.
func (c *Cmd) standardFiles() (files [3]*os.File, err error) {
	if files[0], err = c.input(); err != nil {
		return files, err
	}
	if files[1], err = c.output(c.Stdout); err != nil {
		return files, err
	}
	if c.Stderr != nil && sameWriter(c.Stderr, c.Stdout) {
		files[2] = files[1] // one pipe keeps the order
		return files, nil
	}
	files[2], err = c.output(c.Stderr)
	return files, err
}

// sameWriter is a comparison that lets writers be of types without one.
func sameWriter(a, b io.Writer) bool {
	defer func() { _ = recover() }()
	return a == b
}

func (c *Cmd) input() (*os.File, error) {
	switch in := c.Stdin.(type) {
	case nil:
		return c.null()
	case *os.File:
		return in, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.theirs, c.ours = append(c.theirs, r), append(c.ours, w)
	in := c.Stdin
	c.inputs = append(c.inputs, func() {
		_, _ = io.Copy(w, in) // a command need not read all of it
		w.Close()
	})
	return r, nil
}

func (c *Cmd) output(out io.Writer) (*os.File, error) {
	switch out := out.(type) {
	case nil:
		return c.null()
	case *os.File:
		return out, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.theirs, c.ours = append(c.theirs, w), append(c.ours, r)
	c.outputs = append(c.outputs, func() error {
		_, err := io.Copy(out, r)
		return err
	})
	return w, nil
}

func (c *Cmd) null() (*os.File, error) {
	f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err == nil {
		c.theirs = append(c.theirs, f)
	}
	return f, err
}

// StdinPipe returns a pipe to the command's standard input. Close it to let
// the command see the end of its input.
func (c *Cmd) StdinPipe() (io.WriteCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.Stdin = r
	c.theirs, c.ours = append(c.theirs, r), append(c.ours, w)
	return w, nil
}

// StdoutPipe returns a pipe from the command's standard output. Read all of
// it before Wait, which closes it.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.Stdout = w
	c.theirs, c.ours = append(c.theirs, w), append(c.ours, r)
	return r, nil
}

// StderrPipe is StdoutPipe for the standard error.
func (c *Cmd) StderrPipe() (io.ReadCloser, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = w
	c.theirs, c.ours = append(c.theirs, w), append(c.ours, r)
	return r, nil
}

// closeAll closes files that may have been closed before.
func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
