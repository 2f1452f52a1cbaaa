// Package hosts says which programs a lab starts as its hosts, and in them. They are
// not lab's own variables, so that only tests can set them.
package hosts

// Program is started as each host: this program again, or another one that has
// package lab.
var Program = "/proc/self/exe"

// Peer is started as peer, the small program of lessons; "": the program that runs
// the lesson.
var Peer string
