import type { SimNode } from '../sim-node.ts'
import { leads, type Plot, quorumOf } from './stage.ts'

/** Beyond the fetch timeout. */
const SILENCE_MS = 2500
const ELECTION_MS = 1500

/**
 * Two candidates of one epoch, and one voter between them who dies of the vote that makes the first one the leader, and
 * hears of the second one when it is back (facts A16, A28).
 */
export const rivals: Plot = function* (stage) {
  const cast = stage.castQuorum()
  if (cast === undefined) return
  const [voter, first, second] = cast
  stage.cut(voter, first, second)
  voter.kill('written')
  first.pause()
  second.pause()
  yield stage.after(SILENCE_MS)
  voter.boot()
  // They notice in the same moment that there is no leader, and each tells the other that it would vote for it.
  first.resume()
  second.resume()
  yield () => isCandidate(first) && isCandidate(second)
  stage.cut(first, second)
  stage.heal(voter, first)
  yield () => leads(first)
  stage.cut(voter, first)
  voter.kill('written')
  yield stage.after(1 + stage.random.below(20))
  voter.boot()
  stage.heal(voter, second)
  yield stage.after(ELECTION_MS)
}

const isCandidate = (node: SimNode): boolean => quorumOf(node)?.state === 'candidate'
