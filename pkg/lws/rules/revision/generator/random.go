// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
)

// randomSpec prints specs of random shape. Members that no spec has had yet come first, so that a few
// hundred specs reach every member of every type.
type randomSpec struct {
	*rand.Rand
	table *table
	seen  map[string]int // type and member to the number of times it had a value
	out   strings.Builder
}

// A spec stops growing at this many bytes: goldens are read by people, too.
const specBytes = 2600

func newRandomSpec(t *table, seed uint64) *randomSpec {
	return &randomSpec{Rand: rand.New(rand.NewPCG(seed, 1)), table: t, seen: map[string]int{}}
}

func (r *randomSpec) unseen() []string {
	var missing []string
	for id, entry := range r.table.types {
		for _, m := range entry.members {
			if r.seen[id+"."+m.name] == 0 {
				missing = append(missing, id+"."+m.name)
			}
		}
	}
	sort.Strings(missing)
	return missing
}

// spec prints the two stored members among others that a revision must ignore.
func (r *randomSpec) spec() string {
	r.out.Reset()
	parts := []func(){
		func() { r.out.WriteString(`"leaderWorkerTemplate":`); r.structure("kLeaderWorkerTemplate", 0) },
		func() { r.out.WriteString(`"replicas":` + strconv.Itoa(r.IntN(5))) },
	}
	switch r.IntN(5) {
	case 0:
	case 1:
		parts = append(parts, func() { r.out.WriteString(`"networkConfig":null`) })
	default:
		parts = append(parts, func() { r.out.WriteString(`"networkConfig":`); r.structure("kNetworkConfig", 0) })
	}
	r.out.WriteString("{")
	r.each(len(parts), func(i int) { parts[i]() })
	r.out.WriteString("}")
	return r.out.String()
}

// each calls print in random order, with commas between.
func (r *randomSpec) each(n int, print func(int)) {
	for position, i := range r.Perm(n) {
		if position > 0 {
			r.out.WriteString(",")
		}
		print(i)
	}
}

func (r *randomSpec) full() bool { return r.out.Len() > specBytes }

func (r *randomSpec) structure(id string, depth int) {
	var chosen []member
	for _, m := range r.table.types[id].members {
		if r.chance(r.appetite(id, m, depth)) {
			chosen = append(chosen, m)
		}
	}
	r.out.WriteString("{")
	r.each(len(chosen), func(i int) {
		m := chosen[i]
		r.text(m.name)
		r.out.WriteString(":")
		if r.chance(0.06) {
			r.out.WriteString("null")
			return
		}
		r.seen[id+"."+m.name]++
		if m.pointer && r.table.types[m.typeID].kind == "time" {
			r.text(r.pick(setTimes))
			return
		}
		r.value(m.typeID, depth+1)
	})
	r.out.WriteString("}")
}

func (r *randomSpec) appetite(id string, m member, depth int) float64 {
	switch {
	case r.full():
		return 0.02
	case r.seen[id+"."+m.name] == 0 || r.unexplored(m.typeID):
		return 0.5
	case depth < 3:
		return 0.25
	default:
		return 0.12
	}
}

// unexplored tells whether some member below a type never had a value. API types do not recurse.
func (r *randomSpec) unexplored(id string) bool {
	entry := r.table.types[id]
	if entry.element != "" {
		return r.unexplored(entry.element)
	}
	for _, m := range entry.members {
		if r.seen[id+"."+m.name] == 0 || r.unexplored(m.typeID) {
			return true
		}
	}
	return false
}

