// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// TestDeepCopies holds that a copy is equal to its original, and shares nothing with it.
func TestDeepCopies(t *testing.T) {
	t.Parallel()
	for _, o := range plan(t, compositiontest.Cluster{Old: true}, both(here)...).Objects {
		before := compositiontest.Text(t, o.Object)
		c := o.Object.DeepCopyObject()
		if diff := cmp.Diff(o.Object, c); diff != "" {
			t.Errorf("%s: DeepCopyObject(): -original, +copy:\n%s", o.Key, diff)
		}
		switch c := c.(type) {
		case *eventing.Trigger:
			c.Labels["a"], c.Spec.Filter.Attributes["type"], c.Spec.Subscriber.Ref.Name, c.Spec.Subscriber.URI.Path = "x", "x", "x", "x"
			if c.Annotations != nil {
				c.Annotations["a"] = "x"
			}
		case *eventing.SinkBinding:
			c.Labels["a"], c.Spec.Sink.Ref.Name = "x", "x"
		}
		if diff := cmp.Diff(before, compositiontest.Text(t, o.Object)); diff != "" {
			t.Errorf("%s: a change of the copy changed the original: -before, +after:\n%s", o.Key, diff)
		}
	}
}
