// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

type quantityGolden struct {
	Text  string `json:"text"`
	Error bool   `json:"error,omitempty"`
	// The canonical form, and the form after something was added: a text that is nearly canonical is
	// kept as it was until then.
	Canonical string `json:"canonical,omitempty"`
	Recounted string `json:"recounted,omitempty"`
	Zero      bool   `json:"zero,omitempty"`
	// The relation to the golden before this one.
	Compare int    `json:"compare,omitempty"`
	Sum     string `json:"sum,omitempty"`
	Factor  int64  `json:"factor,omitempty"`
	Product string `json:"product,omitempty"`
}

func quantityGoldens() []byte {
	random := rand.New(rand.NewPCG(seed, 2))
	inputs := append([]string{}, notableQuantities...)
	for range 1200 {
		inputs = append(inputs, randomQuantity(random, anyQuantity))
	}
	var out bytes.Buffer
	out.WriteString("[\n")
	previous := resource.Quantity{Format: resource.DecimalSI}
	for i, text := range inputs {
		var g quantityGolden
		g, previous = describeQuantity(text, previous, int64(random.IntN(2000)-20))
		line, err := encode(g)
		must(err)
		out.Write(line)
		if i+1 < len(inputs) {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Bytes()
}

// describeQuantity returns the golden and the quantity to compare the next one with.
func describeQuantity(text string, previous resource.Quantity, factor int64) (quantityGolden, resource.Quantity) {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return quantityGolden{Text: text, Error: true}, previous
	}
	g := quantityGolden{Text: text, Canonical: q.String(), Zero: q.IsZero(), Factor: factor}
	g.Compare = q.Cmp(previous)
	recounted := q.DeepCopy()
	recounted.Add(resource.Quantity{})
	g.Recounted = recounted.String()
	sum := q.DeepCopy()
	sum.Add(previous)
	g.Sum = sum.String()
	product := q.DeepCopy()
	product.Mul(factor)
	g.Product = product.String()
	return g, q
}

type quantityRule func(string) bool

func anyQuantity(string) bool { return true }

func validQuantity(text string) bool {
	_, err := resource.ParseQuantity(text)
	return err == nil
}

var suffixes = []string{
	"", "", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
}

func randomQuantity(r *rand.Rand, allowed quantityRule) string {
	for {
		text := []string{"", "", "", "-", "+"}[r.IntN(5)] + digits(r, 1+r.IntN(4))
		if r.IntN(4) == 0 {
			text += digits(r, r.IntN(24))
		}
		if r.IntN(3) == 0 {
			text += "." + digits(r, r.IntN(12))
		}
		switch r.IntN(6) {
		case 0:
			text += []string{"e", "E"}[r.IntN(2)] + []string{"", "+", "-"}[r.IntN(3)] + strconv.Itoa(r.IntN(24))
		default:
			text += suffixes[r.IntN(len(suffixes))]
		}
		if r.IntN(12) == 0 {
			text = damaged(r, text)
		}
		if allowed(text) {
			return text
		}
	}
}

func digits(r *rand.Rand, n int) string {
	var out strings.Builder
	for range n {
		if r.IntN(3) == 0 {
			out.WriteByte('0')
		} else {
			out.WriteByte("0123456789"[r.IntN(10)])
		}
	}
	return out.String()
}

func damaged(r *rand.Rand, text string) string {
	at := r.IntN(len(text) + 1)
	return text[:at] + []string{".", "-", "i", "K", "e", "x", " ", "0"}[r.IntN(8)] + text[at:]
}

var notableQuantities = []string{
	"", "0", "00", "-0", "+", "-", ".", "-.", "Ki", "m", "n", "e3", "E", "Ei", "1E", "1e", "1e+", "1e1.5", "1 ", " 1", "1ki", "1K",
	"1.", "5.", ".5", "0.5", "1.5", "1.50", "1.500", "01", "+5", "-5", "00.5", "1.G", "1024", "1024Mi", "1025Mi", "1Ki", "-1Ki", "1023Ki", "8Ki", "4Ki", "03Ti",
	"1Pi", "100Ti", "1Ei", "7Ei", "8Ei", "-8Ei", "9Ei", "0.5Mi", "0.1Mi", "0.1Ki", "0.0001Ki", "1.1Ki", "1023.5Ki", "1.5Gi", "-1.5Gi",
	"512Ki", "1000000Ki", "1000", "1000m", "1500m", "100m", "1n", "0.1n", "1.1n", "-0.1n", "0.0000000001", "0.0000000000", "1e-10",
	"1e3", "1E3", "1e21", "1e20", "10e20", "1000E", "1E21", "1001E", "1000000E", "0e30", "e-10", "1e4294967296", "1e99999999999999999999",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "123456789012345678", "1234567890123456789",
	"12345678901234567890", "123456789012345678901234567890", "999999999999999999.999999999", "0.123456789", "0.1234567891",
	"123456789.123456789123", "1e18", "1e19", "100e17", "1T", "1P", "1000T", "0.001k", "0.001Gi", "1u", "1001u", "1000000u",
	"18014398509481984Ki", "9007199254740993Ki", "3e-3", "3e-9", "35e-10", "12e6", "12E6", "120e5", "1.0", "1.000", "1.0000", "10.000k",
}
