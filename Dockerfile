# docker build -t odradek . && docker run -p 9092:9092 odradek
# KAFKA_* variables as in the apache/kafka image; merged over what is set here, never instead of it.
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY bin bin
COPY protocol protocol
COPY src src
RUN npm run build

FROM node:22-bookworm-slim
WORKDIR /opt/odradek
COPY package.json package-lock.json ./
# Only what the bundle leaves outside: prebuilt codecs for this platform.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf /root/.npm \
  && mkdir -p /var/lib/odradek && chown node:node /var/lib/odradek \
  && ln -s /opt/odradek/bin/odradek.js /usr/local/bin/odradek
COPY --from=build /src/bin bin
COPY --from=build /src/dist/odradek.cjs dist/

# Clients on the host reach a published port as localhost. For clients in other containers set both, for example
# KAFKA_LISTENERS=PLAINTEXT://:9092,DOCKER://:19092 and
# KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092,DOCKER://odradek:19092.
ENV NODE_ENV=production \
    KAFKA_LISTENERS=PLAINTEXT://:9092 \
    KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092 \
    KAFKA_LOG_DIRS=/var/lib/odradek \
    HEALTHCHECK_BOOTSTRAP=localhost:9092
USER node
VOLUME /var/lib/odradek
EXPOSE 9092
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --start-interval=500ms --retries=3 \
  CMD odradek healthcheck --bootstrap-server "$HEALTHCHECK_BOOTSTRAP"
ENTRYPOINT ["node", "/opt/odradek/bin/odradek.js"]
CMD ["start"]
