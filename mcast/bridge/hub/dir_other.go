//go:build !unix

package hub

import "io/fs"

// othersMay is not known on this system.
func othersMay(fs.FileInfo, fs.FileMode) bool { return false }

func othersButRoot(fs.FileInfo, fs.FileMode) bool { return false }
