import type { World } from './world.ts'

/** Every node runs, has what it had, and is in every ISR that it could be in: then nobody is unclean any more. */
export function isWhole({ nodes }: World): boolean {
  if (
    nodes.length < 3 ||
    nodes.some(({ state, isPaused, disk }) => state !== 'up' || isPaused || disk.hook !== undefined)
  )
    return false
  const image = nodes.find(({ rooms }) => rooms!.role.isActive)?.rooms?.loader.image
  if (image === undefined) return false
  for (const { partitions } of image.topics.byId.values()) {
    for (const { isr, replicas } of partitions.values()) if (isr.length < replicas.length) return false
  }
  for (const node of nodes) node.unclean = false
  return true
}
