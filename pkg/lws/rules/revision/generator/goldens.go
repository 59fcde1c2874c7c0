// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"

	"k8s.io/apimachinery/pkg/util/rand"
	kjson "sigs.k8s.io/json"
)

const (
	cases = 320
	seed  = 20260801
)

// A golden is a spec as an API server may hold it, and what a round trip through the Go types makes
// of it. Stored, where present, is the same data as an API library before 0.34 wrote it.
type golden struct {
	Spec   json.RawMessage `json:"spec"`
	Stored json.RawMessage `json:"stored,omitempty"`
	Data   string          `json:"data"`
	Key    string          `json:"key"`
}

func revisionGoldens(t *table) []byte {
	random := newRandomSpec(t, seed)
	var out bytes.Buffer
	out.WriteString("[\n")
	for i := range cases {
		g := makeGolden(random.spec(), i%6 == 0)
		line, err := encode(g)
		must(err)
		out.Write(line)
		if i+1 < cases {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	if missing := random.unseen(); len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "members without a golden:", missing)
		os.Exit(1)
	}
	return out.Bytes()
}

// encode leaves HTML characters as they are, so that an input keeps the form it was given.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

func makeGolden(input string, withStored bool) golden {
	var spec storedSpec
	must(kjson.UnmarshalCaseSensitivePreserveInts([]byte(input), &spec))
	if spec.NetworkConfig == nil {
		shared := "Shared"
		spec.NetworkConfig = &networkConfig{SubdomainPolicy: &shared}
	}
	printed, err := json.Marshal(spec)
	must(err)
	var tree map[string]any
	must(json.Unmarshal(printed, &tree))
	for _, part := range []string{"networkConfig", "leaderWorkerTemplate"} {
		tree[part].(map[string]any)["$patch"] = "replace"
	}
	data, err := json.Marshal(map[string]any{"spec": tree})
	must(err)
	g := golden{Spec: json.RawMessage(input), Data: string(data), Key: key(data)}
	if withStored {
		addNullTimestamps(tree)
		g.Stored, err = json.Marshal(map[string]any{"spec": tree})
		must(err)
	}
	return g
}

func key(data []byte) string {
	hash := fnv.New32()
	hash.Write(data)
	return rand.SafeEncodeString(fmt.Sprint(hash.Sum32()))
}

// addNullTimestamps writes what API libraries before 0.34 printed in every embedded metadata.
func addNullTimestamps(value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			metadata, isObject := child.(map[string]any)
			_, besideSpec := v["spec"]
			if name == "metadata" && isObject && besideSpec && metadata["creationTimestamp"] == nil {
				metadata["creationTimestamp"] = nil
			}
			addNullTimestamps(child)
		}
	case []any:
		for _, child := range v {
			addNullTimestamps(child)
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
