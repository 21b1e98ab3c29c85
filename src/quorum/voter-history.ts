import type { ControlRecord } from '../../protocol/control/index.ts'
import { ControlType } from '../../protocol/records/control.ts'
import type { Offset } from '../base/brand.ts'
import type { LogView, VoterSet } from '../raft/types.ts'
import { votersIn } from '../raft/voters.ts'

/**
 * Who voted from which offset on, and with which kraft.version, as control records say. The newest holds, committed or
 * not, and the one before it again where the log is cut (fact A83).
 */
export class VoterHistory {
  #sets: { readonly offset: Offset; readonly voters: VoterSet }[] = []
  #versions: { readonly offset: Offset; readonly version: 0 | 1 }[] = []

  /** Begins anew with what a snapshot says that ends before `offset`. */
  restart(records: readonly ControlRecord[], offset: Offset): void {
    this.#sets = []
    this.#versions = []
    this.add(records, offset - 1)
  }

  /** `offset`: that of the last of them; they hold or fall together. */
  add(records: readonly ControlRecord[], offset: Offset): void {
    const voters = votersIn(records)
    if (voters) this.#sets.push({ offset, voters })
    for (const { type, value } of records) {
      if (type === ControlType.KRAFT_VERSION) this.#versions.push({ offset, version: value.kRaftVersion > 0 ? 1 : 0 })
    }
  }

  truncateTo(endOffset: Offset): void {
    this.#sets = this.#sets.filter(({ offset }) => offset < endOffset)
    this.#versions = this.#versions.filter(({ offset }) => offset < endOffset)
  }

  get latest(): LogView['voterSet'] {
    return this.#sets.at(-1)
  }

  /** The set before the latest one. */
  get previous(): VoterSet | undefined {
    return this.#sets.at(-2)?.voters
  }

  get kraftVersion(): 0 | 1 {
    return this.#versions.at(-1)?.version ?? 0
  }

  /** The voters in force for everything below `endOffset`, for a snapshot that ends there. */
  below(endOffset: Offset): VoterSet | undefined {
    return this.#sets.findLast(({ offset }) => offset < endOffset)?.voters
  }
}
