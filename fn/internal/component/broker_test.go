// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

func TestBrokerOf(t *testing.T) {
	t.Parallel()
	type want struct {
		Broker component.Broker
		Found  bool
	}
	cases := map[string]struct {
		reason string
		in     *duckv1.Destination
		want   want
	}{
		"Nil":      {reason: "No destination is no Broker."},
		"Address":  {reason: "An address is no Broker.", in: &duckv1.Destination{URI: &apis.URL{Scheme: "http", Host: "a"}}},
		"Service":  {reason: "An object of another kind is no Broker.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Service", Name: "a"}}},
		"Nameless": {reason: "A reference without a name refers to no Broker.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker"}}},
		"Here": {
			reason: "A reference without a namespace means the given one.",
			in:     &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a"}},
			want:   want{Broker: component.Broker{Namespace: "ns1", Name: "a"}, Found: true},
		},
		"Elsewhere": {
			reason: "A reference with a namespace means that one.",
			in:     &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a", Namespace: "ns2"}},
			want:   want{Broker: component.Broker{Namespace: "ns2", Name: "a"}, Found: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := want{}
			got.Broker, got.Found = component.BrokerOf(tc.in, "ns1")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nBrokerOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestBroker holds what people call a Broker, and its hash to what printf NAMESPACE/NAME |
// sha256sum begins with: the hash is part of keys, so it must never change.
func TestBroker(t *testing.T) {
	t.Parallel()
	type want struct{ Text, Hash string }
	cases := map[string]struct {
		reason string
		in     component.Broker
		want   want
	}{
		"Default": {
			reason: "A hash has eight digits.",
			in:     component.Broker{Namespace: "ns1", Name: "default"},
			want:   want{Text: "Broker default in namespace ns1", Hash: "815b300d"},
		},
		"OtherName": {
			reason: "A Broker of another name has another hash.",
			in:     component.Broker{Namespace: "ns1", Name: "a.b"},
			want:   want{Text: "Broker a.b in namespace ns1", Hash: "284c9ac6"},
		},
		"OtherNamespace": {
			reason: "A Broker of another namespace has another hash.",
			in:     component.Broker{Namespace: "ns2", Name: "default"},
			want:   want{Text: "Broker default in namespace ns2", Hash: "3ab61dbb"},
		},
		"OtherSplit": {
			reason: "Namespace and name aren't taken for one text.",
			in:     component.Broker{Namespace: "ns1d", Name: "efault"},
			want:   want{Text: "Broker efault in namespace ns1d", Hash: "8f012ebf"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, want{Text: tc.in.String(), Hash: tc.in.Hash()}); diff != "" {
				t.Errorf("%s\nBroker: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSink holds what is filled in of a sink.
func TestSink(t *testing.T) {
	t.Parallel()
	address := func() *duckv1.Destination {
		return &duckv1.Destination{URI: &apis.URL{Scheme: "https", Host: "events.example.com", Path: "/in", RawQuery: "a=b"}, CACerts: new("pem"), Audience: new("me")}
	}
	elsewhere := func() *duckv1.Destination {
		return &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: "v1", Kind: "Service", Name: "a", Namespace: "ns2"}, URI: &apis.URL{Path: "/in"}}
	}
	cases := map[string]struct {
		reason string
		in     *duckv1.Destination
		want   *duckv1.Destination
	}{
		"None": {
			reason: "A component without sink has none to fill in.",
		},
		"Broker": {
			reason: "A Broker needs only its name.",
			in:     &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a"}},
			want:   &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: "eventing.knative.dev/v1", Kind: "Broker", Name: "a", Namespace: "ns1"}},
		},
		"Elsewhere": {
			reason: "What is given stays.",
			in:     elsewhere(),
			want:   elsewhere(),
		},
		"Group": {
			reason: "A group is as good as a version.",
			in:     &duckv1.Destination{Ref: &duckv1.KReference{Group: "eventing.knative.dev", Kind: "Broker", Name: "a"}},
			want:   &duckv1.Destination{Ref: &duckv1.KReference{Group: "eventing.knative.dev", Kind: "Broker", Name: "a", Namespace: "ns1"}},
		},
		"Address": {
			reason: "An address is complete, with all that belongs to it.",
			in:     address(),
			want:   address(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := tc.in.DeepCopy()
			if diff := cmp.Diff(tc.want, component.Sink(tc.in, "ns1")); diff != "" {
				t.Errorf("%s\nSink(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, tc.in); diff != "" {
				t.Errorf("%s\nSink(...) changed its argument: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}
