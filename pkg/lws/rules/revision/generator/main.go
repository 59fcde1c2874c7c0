// SPDX-License-Identifier: Apache-2.0

// Command generator writes the table of Go API types that the revision codec needs, and goldens made
// by a round trip through those types. Its output depends on nothing but go.mod: run twice, it
// writes the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
)

func main() {
	root := flag.String("root", "../../../../..", "root of the repository")
	flag.Parse()
	t := newTable(reflect.TypeFor[networkConfig](), reflect.TypeFor[leaderWorkerTemplate]())
	goldens := revisionGoldens(t)
	write(*root, "pkg/lws/rules/revision/go_types.inc", []byte(t.text()))
	write(*root, "pkg/lws/rules/revision/testdata/revision_goldens.json", goldens)
	write(*root, "pkg/lws/api/testdata/quantity_goldens.json", quantityGoldens())
}

func write(root, path string, content []byte) {
	if err := os.WriteFile(filepath.Join(root, path), content, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// apiVersion is the version of k8s.io/api this program was built with.
func apiVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		panic("no build information")
	}
	for _, module := range info.Deps {
		if module.Path == "k8s.io/api" {
			return module.Version
		}
	}
	panic("k8s.io/api is not a dependency")
}
