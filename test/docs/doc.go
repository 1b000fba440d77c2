// SPDX-License-Identifier: Apache-2.0

// Package docs checks the Markdown files of the repository: that links lead somewhere, and
// that pages name only commands, examples and files that exist.
package docs
