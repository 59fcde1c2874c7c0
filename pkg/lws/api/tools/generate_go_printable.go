// SPDX-License-Identifier: Apache-2.0

//go:build ignore

// Prints go_printable.inc: the ranges of code points above ASCII that Go's %q leaves as they are.
// Run as `go run tools/generate_go_printable.go > go_printable.inc` in the folder above.
package main

import (
	"fmt"
	"strconv"
	"unicode"
)

func main() {
	fmt.Println("// SPDX-License-Identifier: Apache-2.0")
	fmt.Println("// Written by tools/generate_go_printable.go, Unicode", unicode.Version+".")
	for first := rune(0x80); first <= unicode.MaxRune; {
		if !strconv.IsPrint(first) {
			first++
			continue
		}
		last := first
		for last < unicode.MaxRune && strconv.IsPrint(last+1) {
			last++
		}
		fmt.Printf("{0x%05x, 0x%05x},\n", first, last)
		first = last + 1
	}
}
