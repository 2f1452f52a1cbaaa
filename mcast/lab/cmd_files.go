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
	theirs, ours, err := c.pipe(true)
	if err != nil {
		return nil, err
	}
	in := c.Stdin
	c.inputs = append(c.inputs, func() {
		_, _ = io.Copy(ours, in) // a command need not read all of it
		ours.Close()
	})
	return theirs, nil
}

func (c *Cmd) output(out io.Writer) (*os.File, error) {
	switch out := out.(type) {
	case nil:
		return c.null()
	case *os.File:
		return out, nil
	}
	theirs, ours, err := c.pipe(false)
	if err != nil {
		return nil, err
	}
	c.outputs = append(c.outputs, func() error {
		_, err := io.Copy(out, ours)
		return err
	})
	return theirs, nil
}

// pipe makes a pipe to the command's input, or from one of its outputs.
func (c *Cmd) pipe(input bool) (theirs, ours *os.File, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	theirs, ours = w, r
	if input {
		theirs, ours = r, w
	}
	c.theirs, c.ours = append(c.theirs, theirs), append(c.ours, ours)
	return theirs, ours, nil
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
	theirs, ours, err := c.pipe(true)
	if err != nil {
		return nil, err
	}
	c.Stdin = theirs
	return ours, nil
}

// StdoutPipe returns a pipe from the command's standard output. Read all of
// it before [Cmd.Wait], which closes it.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) { return c.outputPipe(&c.Stdout) }

// StderrPipe is [Cmd.StdoutPipe] for the standard error.
func (c *Cmd) StderrPipe() (io.ReadCloser, error) { return c.outputPipe(&c.Stderr) }

func (c *Cmd) outputPipe(output *io.Writer) (io.ReadCloser, error) {
	theirs, ours, err := c.pipe(false)
	if err != nil {
		return nil, err
	}
	*output = theirs
	return ours, nil
}

// closeAll closes files that may have been closed before.
func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
