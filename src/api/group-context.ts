import type { GroupRequestContext } from '../coordinator/group/group-coordinator.ts'
import type { RequestContext } from './handler.ts'
import type { Services } from './services.ts'

/** Who asks the group coordinator. Kafka shows a client's host as Java's InetAddress prints it, with a slash. */
export function groupContext(
  { clock }: Services,
  { apiVersion, clientId, connection }: RequestContext,
): GroupRequestContext {
  return { apiVersion, clientId, clientHost: `/${connection.remote.host}`, now: clock.wallMs() }
}
