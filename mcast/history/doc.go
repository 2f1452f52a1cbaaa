// Package history keeps the frames of conversations in a file ([Open]), so that the next
// run shows what was said, and has it for others. A file is of one program at a time.
//
// It keeps bytes, and verifies nothing: whoever takes frames out of a history does
// that. Frames of a sealed room stay sealed in it; the text of an open one can be read
// by everybody who has the file.
//
// The file begins with the line "groupcast history 1". Each record is, in big-endian:
//
//	 0  4  marker FE 47 48 31
//	 4  4  CRC-32C of all that follows in the record
//	 8  8  when it was kept, in ms since 1970
//	16  1  length of the conversation's name, 1 to 255
//	17  1  0
//	18  2  length of the frame, 1 to 1,200
//	20     name, frame
//
// The end of the file is torn if the program was killed while it wrote; Open cuts that.
// Damage before the last good record is passed over, and stays.
package history
