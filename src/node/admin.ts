import type { System } from '../base/ports.ts'
import { parseAdminListener } from './admin-listener.ts'
import type { AdminServer, Health } from './admin-server.ts'
import type { BrokerConfig } from './config.ts'
import { isBroker, isController } from './listeners.ts'
import type { Rooms } from './rooms.ts'

export interface AdminOptions {
  readonly config: BrokerConfig
  readonly clock: System['clock']
  rooms(): Rooms | undefined
  status(): Health['status']
}

/** The pages of a node for those who watch it, where its configuration wants them. What they need is loaded only then. */
export async function openAdmin({ config, clock, rooms, status }: AdminOptions): Promise<AdminServer | undefined> {
  const listener = parseAdminListener(config['odradek.admin.listener'] ?? '')
  if (listener === undefined) return undefined
  const { AdminServer } = await import('./admin-server.ts')
  return AdminServer.open(listener, {
    health: () => ({
      status: status(),
      nodeId: config['node.id'],
      roles: config['process.roles'],
      controllerId: rooms()?.quorum.leader.id ?? -1,
    }),
    metrics: async () => {
      const [{ nodeMetrics }, { renderMetrics }] = await Promise.all([
        import('./metrics/node-metrics.ts'),
        import('./metrics/render.ts'),
      ])
      const open = rooms()
      const metrics =
        open &&
        nodeMetrics(open, {
          nodeId: config['node.id'],
          isBroker: isBroker(config),
          isController: isController(config),
          partitions: config['odradek.metrics.partitions'],
          nowMs: () => clock.monotonicMs(),
        })
      return renderMetrics(metrics ?? [])
    },
  })
}
