package main

import "os"

// calledEnv is set by groupcast hub, which becomes this program: how it was called.
const calledEnv = "GROUPCAST_CALLED_AS"

// called is what people type to run this program again. groupcast-hub itself may not be in
// their PATH.
var called = calledAs(os.Getenv(calledEnv))

func calledAs(environment string) string {
	if environment == "groupcast hub" {
		return environment
	}
	return "groupcast-hub"
}
