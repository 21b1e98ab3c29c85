/** A bug that is planted to see whether the simulator finds it. Texts stand in the source exactly once. */
export interface Mutation {
  readonly name: string
  /** What it breaks. */
  readonly breaks: string
  readonly patches: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'acks-all-at-append',
    breaks: 'D4: acks=all is answered when the high watermark has come to the end of what was appended',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: 'if (this.#remotes.size > 0) end = this.#replicatedEnd(end)',
        replace: '',
      },
    ],
  },
  {
    name: 'truncate-to-high-watermark',
    breaks: 'D49 to D53 (KIP-101): a follower cuts what its leader does not have, by epochs, and nothing else',
    patches: [
      {
        file: 'src/replica/follower.ts',
        find: 'if (log.latestEpoch >= 0 || log.highWatermark >= log.logEndOffset) return NONE',
        replace: 'if (log.highWatermark >= log.logEndOffset) return NONE',
      },
    ],
  },
  {
    name: 'no-truncation-by-epoch',
    breaks: 'D52, D53: a follower removes records of an epoch that its leader ends earlier',
    patches: [
      {
        file: 'src/replica/follower.ts',
        find: "return { kind: 'cut', to: Math.min(leader.endOffset, own.endOffset, log.logEndOffset) }",
        replace: "return { kind: 'cut', to: Math.min(own.endOffset, log.logEndOffset) }",
      },
    ],
  },
  {
    name: 'expand-without-epoch-start',
    breaks: 'D67: who joins the ISR has everything that was committed under former leaders',
    patches: [
      {
        file: 'src/replica/isr.ts',
        find: 'remote.logEndOffset >= highWatermark && remote.logEndOffset >= epochStartOffset',
        replace: 'remote.logEndOffset >= 0',
      },
    ],
  },
  {
    name: 'high-watermark-of-the-old-isr',
    breaks: 'D14, D68: the high watermark waits for whoever the controller may have added to the ISR',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: "return this.#proposal?.kind === 'expand' ? this.#proposal.isr : this.#isr",
        replace: 'return this.#isr',
      },
      {
        file: 'src/replica/partition.ts',
        find: '(remote.isCaughtUp(leaderEnd, nowMs, maxLagMs) && this.#isEligible(remote))',
        replace: 'false',
      },
    ],
  },
  {
    name: 'shrunk-isr-counts-at-once',
    breaks: 'D68: who is to leave the ISR is waited for until the controller agrees',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: "return this.#proposal?.kind === 'expand' ? this.#proposal.isr : this.#isr",
        replace: 'return this.#proposal?.isr ?? this.#isr',
      },
    ],
  },
  {
    name: 'elects-outside-the-isr',
    breaks: 'B59: a leader is chosen from the ISR, or from the eligible leader replicas',
    patches: [
      {
        file: 'src/controller/partition-change.ts',
        find: 'return this.isr.includes(id) || (this.#request.elrEnabled && this.isr.length === 0 && this.elr.includes(id))',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'expand-without-broker-epoch',
    breaks: 'D67, KIP-903: fetches of a former incarnation of a broker bring none into the ISR',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: 'return isActive(brokerId) && (brokerEpoch === -1 || brokerEpoch === brokerEpochOf(brokerId))',
        replace: 'void brokerEpoch, brokerEpochOf\n    return isActive(brokerId)',
      },
      {
        file: 'src/controller/alter-partition.ts',
        find: '(brokerEpoch === -1n || BigInt(image.cluster.brokers.get(brokerId)!.epoch) === brokerEpoch)',
        replace: 'brokerEpoch >= -1n',
      },
      {
        file: 'src/replica/fetch-read.ts',
        find: 'return replicaEpoch >= 0 && broker !== undefined && !broker.fenced && replicaEpoch < broker.epoch',
        replace: 'return broker !== undefined && replicaEpoch > Number.MAX_SAFE_INTEGER',
      },
    ],
  },
  {
    name: 'lost-data-counts',
    breaks: 'B30, N-C17: who stopped without writing everything down is no eligible leader when it is back',
    patches: [
      {
        file: 'src/controller/broker-registration.ts',
        find: "clean || !elr ? 'LEAVES' : 'LOST_DATA'",
        replace: "clean || !elr ? 'LEAVES' : 'LEAVES'",
      },
    ],
  },
  {
    name: 'consumers-see-everything',
    breaks: 'D30: consumers read up to the high watermark',
    patches: [
      {
        file: 'src/replica/fetch-read.ts',
        find: 'request.isolationLevel === READ_COMMITTED ? partition.lastStableOffset : partition.highWatermark',
        replace: 'request.isolationLevel === READ_COMMITTED ? partition.lastStableOffset : partition.writtenEnd',
      },
    ],
  },
  {
    name: 'any-leader-epoch',
    breaks: 'D15 (KIP-320): a request of another leader epoch is refused',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: 'if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#leaderEpoch) return ErrorCode.NONE',
        replace: 'if (currentLeaderEpoch < 2 ** 31) return ErrorCode.NONE',
      },
    ],
  },
  {
    name: 'no-duplicates-known',
    breaks: 'C27 (KIP-98): a batch that was appended before is not appended again',
    patches: [
      {
        file: 'src/log/producer-state.ts',
        find: '?.findDuplicate(batch.producerEpoch, batch.baseSequence, batch.lastSequence)',
        replace: '?.findDuplicate(-7, batch.baseSequence, batch.lastSequence)',
      },
      { file: 'src/log/producer-state.ts', find: "if (origin === 'client') checkSequence(entry, batch)", replace: '' },
    ],
  },
  {
    name: 'latest-before-it-is-known',
    breaks: 'D35: a new leader does not say what the latest offset is before it has committed in its epoch',
    patches: [
      {
        file: 'src/replica/partition.ts',
        find: 'return this.#epochStartOffset <= this.highWatermark',
        replace: 'return this.#epochStartOffset >= 0',
      },
    ],
  },
  {
    name: 'two-votes-an-epoch',
    breaks: 'A28: one vote an epoch',
    patches: [
      {
        file: 'src/raft/unattached.ts',
        find: 'if (this.votedKey !== undefined) return matchesKey(this.votedKey, candidate)',
        replace: 'void matchesKey, candidate',
      },
      {
        file: 'src/raft/prospective.ts',
        find: 'if (this.votedKey !== undefined) return matchesKey(this.votedKey, candidate)',
        replace: 'void matchesKey, candidate',
      },
    ],
  },
  {
    name: 'vote-forgotten-at-restart',
    breaks: 'A16, F14: a vote is remembered beyond the death of who gave it',
    patches: [
      {
        file: 'src/quorum/election-store.ts',
        find: 'votedId === NOBODY ? undefined : { id: votedId, directoryId: votedDirectoryId }',
        replace:
          'votedId === NOBODY || votedDirectoryId.length > 0 ? undefined : { id: votedId, directoryId: votedDirectoryId }',
      },
    ],
  },
  {
    name: 'votes-for-shorter-logs',
    breaks: 'A28, F15: a vote goes to a log that is as good as ours',
    patches: [
      {
        file: 'src/raft/log-match.ts',
        find: 'return epoch > log.lastEpoch || (epoch === log.lastEpoch && endOffset >= log.endOffset)',
        replace: 'return epoch + endOffset + log.endOffset >= 0',
      },
    ],
  },
  {
    name: 'quorum-commits-alone',
    breaks: 'A57: what a majority of the voters has is committed',
    patches: [
      {
        file: 'src/raft/leader.ts',
        find: 'const highWatermark = majorityOffset(endOffsets)',
        replace: 'void majorityOffset\n    const highWatermark = Math.max(...endOffsets)',
      },
    ],
  },
  {
    name: 'quorum-commits-former-epochs',
    breaks: 'A20, A57: a leader commits something of its own epoch before it counts what is of former ones',
    patches: [
      {
        file: 'src/raft/leader.ts',
        find: 'highWatermark <= this.highWatermark || highWatermark <= this.epochStartOffset',
        replace: 'highWatermark <= this.highWatermark || highWatermark <= 0',
      },
    ],
  },
  {
    name: 'quorum-does-not-truncate',
    breaks: 'A63: a follower of the quorum removes what its leader does not have',
    patches: [
      {
        file: 'src/raft/log-match.ts',
        find: 'return own.epoch === epoch ? Math.min(own.endOffset, endOffset) : own.endOffset',
        replace: 'return own.epoch === epoch ? own.endOffset : log.endOffset',
      },
    ],
  },
  {
    name: 'quorum-lost-disk-votes',
    breaks: 'A91: a voter whose disk was lost is none before it is added again',
    patches: [
      {
        file: 'src/raft/voters.ts',
        find: 'known.id === key.id && (known.directoryId === ZERO_UUID || known.directoryId === key.directoryId)',
        replace: 'known.id === key.id && known.directoryId !== undefined',
      },
    ],
  },
  {
    name: 'quorum-removed-leader-counts',
    breaks: 'A88: a leader that removes itself is not counted',
    patches: [
      {
        file: 'src/raft/leader.ts',
        find: 'if (isVoter(this.#voters, core.local)) endOffsets.push(core.log.syncedOffset)',
        replace: 'endOffsets.push(core.log.syncedOffset)',
      },
    ],
  },
  {
    name: 'follower-serves-uncommitted',
    breaks: 'D78 (KIP-392): a consumer gets from a follower what is committed, as from the leader',
    patches: [
      {
        file: 'src/replica/fetch-read.ts',
        find: '? partition.lastStableOffset : partition.highWatermark',
        replace:
          '? partition.lastStableOffset : partition.isLeader ? partition.highWatermark : partition.log.logEndOffset',
      },
    ],
  },
]
