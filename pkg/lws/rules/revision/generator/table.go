// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A goType is one entry of the table: a scalar, a type with its own JSON form, or a composite.
type goType struct {
	id      string // enumerator in the C++ table
	kind    string // enumerator of GoKind
	element string // id of the element type of slices and maps
	members []member
}

type member struct {
	name    string
	typeID  string
	omit    string // never, empty or zero
	pointer bool
}

// Types whose JSON form is not that of their Go structure.
var special = map[reflect.Type]goType{
	reflect.TypeFor[resource.Quantity]():  {id: "kQuantity", kind: "quantity"},
	reflect.TypeFor[intstr.IntOrString](): {id: "kIntOrString", kind: "int_or_string"},
	reflect.TypeFor[metav1.Time]():        {id: "kTime", kind: "time"},
	reflect.TypeFor[metav1.FieldsV1]():    {id: "kOpaque", kind: "opaque"},
}

var scalars = map[reflect.Kind]goType{
	reflect.String: {id: "kString", kind: "string"},
	reflect.Bool:   {id: "kBool", kind: "boolean"},
	reflect.Int32:  {id: "kInt32", kind: "int32"},
	reflect.Int64:  {id: "kInt64", kind: "int64"},
}

var marshaler = reflect.TypeFor[json.Marshaler]()

type table struct {
	types map[string]*goType
	order []string
}

func newTable(roots ...reflect.Type) *table {
	t := &table{types: map[string]*goType{}}
	for _, root := range roots {
		t.add(root)
	}
	return t
}

// add enters a type and all it refers to and returns its id.
func (t *table) add(r reflect.Type) string {
	entry := describe(r)
	if _, known := t.types[entry.id]; known {
		return entry.id
	}
	t.types[entry.id] = &entry
	switch entry.kind {
	case "structure":
		entry.members = t.membersOf(r)
	case "slice", "map":
		entry.element = t.add(r.Elem())
	}
	t.order = append(t.order, entry.id)
	return entry.id
}

func describe(r reflect.Type) goType {
	if s, found := special[r]; found {
		return s
	}
	if r.Implements(marshaler) || reflect.PointerTo(r).Implements(marshaler) {
		panic(fmt.Sprintf("%v has a JSON form of its own that the table does not know", r))
	}
	if s, found := scalars[r.Kind()]; found {
		return s
	}
	switch r.Kind() {
	case reflect.Struct:
		return goType{id: "k" + capitalised(r.Name()), kind: "structure"}
	case reflect.Slice:
		if r.Elem().Kind() == reflect.Uint8 || r.Elem().Kind() == reflect.Pointer {
			break
		}
		return goType{id: describe(r.Elem()).id + "Slice", kind: "slice"}
	case reflect.Map:
		if r.Key().Kind() != reflect.String {
			break
		}
		return goType{id: describe(r.Elem()).id + "Map", kind: "map"}
	}
	panic(fmt.Sprintf("%v: kind %v has no rule in the codec", r, r.Kind()))
}

// membersOf flattens embedded structures, as encoding/json does, and sorts by JSON name.
func (t *table) membersOf(r reflect.Type) []member {
	var out []member
	for i := range r.NumField() {
		f := r.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case name == "" && f.Anonymous:
			out = append(out, t.membersOf(f.Type)...)
			continue
		case name == "":
			panic(fmt.Sprintf("%v.%s has no JSON name", r, f.Name))
		}
		m := member{name: name}
		elem := f.Type
		if m.pointer = elem.Kind() == reflect.Pointer; m.pointer {
			elem = elem.Elem()
		}
		m.typeID = t.add(elem)
		m.omit = omission(options, f.Type)
		out = append(out, m)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].name < out[b].name })
	for i := 1; i < len(out); i++ {
		if out[i-1].name == out[i].name {
			panic(fmt.Sprintf("%v: two members named %s", r, out[i].name))
		}
	}
	return out
}

// omission folds in that omitempty never leaves out a structure.
func omission(options string, r reflect.Type) string {
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			if r.Kind() != reflect.Struct {
				return "empty"
			}
		case "omitzero":
			if special[r].kind != "time" {
				panic(fmt.Sprintf("omitzero of %v has no rule in the codec", r))
			}
			return "zero"
		case "", "inline":
		default:
			panic("option " + option + " has no rule in the codec")
		}
	}
	return "never"
}

func capitalised(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// text prints the table as C++.
func (t *table) text() string {
	var ids, types, members strings.Builder
	count := 0
	for _, id := range t.order {
		e := t.types[id]
		line(&ids, "    %s,\n", id)
		switch e.kind {
		case "structure":
			line(&types, "    {GoKind::structure, 0, %d, %d},  // %s\n", count, len(e.members), id)
		case "slice", "map":
			line(&types, "    {GoKind::%s, %s, 0, 0},  // %s\n", e.kind, e.element, id)
		default:
			line(&types, "    {GoKind::%s, 0, 0, 0},  // %s\n", e.kind, id)
		}
		for _, m := range e.members {
			pointer := "value"
			if m.pointer {
				pointer = "pointer"
			}
			line(&members, "    {%q, %s, GoOmit::%s, GoHold::%s},\n", m.name, m.typeID, m.omit, pointer)
		}
		count += len(e.members)
	}
	return "// SPDX-License-Identifier: Apache-2.0\n" +
		"// Generated by pkg/lws/rules/revision/generator from k8s.io/api " + apiVersion() + ". Do not edit.\n\n" +
		"enum GoTypeId : " + t.idType() + " {\n" + ids.String() + "};\n\n" +
		"constexpr GoMember kMembers[] = {\n" + members.String() + "};\n\n" +
		"constexpr GoType kTypes[] = {\n" + types.String() + "};\n"
}

func (t *table) idType() string {
	if len(t.order) > 256 {
		return "std::uint16_t"
	}
	return "std::uint8_t"
}

func line(b *strings.Builder, format string, arguments ...any) {
	fmt.Fprintf(b, format, arguments...)
}
