import type { PartitionImage } from '../../../src/metadata/image.ts'
import type { SimNode } from '../sim-node.ts'
import type { Plot, Stage } from './stage.ts'

/**
 * Of three replicas one dies, the next one loses power, and what it had, and is back before the leader dies, from which
 * it has not fetched yet. It was in the ISR to the end, and is no leader all the same (facts B30, N-C17): the records of
 * whoever led last are the only ones.
 */
export const amnesia: Plot = function* (stage) {
  const cast = castReplicas(stage)
  if (cast === undefined) return
  const { leader, forgetful, third, partition } = cast
  third.kill('written')
  yield () =>
    isrOf(partition()) ===
    [leader, forgetful]
      .map(({ id }) => id)
      .toSorted()
      .join()
  const before = epochOf(stage, forgetful)
  stage.cut(leader, forgetful)
  forgetful.kill('synced')
  yield stage.after(1 + stage.random.below(50))
  forgetful.boot()
  yield () => isrOf(partition()) === `${leader.id}` && epochOf(stage, forgetful) !== before
  leader.kill('written')
  third.boot()
  yield () => partition()?.leader !== leader.id
  yield () => forgetful.state === 'up'
  leader.boot()
  stage.heal(leader, forgetful)
  yield () => (partition()?.leader ?? -1) >= 0
}

interface Cast {
  readonly leader: SimNode
  readonly forgetful: SimNode
  readonly third: SimNode
  partition(): PartitionImage | undefined
}

/** None of them is the controller, so that it knows what happens. */
function castReplicas(stage: Stage): Cast | undefined {
  const { world, random, controller } = stage
  const casts: Cast[] = []
  for (const { id: topicId, partitions } of controller?.rooms?.loader.image.topics.byId.values() ?? []) {
    for (const [index, { leader: leaderId, replicas }] of partitions) {
      const [leader, ...others] = [leaderId, ...replicas.filter((id) => id !== leaderId)].map(
        (id) => world.nodes.find((node) => node.id === id)!,
      )
      if (others.length !== 2 || leader === controller || others.includes(controller!)) continue
      const [forgetful, third] = random.below(2) === 0 ? others : others.toReversed()
      const partition = () => stage.controller?.rooms?.loader.image.topics.byId.get(topicId)?.partitions.get(index)
      casts.push({ leader: leader!, forgetful: forgetful!, third: third!, partition })
    }
  }
  return casts.length === 0 ? undefined : casts[random.below(casts.length)]
}

const isrOf = (partition: PartitionImage | undefined): string => partition?.isr.toSorted().join() ?? ''

const epochOf = ({ controller }: Stage, { id }: SimNode): number | undefined =>
  controller?.rooms?.loader.image.cluster.brokers.get(id)?.epoch
