import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { ErrorCode, errorName } from '../../../protocol/errors.ts'
import { commitOf, Harness, sketch, subscription, type Watched } from './harness.ts'

/**
 * Transcripts of groups: `> command`, then what came of it: `< answer`, `+ record`. The commands are read from the
 * file and played again; what comes of them has to be what the file says. With RECORD=1 in the environment the file is
 * written anew, and the difference is read in review.
 *
 *     > a join v9 instance=x topics=orders,payments    a client joins with the member id that it knows
 *     > a sync v5 a=A b=B                             assigns, if it says so
 *     > a heartbeat | leave | restart                 restart: forgets its member id
 *     > a commit orders-0=5
 *     > wait 3000                                     ms
 *     > fail NOT_ENOUGH_REPLICAS                      the next append
 *     > hold | release                                the high watermark
 *     > reload                                        the coordinator starts anew on what is written
 *     > describe | list | offsets | delete
 */

interface Client {
  memberId: string
  generationId: number
  instance: string | null
}

class Player {
  g!: Harness
  readonly #lines: string[] = []
  readonly #clients = new Map<string, Client>()
  /** Member ids, as the transcript calls them. */
  readonly #names = new Map<string, string>()

  static async play(commands: readonly string[]): Promise<string> {
    const player = new Player()
    player.g = await Harness.start({ config: { 'group.initial.rebalance.delay.ms': 3000 } })
    for (const command of commands) {
      player.#lines.push(`> ${command}`)
      await player.#run(command.split(' '))
      await player.g.time.settle()
      for (const record of player.g.newRecords()) player.#lines.push(`+ ${sketch(record)}`)
    }
    player.g.coordinator.shutdown()
    return player.#rename(`${player.#lines.join('\n')}\n`)
  }

  async #run([first, ...rest]: string[]): Promise<void> {
    const { g } = this
    switch (first) {
      case 'wait':
        return g.time.run(Number(rest[0]))
      case 'fail':
        g.log.failNext = ErrorCode[rest[0] as keyof typeof ErrorCode]
        return
      case 'hold':
        g.log.isHeld = true
        return
      case 'release':
        g.log.isHeld = false
        while (g.log.waiting > 0) g.log.commitNext()
        return
      case 'reload':
        this.g = await g.restart({ config: { 'group.initial.rebalance.delay.ms': 3000 } })
        return
      case 'describe':
        return this.#hear(first, g.describe(6, 'g'), ({ groups: [group] }) => {
          const members = group!.members.map(({ memberId, memberAssignment }) => `${memberId}:${memberAssignment}`)
          return `${errorName(group!.errorCode)} ${group!.groupState} ${group!.protocolType} [${members.join(' ')}]`
        })
      case 'list':
        return this.#hear(first, g.list(5), ({ groups }) => {
          return groups.map(({ groupId, groupState }) => `${groupId} ${groupState}`).join(', ')
        })
      case 'offsets':
        return this.#hear(first, g.fetch(7, { groupId: 'g', topics: null }), ({ topics }) => {
          const offsets = topics.flatMap(({ name, partitions }) =>
            partitions.map(({ partitionIndex, committedOffset }) => `${name}-${partitionIndex}=${committedOffset}`),
          )
          return offsets.join(' ')
        })
      case 'delete':
        return this.#hear(first, g.delete('g'), ({ results }) => errorName(results[0]!.errorCode))
      default:
        this.#runClient(first!, rest)
    }
  }

  #runClient(name: string, [what, ...words]: string[]): void {
    const { g } = this
    const client = this.#clients.get(name) ?? { memberId: '', generationId: -1, instance: null }
    this.#clients.set(name, client)
    const version = Number(words.find((word) => /^v\d+$/.test(word))?.slice(1) ?? 3)
    const settings = new Map(
      words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]),
    )
    client.instance = settings.get('instance') ?? client.instance
    const member = { memberId: client.memberId, ...(client.instance !== null && { groupInstanceId: client.instance }) }
    const { generationId } = client
    const label = `${name} ${what}`
    switch (what) {
      case 'join': {
        const topics = (settings.get('topics') ?? 'orders').split(',')
        const protocols = [{ name: 'range', metadata: subscription(...topics) }]
        this.#hear(label, g.join(version, { ...member, protocols }, name), (answer) => {
          if (answer.memberId !== '') this.#meet(name, answer.memberId)
          client.memberId = answer.memberId
          client.generationId = answer.generationId
          if (answer.errorCode !== ErrorCode.NONE) return `${errorName(answer.errorCode)} ${answer.memberId}`
          const members = answer.members.map(({ memberId }) => memberId).join(' ')
          const skip = answer.skipAssignment ? ' skip' : ''
          return `NONE ${answer.memberId} gen=${generationOf(answer)} leader=${answer.leader} [${members}]${skip}`
        })
        return
      }
      case 'sync': {
        const assignments = [...settings]
          .filter(([key]) => key !== 'instance')
          .map(([key, text]) => ({ memberId: this.#clients.get(key)!.memberId, assignment: Buffer.from(text) }))
        this.#hear(label, g.sync(version, { ...member, generationId, assignments }), ({ errorCode, assignment }) => {
          return `${errorName(errorCode)} ${assignment}`
        })
        return
      }
      case 'heartbeat':
        this.#hear(label, g.heartbeat(version, { ...member, generationId }), ({ errorCode }) => errorName(errorCode))
        return
      case 'leave':
        this.#hear(label, g.leave(version, { members: [member] }), ({ members }) => errorName(members[0]!.errorCode))
        return
      case 'commit': {
        const topics = [...settings].map(([place, offset]) => {
          const [topic, partition] = place.split('-') as [string, string]
          return { name: topic, partitions: [commitOf(Number(partition), Number(offset))] }
        })
        const commit = { groupId: 'g', ...member, generationIdOrMemberEpoch: generationId, topics }
        this.#hear(label, g.commit(7, commit), ({ topics: answers }) => {
          return answers.map(({ partitions }) => errorName(partitions[0]!.errorCode)).join(' ')
        })
        return
      }
      case 'restart':
        client.memberId = ''
        client.generationId = -1
        return
      default:
        throw new Error(`no such command: ${label}`)
    }
  }

  #hear<T>(label: string, call: Watched<T>, tell: (answer: T) => string): void {
    void call.promise.then((answer) => {
      this.#lines.push(`< ${label}: ${tell(answer)}`.trimEnd())
    })
  }

  /** The first id of client a is called a, the next one a', and so on. */
  #meet(name: string, memberId: string): void {
    if (this.#names.has(memberId)) return
    const taken = [...this.#names.values()].filter((known) => known.replaceAll("'", '') === name).length
    this.#names.set(memberId, name + "'".repeat(taken))
  }

  #rename(text: string): string {
    let renamed = text
    for (const [memberId, name] of this.#names) renamed = renamed.replaceAll(memberId, name)
    return renamed
  }
}

const generationOf = ({ generationId }: { generationId: number }): number => generationId

const folder = new URL('../../../../test/coordinator/group/transcripts/', import.meta.url)

for (const file of readdirSync(folder)) {
  t.test(file.replace('.txt', ''), async (t) => {
    const wanted = readFileSync(new URL(file, folder), 'utf8')
    const commands = wanted.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []))
    const found = await Player.play(commands)
    if (process.env.RECORD === '1') writeFileSync(new URL(file, folder), found)
    else t.equal(found, wanted)
  })
}
