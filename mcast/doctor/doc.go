// Package doctor names the multicast pitfalls that a host is in, says how it
// knows, and what to do.
//
// Diagnose is a pure function of Facts (what the host is like) and Intent
// (what the program wants); Gather reads the facts without privileges.
package doctor
