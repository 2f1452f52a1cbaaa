//go:build !unix

package hub

import "io/fs"

// What others may do is not known on this system.
func foreign(fs.FileInfo) bool                { return false }
func foreignNotToRoot(fs.FileInfo) bool       { return false }
func othersMay(fs.FileInfo, fs.FileMode) bool { return false }
