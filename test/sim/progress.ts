import type { MetadataImage, PartitionImage } from '../../src/metadata/image.ts'
import type { World } from './world.ts'

/** What a cluster that nobody disturbs has to come to. Empty: it has. */
export function whatIsMissing(world: World): string[] {
  const missing: string[] = []
  for (const node of world.nodes) if (node.state !== 'up') missing.push(`${node.host} is ${node.state}`)
  if (missing.length > 0) return missing
  const active = world.nodes.filter((node) => node.rooms!.role.isActive)
  if (active.length !== 1) return [`${active.length} active controllers`]
  const { image } = active[0]!.rooms!.loader
  for (const node of world.nodes) {
    const { leader } = node.rooms!.quorum
    if (leader.id !== active[0]!.id) missing.push(`${node.host} follows ${leader.id} in the quorum`)
  }
  missing.push(...partitionsMissing(image))
  return missing
}

function partitionsMissing(image: MetadataImage): string[] {
  const missing: string[] = []
  for (const { name, partitions } of image.topics.byId.values()) {
    for (const partition of partitions.values()) {
      if (!isWhole(partition)) missing.push(`${name}-${partition.index} ${describe(partition)}`)
    }
  }
  return missing
}

function isWhole({ leader, isr, replicas, adding, removing }: PartitionImage): boolean {
  return leader >= 0 && isr.length === replicas.length && adding.length === 0 && removing.length === 0
}

function describe({ leader, leaderEpoch, isr, replicas, elr }: PartitionImage): string {
  return `leader ${leader} (epoch ${leaderEpoch}) isr ${isr} elr ${elr} replicas ${replicas}`
}
