//go:build !unix || solaris || illumos || aix

package progress

import "os"

// There is no lab here, and so nobody writes.
const noFollow = 0

func lock(*os.File) error { return nil }
