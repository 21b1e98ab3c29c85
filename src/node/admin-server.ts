import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HostPort, NetworkError } from '../base/network.ts'
import { formatHostPort } from '../net/listener.ts'
import type { RenderedMetrics } from './metrics/render.ts'

export interface Health {
  readonly status: 'ok' | 'starting' | 'stopping'
  readonly nodeId: number
  readonly roles: readonly string[]
  /** Who leads the metadata quorum; -1 if nobody is known. */
  readonly controllerId: number
}

export interface AdminPages {
  health(): Health
  metrics(): Promise<RenderedMetrics>
}

/** `GET /metrics` for Prometheus and `GET /health` for whoever restarts what is not well: 200, or 503 while it is not. */
export class AdminServer {
  readonly address: HostPort
  readonly #server: Server

  private constructor(server: Server, host: string) {
    this.#server = server
    this.address = { host, port: (server.address() as AddressInfo).port }
  }

  /** @throws NetworkError worded for a person, where it cannot listen there */
  static open(at: HostPort, pages: AdminPages): Promise<AdminServer> {
    const server = createServer((request, response) => void answer(request, response, pages))
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new NetworkError(error.code ?? 'EIO', `odradek.admin.listener ${formatHostPort(at)}: ${error.message}`)),
      )
      // A page that nobody asks for must not keep the process alive.
      server.listen(at.port, at.host, () => resolve(new AdminServer(server.unref(), at.host)))
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, pages: AdminPages): Promise<void> {
  const { method, url = '/' } = request
  const path = url.split('?')[0]
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', 'Only GET is to be had here.\n')
  if (path === '/health') {
    const health = pages.health()
    return send(response, health.status === 'ok' ? 200 : 503, 'application/json', `${JSON.stringify(health)}\n`)
  }
  if (path !== '/metrics') return send(response, 404, 'text/plain', 'There are /metrics and /health.\n')
  try {
    const { contentType, text } = await pages.metrics()
    send(response, 200, contentType, text)
  } catch (error) {
    send(response, 500, 'text/plain', `${(error as Error).message}\n`)
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
