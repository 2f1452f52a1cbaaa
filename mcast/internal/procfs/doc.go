// Package procfs reads the tables of /proc/net, and little more: line by line,
// with errors that name the file and the line. The text comes from the kernel, or
// from a file that a test makes; nothing in it is trusted.
package procfs
