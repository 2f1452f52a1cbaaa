//go:build soak

package main

import _ "github.com/groupcast/groupcast/internal/soak/meter" // read by internal/soak
