// SPDX-License-Identifier: Apache-2.0

package names_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

func TestChild(t *testing.T) {
	t.Parallel()
	const suffix = "-data-index-service"
	cases := map[string]struct {
		reason string
		parent string
		want   string
	}{
		"Short": {
			reason: "A name that fits is the operator's.",
			parent: "sonataflow-platform",
			want:   "sonataflow-platform-data-index-service",
		},
		"JustFits": {
			reason: "44 characters are the longest that fit with this suffix.",
			parent: strings.Repeat("a", 44),
			want:   strings.Repeat("a", 44) + suffix,
		},
		"TooLong": {
			reason: "A longer name is cut and hashed as Knative does it.",
			parent: strings.Repeat("a", 45),
			want:   "aaaaaaaaaaaad1e358e6e3b707282cdd06e919f7e08c-data-index-service",
		},
		"Dots": {
			reason: "Dots are legal in the name of a claim, but not of a Service.",
			parent: "my.platform",
			want:   "my-platform-4e72432c-data-index-service",
		},
		"LeadingDigit": {
			reason: "The name of a Service starts with a letter.",
			parent: "1st",
			want:   "p1st-e01ddf65-data-index-service",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, names.Child(tc.parent, suffix)); diff != "" {
				t.Errorf("%s\nChild(%q, %q): -want, +got:\n%s", tc.reason, tc.parent, suffix, diff)
			}
		})
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		texts  []string
		want   string
	}{
		"Known": {
			reason: "Hashes are in the keys and names of what is composed, so they never change.",
			texts:  []string{"ns1", "default"},
			want:   "815b300d8cd8f78d",
		},
		"OtherOrder": {
			reason: "The order of the texts counts.",
			texts:  []string{"default", "ns1"},
			want:   "4353fbbb3d04b174",
		},
		"OtherSplit": {
			reason: "Where one text ends and the next one begins counts.",
			texts:  []string{"ns", "1default"},
			want:   "a46b62035743df40",
		},
		"OneText": {
			reason: "One text has a hash, too.",
			texts:  []string{"ns1default"},
			want:   "257d9cc30721526c",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, names.Hash(tc.texts...)); diff != "" {
				t.Errorf("%s\nHash(%q): -want, +got:\n%s", tc.reason, tc.texts, diff)
			}
		})
	}
}

func TestLabelValue(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		name   string
		want   string
	}{
		"Short": {
			reason: "A name that fits stays as it is, also with dots.",
			name:   "my.platform",
			want:   "my.platform",
		},
		"TooLong": {
			reason: "A longer name is cut and hashed as Knative does it.",
			name:   strings.Repeat("a", 64),
			want:   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa014842d480b571495a4a0363793f7367",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, names.LabelValue(tc.name)); diff != "" {
				t.Errorf("%s\nLabelValue(%q): -want, +got:\n%s", tc.reason, tc.name, diff)
			}
		})
	}
}

// FuzzChild holds the promise for every legal name of a claim.
func FuzzChild(f *testing.F) {
	for _, s := range []string{"sonataflow-platform", "a.b", "1", strings.Repeat("x", 253), "0.0", "a-" + strings.Repeat("b", 60)} {
		f.Add(s, s+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(validation.IsDNS1123Subdomain(a)) > 0 || len(validation.IsDNS1123Subdomain(b)) > 0 {
			t.Skip("not a legal name")
		}
		for _, suffix := range []string{"-data-index-service", "-jobs-service", "-data-index-service-props", "-jobs-service-props"} {
			got := names.Child(a, suffix)
			if errs := validation.IsDNS1035Label(got); len(errs) > 0 {
				t.Errorf("Child(%q, %q) = %q: %v", a, suffix, got, errs)
			}
			if errs := validation.IsValidLabelValue(got); len(errs) > 0 {
				t.Errorf("Child(%q, %q) = %q: %v", a, suffix, got, errs)
			}
			if a != b && got == names.Child(b, suffix) {
				t.Errorf("%q and %q share the child %q", a, b, got)
			}
		}
		if errs := validation.IsValidLabelValue(names.LabelValue(a)); len(errs) > 0 {
			t.Errorf("LabelValue(%q): %v", a, errs)
		}
	})
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"VetAppointmentInfo": "vetappointmentinfo", "Order Placed!": "order-placed", "--a__b..c--": "a-b-c", "": "", "ßé": "", "1": "1",
	} {
		if got := names.Slug(text); got != want {
			t.Errorf("Slug(%q): want %q, got %q", text, want, got)
		}
	}
}
