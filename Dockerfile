# syntax=docker/dockerfile:1

# The function's image for users of Docker. `make xpkg` doesn't use this image: it embeds an
# image with the same binary, built with the same flags, in the package.
#
#   docker buildx build --platform linux/amd64,linux/arm64 -t function-sonataflow .

ARG GO_VERSION=1.26.11

# The compiler runs on the platform of the build machine and compiles for the target
# platform.
FROM --platform=${BUILDPLATFORM} golang:${GO_VERSION} AS build
WORKDIR /src
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0
RUN --mount=target=. \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -tags grpcnotrace -trimpath -buildvcs=false -ldflags="-s -w" -o /function ./fn

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /function /function
USER 65532:65532
EXPOSE 9443
ENTRYPOINT ["/function"]
