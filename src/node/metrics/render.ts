import type { Registry } from 'prom-client'
import type { Metric } from '../../base/metrics.ts'

export interface RenderedMetrics {
  readonly contentType: string
  readonly text: string
}

/** What Node itself measures; made when it is first asked for, and shared by all nodes of this process. */
let ofProcess: Registry | undefined

/** In Prometheus' text format, with the process's own metrics behind. The library is loaded when it is first needed. */
export async function renderMetrics(metrics: readonly Metric[]): Promise<RenderedMetrics> {
  const { Counter, collectDefaultMetrics, Gauge, Registry } = await import('prom-client')
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  const registry = new Registry()
  for (const { name, help, type, samples } of metrics) {
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels ?? {})))]
    const options = { name, help, labelNames, registers: [registry] }
    const shown = type === 'gauge' ? new Gauge(options) : new Counter(options)
    for (const { labels = {}, value } of samples) shown.inc(labels, value)
  }
  return { contentType: registry.contentType, text: `${await registry.metrics()}\n${await ofProcess.metrics()}` }
}
