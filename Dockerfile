# One image for every service: `penstock gateway`, `penstock worker`, `penstock migrate`, `penstock init`.
# Built for glibc; chdb and lmdb, which only `penstock dev` needs, are left out (tests/deploy checks that no service loads them).

# Only what npm needs to know, so that a change of code does not install everything again.
FROM node:24.21.0-bookworm-slim AS manifests
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages packages
RUN find packages -type f -not -path 'packages/*/package.json' -delete

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY --from=manifests /src ./
# The in-process ClickHouse is half a gigabyte and nothing here runs it.
RUN npm ci --no-audit --no-fund && rm -rf node_modules/@chdb
COPY tsconfig.json ./
COPY packages packages
RUN npm run build --workspace @penstock/cli && chmod 0755 packages/cli/dist/main.cjs

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /src
COPY --from=manifests /src ./
RUN npm ci --omit=dev --omit=optional --workspace @penstock/cli --no-audit --no-fund \
 && rm -rf node_modules/@penstock node_modules/.package-lock.json node_modules/chdb node_modules/lmdb

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="penstock" \
      org.opencontainers.image.description="Event collection and product analytics: every accepted event is counted exactly once." \
      org.opencontainers.image.licenses="Apache-2.0"
# No package manager in what runs, and a user of its own that owns nothing.
RUN groupadd --gid 10001 penstock \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin penstock \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
 && ln -s /app/packages/cli/dist/main.cjs /usr/local/bin/penstock
WORKDIR /app
COPY --from=dependencies /src/node_modules node_modules
COPY packages/cli/package.json packages/cli/package.json
COPY --from=build /src/packages/cli/dist packages/cli/dist
COPY deploy/image/healthy.mjs /usr/local/lib/penstock/healthy.mjs
ENV NODE_ENV=production \
    PENSTOCK_HOST=0.0.0.0
USER 10001:10001
EXPOSE 4180
# Gateways answer 200 only when an event could be stored now; a worker answers on its metrics port.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["node", "/usr/local/lib/penstock/healthy.mjs"]
# SIGTERM drains and ends within 10 seconds, so `docker stop` and an orchestrator's default grace are enough.
STOPSIGNAL SIGTERM
ENTRYPOINT ["penstock"]
CMD ["--help"]
