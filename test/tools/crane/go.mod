module github.com/sonataflow-crossplane/function-sonataflow/test/tools/crane

go 1.26.0

tool github.com/google/go-containerregistry/cmd/crane

require github.com/google/go-containerregistry v0.21.8
