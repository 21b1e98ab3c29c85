import type { Partition } from '../../../src/replica/partition.ts'
import type { SimNode } from '../sim-node.ts'
import type { Plot, Stage } from './stage.ts'

/** A fetch that waits for records is answered within this. */
const FETCH_WAIT_MS = 700
/** From the end of a session until the broker that is back is let in again. */
const RETURN_MS = 3000

/**
 * A follower's last fetch is long under way. Meanwhile its machine loses power, and some of its log; it registers again,
 * and leaves the ISR; nothing is written. Then the fetch arrives: it says that the follower has everything (KIP-903).
 */
export const lateFetch: Plot = function* (stage) {
  const roles = castPartition(stage)
  if (roles === undefined) return
  const { leader, follower, partition } = roles
  const { world } = stage
  const sessionMs = Number(follower.flags['broker.session.timeout.ms'])
  const byMs = sessionMs + RETURN_MS
  world.isQuiet = true
  yield () => isLevel(follower, partition)
  const link = `${follower.host} ${leader.host}`
  stage.note(`makes what ${follower.host} says to ${leader.host} ${byMs} ms late`)
  world.lateMs.set(link, byMs)
  yield stage.after(FETCH_WAIT_MS)
  follower.kill('synced')
  // What it says in its next life comes later still.
  world.lateMs.set(link, 2 * byMs)
  yield stage.after(1 + stage.random.below(100))
  follower.boot()
  yield stage.after(byMs)
}

interface Roles {
  readonly leader: SimNode
  readonly follower: SimNode
  /** At the leader. */
  readonly partition: Partition
}

/** The controller is neither of them: whoever is late for it is not let in again. */
function castPartition({ world, random }: Stage): Roles | undefined {
  const roles: Roles[] = []
  for (const leader of world.nodes.filter(isNoController)) {
    for (const partition of leader.rooms!.replicas.partitions()) {
      if (partition.state !== 'leader') continue
      for (const follower of world.nodes.filter(isNoController)) {
        if (follower !== leader && partition.isr.includes(follower.id)) roles.push({ leader, follower, partition })
      }
    }
  }
  return roles.length === 0 ? undefined : roles[random.below(roles.length)]
}

const isNoController = ({ rooms }: SimNode): boolean => rooms?.role.isActive === false

/** The follower has what its leader has, and all of it is committed. */
function isLevel({ rooms }: SimNode, { topicId, index, log, highWatermark }: Partition): boolean {
  for (const replica of rooms?.replicas.partitions() ?? []) {
    if (replica.topicId === topicId && replica.index === index)
      return replica.log.logEndOffset === log.logEndOffset && highWatermark === log.logEndOffset
  }
  return false
}
