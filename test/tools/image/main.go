// SPDX-License-Identifier: Apache-2.0

// Command image packs the function's binary as a container image, in the format that
// `docker save` writes and `crossplane xpkg build` embeds. The image has one file, so the
// command needs neither a Docker daemon nor a registry nor a base image. The same binary
// always gives the same bytes.
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	configFile = "config.json"
	layerFile  = "layer.tar"

	// The user and group that distroless images call nonroot. They are numbers, because the
	// kubelet can't verify that a user with a name isn't root.
	nonroot = "65532:65532"
)

func main() {
	binary := flag.String("binary", "", "the function, compiled for Linux without cgo")
	arch := flag.String("arch", "", "the architecture that the function is compiled for, in Go's notation")
	version := flag.String("version", "", "the release that the function belongs to")
	out := flag.String("o", "", "the file to write")
	flag.Parse()

	if err := run(*binary, *arch, *version, *out); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(binary, arch, version, out string) error {
	b, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("cannot read the function: %w", err)
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("cannot create the image: %w", err)
	}
	if err := write(f, b, arch, version); err != nil {
		return fmt.Errorf("cannot write the image: %w", err)
	}
	return f.Close()
}

func write(w io.Writer, binary []byte, arch, version string) error {
	layer := &bytes.Buffer{}
	if err := archive(layer, file{"function", 0o755, binary}); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": arch,
		"os":           "linux",
		"created":      time.Unix(0, 0).UTC(),
		"config": map[string]any{
			"Entrypoint":   []string{"/function"},
			"ExposedPorts": map[string]any{"9443/tcp": struct{}{}},
			"User":         nonroot,
			"Labels": map[string]string{
				"org.opencontainers.image.title":       "function-sonataflow",
				"org.opencontainers.image.description": "The SonataFlow platform as a Crossplane composition function",
				"org.opencontainers.image.licenses":    "Apache-2.0",
				"org.opencontainers.image.source":      "https://github.com/sonataflow-crossplane/function-sonataflow",
				"org.opencontainers.image.version":     version,
			},
		},
		"rootfs": map[string]any{
			"type":     "layers",
			"diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer.Bytes()))},
		},
	})
	if err != nil {
		return fmt.Errorf("cannot encode the configuration: %w", err)
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": configFile, "Layers": []string{layerFile}}})
	if err != nil {
		return fmt.Errorf("cannot encode the manifest: %w", err)
	}
	return archive(w,
		file{configFile, 0o644, config},
		file{layerFile, 0o644, layer.Bytes()},
		file{"manifest.json", 0o644, manifest})
}

type file struct {
	name    string
	mode    int64
	content []byte
}

// archive writes files to a tar file, without time and owner, so that the same files always
// give the same bytes.
func archive(w io.Writer, files ...file) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return fmt.Errorf("cannot archive %s: %w", f.name, err)
		}
		if _, err := t.Write(f.content); err != nil {
			return fmt.Errorf("cannot archive %s: %w", f.name, err)
		}
	}
	return t.Close()
}
