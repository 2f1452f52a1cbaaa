package natslink

// File is a hub file: whoever has it can speak for its site.
type File struct {
	URL         string // tls://HOST:PORT
	Site        string
	Seed        string // of the site's nkey
	Certificate string // of the hub, PEM: no other is accepted
}

// ReadFile reads a hub file. It is an error if other users can read it, where the system
// knows such rights.
func ReadFile(path string) (File, error) { return File{}, nil }

// WriteFile writes a hub file that only its owner can read (0600). It replaces none.
func WriteFile(path string, f File) error { return nil }
