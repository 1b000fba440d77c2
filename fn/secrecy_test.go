// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// TestSecrecy looks for the value of a Secret in all that the function says about every
// composite: its responses, and its logs at every level.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, xr *unstructured.Unstructured) {
		logs := &strings.Builder{}
		fn := NewFunction(logging.NewLogrLogger(funcr.New(func(prefix, args string) { logs.WriteString(prefix + args + "\n") }, funcr.Options{Verbosity: 10})))
		for name, req := range states(t, xr) {
			plantCanary(req)
			rsp, err := fn.RunFunction(t.Context(), proto.Clone(req).(*fnv1.RunFunctionRequest))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(protojson.Format(rsp), canary) {
				t.Errorf("%s: the response has the value of a Secret", name)
			}
		}
		if logs.Len() == 0 {
			t.Error("nothing was logged")
		}
		if strings.Contains(logs.String(), canary) {
			t.Errorf("the logs have the value of a Secret:\n%s", logs)
		}
	})
}
