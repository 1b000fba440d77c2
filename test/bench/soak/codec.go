// SPDX-License-Identifier: Apache-2.0

package main

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// method is the gRPC method that Crossplane calls.
const method = fnv1.FunctionRunnerService_RunFunction_FullMethodName

// wire is a request in the wire format.
type wire []byte

// A codec sends encoded requests unchanged. Otherwise the soak would encode the same
// requests again and again, and the function would get less processor time.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Marshal returns the wire format of a message.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.(wire); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return c.CodecV2.Marshal(v)
}
