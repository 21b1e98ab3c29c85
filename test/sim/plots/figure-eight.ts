import type { SimNode } from '../sim-node.ts'
import { leads, type Plot, quorumOf } from './stage.ts'

const AFTERMATH_MS = 3000

/**
 * Figure 8 of the Raft paper. A leader dies with a record that nobody else has; the next one with one of a later epoch
 * that nobody else has; the first leads again, gets its old record to a majority, and dies; the second one, whose log is
 * of a later epoch, leads again and takes that record back. So an old record is not committed by having a majority
 * (facts A20, A57).
 */
export const figureEight: Plot = function* (stage) {
  const cast = stage.castQuorum()
  if (cast === undefined) return
  const [first, second, third] = cast
  const before = endOf(first)
  stage.cut(first, second, third)
  yield () => endOf(first) > before
  const contested = endOf(first)
  first.kill('written')
  yield () => leads(second) || leads(third)
  const [usurper, witness] = leads(second) ? [second, third] : [third, second]
  stage.cut(usurper, witness)
  yield () => endOf(usurper) > before
  usurper.kill('written')
  first.boot()
  stage.heal(first, witness)
  yield () => leads(first) && (quorumOf(first)?.highWatermark ?? -1) >= contested
  stage.cut(first, witness)
  first.kill('written')
  usurper.boot()
  stage.heal(usurper, witness)
  yield () => leads(usurper) || leads(witness)
  yield stage.after(AFTERMATH_MS)
}

const endOf = (node: SimNode): number => quorumOf(node)?.log.logEndOffset ?? -1