func (r *randomSpec) value(id string, depth int) {
	entry := r.table.types[id]
	switch entry.kind {
	case "structure":
		r.structure(id, depth)
	case "slice":
		r.slice(entry, depth)
	case "map":
		r.object(entry, depth)
	case "opaque":
		r.out.WriteString(r.pick(opaques))
	case "string":
		r.text(r.pick(texts))
	case "boolean":
		r.out.WriteString(strconv.FormatBool(r.chance(0.6)))
	case "int32":
		r.out.WriteString(r.pick(int32s))
	case "int64":
		r.out.WriteString(r.pick(int64s))
	case "quantity":
		r.quantity()
	case "int_or_string":
		if r.chance(0.5) {
			r.out.WriteString(r.pick(int32s))
		} else {
			r.text(r.pick(texts))
		}
	case "time":
		r.text(r.pick(times))
	default:
		panic("no random value of kind " + entry.kind)
	}
}

func (r *randomSpec) length() int {
	if r.full() {
		return r.IntN(2)
	}
	return r.IntN(4)
}

func (r *randomSpec) slice(entry *goType, depth int) {
	r.out.WriteString("[")
	r.each(r.length(), func(int) {
		if r.chance(0.03) {
			r.out.WriteString("null")
			return
		}
		r.value(entry.element, depth+1)
	})
	r.out.WriteString("]")
}

func (r *randomSpec) object(entry *goType, depth int) {
	keys := r.Perm(len(texts))[:r.length()]
	r.out.WriteString("{")
	r.each(len(keys), func(i int) {
		r.text(texts[keys[i]])
		r.out.WriteString(":")
		if r.chance(0.05) {
			r.out.WriteString("null")
			return
		}
		r.value(entry.element, depth+1)
	})
	r.out.WriteString("}")
}

// quantity prints a text, or a number in the one form in which an API server prints it.
func (r *randomSpec) quantity() {
	if r.chance(0.2) {
		number, err := json.Marshal(float64(r.IntN(1_000_000)) / []float64{1, 4, 1000}[r.IntN(3)])
		must(err)
		r.out.Write(number)
		return
	}
	r.text(randomQuantity(r.Rand, validQuantity))
}

// text prints a JSON text, sometimes with HTML characters escaped.
func (r *randomSpec) text(s string) {
	printed, err := encode(s)
	if r.chance(0.5) {
		printed, err = json.Marshal(s)
	}
	must(err)
	r.out.Write(printed)
}

func (r *randomSpec) chance(p float64) bool { return r.Float64() < p }

func (r *randomSpec) pick(from []string) string { return from[r.IntN(len(from))] }

var texts = []string{
	"", "a", "vllm", "nvidia.com/gpu", "cpu", "app.kubernetes.io/name", "--model=meta/llama", "50%", "8080",
	"if [ $A < 3 ] && [ $B > 1 ]; then echo \"x\"; fi", "a&b<c>d", "back\\slash \"quoted\"", "tab\tline\nreturn\r",
	"\b\f\x01\x1f\x7f", "line\u2028and\u2029paragraph", "Grüße, 世界 🚀", "\u00a0\ufffd", "/", "Zz", "zz", "~",
}

var int32s = []string{"0", "1", "-1", "2", "8", "80", "8080", "420", "2147483647", "-2147483648"}

var int64s = []string{
	"0", "1", "-5", "30", "1000", "9007199254740992", "9007199254740993", "-9007199254740993",
	"1234567890123456789", "9223372036854775807", "-9223372036854775808",
}

// A pointer to Go's zero time prints null and is gone after the next round trip: unlike all else,
// it is no fixed point, and nothing that a revision stores holds one.
var times = append([]string{"0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00"}, setTimes...)

var setTimes = []string{
	"2024-05-01T12:34:56Z", "2024-02-29T23:59:59+01:00", "1999-12-31T23:30:00-05:30", "2024-05-01T12:34:56.789Z",
	"1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z",
}

var opaques = []string{
	`{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:empty":{}}`,
	`{"z":[1,2.5,-0.000001,1e21,0.0000001,123456789012345680000,9007199254740993],"a":null,"<":"&"}`,
	`{"b":{"d":true,"c":[]},"a":"\u2028"}`,
}
