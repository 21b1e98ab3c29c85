import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { counter, gauge, type Metric, QUANTILES } from '../../base/metrics.ts'
import type { LogManager } from '../../log/log-manager.ts'
import type { NetServer } from '../../net/server.ts'

/** How much of the time since it was last asked nothing was to be done: one event loop is all there is to be busy. */
export class LoopIdle {
  #last: EventLoopUtilization = performance.eventLoopUtilization()

  metrics(): Metric[] {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#last)
    this.#last = now
    const idle = 1 - utilization
    return [
      gauge('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent', 'Part of time without work.', idle),
      gauge('kafka_network_socketserver_networkprocessoravgidle_percent', 'Part of time without work.', idle),
    ]
  }
}

/** Who is connected, and with what (KIP-511). */
export function connectionMetrics({ connections, listeners }: NetServer): Metric[] {
  const byListener = new Map(listeners.map(({ name }) => [name, 0]))
  const bySoftware = new Map<string, { value: number; labels: Record<string, string> }>()
  for (const { listener, softwareName, softwareVersion } of connections) {
    byListener.set(listener, (byListener.get(listener) ?? 0) + 1)
    const labels = {
      clientSoftwareName: softwareName ?? 'unknown',
      clientSoftwareVersion: softwareVersion ?? 'unknown',
    }
    const key = JSON.stringify(labels)
    bySoftware.set(key, { labels, value: (bySoftware.get(key)?.value ?? 0) + 1 })
  }
  const counts = [...byListener].map(([listener, value]) => ({ value, labels: { listener, networkProcessor: '0' } }))
  return [
    gauge('kafka_server_socket_server_metrics_connection_count', 'Open connections.', counts),
    gauge('kafka_server_socket_server_metrics_connections_software', 'By software.', [...bySoftware.values()]),
  ]
}

export function diskMetrics({ dirs, environment }: LogManager, nowMs: number): Metric[] {
  const { flushes } = environment
  const quantiles = QUANTILES.map((part) => ({
    value: flushes.quantile(part, nowMs),
    labels: { quantile: String(part) },
  }))
  const offline = dirs.map(({ path, isOnline }) => ({ value: isOnline ? 0 : 1, labels: { logDirectory: path } }))
  return [
    gauge(
      'kafka_log_logmanager_offlinelogdirectorycount',
      'Log directories that failed.',
      dirs.filter(({ isOnline }) => !isOnline).length,
    ),
    gauge('kafka_log_logmanager_logdirectoryoffline', '1 for one that failed.', offline),
    gauge('kafka_log_logflushstats_logflushrateandtimems', 'Ms that a flush of a log took, of late.', quantiles),
    counter('kafka_log_logflushstats_logflushrateandtimems_count', 'Flushes of logs.', flushes.count),
  ]
}
