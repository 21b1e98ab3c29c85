import path from 'node:path'
import { decodeQuorumState, encodeQuorumState } from '../../protocol/checkpoint/quorum-state.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { Disk } from '../base/disk.ts'
import type { ElectionState } from '../raft/types.ts'

const FILE = 'quorum-state'
const NOBODY = -1

/** quorum-state: what this node must not forget, so that it never votes twice in one epoch (facts A16, A21 to A23). */
export class ElectionStore {
  readonly path: string
  readonly #disk: Disk

  /** @param dir of the metadata log */
  constructor(disk: Disk, dir: string) {
    this.#disk = disk
    this.path = path.join(dir, FILE)
  }

  /** undefined: there is no file. @throws DecodeError for one that makes no sense, an empty one too */
  read(): ElectionState | undefined {
    if (!this.#disk.exists(this.path)) return undefined
    const { leaderEpoch, leaderId, votedId, votedDirectoryId } = decodeQuorumState(
      this.#disk.readFile(this.path).toString(),
    )
    const votedKey = votedId === NOBODY ? undefined : { id: votedId, directoryId: votedDirectoryId }
    return { epoch: leaderEpoch, leaderId, votedKey }
  }

  /**
   * Under kraft.version 0 the file lists the voters, and the directory voted for is not kept (fact A23).
   * @param sync on the medium when it returns
   */
  write(state: ElectionState, quorum: { kraftVersion: 0 | 1; voterIds: readonly number[] }, sync: boolean): void {
    const { epoch: leaderEpoch, leaderId, votedKey } = state
    const text = encodeQuorumState(
      {
        leaderId,
        leaderEpoch,
        votedId: votedKey?.id ?? NOBODY,
        votedDirectoryId: votedKey?.directoryId ?? ZERO_UUID,
        currentVoters: quorum.voterIds,
      },
      quorum.kraftVersion,
    )
    this.#disk.replaceFile(this.path, text, { sync })
  }
}
