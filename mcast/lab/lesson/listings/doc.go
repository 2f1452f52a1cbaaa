// Package listings is small complete programs, in C, Python, node and Go, that do what
// the lessons are about: both sides of each, in one file for a language. Students copy
// them, and the pages of the lessons show their decisive lines.
//
// Each subject is a directory, which the header "code:" of a lesson names. [Find] finds
// one, and [All] returns them in order. The decisive lines of a program stand between
// the comments "[" and "]", which are not shown.
//
// In each directory stands run.txt, a text as a lesson has it, in which the command
// listing is the program. It shows what the lines claim. A test runs it in a lab, in each
// language, with senders of one language and receivers of another. So the programs of a
// subject have the same arguments and print the same.
//
// They are as plain as programs in textbooks are: what comes from the network is printed
// as it is, and nothing here is to be called by other packages.
package listings
