// Package hosts says which program a lab starts as its hosts. It is not lab's own
// variable, so that only tests can set it.
package hosts

// Program is started as each host: this program again, or another one that has
// package lab.
var Program = "/proc/self/exe"
