import type { BrokerImage } from './image.ts'

/**
 * Directory ids with a meaning of their own (KIP-858); real ones are never among the first hundred UUIDs.
 */
export const DIRECTORY = {
  /** The replica lies somewhere on a broker that has not named its directories yet. */
  MIGRATING: 'AAAAAAAAAAAAAAAAAAAAAA',
  /** The broker chooses a directory and reports it. */
  UNASSIGNED: 'AAAAAAAAAAAAAAAAAAAAAQ',
  /** The directory failed. */
  LOST: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const

/** Whether an id is one of the hundred that name no directory. */
export function isReservedDirectory(id: string): boolean {
  const bytes = Buffer.from(id, 'base64url')
  return bytes.length === 16 && bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15]! < 100
}

/** Where a new replica on this broker goes, as far as the controller can tell (fact B49). */
export function directoryForNewReplica(broker: BrokerImage | undefined): string {
  if (broker === undefined) return DIRECTORY.UNASSIGNED
  if (broker.logDirs.length === 0) return DIRECTORY.MIGRATING
  const open = broker.logDirs.filter((id) => !broker.cordonedLogDirs.includes(id))
  return open.length === 1 ? open[0]! : DIRECTORY.UNASSIGNED
}

/** Whether a broker that places a replica there can serve it. */
export function isOnlineDirectory(broker: BrokerImage, directory: string): boolean {
  if (directory === DIRECTORY.LOST) return false
  if (directory === DIRECTORY.UNASSIGNED || directory === DIRECTORY.MIGRATING) return true
  return broker.logDirs.includes(directory)
}
